#include "serve/http.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/quote.hpp"
#include "report/errors_json.hpp"

namespace aifsim {
namespace {

namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

constexpr std::size_t connections = 8;  // at a time
constexpr std::uint64_t most_body = 1 << 20;
constexpr std::uint32_t most_headers = 16 << 10;
constexpr auto until_asked = std::chrono::seconds(10), until_taken = std::chrono::seconds(30),
               until_gone = std::chrono::seconds(1);

HttpAnswer problem(int status, const std::string& message) {
  return {status, "application/json", errors_json({{{}, message}}, 2)};
}

// One client. What it sends late, or not at all, costs no more than its time.
class Connection {
 public:
  Connection(Descriptor socket, int stop) : socket_(std::move(socket)), stop_(stop) {}

  void answer(const std::function<HttpAnswer(const HttpRequest&)>& handler) {
    HttpRequest request;
    std::optional<HttpAnswer> refused;
    if (!read(request, refused)) return;
    HttpAnswer answer;
    if (refused) {
      answer = std::move(*refused);
    } else {
      try {
        answer = handler(request);
      } catch (const std::exception& error) {
        answer = {500, "application/json",
                  errors_json({{{}, std::string("internal error: ") + error.what()}}, 70)};
      }
    }
    write(answer);
    // What the client still sends would undo the answer that it has not read yet.
    shutdown(socket_.number(), SHUT_WR);
    std::array<char, 65536> rest;
    for (const auto until = Clock::now() + until_gone; wait(POLLIN, until);)
      if (recv(socket_.number(), rest.data(), rest.size(), 0) <= 0) break;
  }

 private:
  // False: too late, or we stop.
  bool wait(short what, Clock::time_point until) const {
    std::array<pollfd, 2> both{{{socket_.number(), what, 0}, {stop_, POLLIN, 0}}};
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
      if (left <= 0) return false;
      const int ready = poll(both.data(), both.size(), static_cast<int>(left));
      if (ready < 0 && errno == EINTR) continue;
      return ready > 0 && both[1].revents == 0;
    }
  }

  // False: there is nobody to answer.
  bool read(HttpRequest& request, std::optional<HttpAnswer>& refused) const {
    const auto until = Clock::now() + until_asked;
    http::request_parser<http::string_body> parser;
    parser.eager(true);
    parser.body_limit(most_body);
    parser.header_limit(most_headers);
    std::string waiting;
    std::array<char, 16384> part;
    while (!parser.is_done()) {
      if (!wait(POLLIN, until)) return false;
      const ssize_t got = recv(socket_.number(), part.data(), part.size(), 0);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got <= 0) return false;
      waiting.append(part.data(), static_cast<std::size_t>(got));
      boost::beast::error_code error;
      const std::size_t used = parser.put(boost::asio::buffer(waiting), error);
      waiting.erase(0, used);
      if (!error || error == http::error::need_more) continue;
      if (error == http::error::body_limit)
        refused = problem(413, "a request may have 1 MiB");
      else if (error == http::error::header_limit)
        refused = problem(431, "the headers of a request may have 16 KiB");
      else
        refused = problem(400, "no HTTP request: " + error.message());
      return true;
    }
    const auto& message = parser.get();
    request.method = std::string(message.method_string());
    request.path = std::string(message.target());
    if (const std::size_t query = request.path.find('?'); query != std::string::npos)
      request.path.resize(query);
    for (const auto& field : message) {
      const std::string name = boost::to_lower_copy(std::string(field.name_string()));
      const auto [at, fresh] = request.headers.emplace(name, std::string(field.value()));
      if (!fresh) at->second += ", " + std::string(field.value());
    }
    request.body = message.body();
    return true;
  }

  void write(const HttpAnswer& answer) const {
    std::string bytes = fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n", answer.status,
        std::string(http::obsolete_reason(http::int_to_status(static_cast<unsigned>(answer.status)))),
        answer.type, answer.body.size());
    for (const auto& [name, value] : answer.headers) bytes += name + ": " + value + "\r\n";
    bytes += "\r\n" + answer.body;
    const auto until = Clock::now() + until_taken;
    for (std::size_t at = 0; at < bytes.size() && wait(POLLOUT, until);) {
      const ssize_t sent =
          send(socket_.number(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (sent < 0) return;
      at += static_cast<std::size_t>(sent);
    }
  }

  Descriptor socket_;
  int stop_;
};

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET)
    return (ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr) >> 24) == 127;
  return address->sa_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr) != 0;
}

int port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

std::string HttpRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpServer::HttpServer(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); failed != 0)
    throw InputError(Place{"--host"}, fmt::format("{} is no address or name of this machine: {}", quote(host),
                                                  gai_strerror(failed)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> address(found, freeaddrinfo);
  listening_ = Descriptor(socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  setsockopt(listening_.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listening_.number(), address->ai_addr, address->ai_addrlen) != 0 ||
      listen(listening_.number(), 64) != 0) {
    if (errno == EADDRINUSE)
      throw InputError(
          Place{"--port"},
          fmt::format("another program listens on {}; name another port, or 0 for a free one", port));
    if (errno == EACCES)
      throw InputError(Place{"--port"},
                       fmt::format("{} is the system's; ports from 1024 on are everyone's", port));
    throw InputError(Place{"--host"}, fmt::format("cannot listen on {}, port {}: {}", quote(host), port,
                                                  std::strerror(errno)));
  }
  port_ = port_of(listening_.number());
  loopback_ = is_loopback(address->ai_addr);
}

void HttpServer::start(std::function<HttpAnswer(const HttpRequest&)> handler) {
  handler_ = std::move(handler);
  for (std::size_t i = 0; i < connections; ++i) threads_.emplace_back([this] { accept_connections(); });
}

void HttpServer::stop() {
  stop_.turn();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void HttpServer::accept_connections() const {
  for (;;) {
    std::array<pollfd, 2> both{{{listening_.number(), POLLIN, 0}, {stop_.number(), POLLIN, 0}}};
    if (poll(both.data(), both.size(), -1) < 0 && errno != EINTR) return;
    if (both[1].revents != 0) return;
    Descriptor socket(accept4(listening_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) {
      Connection(std::move(socket), stop_.number()).answer(handler_);
    } else if (errno != EAGAIN && errno != EINTR) {  // no descriptors left: not at full speed
      poll(&both[1], 1, 100);
    }
  }
}

}  // namespace aifsim
