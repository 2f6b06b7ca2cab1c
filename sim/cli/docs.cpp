// aifsim docs: registered so that help and completion know it.
#include <memory>

#include "cli/commands.hpp"
#include "cli/script.hpp"

namespace aifsim {

void register_docs(const Command& app, const Context&) {
  auto out = std::make_shared<std::string>();
  const Command command = app.add_subcommand("docs", "Build the pages of docs/ as a site that works offline");
  command->add_option("--out", *out, "Folder of the site (default: build/docs of the project)")
      ->type_name("DIR");
  command->footer("Example:\n  ./aifsim docs --out site");
  command->callback([out] {
    std::vector<std::string> words{"docs"};
    if (!out->empty()) words.insert(words.end(), {"--out", *out});
    run_script(words);
  });
}

}  // namespace aifsim
