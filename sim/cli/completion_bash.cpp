#include <fmt/format.h>

#include "cli/completion.hpp"

namespace aifsim {
namespace {

// `command` becomes the path of subcommands that are typed so far ("calibrate/gpu"), `asked` what is
// completed: the path with the number of a positional argument or with the name of an option that takes a
// value.
constexpr const char* bash_head = R"sh(# bash completion of aifsim, made by `aifsim completion bash`
# Names of the catalogue; files where no name begins so.
_aifsim_names() {
  COMPREPLY=($(compgen -W "$(AIFSIM_NO_BUILD=1 "${COMP_WORDS[0]}" list "$@" --names 2>/dev/null)" -- "$current"))
  ((${#COMPREPLY[@]})) || { compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); }
}
_aifsim() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local command= options= valued= kind= given= asked position=1 i=1
  COMPREPLY=()
)sh";

constexpr const char* find_position = R"sh(  esac
  for ((; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      -*) [[ " $valued " == *" ${COMP_WORDS[i]} "* ]] && ((i++)) ;;
      *) ((position++)); [[ $given ]] || given=${COMP_WORDS[i]} ;;
    esac
  done
  for i in "${COMP_WORDS[@]}"; do
    case $i in platform|gpu|workload|scenario|stack|exercise) kind=$i; break ;; esac
  done
  if [[ " $valued " == *" $previous "* ]]; then
    asked=$command:$previous
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  else
    asked=$command:$position
  fi
  case $asked in
)sh";

constexpr const char* bash_tail = R"sh(  esac
}
complete -F _aifsim aifsim
)sh";

std::string joined_names(const std::vector<ArgumentNode>& options, bool only_valued) {
  std::string names;
  for (const ArgumentNode& option : options) {
    if (only_valued && option.takes == Takes::nothing) continue;
    for (const std::string& name : option.names) names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

std::string bash_action(const ArgumentNode& argument) {
  switch (argument.takes) {
    case Takes::words:
      return fmt::format("COMPREPLY=($(compgen -W \"{}\" -- \"$current\"))", fmt::join(argument.words, " "));
    case Takes::files:
      return "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\"))";
    case Takes::folders:
      return "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$current\"))";
    case Takes::names:
      if (argument.names_of.empty()) return "_aifsim_names \"${kind}s\"";
      return "_aifsim_names " + argument.names_of + (argument.names_of == "sites" ? " \"$given\"" : "");
    case Takes::nothing:
    case Takes::text:
      break;
  }
  return "";
}

struct Cases {
  std::string paths;    // every path of subcommands, for the search of the one that is typed
  std::string options;  // per path: its options
  std::string actions;  // per path and argument: what completes it
};

void add_cases(const CommandNode& command, const std::string& path, Cases& cases) {
  const auto add_action = [&](const std::string& argument_name, const ArgumentNode& argument) {
    const std::string what = bash_action(argument);
    if (!what.empty()) cases.actions += fmt::format("    {}:{}) {} ;;\n", path, argument_name, what);
  };
  cases.options += fmt::format("    '{}') options=\"{}\" valued=\"{}\" ;;\n", path,
                               joined_names(command.options, false), joined_names(command.options, true));
  for (const ArgumentNode& option : command.options) {
    for (const std::string& name : option.names) add_action(name, option);
  }
  for (std::size_t i = 0; i < command.positionals.size(); ++i) {
    const ArgumentNode& positional = command.positionals[i];
    add_action(positional.repeats ? "[0-9]*" : std::to_string(i + 1), positional);
  }
  ArgumentNode subcommand{{}, "", Takes::words, {}, false};
  for (const CommandNode& child : command.subcommands) {
    const std::string child_path = path.empty() ? child.name : path + "/" + child.name;
    subcommand.words.push_back(child.name);
    cases.paths += " " + child_path;
    add_cases(child, child_path, cases);
  }
  if (!subcommand.words.empty()) add_action("1", subcommand);
}

}  // namespace

std::string bash_completion(const CommandNode& program) {
  Cases cases;
  add_cases(program, "", cases);
  const std::string find_command = fmt::format(
      "  while ((i < COMP_CWORD)) && [[ \"{} \" == *\" ${{command:+$command/}}${{COMP_WORDS[i]}} \"* ]]; do\n"
      "    command=${{command:+$command/}}${{COMP_WORDS[i++]}}\n  done\n  case $command in\n",
      cases.paths);
  return bash_head + find_command + cases.options + find_position + cases.actions + bash_tail;
}

}  // namespace aifsim
