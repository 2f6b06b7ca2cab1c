// aifsim exercise: as students and teachers use it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/binary.hpp"
#include "exercise/variant.hpp"
#include "root.hpp"

using namespace aifsim;
using Catch::Contains;
using Catch::StartsWith;

namespace {

// In a folder of its own, with an exercise of our own in `mine`, whose scenario is quick.
const std::string small_exercise = R"sh(
cd $(mktemp -d) && trap 'rm -r $PWD' EXIT
mkdir mine
cat >mine/sum.yaml <<'END'
kind: scenario
title: A sum
question: How long does it take?
platforms: [small_tree]
jobs:
  - {name: sum, collective: {kind: all_reduce, size: ${size}, algorithm: ring}, gpus: 8}
sweep:
  jobs.sum.collective.algorithm: [ring, tree]
END
cat >mine/exercise.yaml <<'END'
kind: exercise
title: A small one
minutes: 10
goals: [see it]
background: None is needed.
parameters:
  - {name: size, values: {from: 1MiB, to: 64MiB, times: 2}}
files: [sum.yaml]
steps:
  - {text: "Sum ${size}.", run: [aifsim run sum.yaml --one-placement]}
values:
  - {name: ring, scenario: sum.yaml, variant: algorithm ring, metric: step_time_s}
  - {name: tree, scenario: sum.yaml, variant: algorithm tree, metric: step_time_s}
questions:
  - {name: time, ask: "How long?", number: {answer: ring, of: time}, hint: Look at the table., key: The table has it.}
  - name: winner
    ask: Which is quicker?
    choice: [{text: ring, when: ring <= tree}, {text: tree, when: tree < ring}]
    hint: Compare.
    key: Bandwidth.
  - {name: drawing, ask: Draw both., text: true, key: A ring and a tree.}
END
)sh";

}  // namespace

TEST_CASE("exercise list names what there is") {
  const Ran ran = run_aifsim("exercise list");
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Contains("01-ring-against-tree") && Contains("Ring against tree"));
  const auto all = nlohmann::json::parse(run_aifsim("exercise list --json").out);
  CHECK(all[0]["name"] == "01-ring-against-tree");
  CHECK(all[0]["variants"] >= 3);
}

TEST_CASE("exercise start writes a folder with the numbers of its seed, and nothing twice") {
  const Ran ran = run_shell(small_exercise + R"sh(
$AIFSIM exercise start ./mine one --seed 1 && $AIFSIM exercise start ./mine two --seed 2 && $AIFSIM exercise start ./mine again --seed 1
ls one; diff -q one/sum.yaml two/sum.yaml; diff -r one again && echo equal
echo mine >one/sum.yaml; $AIFSIM exercise start ./mine one --seed 3; echo code $?; cat one/sum.yaml
)sh");
  CHECK_THAT(ran.out, Contains("A small one, about 10 minutes, seed 1."));
  CHECK_THAT(ran.out, Contains("answers.yaml\nexercise.md\nsum.yaml\n"));
  CHECK_THAT(ran.out, Contains("differ") && Contains("equal\n") && Contains("code 2\nmine\n"));
  CHECK_THAT(ran.err, StartsWith("one: is there already, and stays as it is"));
}

TEST_CASE("exercise check marks, hints, and ends with 0, 1 or 2") {
  const Ran ran = run_shell(small_exercise + R"sh(
$AIFSIM exercise start ./mine one --seed 5 >/dev/null
cd one
$AIFSIM exercise check; echo "code $?"
$AIFSIM exercise check --key >key.yaml && cp key.yaml answers.yaml && $AIFSIM exercise check; echo "code $?"
sed -i -E 's/^  winner: a/  winner: c/; s/^  winner: b/  winner: a/; s/^  winner: c/  winner: b/; s/^  time: .*/  time: 77h/' answers.yaml
$AIFSIM exercise check; echo "code $?"
)sh");
  INFO(ran.err);
  CHECK_THAT(ran.out, Contains("0 of 3 right, 3 not answered\ncode 1\n"));
  CHECK_THAT(ran.out, Contains("2 of 2 right, 1 for your teacher\ncode 0\n"));
  CHECK_THAT(ran.out, Contains("wrong  ") && Contains("Look at the table.") && Contains("Compare."));
  CHECK_THAT(ran.out, Contains("0 of 2 right, 1 for your teacher\ncode 1\n"));
}

