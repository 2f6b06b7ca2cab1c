#include <fmt/format.h>

#include <boost/algorithm/string/replace.hpp>

#include "cli/completion.hpp"

namespace aifsim {
namespace {

constexpr const char* zsh_head = R"sh(#compdef aifsim
# zsh completion of aifsim, made by `aifsim completion zsh`
# Names of the catalogue; files where no name begins so.
_aifsim_names() {
  local kind=$1
  [[ -n $kind ]] || kind=${words[(r)(platform|gpu|workload|scenario|stack|exercise)]}s
  local -a given=(${words[2,-1]:#-*}) asked=($kind)
  [[ $kind == sites ]] && asked+=($given[1])
  compadd -- ${(f)"$(AIFSIM_NO_BUILD=1 $aifsim_called list $asked --names 2>/dev/null)"} || _files
}
_aifsim() {
  local aifsim_called=$words[1]
  local -a subcommands
)sh";

constexpr const char* zsh_tail = R"sh(}
if [[ $funcstack[1] == _aifsim ]]; then
  _aifsim "$@"
else
  compdef _aifsim aifsim
fi
)sh";

// Inside '...' of a specification of _arguments or _describe.
std::string zsh_quoted(std::string text) {
  for (const auto& [plain, safe] :
       {std::pair{"\\", "\\\\"}, {"'", "'\\''"}, {":", "\\:"}, {"[", "\\["}, {"]", "\\]"}}) {
    boost::replace_all(text, plain, safe);
  }
  return text;
}

std::string zsh_action(const ArgumentNode& argument) {
  switch (argument.takes) {
    case Takes::words:
      return fmt::format("({})", fmt::join(argument.words, " "));
    case Takes::files:
      return "_files";
    case Takes::folders:
      return "_files -/";
    case Takes::names:
      return argument.names_of.empty() ? "_aifsim_names" : "_aifsim_names " + argument.names_of;
    case Takes::nothing:
    case Takes::text:
      break;
  }
  return " ";
}

// The arguments of `command`, whose name is the first of $words.
std::string completion_of(const CommandNode& command);

// A choice of subcommands, and the arguments of the one that is typed already.
std::string dispatch(const std::vector<CommandNode>& commands) {
  std::string names, cases;
  for (const CommandNode& command : commands) {
    names += fmt::format(" '{}:{}'", command.name, zsh_quoted(command.description));
    cases += fmt::format("{})\n{};;\n", command.name, completion_of(command));
  }
  return fmt::format(
      "subcommands=({})\nif ((CURRENT == 2)); then\n_describe subcommand subcommands\nreturn\nfi\n"
      "shift words\n((CURRENT--))\ncase $words[1] in\n{}esac\n",
      names, cases);
}

std::string completion_of(const CommandNode& command) {
  if (!command.subcommands.empty()) return dispatch(command.subcommands);
  std::string specifications;
  for (const ArgumentNode& option : command.options) {
    for (const std::string& name : option.names) {
      specifications += fmt::format(" \\\n  '{}[{}]{}'", name, zsh_quoted(option.description),
                                    option.takes == Takes::nothing ? "" : ":value:" + zsh_action(option));
    }
  }
  for (std::size_t i = 0; i < command.positionals.size(); ++i) {
    const ArgumentNode& positional = command.positionals[i];
    specifications += fmt::format(" \\\n  '{}:{}:{}'", positional.repeats ? "*" : std::to_string(i + 1),
                                  positional.names.front(), zsh_action(positional));
  }
  return fmt::format("_arguments{}\n", specifications);
}

}  // namespace

std::string zsh_completion(const CommandNode& program) {
  return zsh_head + dispatch(program.subcommands) + zsh_tail;
}

}  // namespace aifsim
