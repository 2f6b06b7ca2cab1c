// From a training log to a prediction; inputs that people try in place of it.
#include <catch2/catch.hpp>

#include "cli/binary.hpp"
#include "records/training_samples.hpp"

using Catch::Contains;

namespace {

std::string with_logs(const std::string& commands) {
  return "cd $(mktemp -d)\ncat > titan.log <<'EOF'\n" + aifsim::records::kTorchtitan +
         "EOF\ncat > megatron.log <<'EOF'\n" +
         aifsim::records::kMegatron.substr(aifsim::records::kMegatron.find(" [2025-01-01 10:01:10]")) +
         "EOF\n" + commands + "\nrm -r \"$PWD\"\n";
}

}  // namespace

TEST_CASE("a training log becomes a table that validate takes, once the user has filled it in") {
  const auto ran = aifsim::run_shell(with_logs(R"sh(
$AIFSIM import auto titan.log --out runs.csv --platform dgx_h100 --set precision=bf16 --set sharding=fsdp || exit
$AIFSIM validate training runs.csv
$AIFSIM import auto megatron.log --out few.csv || exit
$AIFSIM validate training few.csv; echo "code $?"
)sh"),
                                     aifsim::shipped_home);
  INFO(ran.out << ran.err);
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Contains("1 training_step") && Contains("iterations right after an evaluation") &&
                          Contains("dgx_h100") && Contains("%") && Contains("code 2"));
  CHECK_THAT(ran.out, Contains("the log does not tell platform, gpu, gpus, layers"));
  CHECK_THAT(ran.err, Contains("few.csv:") && Contains("fill in gpus, platform, gpu, layers"));
}

TEST_CASE("what import cannot mix or fill is told; configurations and semicolons as what they are") {
  const auto ran = aifsim::run_shell(with_logs(R"sh(
printf 'op,gpu,dtype,time_us\ngemm,a100_sxm_80gb,bf16,5\n' > kernels.csv
tr , ';' < kernels.csv > semicolons.csv
echo '{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 10}' > config.json
for arguments in "titan.log kernels.csv" "kernels.csv --set gpus=4" "titan.log --set gpu_count=4" \
                 "titan.log --set gpus" "titan.log --set tp=-4" "titan.log --set recompute=yes" \
                 "titan.log --set sequence_parallel=2" "titan.log --set step_time_s=7s" "titan.log --set recompute=mlp+core" \
                 "semicolons.csv" "config.json"; do
  $AIFSIM import auto $arguments --out x.csv; echo "code $?"
done
$AIFSIM check config.json; echo "code $?"
ls
)sh"),
                                     aifsim::shipped_home);
  INFO(ran.out << ran.err);
  CHECK_THAT(ran.err, Contains("tidy has measurements, and torchtitan before it has training runs"));
  CHECK_THAT(ran.err, Contains("--set fills columns of training runs, but this is tidy"));
  CHECK_THAT(ran.err, Contains("the table of training runs has no column \"gpu_count\""));
  CHECK_THAT(ran.err, Contains("--set: expected COLUMN=VALUE such as seq_len=4096, found \"gpus\""));
  CHECK_THAT(ran.err, Contains("--set: tp: must be a whole number of at least 1, found \"-4\""));
  CHECK_THAT(ran.err, Contains("--set: recompute: \"yes\" is not modelled; known: none, selective"));
  CHECK_THAT(ran.err, Contains("--set: sequence_parallel: must be yes or no, found \"2\""));
  CHECK_THAT(ran.err, Contains("--set: step_time_s: must be a number above 0, found \"7s\""));
  CHECK_THAT(ran.err, Contains("--set: recompute: "));
  CHECK_THAT(ran.err, Contains("semicolons.csv:1:3: the columns are parted by semicolons"));
  CHECK_THAT(ran.err,
             Contains("config.json:1:1: this is a Hugging Face config.json") && Contains("model: {config: "));
  CHECK_THAT(ran.out, !Contains("code 0") && !Contains("x.csv"));
}

TEST_CASE("the command that a table of semicolons is told makes it a table that can be read") {
  const auto ran = aifsim::run_shell(R"sh(cd $(mktemp -d)
printf 'op;gpu;dtype;m;n;k;time_us\ngemm;h100_sxm_80gb;bf16;4096;4096;4096;230,5\n' > in.csv
$AIFSIM validate kernels in.csv 2> told
command=$(sed 's/.*in decimals: //; s/ IN / in.csv /; s/OUT/out.csv/' told)
eval "$command"
tr -d '\r' < out.csv
$AIFSIM validate kernels out.csv > /dev/null; echo "code $?"
rm -r "$PWD"
)sh",
                                     aifsim::shipped_home);
  INFO(ran.err);
  CHECK_THAT(ran.out, Contains("gemm,h100_sxm_80gb,bf16,4096,4096,4096,230.5\n") && Contains("code 0"));
}

TEST_CASE("words on the command line, and a size as it was given") {
  const auto ran = aifsim::run_aifsim(
      "collective AllReduce --platform dgx_h100 --ranks 8 --size 1KB --fidelity Analytical",
      aifsim::shipped_home);
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Contains("all_reduce on") && Contains("1KB"));
  CHECK_THAT(
      aifsim::run_aifsim("collective allgrather --platform dgx_h100 --ranks 8", aifsim::shipped_home).err,
      Contains("did you mean \"all_gather\""));
}
