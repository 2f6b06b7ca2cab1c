// aifsim test: the tests need the sources and a compiler, so the bootstrap script builds and runs them. It is
// registered here so that help and completion know it.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"

namespace aifsim {

void register_test(const Command& app, const Context&) {
  auto slow = std::make_shared<bool>(false);
  const Command command = app.add_subcommand("test", "Build and run the project's tests");
  command->add_flag("--slow", *slow, "The slow ones too");
  command->footer("Example:\n  ./aifsim test --slow");
  command->callback([slow] {
    const std::string script = (Context::home() / "aifsim").string();
    execl(script.c_str(), script.c_str(), "test", *slow ? "--slow" : nullptr, nullptr);
    throw CannotAnswer(fmt::format("the tests run from the project's folder; cannot start {}: {}", script,
                                   std::strerror(errno)));
  });
}

}  // namespace aifsim
