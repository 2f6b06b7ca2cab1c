#include "factory/training_job.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <sstream>

#include "factory/alone.hpp"
#include "factory/training_draws.hpp"
#include "factory/training_table.hpp"
#include "lowering/training/model_shape.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

PlatformShelf& shelf() {
  static PlatformShelf s(shipped());
  return s;
}

TrainingJob job(const char* platform, const char* workload, Sharding sharding, std::int64_t gpus) {
  const WorkloadDescription w = shipped().workload(workload);
  TrainingJob j;
  j.platform = shelf().find(platform);
  j.model = w.model;
  j.training = w.training;
  j.stack = shipped().stack(w.training.stack);
  j.training.sharding = sharding;
  j.training.shard_group = sharding == Sharding::hsdp ? 4 : 0;
  j.gpus = gpus;
  return j;
}

double step_time(const TrainingJob& j, Fidelity fidelity = Fidelity::analytical) {
  return run(make_training_plan(j), j.platform->topology, fidelity).duration.value;
}

std::vector<MeasuredRow> table(const std::string& rows) {
  std::istringstream in(
      "id,platform,gpu,gpus,model,moe,task,params_b,layers,hidden,heads,kv_heads,ffn_hidden,vocab,seq_len,"
      "precision,"
      "global_batch,micro_batch,tp,pp,cp,ep,sharding,shard_group,recompute,step_time_s,stack\n" +
      rows);
  return read_training_table(in, "t.csv", "platform", shelf());
}

const char* const row_2b7 =
    "a,leonardo_booster,a100_sxm_64gb_custom,64,GPT,,pretrain,2.7,32,2560,32,32,10240,50304,4096,bf16,128,2,"
    "1,1,1,1,"
    "zero3,64,none,0.876,modalities_fsdp\n";

}  // namespace

TEST_CASE("analytical and flow agree on training steps within 1 %, which only sharing of links can part",
          "[factory]") {
  for (const char* platform : {"leonardo_booster", "mn5_acc"})
    for (const auto sharding :
         {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3, Sharding::hsdp})
      for (const std::int64_t gpus : {4, 8, 64, 512}) {
        TrainingJob j = job(platform, "gpt-2.7b", sharding, gpus);
        j.training.micro_batch = 1;  // without sharding of the state two do not fit
        INFO(platform << " sharding " << static_cast<int>(sharding) << " on " << gpus << " GPUs");
        CHECK(step_time(j, Fidelity::analytical) == Approx(step_time(j, Fidelity::flow)).epsilon(0.01));
        CHECK(analytical_duration(make_training_plan(j)).value == step_time(j, Fidelity::analytical));
      }
}

TEST_CASE("full sharding collapses on Leonardo, where hybrid sharding holds, and holds on MareNostrum 5",
          "[factory]") {
  const auto loss = [](const char* platform, Sharding sharding) {
    return step_time(job(platform, "gpt-2.7b", sharding, 256)) /
           step_time(job(platform, "gpt-2.7b", sharding, 64));
  };
  CHECK(loss("leonardo_booster", Sharding::zero3) > 1.6);  // measured: 1.93
  CHECK(loss("leonardo_booster", Sharding::hsdp) < 1.3);   // measured at 32 and 256 GPUs: 1.17
  CHECK(loss("mn5_acc", Sharding::zero3) < 1.15);          // measured at 32 and 128 GPUs: 1.03
}

TEST_CASE("FlashAttention-2 is slower than the newest on Hopper, and the newest on Ampere", "[factory]") {
  for (const char* platform : {"leonardo_booster", "mn5_acc"}) {
    TrainingJob j = job(platform, "gpt-6.7b", Sharding::zero3, 32);
    j.training.attention = AttentionKernel::flash2;
    const double two = step_time(j);
    j.training.attention = AttentionKernel::flash;
    const bool hopper = std::string(platform) == "mn5_acc";
    CHECK((hopper ? step_time(j) < two : step_time(j) == two));
  }
}

