// Training logs become rows of the table of training runs.
#include <catch2/catch.hpp>

#include "records/samples.hpp"
#include "replaced.hpp"

using namespace aifsim;
using namespace aifsim::records;
using Catch::Contains;

namespace {

Row only_row(const std::string& format, const std::string& text, const Given& given = {}) {
  const Read r = read(format, text, given);
  REQUIRE(r.rows.size() == 1);
  return r.rows.front();
}

std::string all(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) text += note + "\n";
  return text;
}

void check_cells(const Row& row, const Row& expected) {
  for (const auto& [column, value] : expected) {
    INFO(column);
    CHECK((row.count(column) ? row.at(column) : "") == value);
  }
}

}  // namespace

TEST_CASE("Megatron-LM: arguments and steady iterations") {
  const Read r = read("megatron", kMegatron);
  REQUIRE(r.rows.size() == 1);
  check_cells(r.rows[0], {{"id", "f"},
                          {"gpus", "32"},
                          {"tp", "4"},
                          {"pp", "2"},
                          {"cp", "1"},
                          {"ep", "1"},
                          {"dp", "4"},
                          {"layers", "32"},
                          {"hidden", "4096"},
                          {"heads", "32"},
                          {"kv_heads", "8"},
                          {"ffn_hidden", "11008"},
                          {"vocab", "32256"},
                          {"seq_len", "4096"},
                          {"precision", "bf16"},
                          {"global_batch", "64"},
                          {"micro_batch", "2"},
                          {"sharding", "zero1"},
                          {"recompute", "selective"},
                          {"recompute_modules", "core_attn+moe_act"},
                          {"optimizer_moments", "bf16"},
                          {"master_weights", "remainder"},
                          {"stack", "megatron"},
                          {"step_time_s", "2.51"},
                          {"step_time_min_s", "2.5"},
                          {"steps", "3"},
                          {"tflops_per_gpu", "199"},
                          {"peak_memory_gib", "33"},
                          {"sequence_parallel", "yes"},
                          {"params_b", ""},  // two of eight ranks told theirs
                          {"platform", ""}});
  CHECK(r.skipped.at(
            "warm-up: the very first iteration, and those after it a tenth slower than the median") == 1);
  CHECK(r.skipped.at("iterations right after an evaluation or a checkpoint") == 1);
  CHECK_THAT(all(r.notes), Contains("does not tell platform, gpu: fill these columns in"));
}

TEST_CASE(
    "Megatron-LM: lines alone, what the user says, growing batches, a restart, other ranks, bad figures") {
  const std::string lines = kMegatron.substr(kMegatron.find(" [2025-01-01 10:01:10]"));
  Given given;
  given.ranks = 32;
  given.gpu = "h100_sxm_80gb";
  given.columns = {{"seq_len", "2048"}};
  const Read r = read("megatron", lines, given);
  check_cells(r.rows.at(0),
              {{"gpus", "32"}, {"gpu", "h100_sxm_80gb"}, {"seq_len", "2048"}, {"step_time_s", "2.51"}});
  CHECK_THAT(all(r.notes),
             Contains("does not tell platform, layers") && Contains("tp, pp, cp, ep: an empty cell"));

  // The user's --ranks does not win over the log.
  given.ranks = 8;
  const Read told = read("megatron", kMegatron, given);
  CHECK(told.rows.at(0).at("gpus") == "32");
  CHECK_THAT(all(told.notes), Contains("--ranks 8 is not used: the log says 32"));

  const Read grown =
      read("megatron", replaced(lines, "global batch size:    64", "global batch size:    32"));
  CHECK(grown.rows.at(0).at("global_batch") == "64");
  CHECK(grown.skipped.at("iterations at a smaller global batch") == 1);

  const Read again = read("megatron", lines + lines);
  CHECK(again.rows.size() == 1);
  CHECK(again.skipped.at("lines of other ranks on the same iteration") == 4);

  const Read two = read("megatron", kMegatron + kMegatron);
  REQUIRE(two.rows.size() == 2);
  CHECK(two.rows[1].at("id") == "f-2");

  const Read bad = read("megatron", replaced(lines, "(ms): 2500.0", "(ms): inf"));
  CHECK(bad.skipped.at("iterations whose figures cannot be used") == 1);
  CHECK_THAT(error_of("megatron", "nothing\n"), Contains("no iteration of a training run by megatron"));
}

