#include "serve/request_gate.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>

#include "base/descriptor.hpp"
#include "base/quote.hpp"
#include "report/errors_json.hpp"

namespace aifsim {
namespace {

HttpAnswer refused(int status, const std::string& message) {
  return {status, "application/json", errors_json({{{}, message}}, 2)};
}

bool is_address(const std::string& host) {
  in6_addr unused{};
  if (host.starts_with('[') && host.ends_with(']'))
    return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &unused) == 1;
  return inet_pton(AF_INET, host.c_str(), &unused) == 1;
}

// In a time that tells nothing of where they differ.
bool same_secret(const std::string& given, const std::string& known) {
  if (given.size() != known.size()) return false;
  unsigned differs = 0;
  for (std::size_t i = 0; i < known.size(); ++i)
    differs |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(known[i]);
  return differs == 0;
}

}  // namespace

std::string fresh_token() { return random_name() + random_name() + random_name() + random_name(); }

std::string host_without_port(const std::string& host) {
  const std::size_t colon = host.rfind(':');
  return colon == std::string::npos || host.find(']', colon) != std::string::npos ? host
                                                                                  : host.substr(0, colon);
}

std::optional<HttpAnswer> RequestGate::refusal(const HttpRequest& request) const {
  const std::string host = request.header("host"), name = boost::to_lower_copy(host_without_port(host));
  if (!names.contains(name) && !(any_address && is_address(name)))
    return refused(
        403, fmt::format("this server is not called {}; open the address that it printed", quote(host)));
  if (request.method != "GET" && request.method != "POST") {
    HttpAnswer answer = refused(405, "only GET and POST are answered");
    answer.headers = {{"Allow", "GET, POST"}};
    return answer;
  }
  if (request.path == "/" && request.method == "GET") return std::nullopt;
  const std::string site = request.header("sec-fetch-site"), origin = request.header("origin");
  if (!site.empty() && site != "same-origin")
    return refused(403,
                   fmt::format("only this server's own page may ask; this request comes from elsewhere ({})",
                               printable(site)));
  if (!origin.empty() && origin != "http://" + host)
    return refused(403, fmt::format("only this server's own page may ask, not one of {}", quote(origin)));
  if (!same_secret(request.header("authorization"), "Bearer " + token)) {
    HttpAnswer answer = refused(
        401, "the token is missing or of another start; open the address that `aifsim serve` printed");
    answer.headers = {{"WWW-Authenticate", "Bearer"}};
    return answer;
  }
  if (request.method == "POST") {
    std::string type = boost::to_lower_copy(request.header("content-type"));
    type = type.substr(0, type.find(';'));
    if (type != "application/json") return refused(415, "the body must be application/json");
  }
  return std::nullopt;
}

}  // namespace aifsim