TEST_CASE("figures of a job are consistent with each other", "[factory]") {
  const TrainingJob j = job("mn5_acc", "gpt-6.7b", Sharding::zero3, 32);
  const Plan plan = make_training_plan(j);
  const Timeline t = run(plan, j.platform->topology, Fidelity::flow);
  const FabricRun alone = run_alone(j, Fidelity::flow);
  const JobFigures& f = alone.jobs.front().figures;
  const auto of = [&](Metric metric) { return f.metrics[metric].value; };
  const double step = of(Metric::step_time);
  // All GPUs between idle and their limit, by the power of the kernels.
  const GpuDescription& gpu = j.platform->gpu;
  const double most = static_cast<double>(j.gpus) * gpu.power_limit->value * step;
  CHECK(of(Metric::energy) < most);
  CHECK(of(Metric::energy) > gpu.power.idle * most);
  CHECK(step == t.duration.value);
  const double tokens = 32.0 * static_cast<double>(j.training.micro_batch * j.training.sequence);
  CHECK(of(Metric::tokens_per_second) * step == Approx(tokens));
  const double flops =
      model_flops(j.model, j.training.sequence).value * tokens / static_cast<double>(j.training.sequence);
  CHECK(of(Metric::mfu) == Approx(flops / (step * 32 * 989.4e12)));
  CHECK(of(Metric::exposed_communication) <= of(Metric::communication_time));
  CHECK(of(Metric::compute_time) + of(Metric::exposed_communication) <= step + 1e-9);
  CHECK(f.metrics[Metric::step_time].p10 < step);
  CHECK(step < f.metrics[Metric::step_time].p90);
  CHECK(alone.timeline.links.size() == t.links.size());
  CHECK(f.memory.total() == check_memory(j).use.total());
}

TEST_CASE("draws are those that a level would run one by one", "[factory]") {
  const TrainingJob full = job("leonardo_booster", "gpt-2.7b", Sharding::zero3, 128);
  for (const Fidelity level : {Fidelity::analytical, Fidelity::flow}) {
    const Seconds step = run_training(full, level).timeline.duration;
    // Without the residual, which is the same for both.
    PlatformInstance sure = *full.platform;
    sure.description.calibration.log_residual_sd.value = 0;
    TrainingJob j = full;
    j.platform = &sure;
    const std::vector<Seconds> quick = drawn_step_times(j, step, 12);
    std::vector<Seconds> one_by_one;
    for (std::size_t i = 0; i < 12; ++i) one_by_one.push_back(drawn_step(j, level, i));
    std::sort(one_by_one.begin(), one_by_one.end());
    CHECK(one_by_one.back() / one_by_one.front() > 1.01);
    for (std::size_t i = 0; i < 12; ++i) CHECK(quick[i].value == Approx(one_by_one[i].value).epsilon(1e-9));
  }
}

TEST_CASE("a job that does not fit shows the sum", "[factory]") {
  TrainingJob j = job("leonardo_booster", "gpt-13b", Sharding::ddp, 8);
  CHECK_THROWS_AS(make_training_plan(j), CannotAnswer);
  CHECK_THROWS_WITH(check_memory(j), Catch::Contains("does not fit in memory") &&
                                         Catch::Contains("optimizer") &&
                                         Catch::Contains("usable of 64.0 GiB"));
}

TEST_CASE("a job larger than the machine names both sizes", "[factory]") {
  TrainingJob j = job("mn5_acc", "gpt-2.7b", Sharding::zero3, 8192);
  CHECK_THROWS_WITH(make_training_plan(j), Catch::Contains("1120"));
}

TEST_CASE("more prefetch never costs time", "[factory]") {
  for (const std::int64_t in_flight : {1, 2, 40}) {
    double before = std::numeric_limits<double>::infinity();
    for (const std::int64_t prefetch : {0, 1, 2, 8, 31, 100}) {
      TrainingJob j = job("leonardo_booster", "gpt-2.7b", Sharding::zero3, 64);
      j.stack.max_gathers_in_flight = in_flight;
      j.stack.prefetch = prefetch;
      const double time = step_time(j);
      CHECK(time <= before * 1.0001);
      before = time;
    }
  }
}

