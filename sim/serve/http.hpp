// HTTP/1.1, as much as a local page needs: one request and one answer for each connection, read by Boost.Beast's parser.
//
// Bounds: 8 connections at a time, 16 KiB of headers, 1 MiB of body, 10 s until a request is whole, 30 s until its answer is
// taken. What is beyond them, or no HTTP, is answered with an error or not at all; it reaches no handler.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "serve/stop_switch.hpp"

namespace aifsim {

struct HttpRequest {
  std::string method, path;  // "GET", "/api/runs"; what stands behind a '?' is dropped
  std::map<std::string, std::string>
      headers;  // names in small letters; of one that came twice both, parted by ", "
  std::string body;
  std::string header(const std::string& name) const;  // "" where there is none
};

struct HttpAnswer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class HttpServer {
 public:
  // Listens on an address of this machine; port 0: a free one. InputError at --host or --port where that fails.
  HttpServer(const std::string& host, int port);
  ~HttpServer() { stop(); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return port_; }
  bool loopback() const { return loopback_; }  // nobody but this machine reaches it
  // `handler` is called by several threads at a time; what it throws is answered with status 500.
  void start(std::function<HttpAnswer(const HttpRequest&)> handler);
  // Waits for the calls of the handler that run.
  void stop();

 private:
  void accept_connections() const;

  Descriptor listening_;
  StopSwitch stop_;
  int port_ = 0;
  bool loopback_ = false;
  std::function<HttpAnswer(const HttpRequest&)> handler_;
  std::vector<std::thread> threads_;
};

}  // namespace aifsim