TEST_CASE("Megatron-LM: what its optimizer holds, its FP8 recipe, Megatron Bridge's memory") {
  const Row plain =
      only_row("megatron", replaced(kMegatron, "use_precision_aware_optimizer ................... True",
                                    "use_precision_aware_optimizer ................... False"));
  check_cells(plain, {{"optimizer_moments", ""}, {"master_weights", ""}});
  for (const auto& [recipe, precision] : {std::pair{"tensorwise", "fp8_current"},
                                          {"delayed", "fp8"},
                                          {"blockwise", "fp8_block"},
                                          {"mxfp8", "mxfp8"}}) {
    const std::string log = replaced(kMegatron, "  fp8 ............................................. None",
                                     "  fp8 ............................................. hybrid\n"
                                     "  fp8_recipe ...................................... " +
                                         std::string(recipe));
    check_cells(only_row("megatron", log), {{"precision", precision}});
  }
  const std::string bridge =
      replaced(kMegatron,
               "[Rank 0] (after 1 iterations) memory (MB) | allocated: 12000.1 | max allocated: 30000.5 | "
               "reserved: 32768.0 | max reserved: 33792.0",
               "[Rank 0] (after 1 iterations) memory (GB) | mem-allocated-gigabytes: 63.66 | "
               "mem-max-allocated-gigabytes: 70.1 | mem-max-reserved-gigabytes: 75.161927680");
  check_cells(only_row("megatron", bridge), {{"peak_memory_gib", "70"}});
}

TEST_CASE("DeepSpeed: samples a second over the batch, or the pipeline engine's seconds") {
  const Read r = read("deepspeed", kDeepspeed);
  check_cells(r.rows.at(0), {{"step_time_s", "4"},
                             {"global_batch", "128"},
                             {"micro_batch", "4"},
                             {"dp", "16"},
                             {"gpus", "16"},
                             {"precision", "bf16"},
                             {"sharding", "zero2"},
                             {"samples_per_s", "32"},
                             {"peak_memory_gib", "20.5"}});
  const Row pipe = only_row("deepspeed",
                            "steps: 10 loss: 5.5508 iter time (s): 0.936 samples/sec: 136.752\n"
                            "steps: 20 loss: 5.5000 iter time (s): 0.936 samples/sec: 136.752\n");
  check_cells(pipe, {{"step_time_s", "0.936"}, {"global_batch", "128"}});
  // Without the batch, the rate stands alone.
  const Row rate = only_row("deepspeed", kDeepspeed.substr(kDeepspeed.find("[2025-02-02 08:01:00,101]")));
  check_cells(rate, {{"step_time_s", ""}, {"samples_per_s", "32"}});
}

TEST_CASE("torchtitan: tokens per second and GPU over what a GPU has of a step") {
  const Read r = read("torchtitan", kTorchtitan);
  // 32 sequences of 8,192 tokens on 32 GPUs: 8,192 tokens each, at 4,096 a second
  check_cells(r.rows.at(0), {{"step_time_s", "2"},
                             {"tokens_per_s_per_gpu", "4096"},
                             {"tflops_per_gpu", "237.2"},
                             {"gpus", "32"},
                             {"gpu", "h100_sxm_80gb"},
                             {"dp", "16"},
                             {"tp", "2"},
                             {"sharding", "hsdp"},
                             {"shard_group", "8"},
                             {"recompute", "full"},
                             {"hidden", "4096"},
                             {"ffn_hidden", "14336"},
                             {"layers", "32"},
                             {"kv_heads", "8"},
                             {"vocab", "128256"},
                             {"params_b", "8.030261248"},
                             {"micro_batch", "2"},
                             {"global_batch", "32"},
                             {"seq_len", "8192"},
                             {"peak_memory_gib", "50"},
                             {"model", "llama3 8B"}});
  CHECK(r.skipped.at("iterations right after an evaluation or a checkpoint") == 1);
  CHECK_THAT(all(r.notes), Contains("does not tell platform, precision: fill"));
  const Row alone =
      only_row("torchtitan", kTorchtitan.substr(kTorchtitan.find("[rank0]:[titan] 2025-03-03 12:00:30,000")));
  check_cells(alone, {{"step_time_s", ""}, {"tokens_per_s_per_gpu", "4096"}, {"gpus", ""}});
  const Row older = only_row(
      "torchtitan",
      "INFO - Building 2-D device mesh with ['dp_shard', 'tp'], [4, 2]\nINFO - Applied FSDP to the model\n" +
          kTorchtitan.substr(kTorchtitan.find("[rank0]:[titan] 2025-03-03 12:00:30,000")));
  check_cells(older, {{"gpus", "8"}, {"tp", "2"}, {"dp", "4"}, {"sharding", "zero3"}, {"recompute", "none"}});
}

