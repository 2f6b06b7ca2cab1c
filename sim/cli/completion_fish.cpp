#include <fmt/format.h>

#include <boost/algorithm/string/replace.hpp>

#include "cli/completion.hpp"

namespace aifsim {
namespace {

// __aifsim_given PATH: the positional arguments of the command PATH ("calibrate gpu") before the cursor; 1: another
// command is typed, 2: the value of an option is. __aifsim_at PATH POSITION: whether the command is typed and its positional argument of this
// number is being completed; without POSITION, any. The words of options that take a value are not counted.
constexpr const char* fish_head = R"fish(# fish completion of aifsim, made by `aifsim completion fish`
function __aifsim_given
    set -l words (commandline -opc)
    set -e words[1]
    for step in (string split -n ' ' -- $argv[1])
        test "$words[1]" = $step; or return 1
        set -e words[1]
    end
    set -l skip no
    for word in $words
        if test $skip = yes
            set skip no
        else if string match -q -- '-*' $word
            contains -- $word $__aifsim_valued; and set skip yes
        else
            echo $word
        end
    end
    test $skip = no; or return 2
end
function __aifsim_at
    set -l given (__aifsim_given $argv[1])
    set -l state $status
    test $state = 1; and return 1
    test (count $argv) = 1; and return 0
    test $state = 0; or return 1
    test $argv[2] = any; or test (math (count $given) + 1) = $argv[2]
end
function __aifsim_names
    set -l words (commandline -opc)
    AIFSIM_NO_BUILD=1 $words[1] list $argv --names 2>/dev/null
end
function __aifsim_kind
    for word in (commandline -opc)
        contains -- $word platform gpu workload scenario stack exercise; and echo $word's'; and return
    end
end
complete -c aifsim -f
)fish";

std::string fish_quoted(std::string text) {
  boost::replace_all(text, "\\", "\\\\");
  boost::replace_all(text, "'", "\\'");
  return "'" + text + "'";
}

// What completes the argument of the command: " -a ..." or " -F".
std::string fish_action(const ArgumentNode& argument, const std::string& path) {
  switch (argument.takes) {
    case Takes::words:
      return fmt::format(" -a {}", fish_quoted(fmt::format("{}", fmt::join(argument.words, " "))));
    case Takes::files:
      return " -F";
    case Takes::folders:
      return " -a '(__fish_complete_directories)'";
    case Takes::names:
      if (argument.names_of.empty()) return " -F -a '(__aifsim_names (__aifsim_kind))'";
      if (argument.names_of == "sites")
        return fmt::format(" -a \"(__aifsim_names sites (__aifsim_given '{}')[1])\"", path);
      return fmt::format(" -F -a '(__aifsim_names {})'", argument.names_of);
    case Takes::nothing:
    case Takes::text:
      break;
  }
  return "";
}

void add_command(std::string& out, const CommandNode& command, const std::string& path) {
  const auto line = [&](const std::string& condition, const std::string& rest) {
    out += fmt::format("complete -c aifsim -n \"__aifsim_at '{}'{}\"{}\n", path, condition, rest);
  };
  for (const ArgumentNode& option : command.options) {
    std::string names;
    for (const std::string& name : option.names)
      names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    const std::string what = fish_action(option, path);
    const char* valued = option.takes == Takes::nothing ? "" : what.starts_with(" -F") ? " -r" : " -x";
    line("", fmt::format("{}{}{} -d {}", names, valued, what, fish_quoted(option.description)));
  }
  for (std::size_t i = 0; i < command.positionals.size(); ++i) {
    const ArgumentNode& positional = command.positionals[i];
    if (const std::string what = fish_action(positional, path); !what.empty())
      line(positional.repeats ? " any" : fmt::format(" {}", i + 1), what);
  }
  for (const CommandNode& child : command.subcommands) {
    line(" 1", fmt::format(" -a {} -d {}", child.name, fish_quoted(child.description)));
    add_command(out, child, path.empty() ? child.name : path + " " + child.name);
  }
}

void add_valued(std::string& out, const CommandNode& command) {
  for (const ArgumentNode& option : command.options)
    if (option.takes != Takes::nothing)
      for (const std::string& name : option.names) out += " " + name;
  for (const CommandNode& child : command.subcommands) add_valued(out, child);
}

}  // namespace

std::string fish_completion(const CommandNode& program) {
  std::string valued, lines;
  add_valued(valued, program);
  add_command(lines, program, "");
  return fmt::format("{}set -g __aifsim_valued{}\n{}", fish_head, valued, lines);
}

}  // namespace aifsim
