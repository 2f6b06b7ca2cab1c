// Public runs whose layout makes or breaks the step: how long it takes, and that the account says why. Sources: vTrain
// (github.com/VIA-Research/vTrain), InternEvo (doc/en/train_performance.md), spyysalo/lumi-llm-scaling, MLPerf Training
// v3.0, NVIDIA dgxc-benchmarking and Megatron-Bridge (performance summaries).
#include <catch2/catch.hpp>
#include <sstream>

#include "factory/alone.hpp"
#include "factory/training_table.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

struct HardCase {
  const char* row;
  double within;
  const char* source = "";
};

MeasuredRow read_case(const HardCase& one) {
  static PlatformShelf shelf(shipped());
  std::istringstream in(
      "id,platform,gpu,gpus,gpus_per_node,model,moe,task,params_b,layers,hidden,heads,kv_heads,ffn_hidden,"
      "vocab,"
      "seq_len,precision,global_batch,micro_batch,tp,pp,vpp,dp,cp,ep,sharding,shard_group,recompute,"
      "sequence_parallel,stack,step_time_s,source\n" +
      std::string(one.row) + "," + one.source + "\n");
  return read_training_table(in, "t.csv", "platform", shelf).front();
}

// Of the step: what the account gives this part.
double share_of(const TrainingJob& job, StepPart part) {
  const StepAccount account = run_alone(job, Fidelity::analytical).jobs.front().figures.account;
  return account.parts[static_cast<std::size_t>(part)] / account.step.value;
}

const HardCase tensor_over_nodes{
    "tp16,a100_80gb_ib800,a100_sxm_80gb,256,8,GPT "
    "18.4B,,pretrain,18.4,40,6144,48,48,24576,51200,2048,fp16,1024,2,"
    "16,1,1,16,1,1,none,,full,no,megatron_deepspeed,20.415",
    0.2};
const HardCase zero1{
    "z1,a100_80gb_roce400,a100_sxm_80gb,1024,8,InternLM-7B,,pretrain,7.0,32,4096,32,32,11008,103168,2048,"
    "bf16,8192,2,"
    "1,1,1,1024,1,1,zero1,1024,none,,internevo,7.2144",
    0.15};
const HardCase zero1_groups{
    "z8,a100_80gb_roce400,a100_sxm_80gb,1024,8,InternLM-7B,,pretrain,7.0,32,4096,32,32,11008,103168,2048,"
    "bf16,8192,2,"
    "1,1,1,1024,1,1,zero1,8,none,,internevo,4.5197",
    0.1};
const HardCase others[] = {
    {"lumi128,lumi_g,mi250x_gcd,128,8,GPT "
     "175B,,pretrain,175,70,14336,112,112,57344,50257,2048,bf16,1024,2,8,8,1,2,1,"
     "1,none,,full,no,megatron_deepspeed,341.33",
     0.1},
    {"lumi256,lumi_g,mi250x_gcd,256,8,GPT "
     "175B,,pretrain,175,70,14336,112,112,57344,50257,2048,bf16,1024,2,8,8,1,4,1,"
     "1,none,,full,no,megatron_deepspeed,180.82",
     0.1},
    {"lumi2048,lumi_g,mi250x_gcd,2048,8,GPT "
     "175B,,pretrain,175,70,14336,112,112,57344,50257,2048,bf16,1024,2,8,8,1,"
     "32,1,1,none,,full,no,megatron_deepspeed,36.2",
     0.2},
    {"gpt3,dgx_h100,h100_sxm_80gb,512,8,GPT3-175B,,pretrain,175,96,12288,96,96,49152,51200,2048,fp8,2048,1,4,"
     "8,12,16,"
     "1,1,zero1,16,,yes,nemo_megatron,13.385",
     0.25},
    {"405b,dgx_h100,h100_sxm_80gb,2304,8,Llama-3.1-405B,,pretrain,405.9,126,16384,128,8,53248,128256,8192,"
     "bf16,1008,"
     "1,8,9,7,16,2,1,zero1,16,,yes,nemo_megatron,17.7",
     0.15},
    {"405b_mxfp8,gb300_nvl72,gb300,256,4,Llama-3.1-405B,,pretrain,405.9,126,16384,128,8,53248,128256,8192,"
     "mxfp8,1536,"
     "1,2,8,4,8,2,1,zero1,8,,yes,nemo_megatron,52.795",
     0.2},
    {"v3,gb200_nvl72,gb200,256,4,DeepSeek-V3 (MoE "
     "671B-A37B),yes,pretrain,671,61,7168,128,,18432,129280,4096,mxfp8,"
     "4096,1,1,4,4,64,1,64,,,,,nemo_megatron,13.342",
     0.15, "26.08 container"},
};

}  // namespace

TEST_CASE("runs whose layout makes or breaks the step take what was measured", "[factory]") {
  std::vector<HardCase> all{tensor_over_nodes, zero1, zero1_groups};
  all.insert(all.end(), std::begin(others), std::end(others));
  for (const HardCase& one : all) {
    const MeasuredRow row = read_case(one);
    INFO(row.id << " " << row.unsupported);
    REQUIRE(row.job);
    TrainingJob job = *row.job;
    job.beyond_memory = true;  // it ran
    CHECK(step_of(job) == Approx(row.measured.value).epsilon(one.within));
  }
}

TEST_CASE("the account says why a layout breaks the step", "[factory]") {
  // Tensor parallelism over two nodes: a third of the step is exchange. Inside a node it is not, on the same GPUs.
  const MeasuredRow wide = read_case(tensor_over_nodes);
  TrainingJob narrow = *wide.job;
  narrow.training.tensor_parallel = 8;
  narrow.training.gradient_accumulation *= narrow.training.global_batch > 0 ? 1 : 2;
  CHECK(share_of(*wide.job, StepPart::tensor) > 0.3);
  CHECK(share_of(narrow, StepPart::tensor) < 0.25);
  // The same over nodes of four GPUs, as JUWELS Booster has.
  const MeasuredRow juwels =
      read_case({"j,juwels_booster,a100_sxm_40gb,64,4,GPT "
                 "3.6B,,pretrain,3.6,30,3072,32,32,12288,51200,2048,fp16,512,4,8,1,1,8,"
                 "1,1,none,,full,no,megatron_deepspeed,12",
                 0});
  REQUIRE(juwels.job);
  TrainingJob in_a_node = *juwels.job;
  in_a_node.training.tensor_parallel = 4;
  in_a_node.training.gradient_accumulation /= in_a_node.training.global_batch > 0 ? 1 : 2;
  CHECK(share_of(*juwels.job, StepPart::tensor) > 2 * share_of(in_a_node, StepPart::tensor));
  CHECK(step_of(in_a_node) < 0.75 * step_of(*juwels.job));
  // ZeRO-1 over 1,024 GPUs whose ranks broadcast their parameters in turn; groups of eight cure it.
  const MeasuredRow all = read_case(zero1), groups = read_case(zero1_groups);
  CHECK(share_of(*all.job, StepPart::shard) > 0.25);
  CHECK(share_of(*groups.job, StepPart::shard) < 0.1);
  // 175B on 2,048 dies of LUMI-G: eight times the dies of 256 wait for the pipeline and for the sum of gradients.
  const MeasuredRow few = read_case(others[1]), many = read_case(others[2]);
  const double lost = step_of(*many.job) * 8 / step_of(*few.job);
  CHECK(lost > 1.4);
  CHECK(share_of(*many.job, StepPart::bubble) > 2 * share_of(*few.job, StepPart::bubble));
}

}  // namespace aifsim