TEST_CASE("exercise check reads its own scenario, whatever the student did to his") {
  const Ran ran = run_shell(small_exercise + R"sh(
$AIFSIM exercise start ./mine one --seed 5 >/dev/null
$AIFSIM exercise check one --key >key; rm one/sum.yaml; $AIFSIM exercise check one --key | diff key - && echo equal
)sh");
  CHECK(ran.out == "equal\n");
}

TEST_CASE("exercise check tells a mistake in the answers with its place") {
  const auto problem = [](const std::string& change) {
    const Ran ran =
        run_shell(small_exercise + "$AIFSIM exercise start ./mine one --seed 5 >/dev/null; cd one\n" +
                  change + "\n$AIFSIM exercise check");
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    return ran.err;
  };
  CHECK_THAT(problem("sed -i 's/^  time:/  time: 85/' answers.yaml"),
             Contains("answers.yaml:11:9: answers.time: expected a time such as 2.5us or 3s, found \"85\" "
                      "without a unit"));
  CHECK_THAT(problem("sed -i 's/^  winner:/  winner: tree/' answers.yaml"),
             Contains("answers.winner: expected a letter from a to b, found \"tree\""));
  CHECK_THAT(problem("sed -i 's/^  winner:/  winer:/' answers.yaml"),
             Contains("answers.winer: this exercise has no such key, did you mean \"winner\"?"));
  CHECK_THAT(problem("sed -i 's/^seed: 5/seed: 6/' answers.yaml"),
             Contains("numbers: these are not the numbers of seed 6"));
  CHECK_THAT(problem("sed -i 's/^exercise: .*/exercise: nowhere/' answers.yaml"),
             Contains("answers.yaml:") && Contains("there is no exercise \"nowhere\""));
  CHECK_THAT(problem("sed -i 's/^seed: .*/sed: 5/' answers.yaml"), Contains("unknown key \"sed\""));
  CHECK_THAT(problem("rm answers.yaml"), Contains("holds no answers.yaml"));
}

TEST_CASE("a mistake of an exercise's author is told with its place") {
  const auto problem = [](const std::string& change, const std::string& command) {
    return run_shell(small_exercise + change + "\n" + command).err;
  };
  const std::string start = "$AIFSIM exercise start ./mine one";
  CHECK_THAT(
      problem("sed -i 's/files: .sum.yaml./files: [sums.yaml]/' mine/exercise.yaml", start),
      Contains("mine/exercise.yaml:12:28: values[0].scenario: expected one of the exercise's files, found "
               "\"sum.yaml\", did you mean \"sums.yaml\"?"));
  CHECK_THAT(problem("rm mine/sum.yaml", start), Contains("exercise.yaml:8:9:") && Contains("sum.yaml"));
  CHECK_THAT(problem("sed -i 's/size}/sise}/' mine/sum.yaml", start),
             Contains("mine/sum.yaml:6:") && Contains("no parameter of the exercise is called \"sise\""));
  CHECK_THAT(problem("sed -i 's/minutes: 10/minuts: 10/' mine/exercise.yaml", start),
             Contains("mine/exercise.yaml:3:1: unknown key \"minuts\", did you mean \"minutes\"?"));
  CHECK_THAT(problem("sed -i 's/when: ring <= tree/when: ring <= three/' mine/exercise.yaml",
                     "$AIFSIM check mine/exercise.yaml >&2"),
             Contains("mine/exercise.yaml:") && Contains("no value or parameter is called \"three\""));
  const std::string check = start + " >/dev/null; $AIFSIM exercise check --key one";
  CHECK_THAT(problem("sed -i 's/algorithm tree,/algorithm three,/' mine/exercise.yaml", check),
             Contains("mine/exercise.yaml:") && Contains("none of the points of \"sum.yaml\" are such"));
  CHECK_THAT(problem("sed -i 's/step_time_s/step_tme_s/' mine/exercise.yaml", check),
             Contains("mine/exercise.yaml:") && Contains("this point has no metric \"step_tme_s\""));
  CHECK_THAT(problem("sed -i 's/tree < ring/ring <= tree/' mine/exercise.yaml", check),
             Contains("exactly one option must be right"));
  CHECK_THAT(problem("sed -i 's/gpus: 8/gpuss: 8/' mine/sum.yaml", check),
             Contains("mine/sum.yaml:6:") && Contains("unknown key \"gpuss\""));
}