TEST_CASE("shard groups of whole nodes and of parts of a node work, others are refused", "[factory]") {
  for (const std::int64_t group : {1, 2, 4, 8, 16, 64}) {
    TrainingJob j = job("mn5_acc", "gpt-2.7b", Sharding::hsdp, 64);
    j.training.micro_batch = 1;
    j.training.shard_group = group;
    const double whole = step_time(job("mn5_acc", "gpt-2.7b", Sharding::zero3, 64));
    INFO("groups of " << group);
    CHECK(step_time(j) > 0.3 * whole);
    CHECK(step_time(j) < 1.5 * whole);
    // Groups across nodes share the NICs with the reductions between them.
    const double flow = step_time(j, Fidelity::flow);
    if (group <= 4 || group == 64) CHECK(step_time(j) == Approx(flow).epsilon(0.01));
    CHECK(step_time(j) == Approx(flow).epsilon(0.05));
  }
  for (const std::int64_t group : {3, 6}) {
    TrainingJob j = job("mn5_acc", "gpt-2.7b", Sharding::hsdp, 24);
    j.training.shard_group = group;
    CHECK_THROWS_WITH(make_training_plan(j), Catch::Contains("neither divides the 4 GPUs of a node"));
  }
}

TEST_CASE("a group that fits no node names its degrees and its place", "[factory]") {
  TrainingJob j = job("mn5_acc", "gpt-2.7b", Sharding::zero3, 24);
  j.training.place = {"mine.yaml", 7, 14};
  j.training.context_parallel = 3;
  CHECK_THROWS_WITH(make_training_plan(j),
                    Catch::StartsWith("mine.yaml:7:14: context_parallel 3 makes a group of 3 GPUs, which"));
  j.training.tensor_parallel = 2;
  CHECK_THROWS_WITH(make_training_plan(j),
                    Catch::Contains("tensor_parallel 2 x context_parallel 3 make a group of 6 GPUs, which "
                                    "neither divides the 4 GPUs of a node nor fills whole nodes"));
}

TEST_CASE("what the models do not cover is refused by run as by validate", "[factory]") {
  TrainingJob j = job("mn5_acc", "gpt-2.7b", Sharding::zero3, 8);
  j.training.precision = Precision::nvfp4;
  j.training.keys.set("precision", {"mine.yaml", 7, 14});
  CHECK_THROWS_WITH(
      make_training_plan(j),
      Catch::StartsWith("mine.yaml:7:14: precision nvfp4: h100_sxm_64gb_custom does not compute in it "
                        "(NVFP4 units came with Blackwell); it trains in ") &&
          Catch::Contains("bf16, fp16, fp8, fp8_current, fp8_block, and `aifsim list gpus`"));
  j = job("mn5_acc", "gpt-2.7b", Sharding::zero3, 8);
  j.training.gradient_accumulation = 1000000;
  CHECK_THROWS_WITH(make_training_plan(j), Catch::Contains("more than the 300000"));
}

TEST_CASE("micro-steps add up", "[factory]") {
  TrainingJob j = job("mn5_acc", "gpt-2.7b", Sharding::zero3, 8);
  const double one = step_time(j);
  j.training.gradient_accumulation = 4;
  CHECK(step_time(j) > 3.5 * one);
  CHECK(step_time(j) < 4.1 * one);
}

TEST_CASE("a slow loader sets the pace", "[factory]") {
  TrainingJob j = job("mn5_acc", "gpt-2.7b", Sharding::zero3, 8);
  const double fast = step_time(j);
  j.training.loader_tokens_per_second =
      static_cast<double>(j.training.micro_batch * j.training.sequence) / (2 * fast);
  CHECK(step_time(j) == Approx(2 * fast));
}

TEST_CASE("a measured row is predicted as the same job is by run", "[factory]") {
  const auto rows = table(row_2b7);
  REQUIRE(rows.size() == 1);
  REQUIRE(rows[0].job);
  CHECK(step_time(*rows[0].job) == step_time(job("leonardo_booster", "gpt-2.7b", Sharding::zero3, 64)));
}

