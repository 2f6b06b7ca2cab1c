// Who may ask the local page's server for anything. The page itself holds no secret; all else needs the token, which only the one
// who started the server sees, and which a browser sends with no request but the page's own: it is a header, no cookie.
//
// A request is refused when
// - its Host is none of the server's names: a foreign name that was made to lead here (DNS rebinding);
// - a browser says that another site makes it (Sec-Fetch-Site, Origin), also where it knows the token;
// - it lacks the token (the page itself excepted);
// - it is no GET or POST, or a POST that is not application/json, which no form can send.
#pragma once
#include <optional>
#include <set>
#include <string>

#include "serve/http.hpp"

namespace aifsim {

struct RequestGate {
  std::string token;
  std::set<std::string> names;  // of the Host header, without the port
  bool any_address = false;     // numeric addresses too, which no foreign name can stand for

  // The answer to a request that is not let in.
  std::optional<HttpAnswer> refusal(const HttpRequest& request) const;
};

// 256 bits from the system's random numbers, in hex.
std::string fresh_token();
// "localhost" of "localhost:8080", "[::1]" of "[::1]:8080".
std::string host_without_port(const std::string& host);

}  // namespace aifsim
