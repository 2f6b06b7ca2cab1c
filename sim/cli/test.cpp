// aifsim test: registered so that help and completion know it.
#include <memory>

#include "cli/commands.hpp"
#include "cli/script.hpp"

namespace aifsim {

void register_test(const Command& app, const Context&) {
  auto slow = std::make_shared<bool>(false);
  const Command command = app.add_subcommand("test", "Build and run the project's tests");
  command->add_flag("--slow", *slow, "The slow ones too");
  command->footer("Example:\n  ./aifsim test --slow");
  command->callback([slow] {
    std::vector<std::string> words{"test"};
    if (*slow) words.emplace_back("--slow");
    run_script(words);
  });
}

}  // namespace aifsim