TEST_CASE("rows that differ in name and time only share their job", "[factory]") {
  std::string other = row_2b7, fewer = row_2b7;
  other.replace(0, 1, "b").replace(other.find("0.876"), 5, "0.900");
  fewer.replace(fewer.find("128,2,"), 6, "64,1,");
  const auto rows = table(row_2b7 + other + fewer);
  REQUIRE(rows.size() == 3);
  REQUIRE(rows[0].job);
  CHECK(rows[1].job == rows[0].job);
  CHECK(rows[1].id == "b");
  CHECK(rows[1].measured.value == 0.9);
  CHECK(rows[2].job != rows[0].job);
  CHECK(rows[2].job->training.micro_batch == 1);
}

TEST_CASE("rows outside the models say why", "[factory]") {
  const auto reason = [](const std::string& from, const std::string& to) {
    std::string row = row_2b7;
    row.replace(row.find(from), from.size(), to);
    const auto rows = table(row);
    return rows.at(0).job ? std::string("expressed") : rows.at(0).unsupported;
  };
  CHECK_THAT(reason("leonardo_booster", "jupiter"), Catch::Contains("no platform 'jupiter'"));
  CHECK_THAT(reason("2,1,1,1,1,zero3", "2,7,1,1,1,zero3"),
             Catch::Contains("parallelism of 7 x 1 x 1 do not divide 64 GPUs"));
  CHECK_THAT(reason("2,1,1,1,1,zero3", "2,1,4,1,1,zero3"), Catch::Contains("64 of 16 ranks"));
  CHECK_THAT(reason(",32,2560,", ",,,"), Catch::Contains("not given: layers, hidden; fill in"));
  CHECK_THAT(reason("none", "sometimes"),
             Catch::Contains("recompute 'sometimes' is not modelled; known: none, selective, per_op, full"));
  CHECK_THAT(reason("leonardo_booster", ""), Catch::Contains("not given: platform"));
  CHECK_THAT(reason("zero3", "sharded"), Catch::Contains("known: ddp, zero1, zero2, zero3, hsdp"));
  CHECK_THAT(reason("leonardo_booster", "my_cluster"),
             Catch::Contains("with a100_sxm_64gb_custom: leonardo:booster, leonardo_booster"));
  CHECK_THAT(reason("bf16", "fp8"), Catch::Contains("fp8"));
  CHECK_THAT(reason(",128,2,", ",100,2,"), Catch::Contains("100 is no multiple"));
  CHECK_THAT(reason("GPT,,", "GPT,yes,"), Catch::Contains("experts"));
  CHECK_THAT(reason("pretrain", "rollout"), Catch::Contains("rollout"));
  CHECK_THAT(reason("a100_sxm_64gb_custom", "h200"), Catch::Contains("h200"));
}

TEST_CASE("a column whose name is all but that of one that is read is a mistake", "[factory]") {
  const auto read = [](const std::string& column) {
    std::istringstream in("id,platform,gpu,gpus,seq_len,global_batch,sharding,step_time_s," + column +
                          "\na,dgx_h100,h100_sxm_80gb,8,2048,16,zero1,1,x\n");
    return read_training_table(in, "t.csv", "platform", shelf());
  };
  CHECK_THROWS_WITH(read("optimizer_moment"), Catch::Contains("t.csv:1:64: unknown column") &&
                                                  Catch::Contains("did you mean \"optimizer_moments\"?"));
  CHECK_THROWS_WITH(read("recompute_module"), Catch::Contains("did you mean \"recompute_modules\"?"));
  CHECK_NOTHROW(read("remarks"));
  CHECK_NOTHROW(read("cluster"));
  CHECK_NOTHROW(read("step_time_ms"));  // step_time_s is there
}

