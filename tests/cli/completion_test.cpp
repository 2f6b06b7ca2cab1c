#include "cli/completion.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "cli/binary.hpp"

using namespace aifsim;
using Catch::Contains;

namespace {

// What bash offers when the tab key is pressed after `words`, the last of which is being typed.
std::string offered(const std::string& words) {
  const Ran ran = run_shell(
      "eval \"$($AIFSIM completion bash)\"\n"
      "COMP_WORDS=($AIFSIM " +
      words +
      ")\n"
      "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
      "_aifsim 2>/dev/null; echo \"${COMPREPLY[*]}\"");
  return ran.out;
}

}  // namespace

TEST_CASE("bash completes subcommands, options, kinds, names and files") {
  CHECK(offered("li") == "list\n");
  CHECK(offered("list ''") == "platforms gpus workloads scenarios stacks exercises sites\n");
  CHECK(offered("list --j") == "--json\n");
  CHECK_THAT(offered("show platform ''"), Contains("small_dragonfly small_tree\n") && Contains("mn5_acc "));
  CHECK(offered("show platform small_t") == "small_tree\n");
  CHECK(offered("show --json gpu small") == "small_gpu\n");
  CHECK(offered("collective all_reduce --platform small_t") == "small_tree\n");
  CHECK(offered("run fir") == "first first-look\n");
  CHECK(offered("exercise start 01") == "01-ring-against-tree\n");
  CHECK(offered("transfer --json meluxina_ai Biss") == "Bissen\n");
  CHECK(offered("calibrate gpu small") == "small_gpu\n");
  CHECK(offered("import aut") == "auto\n");
  CHECK(offered("check $AIFSIM_HOME/platforms/small_t") != "\n");
  CHECK(offered("check a b $AIFSIM_HOME/platforms/small_t") != "\n");
  CHECK(offered("show platform small_tree --svg $AIFSIM_HOME/platforms/small_t") != "\n");
  CHECK(offered("completion z") == "zsh\n");
}

TEST_CASE("completion is complete: every subcommand of the help is offered") {
  const std::string help = run_aifsim("--help").out;
  const std::string names = offered("''");
  std::istringstream words(names);
  int count = 0;
  for (std::string word; words >> word; ++count) CHECK_THAT(help, Contains("\n  " + word + " "));
  CHECK(count >= 6);
}

TEST_CASE("fish completes subcommands, options, names, sites and files, where there is a fish") {
  if (run_shell("command -v fish >/dev/null").code != 0) {
    WARN("fish is not installed; its completion is not tried");
    return;
  }
  const auto fish = [](const std::string& words) {
    return run_shell(
               "bin=$(mktemp -d); ln -s $AIFSIM $bin/aifsim; export HOME=$bin PATH=$bin:$PATH\n"
               "fish --no-config -c 'aifsim completion fish | source; complete -C \"aifsim " +
               words + "\"' | cut -f 1 | tr '\\n' ' '; rm -r $bin")
        .out;
  };
  CHECK(fish("colle") == "collective ");
  CHECK(fish("show --js") == "--json ");
  CHECK(fish("show platform small_t") == "small_tree ");
  CHECK(fish("run first-l") == "first-look ");
  CHECK(fish("calibrate gp") == "gpu ");
  CHECK(fish("collective all_reduce --platform small_t") == "small_tree ");
  CHECK(fish("transfer meluxina_ai Biss") == "Bissen ");
  CHECK(fish("transfer --size 1TB meluxina_ai Bissen Bett") == "Bettembourg ");
}

TEST_CASE("completion follows nested subcommands") {
  const ArgumentNode level{{"--level"}, "a: b]", Takes::words, {"flow", "analytical"}, false};
  const ArgumentNode file{{"FILE"}, "", Takes::files, {}, true};
  const CommandNode training{"training", "It's [one]: a", {level}, {file}, {}};
  const CommandNode validate{"validate", "Compare", {}, {}, {training}};
  const CommandNode program{"aifsim", "", {}, {}, {validate}};

  const std::string bash =
      bash_completion(program) +
      "offered() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _aifsim; echo \"${COMPREPLY[*]}\"; }\n"
      "offered aifsim ''\noffered aifsim validate t\noffered aifsim validate training --l\n"
      "offered aifsim validate training a.csv --level ''\n";
  CHECK(run_shell(bash).out == "validate\ntraining\n--level\nflow analytical\n");

  const std::string zsh = zsh_completion(program);
  CHECK_THAT(zsh, Contains("'validate:Compare'") && Contains("'training:It'\\''s \\[one\\]\\: a'"));
  CHECK_THAT(zsh, Contains("'--level[a\\: b\\]]:value:(flow analytical)'") && Contains("'*:FILE:_files'"));
}
