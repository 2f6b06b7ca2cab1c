#include "serve/serve.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <cerrno>
#include <csignal>

#include "serve/page_service.hpp"

namespace aifsim {
namespace {

// Blocked in all threads that begin later, so that only wait() sees them. One that is ignored (nohup) stays so.
class SignalsAwaited {
 public:
  SignalsAwaited() {
    sigemptyset(&ours_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction action {};
      sigaction(signal, nullptr, &action);
      if (action.sa_handler != SIG_IGN) sigaddset(&ours_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &ours_, &before_);
  }
  ~SignalsAwaited() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsAwaited(const SignalsAwaited&) = delete;
  SignalsAwaited& operator=(const SignalsAwaited&) = delete;
  int wait() const {
    for (;;)
      if (const int signal = sigwaitinfo(&ours_, nullptr); signal > 0) return signal;
  }

 private:
  sigset_t ours_{}, before_{};
};

std::string name_of_this_machine() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "localhost";
}

}  // namespace

int serve(const ServeOptions& options,
          const std::function<void(const std::string& address, bool others)>& ready) {
  const SignalsAwaited signals;
  const Workplace workplace(options.files, options.catalogues);
  HttpServer server(options.host, options.port);
  const PrivateFolder folder;
  RequestGate gate{fresh_token(), {}, !server.loopback()};
  std::string name = options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]";
  gate.names = {boost::to_lower_copy(name), "localhost", "127.0.0.1", "[::1]"};
  if (!server.loopback()) gate.names.insert(boost::to_lower_copy(name_of_this_machine()));
  if (name == "0.0.0.0" || name == "[::]") name = name_of_this_machine();
  const std::string address = fmt::format("http://{}:{}/#token={}", name, server.port(), gate.token);
  RunQueue runs(folder.path(), workplace, {.longest = options.longest});
  PageService service(gate, runs, workplace, folder.path(), options.version);
  server.start([&](const HttpRequest& request) { return service.answer(request); });
  ready(address, !server.loopback());
  const int signal = signals.wait();
  runs.stop();
  service.stop();
  server.stop();
  return signal;
}

}  // namespace aifsim
