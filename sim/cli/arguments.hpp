// Options and arguments of a subcommand: the part of CLI11 that the subcommands use, without its header, which costs
// each file that includes it several seconds to compile. `Command` and `Option` are handles; copy them freely.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace aifsim {

// What a value must be: "" or what is wrong with it. `description` stands in the help, and completion reads it.
struct Check {
  std::function<std::string(const std::string&)> problem;
  std::string description;
  // What a value that would be wrong stands for ("AllReduce" -> "all_reduce"); "": nothing. May be empty.
  std::function<std::string(const std::string&)> meaning = {};
};
template <class Number>
Check between(Number least, Number most);
Check existing_folder();

class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}
  const Option* operator->() const { return this; }
  Option required() const;
  Option type_name(const std::string& name) const;  // see commands.hpp
  Option check(const Check& check) const;
  Option delimiter(char parts) const;
  Option one_each() const;             // of a list: one value each time that the option is given
  Option capture_default_str() const;  // the help tells the default
  Option excludes(const Option& other) const;

 private:
  CLI::Option* option_;
};

class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}
  const Command* operator->() const { return this; }
  CLI::App& app() const { return *app_; }
  Command add_subcommand(const std::string& name, const std::string& description) const;
  // All that follows the command's name is another program's, options too; `rest` after the parse.
  void prefix_command() const;
  std::vector<std::string> rest() const;
  // `name` with dashes is an option, without a positional argument. `value` outlives the parse.
  Option add_option(const std::string& name, std::string& value, const std::string& description) const;
  Option add_option(const std::string& name, std::vector<std::string>& value,
                    const std::string& description) const;
  Option add_option(const std::string& name, int& value, const std::string& description) const;
  Option add_option(const std::string& name, std::int64_t& value, const std::string& description) const;
  Option add_option(const std::string& name, std::uint64_t& value, const std::string& description) const;
  Option add_option(const std::string& name, double& value, const std::string& description) const;
  Option add_option(const std::string& name, std::optional<std::string>& value,
                    const std::string& description) const;
  Option add_option(const std::string& name, std::optional<std::int64_t>& value,
                    const std::string& description) const;
  Option add_option(const std::string& name, std::optional<std::uint64_t>& value,
                    const std::string& description) const;
  Option add_option(const std::string& name, std::optional<double>& value,
                    const std::string& description) const;
  Option add_flag(const std::string& name, bool& value, const std::string& description) const;
  void callback(std::function<void()> work) const;
  void require_subcommand() const;
  bool given(const std::string& option) const;  // on the command line, in the callback
  void footer(const std::string& text) const;   // at the end of its help

 private:
  CLI::App* app_;
};

// From a callback: an argument that is needed in this case was not given.
[[noreturn]] void missing_argument(const std::string& name);

}  // namespace aifsim