TEST_CASE("what YAML refuses of a training, a row of a table says, too", "[factory]") {
  const auto reason = [](const std::string& columns, const std::string& cells, const char* experts) {
    std::istringstream in(
        "id,platform,gpu,gpus,model,moe,layers,hidden,heads,kv_heads,ffn_hidden,vocab,seq_len,global_batch,"
        "micro_batch,sharding,step_time_s,stack," +
        columns + "\na,dgx_h100,h100_sxm_80gb,8,Qwen3-30B-A3B," + experts +
        ",16,2048,16,16,8192,32000,2048,16,1,zero1,1,pytorch," + cells + "\n");
    const auto rows = read_training_table(in, "t.csv", "platform", shelf());
    return rows.at(0).job ? std::string("expressed") : rows.at(0).unsupported;
  };
  CHECK(reason("precision,optimizer_moments,master_weights", "bf16,bf16,remainder", "") == "expressed");
  CHECK(reason("precision,optimizer_moments,master_weights", "fp16,int8,none", "") == "expressed");
  for (const char* format : {"fp64", "tf32", "fp4"})
    CHECK_THAT(reason("precision,optimizer_moments", std::string("bf16,") + format, ""),
               Catch::Contains("known: fp32, bf16, fp16, fp8, int8"));
  CHECK(reason("optimizer,precision", "muon,bf16", "") == "expressed");
  for (const char* cells : {"fp16,remainder", "fp32,remainder", "tf32,none"})
    CHECK_THAT(reason("precision,master_weights", cells, ""), Catch::Contains("master_weights: "));
  CHECK_THAT(reason("precision,recompute", "bf16,per_op", "yes"),
             Catch::Contains("not modelled for experts"));
  CHECK_THAT(reason("precision,recompute,recompute_modules", "bf16,full,layernorm", ""),
             Catch::Contains("belongs to recompute selective"));
  CHECK_THAT(reason("precision,recompute,recompute_modules", "bf16,selective,moe_act", ""),
             Catch::Contains("needs a model with experts"));
}

TEST_CASE("cells that a row leaves open take its stack's usual choice, which is told", "[factory]") {
  std::string row = row_2b7;
  row.replace(row.find("none,0.876"), 10, ",0.876");
  const auto rows = table(row);
  REQUIRE(rows.at(0).job);
  CHECK(rows[0].assumed == "recompute");
  CHECK(rows[0].job->training.recompute == Recompute::none);
  std::string adapters = row_2b7;
  adapters.replace(adapters.find("pretrain"), 8, "lora");
  CHECK(table(adapters).at(0).job->training.lora_rank == 16);
}

TEST_CASE("a row whose source names a newer container ran the stack that succeeds its own", "[factory]") {
  const auto stack_of = [](const std::string& precision, const std::string& source,
                           const std::string& platform = "gb200_nvl72,gb200") {
    std::istringstream in(
        "id,platform,gpu,gpus,model,moe,seq_len,precision,global_batch,micro_batch,ep,sharding,step_time_s,"
        "stack,source\n"
        "a," +
        platform + ",8,Qwen3-30B-A3B,yes,4096," + precision + ",512,4,8,zero1,6.4,nemo_megatron,\"" + source +
        "\"\n");
    const std::vector<MeasuredRow> rows = read_training_table(in, "t.csv", "platform", shelf());
    INFO(rows.at(0).unsupported);
    REQUIRE(rows.at(0).job);
    return rows.at(0).job->stack.name;
  };
  CHECK(stack_of("mxfp8", "summary, 26.04 container, Pre-Training") == "nemo");
  CHECK(stack_of("mxfp8", "summary, 26.06 container, Pre-Training") == "megatron_bridge");
  CHECK(stack_of("mxfp8", "summary, 26.06.01 container") == "megatron_bridge");
  CHECK(stack_of("mxfp8", "27.01 container") == "megatron_bridge");
  CHECK(stack_of("bf16", "summary, 26.06 container, Pre-Training") == "nemo");
  // Recipes without CUDA graphs.
  CHECK(stack_of("bf16", "26.04 container", "dgx_h100,h100_sxm_80gb") == "nemo_eager");
  CHECK(stack_of("mxfp8", "26.04 container", "dgx_b300,b300") == "nemo_eager");
  CHECK(stack_of("mxfp8", "26.06 container", "dgx_b300,b300") == "megatron_bridge");
  for (const char* source : {"", "measured in a container", " container", "container", "x26.06"})
    CHECK(stack_of("mxfp8", source) == "nemo");
}

