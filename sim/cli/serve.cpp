// aifsim serve: a local page for `aifsim compare`.
#include "serve/serve.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/outcome.hpp"

namespace aifsim {
namespace {

struct ServeArguments {
  std::string host = "127.0.0.1", files;
  std::int64_t port = 8080;
  double longest = 720;  // minutes
};

void serve_page(const Catalog& catalog, const ServeArguments& o) {
  ServeOptions options{.host = o.host,
                       .port = static_cast<int>(o.port),
                       .files = o.files,
                       .catalogues = {catalog.search().shipped()},
                       .longest = std::chrono::milliseconds(std::llround(60e3 * o.longest)),
                       .version = AIFSIM_VERSION};
  if (const char* own = std::getenv("AIFSIM_HOME"); own && *own) options.catalogues.emplace_back(own);
  const int signal = serve(options, [](const std::string& address, bool others) {
    if (others)
      std::cerr
          << "aifsim: warning: others reach this page over the network, without encryption; whoever has the "
             "address with its token can start runs here and read what is asked\n";
    std::cerr << "aifsim: Ctrl-C ends the server, its runs, and what they have found; open this address in a "
                 "browser:\n";
    std::cout << address << std::endl;
  });
  throw AlreadyTold{static_cast<ExitCode>(128 + signal)};
}

}  // namespace

void register_serve(const Command& app, const Context& context) {
  auto options = std::make_shared<ServeArguments>();
  const Command command = app.add_subcommand(
      "serve", "A local page: pick proposals, run a comparison, watch it, read and download its report");
  command->add_option("--port", options->port, "Where it listens; 0: a free port")
      ->check(between(std::int64_t{0}, std::int64_t{65535}))
      ->capture_default_str();
  command
      ->add_option("--host", options->host,
                   "Address or name to listen on; others than 127.0.0.1 are in reach of the network")
      ->type_name("HOST")
      ->capture_default_str();
  command
      ->add_option(
          "--files", options->files,
          "Folder of yours: scenarios of the page are read as if they stood in it (default: they name the "
          "catalogue alone)")
      ->type_name("DIR");
  command->add_option("--longest", options->longest, "Minutes after which a run is ended")
      ->check(between(0.01, 1e5))
      ->capture_default_str();
  command->footer("Example:\n  aifsim serve --port 0 --files my_proposals");
  command->callback([options, &context] { serve_page(context.catalog(), *options); });
}

}  // namespace aifsim