TEST_CASE("a class is ranked by what is right, and a missing folder is a row") {
  const Ran ran = run_shell(small_exercise + R"sh(
$AIFSIM exercise start ./mine ada --seed 1 >/dev/null; $AIFSIM exercise start ./mine bob --seed 2 >/dev/null
$AIFSIM exercise check ada --key >key; cp key ada/answers.yaml
printf 'name,folder\nBob,bob\nCyd,cyd\nAda,ada\n' >class.csv
$AIFSIM exercise rank class.csv --json; echo "code $?" >&2
)sh");
  CHECK(ran.err == "code 1\n");
  const auto rows = nlohmann::json::parse(ran.out);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["name"] == "Ada");
  CHECK(rows[0]["rank"] == 1);
  CHECK(rows[0]["marks"]["right"] == 2);
  CHECK(rows[1]["name"] == "Bob");
  CHECK(rows[1]["rank"] == 2);
  CHECK(rows[2]["name"] == "Cyd");
  CHECK(rows[2]["rank"].is_null());
  CHECK_THAT(rows[2]["problem"].get<std::string>(), Contains("cyd"));
}

TEST_CASE("the contest ranks valid entries by their score") {
  const Ran ran = run_shell(R"sh(
cd $(mktemp -d) && trap 'rm -r $PWD' EXIT
for student in ada bob cyd; do $AIFSIM exercise start 11 $student --seed 1 >/dev/null; done
sed -i 's/^  recompute: full/  recompute: none/' bob/answers.yaml
sed -i 's/^  gpus: 64/  gpus: 1024/' cyd/answers.yaml
printf 'name,folder\nAda,ada\nBob,bob\nCyd,cyd\n' >class.csv
$AIFSIM exercise rank class.csv --json
sed -i 's/^  gpus: 64/  gpus: 65/' ada/answers.yaml; $AIFSIM exercise check ada
)sh");
  const auto rows = nlohmann::json::parse(ran.out);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["name"] == "Bob");
  CHECK(rows[0]["marks"]["score"].is_number());
  CHECK(ran.code == 2);
  CHECK_THAT(ran.err, Contains("decisions.gpus: expected one of 32, 64, 128, 256, 512, 1024, found \"65\""));
}

// Measuring takes a quiet machine and minutes; measure_test.cpp has those commands.
TEST_CASE("the steps of each shipped exercise run as they stand there", "[.slow]") {
  const Catalog catalog{std::filesystem::path(test_root())};
  for (const CatalogEntry& entry : catalog.entries(CatalogKind::exercise)) {
    const ExerciseDescription exercise =
        catalog.exercise(entry.name, {}, draw(catalog.exercise(entry.name), 1));
    std::string script =
        "cd $(mktemp -d) && trap 'rm -r $PWD' EXIT\naifsim() { $AIFSIM \"$@\" >/dev/null 2>err; code=$?\n";
    // 1 where a point has no answer, as one that does not fit, or an answer is missing.
    script += "[ $code -le 1 ] || { echo \"aifsim $*: $code\"; cat err; }; }\n";
    script += "$AIFSIM exercise start " + entry.name + " here --seed 1 >/dev/null && cd here\n";
    for (const ExerciseStep& step : exercise.steps)
      for (const std::string& command : step.run) {
        CHECK_THAT(command, StartsWith("aifsim "));
        if (entry.name.find("laptop") == std::string::npos) script += command + "\n";
      }
    INFO(entry.name);
    CHECK(run_shell(script, "AIFSIM_HOME=" + test_root()).out.empty());
  }
}
