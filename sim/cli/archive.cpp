// aifsim archive: registered so that help and completion know it.
#include "cli/commands.hpp"
#include "cli/script.hpp"

namespace aifsim {

void register_archive(const Command& app, const Context&) {
  const Command command =
      app.add_subcommand("archive", "Build a tar.gz that runs on other machines without an installation");
  command->footer("Example:\n  ./aifsim archive");
  command->callback([] { run_script({"archive"}); });
}

}  // namespace aifsim
