#include "serve/page_service.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "report/errors_json.hpp"
#include "serve/own_command.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int most_asking = 4;  // short commands at a time
constexpr auto longest_asked = std::chrono::seconds(60);

// An answer of the server is not carried out of it in other shapes: no type is guessed, no frame shows it, no other site
// embeds it, and no address of it is told elsewhere.
const std::vector<std::pair<std::string, std::string>> guards = {
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
};

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

HttpAnswer fine(const Json& json, int status = 200) { return {status, "application/json", text_of(json)}; }

HttpAnswer failed(int status, const std::string& message, int exit_code = 2) {
  return {status, "application/json", errors_json({{{}, message}}, exit_code)};
}

HttpAnswer only(const char* method) {
  HttpAnswer answer = failed(405, std::string("only ") + method + " is answered here");
  answer.headers = {{"Allow", method}};
  return answer;
}

// `whole`: with what it printed, which a list of many leaves out.
Json json_of(const RunView& run, bool whole) {
  Json all{{"id", run.id},
           {"state", name_of(run.state)},
           {"title", run.title},
           {"ahead", run.ahead},
           {"done", run.done},
           {"of", run.of},
           {"what", run.what},
           {"seconds", run.seconds},
           {"left", run.left ? Json(*run.left) : Json(nullptr)},
           {"exit", run.exit_code}};
  if (!whole) return all;
  all["messages"] = run.messages;
  all["errors"] = run.errors.empty() ? Json::array() : Json::parse(run.errors).at("errors");
  return all;
}

// The object that a request's body holds, with its text `scenario`; a message where it does not.
std::string taken(const std::string& body, Json& request) {
  request = Json::parse(body, nullptr, false);
  if (!request.is_object()) return "the body is no JSON object";
  if (!request.contains("scenario") || !request["scenario"].is_string())
    return "the body needs \"scenario\", the text of a scenario";
  if (request.contains("influence") && !request["influence"].is_boolean())
    return "\"influence\" is true or false";
  for (const auto& [key, value] : request.items())
    if (key != "scenario" && key != "influence") return "unknown key \"" + key + "\"";
  return "";
}

}  // namespace

PageService::PageService(RequestGate gate, RunQueue& runs, const Workplace& workplace,
                         std::filesystem::path folder, std::string version)
    : gate_(std::move(gate)),
      runs_(runs),
      workplace_(workplace),
      folder_(std::move(folder)),
      version_(std::move(version)) {}

HttpAnswer PageService::answer(const HttpRequest& request) {
  HttpAnswer answer;
  if (auto refusal = gate_.refusal(request)) {
    answer = std::move(*refusal);
  } else {
    try {
      answer = routed(request);
    } catch (const CannotAnswer& error) {
      answer = failed(500, error.what(), 1);
    } catch (const InputError& error) {  // a folder that is full or gone
      answer = {500, "application/json", errors_json(error.problems(), 1)};
    }
  }
  answer.headers.insert(answer.headers.end(), guards.begin(), guards.end());
  answer.headers.emplace_back(
      "Content-Security-Policy",
      request.path == "/" ? page_policy() : "default-src 'none'; frame-ancestors 'none'; sandbox");
  return answer;
}

HttpAnswer PageService::routed(const HttpRequest& request) {
  const std::string& path = request.path;
  const bool get = request.method == "GET";
  if (path == "/") return get ? HttpAnswer{200, "text/html; charset=utf-8", page_html()} : only("GET");
  if (path == "/api/catalog") return get ? catalog() : only("GET");
  if (path == "/api/check") return get ? only("POST") : check(request.body);
  if (path == "/api/runs") {
    if (!get) return add_run(request.body);
    Json all = Json::array();
    for (const RunView& run : runs_.all()) all.push_back(json_of(run, false));
    return fine(all);
  }
  constexpr std::string_view of_runs = "/api/runs/";
  if (path.starts_with(of_runs)) {
    int id = 0;
    const char* const end = path.data() + path.size();
    const auto [at, error] = std::from_chars(path.data() + of_runs.size(), end, id);
    if (error == std::errc() && (at == end || *at == '/'))
      return of_run(request, id, at == end ? "" : std::string(at + 1, end));
  }
  return failed(404, "there is nothing here");
}

