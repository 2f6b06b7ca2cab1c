// aifsim serve through the real binary: what its page asks, and what anybody else may not.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "catalog/files.hpp"
#include "cli/binary.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Catch::Contains;

struct Reply {
  int status = 0;
  std::string head, body;
};

// What comes back for these bytes, until the other side ends.
Reply send_bytes(int port, const std::string& bytes) {
  const int to = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(to, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t sent = send(to, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) break;  // refused in the middle
    at += static_cast<std::size_t>(sent);
  }
  std::string all(1 << 16, '\0');
  std::string got;
  for (ssize_t n = 0; (n = recv(to, all.data(), all.size(), 0)) > 0;)
    got.append(all, 0, static_cast<std::size_t>(n));
  close(to);
  Reply reply;
  const std::size_t end = got.find("\r\n\r\n");
  if (end == std::string::npos) return reply;
  reply.status = std::stoi(got.substr(9, 3));
  reply.head = got.substr(0, end);
  reply.body = got.substr(end + 4);
  return reply;
}

// A server in a folder of its own, whose temporary files lie there too.
class Served {
 public:
  explicit Served(const std::string& options = "", const std::string& home = test_root())
      : folder_(fs::temp_directory_path() / ("aifsim_serve_test_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(temporary());
    fs::create_directories(folder_ / "files");
    start(options, home);
  }
  ~Served() {
    running_.reset();
    fs::remove_all(folder_);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  void start(const std::string& options, const std::string& home = test_root()) {
    running_ = std::make_unique<RunningAifsim>("serve --port 0 " + options,
                                               "AIFSIM_HOME=" + home + " TMPDIR=" + temporary().string(),
                                               (folder_ / "errors").string());
    const std::string address = running_->line();
    INFO(address << text_of(folder_ / "errors"));
    const std::size_t hash = address.find("/#token=");
    REQUIRE(hash != std::string::npos);
    port_ = std::stoi(address.substr(address.rfind(':', hash) + 1));
    token_ = address.substr(hash + 8);
  }

  fs::path temporary() const { return folder_ / "tmp"; }
  fs::path files() const { return folder_ / "files"; }
  std::string errors() const { return text_of(folder_ / "errors"); }
  int port() const { return port_; }
  const std::string& token() const { return token_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  Reply ask(const std::string& method, const std::string& path, const std::string& body = "",
            const std::string& more = "") const {
    return ask_as(host(), method, path, body, "Authorization: Bearer " + token_ + "\r\n" + more);
  }
  Reply ask_as(const std::string& host, const std::string& method, const std::string& path,
               const std::string& body, const std::string& headers) const {
    return send_bytes(port_, method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers +
                                 (body.empty() ? "" : "Content-Type: application/json\r\n") +
                                 "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  Json get(const std::string& path) const { return Json::parse(ask("GET", path).body); }
  int start_run(const std::string& scenario, bool influence = false) const {
    const Reply reply =
        ask("POST", "/api/runs", Json{{"scenario", scenario}, {"influence", influence}}.dump());
    INFO(reply.body);
    REQUIRE(reply.status == 201);
    return Json::parse(reply.body)["id"];
  }
  // Waits until the run is in none of these states; its last view.
  Json after(int id, const std::vector<std::string>& states) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    for (;;) {
      Json run = get("/api/runs/" + std::to_string(id));
      if (std::find(states.begin(), states.end(), run["state"]) == states.end()) return run;
      INFO(run.dump());
      REQUIRE(std::chrono::steady_clock::now() < until);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  Json ended(int id) const { return after(id, {"waiting", "running"}); }
  int end(int signal) { return running_->end(signal); }

 private:
  fs::path folder_;
  std::unique_ptr<RunningAifsim> running_;
  int port_ = 0;
  std::string token_;
};

std::string serve_scenario(const std::string& training, const std::string& platforms = "dgx_h100",
                           const std::string& more = "fidelity: analytical\n") {
  return "kind: scenario\ntitle: t\nquestion: q\nplatforms: [" + platforms +
         "]\nworkload: llama3-8b\ngpus: [8]\nseed: 1\n" + more + "variants:\n  - {label: one, training: {" +
         training + "}}\n";
}
const std::string quick =
    "global_batch: 16, tokens: 1B, recompute: full, micro_batch: 1, context_parallel: 1, virtual_stages: 1, "
    "sharding: zero1, pipeline_parallel: 1";
// Runs for minutes.
const std::string endless =
    "kind: scenario\ntitle: \"long\"\nquestion: q\nplatforms: [mn5_acc, leonardo_booster, "
    "dgx_h100]\nworkload: llama3-8b\ngpus: [256, 512]\nfidelity: flow\nvariants:\n  - {label: one, training: "
    "{global_batch: 512, tokens: 1T}}\n";

std::string body_of(const std::string& text) { return Json{{"scenario", text}}.dump(); }

// Commands whose words name the folder.
std::size_t processes_in(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator("/proc"))
    count += text_of(entry.path() / "cmdline").find(folder.string()) != std::string::npos;
  return count;
}

}  // namespace

TEST_CASE("the page is given to anybody, holds no secret, and allows nothing but itself", "[cli]") {
  const Served served;
  const Reply page = served.ask_as(served.host(), "GET", "/?token=x", "", "");
  CHECK(page.status == 200);
  CHECK_THAT(page.head, Contains("Content-Type: text/html") && Contains("X-Content-Type-Options: nosniff") &&
                            Contains("frame-ancestors 'none'") && Contains("default-src 'none'") &&
                            Contains("Cross-Origin-Resource-Policy: same-origin"));
  CHECK(page.head.find("unsafe") == std::string::npos);
  CHECK(page.head.find("Access-Control") == std::string::npos);
  CHECK(page.head.find("Set-Cookie") == std::string::npos);
  CHECK_THAT(page.body, Contains("id=\"app\"") && Contains("<script>"));
  CHECK((page.head + page.body).find(served.token()) == std::string::npos);
  CHECK_THAT(served.errors(), Contains("Ctrl-C ends the server"));
  CHECK(served.errors().find("warning") == std::string::npos);

  const Json catalog = served.get("/api/catalog");
  CHECK(catalog["platforms"].size() > 20);
  CHECK(catalog["workloads"].size() > 20);
  CHECK(catalog["stacks"].size() > 3);
  CHECK(catalog.dump().find(test_root()) == std::string::npos);  // where the files lie is nobody's business
}

TEST_CASE("requests of other sites, of other users and of no browser's kind start no run and read no result",
          "[cli]") {
  const Served served;
  const int id = served.start_run(serve_scenario(quick));
  CHECK(served.ended(id)["state"] == "done");
  const std::string result = "/api/runs/" + std::to_string(id) + "/result.json", host = served.host(),
                    token = "Authorization: Bearer " + served.token() + "\r\n", order = body_of(endless);
  CHECK(served.ask("GET", result).status == 200);
  const auto status = [&](const std::string& at, const std::string& method, const std::string& path,
                          const std::string& body, const std::string& headers) {
    const Reply reply = served.ask_as(at, method, path, body, headers);
    CHECK(reply.head.find("Access-Control") == std::string::npos);
    CHECK(Json::parse(reply.body).contains("errors"));  // and nothing of a result
    return reply.status;
  };
  for (const auto& [method, path, body] :
       {std::tuple{"POST", std::string("/api/runs"), order}, std::tuple{"GET", result, std::string()},
        std::tuple{"POST", "/api/runs/" + std::to_string(id) + "/cancel", std::string("{}")}}) {
    INFO(path);
    CHECK(status("evil.example", method, path, body, token) == 403);
    CHECK(status("evil.example:" + std::to_string(served.port()), method, path, body, token) == 403);
    CHECK(status(host, method, path, body, token + "Origin: http://evil.example\r\n") == 403);
    CHECK(status(host, method, path, body, token + "Origin: null\r\n") == 403);
    CHECK(status(host, method, path, body, token + "Sec-Fetch-Site: cross-site\r\n") == 403);
    CHECK(status(host, method, path, body, token + "Sec-Fetch-Site: same-site\r\n") == 403);
    CHECK(status(host, method, path, body, "") == 401);
    CHECK(status(host, method, path, body, "Cookie: token=" + served.token() + "\r\n") == 401);
    CHECK(status(host, method, path + "?token=" + served.token(), body, "") == 401);
    CHECK(status(host, method, path, body, "Authorization: Bearer " + std::string(64, '0') + "\r\n") == 401);
  }
  CHECK(status(host, "GET", "/api/check", "", token) == 405);
  CHECK(status(host, "GET", "/api/runs/1/cancel", "", token) == 405);
  CHECK(status(host, "PUT", "/api/runs", order, token) == 405);
  CHECK(status(host, "OPTIONS", "/api/runs", "", "Origin: http://evil.example\r\n") == 405);
  CHECK(send_bytes(served.port(), "POST /api/runs HTTP/1.1\r\nHost: " + host + "\r\n" + token +
                                      "Content-Type: text/plain\r\nContent-Length: " +
                                      std::to_string(order.size()) + "\r\n\r\n" + order)
            .status == 415);
  for (const char* path :
       {"/api/runs/1/../../../../etc/passwd", "/api/runs/1/..%2f..%2fetc%2fpasswd", "/../etc/passwd",
        "/api/runs/1/best-1.yaml", "/api/runs/9", "/api/runs/9/result.json", "/api/runs/-1", "/api/runs/1x",
        "/api/runs/99999999999999999999", "//", "/api"}) {
    INFO(path);
    CHECK(status(host, "GET", path, "", token) == 404);
  }
  CHECK(status(host, "POST", "/api/runs", std::string((1 << 20) + 1, 'x'), token) == 413);
  CHECK(send_bytes(served.port(),
                   "GET / HTTP/1.1\r\nHost: " + host + "\r\nX: " + std::string(20000, 'x') + "\r\n\r\n")
            .status == 431);
  CHECK(send_bytes(served.port(), "\x16\x03\x01\r\n\r\n").status == 400);
  for (const char* body : {"[]", "{", "{\"scenario\": 1}", "{\"scenario\": \"\", \"influence\": 1}",
                           "{\"scenario\": \"\", \"command\": \"x\"}", "\"\xff\""}) {
    INFO(body);
    CHECK(status(host, "POST", "/api/runs", body, token) == 400);
  }
  CHECK(served.get("/api/runs").size() == 1);
}

TEST_CASE("the page's check tells what the command line tells, with the same places", "[cli]") {
  const Served served;
  const std::string wrong = serve_scenario("global_batch: 16, tokns: 1B", "dgx_h101");
  const Reply reply = served.ask("POST", "/api/check", body_of(wrong));
  CHECK(reply.status == 200);
  std::ofstream(served.files() / "scenario.yaml") << wrong;
  const Ran ran = run_shell("cd " + served.files().string() + "; $AIFSIM check scenario.yaml --json",
                            "AIFSIM_HOME=" + test_root());
  CHECK(reply.body == ran.out);
  const Json told = Json::parse(reply.body);
  REQUIRE(told["errors"].size() >= 2);
  CHECK(told["errors"][0]["file"] == "scenario.yaml");
  CHECK(told["errors"][0]["line"] == 4);
  CHECK_THAT(told["errors"][0]["message"].get<std::string>(), Contains("did you mean"));
  CHECK(Json::parse(served.ask("POST", "/api/check", body_of(serve_scenario(quick))).body)["errors"].empty());
}

TEST_CASE("a run of the page is `aifsim compare`, to the last digit, and its mistakes are, too", "[cli]") {
  const Served served;
  const auto compared = [&](const std::string& text) {
    std::ofstream(served.files() / "scenario.yaml") << text;
    return run_shell(
        "cd " + served.files().string() + "; $AIFSIM compare scenario.yaml --json --no-influence --out out",
        "AIFSIM_HOME=" + test_root());
  };
  const std::string text = serve_scenario(quick, "dgx_h100, mn5_acc");
  const int id = served.start_run(text);
  const Json run = served.ended(id);
  INFO(run.dump());
  CHECK(run["state"] == "done");
  CHECK(run["exit"] == 0);
  CHECK(run["title"] == "t");
  CHECK(run["done"].get<int>() > 0);  // progress came
  CHECK(run["seconds"].get<double>() > 0);
  const std::string path = "/api/runs/" + std::to_string(id) + "/";
  const Ran ran = compared(text);
  CHECK(ran.code == 0);
  CHECK(served.ask("GET", path + "result.json").body == ran.out);
  CHECK(served.ask("GET", path + "report.html").body == text_of(served.files() / "out/report.html"));
  CHECK(served.ask("GET", path + "scenario.yaml").body == text);
  CHECK_THAT(served.ask("GET", path + "report.html").head, Contains("attachment") && Contains("sandbox"));

  const std::string lacking = serve_scenario("global_batch: 16");
  const int failing = served.start_run(lacking);
  const Json failed = served.ended(failing);
  CHECK(failed["state"] == "failed");
  CHECK(failed["exit"] == 2);
  const Ran also = compared(lacking);
  CHECK(also.code == 2);
  CHECK(failed["errors"] == Json::parse(also.out)["errors"]);
  CHECK_THAT(failed["errors"][0]["message"].get<std::string>(), Contains("training.tokens is missing"));
  CHECK(served.ask("GET", "/api/runs/" + std::to_string(failing) + "/result.json").status == 404);

  const int none = served.start_run(serve_scenario(quick + ", tensor_parallel: 7"));  // no layout
  const Json answered = served.ended(none);
  CHECK(answered["state"] == "done");
  CHECK(answered["exit"] == 1);
  CHECK_THAT(answered["messages"].get<std::string>(), Contains("1 of 1 proposals have no answer"));
}

TEST_CASE("one run at a time; the others wait, and each can be cancelled", "[cli]") {
  const Served served;
  const int first = served.start_run(endless), second = served.start_run(serve_scenario(quick)),
            third = served.start_run(serve_scenario(quick));
  CHECK(served.after(first, {"waiting"})["state"] == "running");
  const Json waits = served.get("/api/runs/" + std::to_string(third));
  CHECK(waits["state"] == "waiting");
  CHECK(waits["ahead"] == 2);
  const auto cancel = [&](int id) {
    return served.ask("POST", "/api/runs/" + std::to_string(id) + "/cancel", "{}").status;
  };
  CHECK(cancel(second) == 200);
  CHECK(cancel(second) == 409);
  CHECK(served.get("/api/runs/" + std::to_string(third))["ahead"] == 1);
  CHECK(cancel(first) == 200);
  CHECK(served.ended(first)["state"] == "cancelled");
  CHECK(served.ended(third)["state"] == "done");
  CHECK(served.get("/api/runs/" + std::to_string(second))["state"] == "cancelled");
  CHECK(served.get("/api/runs")[0]["id"] == third);  // the newest first
  CHECK(cancel(99) == 404);
  int status = 201, more = 0;
  for (; status == 201 && more < 20; ++more)
    status = served.ask("POST", "/api/runs", body_of(endless)).status;
  CHECK(status == 429);
  CHECK(more >= 9);
}

TEST_CASE("a run that takes too long is ended, and the next begins", "[cli]") {
  const Served served("--longest 0.03");
  const int id = served.start_run(endless);
  const Json run = served.ended(id);
  CHECK(run["state"] == "failed");
  CHECK(run["exit"] == 1);
  CHECK_THAT(run["errors"][0]["message"].get<std::string>(), Contains("took longer than 0.03 minutes"));
  CHECK(run["seconds"].get<double>() < 30);
  CHECK(served.after(served.start_run(endless), {"waiting"})["state"] == "running");
}

TEST_CASE("scenarios of the page read the catalogue and the folder of --files, and no other file", "[cli]") {
  Served served;
  const std::string outside = served.temporary().parent_path().string() + "/outside.yaml";
  std::ofstream(outside) << "kind: platform\nsecret: 1\n";
  const auto errors = [&](const std::string& text) {
    return Json::parse(served.ask("POST", "/api/check", body_of(text)).body)["errors"].dump();
  };
  const std::string refusal = "lies outside of the catalogue";
  const auto all_refused = [&] {
    for (const std::string& named :
         {outside, std::string("../outside.yaml"), std::string("/etc/hosts.yaml"),
          std::string("../../nothing.yaml"), std::string("../files/../outside.yaml")}) {
      INFO(named);
      const std::string told = errors(serve_scenario(quick, named));
      CHECK_THAT(told, Contains(refusal) && Contains("\"line\":4"));
      CHECK(told.find("secret") == std::string::npos);
      CHECK_THAT(errors("include: " + named + "\n" + serve_scenario(quick)), Contains(refusal));
    }
    CHECK_THAT(
        errors("kind: scenario\ntitle: t\nquestion: q\nplatforms: [dgx_h100]\njobs:\n  - {name: a, gpus: 8, "
               "trace: {file: ../outside.yaml}}\n"),
        Contains(refusal));
    CHECK_THAT(errors(serve_scenario(quick, "dgx_h100", "sweep: {workload: [/etc/passwd.json]}\n")),
               Contains(refusal));
  };
  all_refused();
  std::ofstream(served.files() / "mine.yaml") << "include: dgx_h100.yaml\nkind: platform\ntitle: Mine\n";
  CHECK_THAT(errors(serve_scenario(quick, "mine.yaml")), Contains("mine.yaml"));

  served.start("--files " + served.files().string());
  fs::create_symlink(outside, served.files() / "link.yaml");
  fs::create_directories(served.files() / "platforms");
  fs::copy_file(served.files() / "mine.yaml", served.files() / "platforms/by_name.yaml");
  all_refused();
  CHECK_THAT(errors(serve_scenario(quick, "link.yaml")), Contains(refusal));
  CHECK(errors(serve_scenario(quick, "mine.yaml, by_name")) == "[]");
  CHECK(served.get("/api/catalog")["files"] == true);
  CHECK_THAT(served.get("/api/catalog")["platforms"].dump(), Contains("\"by_name\""));
  const Json run = served.ended(served.start_run(serve_scenario(quick, "mine.yaml, by_name")));
  INFO(run.dump());
  CHECK(run["state"] == "done");
}

TEST_CASE("Ctrl-C ends the server with its run, and leaves nothing behind", "[cli]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    Served served;
    const int id = served.start_run(endless);
    served.start_run(endless);
    CHECK(served.after(id, {"waiting"})["state"] == "running");
    for (int tries = 0; processes_in(served.temporary()) == 0 && tries < 200; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(processes_in(served.temporary()) > 0);
    const auto began = std::chrono::steady_clock::now();
    CHECK(served.end(signal) == 128 + signal);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
    CHECK(fs::is_empty(served.temporary()));
    CHECK(processes_in(served.temporary()) == 0);
  }
}

TEST_CASE("where serve cannot listen it says why, and it warns where others reach it", "[cli]") {
  Served served;
  const std::string home = "AIFSIM_HOME=" + test_root();
  const Ran taken = run_aifsim("serve --port " + std::to_string(served.port()), home);
  CHECK(taken.code == 2);
  CHECK_THAT(taken.err, Contains("--port: another program listens on " + std::to_string(served.port())));
  const Ran nowhere = run_aifsim("serve --host no.such.name.invalid --port 0", home);
  CHECK(nowhere.code == 2);
  CHECK_THAT(nowhere.err, Contains("--host: "));
  const Ran missing = run_aifsim("serve --port 0 --files /nonexistent", home);
  CHECK(missing.code == 2);
  CHECK_THAT(missing.err, Contains("--files: there is no folder /nonexistent"));
  CHECK(run_aifsim("serve --port 65536", home).code == 2);
  served.start("--host 0.0.0.0");
  CHECK(served.ask("GET", "/api/runs").status == 200);
  CHECK(served.ask_as("rebound.example", "GET", "/", "", "").status == 403);
  CHECK_THAT(served.errors(), Contains("warning: others reach this page"));
}

}  // namespace aifsim
