// aifsim completion SHELL: a completion script, made from the command tree so that it is never stale.
#include "cli/completion.hpp"

#include <iostream>
#include <memory>

#include "cli/choice.hpp"
#include "cli/commands.hpp"

namespace aifsim {

void register_completion(const Command& app, const Context&) {
  auto shell = std::make_shared<std::string>();
  const Command command = app.add_subcommand("completion", "Print the completion script of a shell");
  command->add_option("SHELL", *shell, "The shell; load with: eval \"$(aifsim completion bash)\"")
      ->required()
      ->check(choice({"bash", "zsh", "fish"}));
  command->footer(
      "Examples:\n  eval \"$(aifsim completion bash)\"\n  aifsim completion fish > "
      "~/.config/fish/completions/aifsim.fish");
  command->callback([shell, command] {
    const CommandNode program = command_tree(command);
    std::cout << (*shell == "bash"  ? bash_completion(program)
                  : *shell == "zsh" ? zsh_completion(program)
                                    : fish_completion(program));
  });
}

}  // namespace aifsim