std::string PageService::asked(const std::vector<std::string>& arguments, const std::string& scenario) {
  struct Count {
    std::atomic<int>& of;
    int before = of++;
    ~Count() { --of; }
  } const count{asking_};
  if (count.before >= most_asking) return "";
  const std::filesystem::path folder = folder_ / ("asked-" + std::to_string(++asked_));
  struct Gone {
    const std::filesystem::path& folder;
    ~Gone() {
      std::error_code error;  // else it goes with the server
      std::filesystem::remove_all(folder, error);
    }
  } const gone{folder};
  workplace_.furnish(folder, scenario);
  const OwnOutcome ended = run_own({.arguments = arguments,
                                    .folder = folder,
                                    .environment = workplace_.environment(folder),
                                    .longest = longest_asked},
                                   stop_.number());
  if (ended.how == OwnEnd::too_long) throw CannotAnswer("took longer than a minute and was ended");
  if (ended.how != OwnEnd::by_itself) throw CannotAnswer("was ended");
  if (!ended.signal.empty()) throw CannotAnswer("the process " + ended.signal);
  if (ended.out.empty()) throw CannotAnswer("the process ended with exit code " + std::to_string(ended.code));
  return ended.out;
}

HttpAnswer PageService::catalog() {
  Json all{{"version", version_}, {"files", workplace_.has_files()}};
  for (const char* kind : {"platforms", "workloads", "stacks"}) {
    const std::string printed = asked({"list", kind, "--json"}, "");
    if (printed.empty()) return failed(429, "too much is asked at a time; ask again", 1);
    Json entries = Json::parse(printed, nullptr, false);
    if (!entries.is_array()) return {500, "application/json", printed};
    for (Json& entry : entries) entry.erase("file");
    all[kind] = std::move(entries);
  }
  return fine(all);
}

HttpAnswer PageService::check(const std::string& body) {
  Json request;
  if (const std::string problem = taken(body, request); !problem.empty()) return failed(400, problem);
  const std::string printed =
      asked({"check", Workplace::scenario_file, "--json"}, request["scenario"].get<std::string>());
  if (printed.empty()) return failed(429, "too much is asked at a time; ask again", 1);
  return {200, "application/json", printed};
}

HttpAnswer PageService::add_run(const std::string& body) {
  Json request;
  if (const std::string problem = taken(body, request); !problem.empty()) return failed(400, problem);
  const auto id = runs_.add(request["scenario"].get<std::string>(), request.value("influence", true));
  if (!id) return failed(429, "too many runs wait already; cancel one, or start this one later", 1);
  return fine({{"id", *id}}, 201);
}

HttpAnswer PageService::of_run(const HttpRequest& request, int id, const std::string& part) {
  const bool get = request.method == "GET";
  if (part == "cancel") {
    if (get) return only("POST");
    if (!runs_.view(id)) return failed(404, "there is no such run");
    if (!runs_.cancel(id)) return failed(409, "the run has ended already", 1);
    return fine(Json::object());
  }
  if (!get) return only("GET");
  if (part.empty()) {
    const auto run = runs_.view(id);
    return run ? fine(json_of(*run, true)) : failed(404, "there is no such run");
  }
  if (part == "result.json" || part == "report.html" || part == Workplace::scenario_file)
    if (auto text = runs_.text(id, part)) {
      const char* const type = part == "result.json"   ? "application/json"
                               : part == "report.html" ? "text/html; charset=utf-8"
                                                       : "application/yaml; charset=utf-8";
      return {
          200, type, std::move(*text), {{"Content-Disposition", "attachment; filename=\"" + part + "\""}}};
    }
  return failed(404, "there is nothing here");
}

}  // namespace aifsim