TEST_CASE("NeMo and Lightning: timings in lines, in a progress bar, and the bar alone") {
  check_cells(only_row("nemo", kNemo),
              {{"step_time_s", "6.5"}, {"gpus", "8"}, {"global_batch", "128"}, {"steps", "3"}});
  check_cells(only_row("nemo", kNemoBar), {{"step_time_s", "3.14"}, {"global_batch", "256"}});
  const Read bar = read("nemo", kLightning);
  check_cells(bar.rows.at(0), {{"step_time_s", "1.2"}});
  CHECK_THAT(all(bar.notes), Contains("accumulate_grad_batches"));
}

TEST_CASE("Hugging Face Trainer: run time over steps, GPUs from the batches, results in JSON") {
  const Read r = read("hf-trainer", kHfTrainer);
  check_cells(r.rows.at(0), {{"step_time_s", "4"},
                             {"global_batch", "64"},
                             {"micro_batch", "4"},
                             {"gpus", "8"},
                             {"run_time_s", "188"}});
  CHECK_THAT(all(r.notes), Contains("mean over the whole run"));
  check_cells(only_row("hf-trainer", kHfResults), {{"step_time_s", "1.33333"}, {"global_batch", "32"}});
  // Quoted figures, as newer releases print them; too few digits for a whole batch.
  check_cells(only_row("hf-trainer",
                       "{'train_runtime': '2115', 'train_samples_per_second': '0.076', "
                       "'train_steps_per_second': '0.005'}\n"),
              {{"step_time_s", "200"}, {"global_batch", ""}});
  const std::string cut = kHfTrainer.substr(0, kHfTrainer.find("{'train_runtime'"));
  check_cells(only_row("hf-trainer", cut), {{"step_time_s", "4"}});
}

TEST_CASE("nanotron: figures of three digits with K, M and G") {
  const Read r = read("nanotron", kNanotron);
  check_cells(r.rows.at(0), {{"step_time_s", "0.513"},
                             {"gpus", "8"},
                             {"dp", "4"},
                             {"tp", "2"},
                             {"pp", "1"},
                             {"seq_len", "4096"},
                             {"micro_batch", "4"},
                             {"global_batch", "32"},
                             {"hidden", "2048"},
                             {"ffn_hidden", "8192"},
                             {"layers", "16"},
                             {"heads", "32"},
                             {"kv_heads", "8"},
                             {"vocab", "49152"},
                             {"precision", "bf16"},
                             {"sharding", "zero1"},
                             {"recompute", "none"},
                             {"params_b", "1.24"},
                             {"peak_memory_gib", "30"}});
}

TEST_CASE("long logs: all iterations count, in bounded memory") {
  std::string log = kMegatron;
  const std::string line = kMegatron.substr(kMegatron.rfind(" [2025-01-01 10:03:00]"));
  for (int i = 5; i < 5000; ++i) log += replaced(line, "40/", std::to_string(i * 10) + "/");
  const Row row = only_row("megatron", log);
  CHECK(std::stod(row.at("step_time_s")) == Approx(2.52).epsilon(0.003));
  CHECK(row.at("steps") == "4998");
}
