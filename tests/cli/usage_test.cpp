#include <catch2/catch.hpp>

#include "cli/binary.hpp"

using aifsim::run_aifsim;
using Catch::Contains;
using Catch::Equals;

TEST_CASE("help names every subcommand and goes to the standard output") {
  const auto ran = run_aifsim("--help");
  CHECK(ran.code == 0);
  CHECK(ran.err == "");
  for (const char* word : {"list", "show", "check", "schema", "completion", "test"})
    CHECK_THAT(ran.out, Contains(word));
}

TEST_CASE("every subcommand has help, even without a catalogue") {
  for (const char* word : {"list", "show", "check", "schema", "completion", "test"}) {
    const auto ran = run_aifsim(std::string(word) + " --help", "AIFSIM_HOME=/nonexistent");
    INFO(word);
    CHECK(ran.code == 0);
    CHECK_THAT(ran.out, Contains("Usage:") || Contains("aifsim " + std::string(word)));
  }
}

TEST_CASE("version") {
  const auto ran = run_aifsim("--version");
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Catch::Matches("aifsim [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_CASE("without arguments the help is shown as an error") {
  const auto ran = run_aifsim("");
  CHECK(ran.code == 2);
  CHECK(ran.out == "");
  CHECK_THAT(ran.err, Contains("completion"));
}

TEST_CASE("usage errors name the nearest thing that exists") {
  struct {
    const char *arguments, *message;
  } const cases[] = {
      {"lst", "aifsim: unknown subcommand \"lst\", did you mean \"list\"?\n"},
      {"list --jsn", "aifsim: unknown option \"--jsn\", did you mean \"--json\"?\n"},
      {"--versoin", "aifsim: unknown option \"--versoin\", did you mean \"--version\"?\n"},
      {"show platform small_tree --sgv=a.svg", "aifsim: unknown option \"--sgv\", did you mean \"--svg\"?\n"},
      {"list platfroms", "aifsim: KIND: unknown word \"platfroms\", did you mean \"platforms\"?\n"},
      {"schema", "aifsim: KIND is required\n"},
      {"show platform", "aifsim: NAME is required\n"},
      {"check", "aifsim: FILE is required\n"},
  };
  for (const auto& test : cases) {
    const auto ran = run_aifsim(test.arguments);
    INFO(test.arguments);
    CHECK(ran.code == 2);
    CHECK(ran.out == "");
    CHECK_THAT(ran.err, Equals(test.message + std::string("See `aifsim --help`.\n")));
  }
}

TEST_CASE("a folder without a catalogue is refused with its name") {
  const auto ran = run_aifsim("list", "AIFSIM_HOME=/nonexistent");
  CHECK(ran.code == 2);
  CHECK_THAT(ran.err, Contains("/nonexistent: no catalogue here") && Contains("AIFSIM_HOME should name"));
}

TEST_CASE("a full disk is not taken for success") {
  const auto ran = aifsim::run_shell("$AIFSIM list >/dev/full");
  CHECK(ran.code == 1);
  CHECK_THAT(ran.err, Contains("cannot write to the standard output"));
}
