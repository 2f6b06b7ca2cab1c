#include "serve/request_gate.hpp"

#include <catch2/catch.hpp>

using namespace aifsim;

namespace {

const RequestGate gate{std::string(64, 'a'), {"127.0.0.1", "localhost", "[::1]"}};

HttpRequest asked(const std::string& method, const std::string& path,
                  const std::map<std::string, std::string>& changed = {}) {
  HttpRequest request{method,
                      path,
                      {{"host", "127.0.0.1:8080"},
                       {"origin", "http://127.0.0.1:8080"},
                       {"sec-fetch-site", "same-origin"},
                       {"content-type", "application/json"},
                       {"authorization", "Bearer " + std::string(64, 'a')}},
                      ""};
  for (const auto& [name, value] : changed) request.headers[name] = value;
  return request;
}

// 0: let in.
int status_of(const HttpRequest& request) {
  const auto refusal = gate.refusal(request);
  return refusal ? refusal->status : 0;
}

}  // namespace

TEST_CASE("the page's own requests are let in, and those of a program with the token") {
  CHECK(status_of(asked("POST", "/api/runs")) == 0);
  CHECK(status_of(asked("GET", "/api/runs")) == 0);
  CHECK(status_of(asked("POST", "/api/runs", {{"content-type", "Application/JSON; charset=utf-8"}})) == 0);
  HttpRequest program = asked("POST", "/api/runs", {{"host", "localhost"}});
  program.headers.erase("origin");
  program.headers.erase("sec-fetch-site");
  CHECK(status_of(program) == 0);
  CHECK(status_of(asked("GET", "/api/runs", {{"host", "[::1]:8080"}, {"origin", "http://[::1]:8080"}})) == 0);
}

TEST_CASE("foreign names, origins and sites are refused, token or not") {
  for (const char* host : {"", "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "127.0.0.2",
                           "localhost, evil.example", "localhost.evil.example:8080", "[::2]:8080"}) {
    INFO(host);
    CHECK(status_of(asked("GET", "/", {{"host", host}})) == 403);
    CHECK(status_of(asked("POST", "/api/runs",
                          {{"host", host}, {"origin", "http://" + std::string(host)}})) == 403);
  }
  for (const char* origin : {"null", "http://evil.example", "https://127.0.0.1:8080", "http://127.0.0.1:3000",
                             "http://localhost:8080", "http://127.0.0.1:8080.evil.example"}) {
    INFO(origin);
    CHECK(status_of(asked("POST", "/api/runs", {{"origin", origin}})) == 403);
    CHECK(status_of(asked("GET", "/api/runs/1/result.json", {{"origin", origin}})) == 403);
  }
  for (const char* site : {"cross-site", "same-site", "none", "unknown"}) {
    INFO(site);
    CHECK(status_of(asked("POST", "/api/runs", {{"sec-fetch-site", site}})) == 403);
    CHECK(status_of(asked("GET", "/api/runs/1/report.html", {{"sec-fetch-site", site}})) == 403);
  }
}

TEST_CASE("nothing but the page is given without the token") {
  for (const std::string& token :
       {std::string(), "Bearer " + std::string(64, 'b'), "Bearer " + std::string(63, 'a'),
        std::string(64, 'a'), "Basic " + std::string(64, 'a'), std::string("Bearer ")}) {
    INFO(token);
    CHECK(status_of(asked("GET", "/", {{"authorization", token}})) == 0);
    CHECK(status_of(asked("GET", "/api/catalog", {{"authorization", token}})) == 401);
    CHECK(status_of(asked("POST", "/api/runs", {{"authorization", token}})) == 401);
    CHECK(status_of(asked("GET", "/api/runs/1/result.json", {{"authorization", token}})) == 401);
  }
}

TEST_CASE("what a form can send is no order") {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                           "multipart/form-data; boundary=x", "text/plain; application/json"})
    CHECK(status_of(asked("POST", "/api/runs", {{"content-type", type}})) == 415);
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", ""})
    CHECK(status_of(asked(method, "/api/runs")) == 405);
}

TEST_CASE("a server that others reach answers to numbers and to its own names, not to others") {
  RequestGate open = gate;
  open.any_address = true;
  const auto refused = [&](const std::string& host) {
    return open.refusal(asked("GET", "/", {{"host", host}})).has_value();
  };
  CHECK_FALSE(refused("192.0.2.7:8080"));
  CHECK_FALSE(refused("[2001:db8::7]:8080"));
  CHECK(refused("rebound.example:8080"));
  CHECK(refused("192.0.2.7.example:8080"));
}

TEST_CASE("tokens have 256 bits, new each time") {
  CHECK(fresh_token().size() == 64);
  CHECK(fresh_token() != fresh_token());
}