TEST_CASE("words that people use are understood in a table of runs", "[factory]") {
  const auto expected = step_time(*table(row_2b7).at(0).job);
  for (const auto& [from, to] : {std::pair("zero3", "fsdp"),
                                 {"zero3", "FULL_SHARD"},
                                 {"zero3", "ZeRO-3"},
                                 {"bf16", "bfloat16"},
                                 {"bf16", "BF16"},
                                 {"none,0.876", "false,0.876"},
                                 {"a100_sxm_64gb_custom", "NVIDIA A100-SXM-64GB"}}) {
    INFO(to);
    std::string row = row_2b7;
    row.replace(row.find(from), std::string(from).size(), to);
    const auto rows = table(row);
    INFO(rows.at(0).unsupported);
    REQUIRE(rows.at(0).job);
    CHECK(step_time(*rows[0].job) == expected);
  }
}

TEST_CASE("a measured peak is judged on the GPU's usual platform where the row's is unknown", "[factory]") {
  const auto rows_of = [](const std::string& peak, const std::string& recompute) {
    std::istringstream in(
        "id,platform,gpu,gpus,gpus_per_node,model,moe,task,params_b,layers,hidden,heads,kv_heads,ffn_hidden,"
        "vocab,"
        "seq_len,precision,global_batch,micro_batch,tp,ep,sequence_parallel,sharding,recompute,"
        "step_time_s,stack,peak_memory_gib\n"
        "a,h100,h100_sxm_80gb,8,8,moonlight-16b-a3b,64 "
        "experts,pretrain,16,27,2048,,,,,4096,bf16,4,1,2,8,yes,zero1," +
        recompute + ",0.4572,Megatron-Bridge," + peak + "\n");
    return read_training_table(in, "t.csv", "platform", shelf());
  };
  const MeasuredRow judged = rows_of("36.6", "layernorm+moe_act").at(0);
  INFO(judged.unsupported);
  REQUIRE(judged.job);
  CHECK(judged.job->platform->description.name == "dgx_h100");
  CHECK(judged.assumed.find("platform") == 0);
  CHECK_FALSE(std::isfinite(judged.measured.value));
  CHECK(recomputes(judged.job->training, RecomputeModule::moe_act));
  CHECK(recomputes(judged.job->training, RecomputeModule::layernorm));
  CHECK_FALSE(recomputes(judged.job->training, RecomputeModule::core_attn));
  CHECK(rows_of("36.6", "selective: mla_up_proj").at(0).job->training.recompute_modules ==
        std::vector{RecomputeModule::mla_up_proj});
  CHECK(rows_of("36.6", "selective: all").at(0).unsupported.find("recompute_modules 'all'") == 0);
  CHECK(rows_of("", "none").at(0).unsupported.find("no platform 'h100'") == 0);
}

TEST_CASE("a row that does not say its GPUs is told, and the others are read", "[factory]") {
  std::string row = row_2b7;
  row.replace(row.find(",64,GPT"), 7, ",,GPT");
  const auto rows = table(row + row_2b7);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].unsupported.find("t.csv:2:41: gpus are not given; fill in gpus") == 0);
  CHECK(rows[1].unsupported.empty());
}

TEST_CASE("malformed rows are errors with their place", "[factory]") {
  const auto broken = [](const std::string& from, const std::string& to) {
    std::string row = row_2b7;
    row.replace(row.find(from), from.size(), to);
    return table(row);
  };
  CHECK_THROWS_WITH(broken("0.876", "fast"), Catch::Contains("t.csv:2:") && Catch::Contains("'fast'"));
  CHECK_THROWS_WITH(broken("0.876", ""), Catch::Contains("step_time_s must be a positive number"));
  CHECK_THROWS_WITH(broken(",64,GPT", ",-4,GPT"), Catch::Contains("gpus must be a positive whole number"));
  CHECK_THROWS_WITH(broken("2,1,1,1,1,zero3", "2,0,1,1,1,zero3"), Catch::Contains("tp must be at least 1"));
  CHECK_THROWS_WITH(broken(",32,2560,", ",32,2560000000,"), Catch::Contains("beyond all sense"));
  CHECK_THROWS_WITH(broken("128,2,", "4294967296,4294967296,"), Catch::Contains("beyond all sense"));
}

}  // namespace aifsim
