#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>

namespace aifsim {
namespace {

Check check_of(CLI::Validator validator) {
  const std::string description = validator.get_description();
  return {[validator = std::move(validator)](const std::string& text) {
            std::string value = text;
            return validator(value);
          },
          description};
}

// Texts name something: files, folders, platforms.
CLI::Option* never_empty(CLI::Option* option) {
  return option->check(CLI::Validator(
      [](const std::string& text) {
        return std::string(text.empty() ? "expected a text, found an empty one" : "");
      },
      ""));
}

}  // namespace

template <class Number>
Check between(Number least, Number most) {
  return check_of(CLI::Range(least, most));
}
template Check between(int, int);
template Check between(std::int64_t, std::int64_t);
template Check between(std::uint64_t, std::uint64_t);
template Check between(double, double);

Check existing_folder() { return check_of(CLI::ExistingDirectory); }

Option Option::required() const { return Option(option_->required()); }
Option Option::type_name(const std::string& name) const { return Option(option_->type_name(name)); }
Option Option::check(const Check& check) const {
  if (!check.meaning) return Option(option_->check(CLI::Validator(check.problem, check.description)));
  const auto understand = [check](std::string& value) -> std::string {
    const std::string problem = check.problem(value);
    if (problem.empty()) return "";
    const std::string meant = check.meaning(value);
    if (meant.empty()) return problem;
    value = meant;
    return "";
  };
  return Option(option_->transform(CLI::Validator(understand, check.description)));
}
Option Option::delimiter(char parts) const { return Option(option_->delimiter(parts)); }
Option Option::one_each() const { return Option(option_->allow_extra_args(false)); }
Option Option::capture_default_str() const { return Option(option_->capture_default_str()); }
Option Option::excludes(const Option& other) const { return Option(option_->excludes(other.option_)); }

void Command::prefix_command() const { app_->prefix_command(); }

std::vector<std::string> Command::rest() const { return app_->remaining(); }

Command Command::add_subcommand(const std::string& name, const std::string& description) const {
  return Command(app_->add_subcommand(name, description));
}

#define AIFSIM_ADD_OPTION(TYPE)                                                                            \
  Option Command::add_option(const std::string& name, TYPE& value, const std::string& description) const { \
    return Option(app_->add_option(name, value, description));                                             \
  }
AIFSIM_ADD_OPTION(int)
AIFSIM_ADD_OPTION(std::int64_t)
AIFSIM_ADD_OPTION(std::uint64_t)
AIFSIM_ADD_OPTION(double)
AIFSIM_ADD_OPTION(std::optional<std::int64_t>)
AIFSIM_ADD_OPTION(std::optional<std::uint64_t>)
AIFSIM_ADD_OPTION(std::optional<double>)
#undef AIFSIM_ADD_OPTION
#define AIFSIM_ADD_TEXT(TYPE)                                                                              \
  Option Command::add_option(const std::string& name, TYPE& value, const std::string& description) const { \
    return Option(never_empty(app_->add_option(name, value, description)));                                \
  }
AIFSIM_ADD_TEXT(std::string)
AIFSIM_ADD_TEXT(std::vector<std::string>)
AIFSIM_ADD_TEXT(std::optional<std::string>)
#undef AIFSIM_ADD_TEXT

Option Command::add_flag(const std::string& name, bool& value, const std::string& description) const {
  return Option(app_->add_flag(name, value, description));
}
void Command::callback(std::function<void()> work) const { app_->callback(std::move(work)); }
void Command::require_subcommand() const { app_->require_subcommand(1); }
bool Command::given(const std::string& option) const { return app_->count(option) > 0; }
void Command::footer(const std::string& text) const { app_->footer(text); }

void missing_argument(const std::string& name) { throw CLI::RequiredError(name); }

}  // namespace aifsim
