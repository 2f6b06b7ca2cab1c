// Words that people use are understood; files of others are told as what they are.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "catalog/device_names.hpp"
#include "catalog/files.hpp"
#include "catalog/words.hpp"

namespace aifsim {
namespace {

using Catch::Contains;
using Catch::StartsWith;

const std::string kWorkload = R"(kind: workload
title: t
source: s
model: {layers: 2, hidden: 64, heads: 4, kv_heads: 4, ffn_hidden: 128, vocabulary: 100, mlp: SwiGLU, norm: RMSNorm,
        position: rope, tied_embeddings: false}
training: {sequence: 128, micro_batch: 1, sharding: FULL_SHARD, recompute: "no", precision: bfloat16, attention: sdpa,
           optimizer: Adam}
)";

TEST_CASE("synonyms stand for their word, however they are spelt") {
  using catalog::value_of;
  CHECK(value_of<Sharding>("fsdp") == Sharding::zero3);
  CHECK(value_of<Sharding>("ZeRO-2") == Sharding::zero2);
  CHECK(value_of<Sharding>("none") == Sharding::ddp);
  CHECK(value_of<Sharding>("hybrid_shard") == Sharding::hsdp);
  CHECK(value_of<Dtype>("torch.bfloat16") == Dtype::bf16);
  CHECK(value_of<Dtype>("Float32") == Dtype::fp32);
  CHECK(value_of<MeasuredOp>("AllReduce") == MeasuredOp::all_reduce);
  CHECK(value_of<MeasuredOp>("reduce-scatter") == MeasuredOp::reduce_scatter);
  CHECK(value_of<MeasuredOp>("all2all") == MeasuredOp::all_to_all);
  CHECK_FALSE(value_of<Sharding>("sharded"));
  CHECK_FALSE(value_of<Recompute>("sometimes"));
}

TEST_CASE("a workload in people's words is read, and shown as it was written") {
  const ScratchCatalog scratch;
  const auto file = scratch.write("workloads/words.yaml", kWorkload);
  const Catalog catalog = scratch.catalog();
  const WorkloadDescription w = catalog.workload("words");
  CHECK(w.model.mlp == Mlp::swiglu);
  CHECK(w.model.norm == NormKind::rms_norm);
  CHECK(w.model.position == PositionEncoding::rotary);
  CHECK(w.training.sharding == Sharding::zero3);
  CHECK(w.training.recompute == Recompute::none);
  CHECK(w.training.attention == AttentionKernel::flash2);
  for (const FigureRow& row : catalog.figures(file))
    if (row.path == "training.sharding") CHECK(row.value == "FULL_SHARD");
  scratch.write("workloads/words.yaml",
                std::string(kWorkload).replace(kWorkload.find("FULL_SHARD"), 10, "sharded"));
  const auto problems = catalog.check(file);
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0].message,
             Contains("expected one of ddp, zero1, zero2, zero3, hsdp, found \"sharded\""));
}

TEST_CASE("a word given twice in a map by two names is a mistake") {
  const ScratchCatalog scratch;
  std::string gpu = text_of(scratch.root() / "gpu_models" / "a100.yaml");
  const auto files = std::filesystem::directory_iterator(scratch.root() / "gpu_models");
  const std::filesystem::path file = files->path();
  gpu = text_of(file);
  const std::size_t at = gpu.find("bf16:");
  REQUIRE(at != std::string::npos);
  const std::size_t end = gpu.find_first_of(",}\n", at);
  gpu.insert(at, "bfloat16:" + gpu.substr(at + 5, end - at - 5) + (gpu[end] == '\n' ? "\n  " : ", "));
  scratch.write(std::filesystem::relative(file, scratch.root()), gpu);
  const auto problems = scratch.catalog().check(file);
  REQUIRE_FALSE(problems.empty());
  CHECK_THAT(problems[0].message, Contains("stands twice in this map, by two words for it"));
}

TEST_CASE("GPUs as drivers and people call them") {
  const SearchPath shipped(test_root());
  for (const auto& [device, gpu] : {std::pair("A100-SXM4-80GB", "a100_sxm_80gb"),
                                    {"NVIDIA A100-SXM4-40GB", "a100_sxm_40gb"},
                                    {"A100 80GB SXM", "a100_sxm_80gb"},
                                    {"a100_sxm", "a100_sxm_80gb"},
                                    {"NVIDIA H100 80GB HBM3", "h100_sxm_80gb"},
                                    {"nvidia h100 pcie", "h100_pcie_80gb"},
                                    {"H100-SXM5-80GB", "h100_sxm_80gb"},
                                    {"NVIDIA GH200 480GB", "gh200_96gb"},
                                    {"NVIDIA B300 SXM6 AC", "b300"},
                                    {"Tesla V100-SXM2-32GB", "v100_sxm2_32gb"},
                                    {"AMD Instinct MI300X VF", "mi300x"},
                                    {"AMD Instinct MI300X", "mi300x"}}) {
    INFO(device);
    CHECK(gpu_of_device(device, shipped) == std::optional<std::string>(gpu));
  }
  for (const char* device : {"H100", "A100", "NVIDIA H100 NVL", "", "NVIDIA"}) {
    INFO(device);
    CHECK_FALSE(gpu_of_device(device, shipped));
  }
  CHECK(gpu_of_pci("0x10de", "0x2330", shipped) == std::optional<std::string>("h100_sxm_80gb"));
  CHECK(gpu_of_pci("0x1002", "0x740c", shipped) == std::optional<std::string>("mi250x_gcd"));
  CHECK_FALSE(gpu_of_pci("0x1002", "0x2330", shipped));
  CHECK(usual_platform_of("b200", shipped) == std::optional<std::string>("dgx_b200"));
  CHECK_FALSE(usual_platform_of("h500", shipped));
}

TEST_CASE("no two GPU models are called alike, and their usual platforms have them") {
  const Catalog shipped(test_root());
  for (const std::string& name : shipped.names(CatalogKind::gpu)) {
    INFO(name);
    const GpuDescription gpu = shipped.gpu(name);
    for (const std::string& device : gpu.known_as) {
      INFO(device);
      CHECK(gpu_of_device(device, shipped.search()) == std::optional(name));
    }
    for (const std::string& id : gpu.pci) {
      const std::size_t colon = id.find(':');
      REQUIRE(colon != std::string::npos);
      CHECK(gpu_of_pci(id.substr(0, colon), id.substr(colon + 1), shipped.search()) == std::optional(name));
    }
    if (!gpu.usual_platform.empty()) CHECK(shipped.platform(gpu.usual_platform).node.gpu == name);
  }
}

TEST_CASE("a GPU of the user's is found by what its file says it is called") {
  const ScratchCatalog scratch;
  const auto files = std::filesystem::directory_iterator(scratch.root() / "gpu_models");
  const std::string text = text_of(files->path());
  scratch.write("gpu_models/my_h500_sxm_288gb.yaml", text);
  scratch.write("gpu_models/mine.yaml",
                text + "\nknown_as: [Acme Accelerator 9]\npci: [\"0x1e57:0x0009\"]\n");
  CHECK(gpu_of_device("MY H500 SXM7 288GB", scratch.catalog().search()) ==
        std::optional<std::string>("my_h500_sxm_288gb"));
  CHECK(gpu_of_device("ACME accelerator-9", scratch.catalog().search()) ==
        std::optional<std::string>("mine"));
  CHECK(gpu_of_pci("0x1e57", "0x0009", scratch.catalog().search()) == std::optional<std::string>("mine"));
}

TEST_CASE("a GPU may be named as its driver names it, and a workload may be JSON") {
  const ScratchCatalog scratch;
  const std::string gpu = scratch.catalog().names(CatalogKind::gpu).front();
  scratch.write("gpu_models/x9_sxm_80gb.yaml", text_of(scratch.root() / "gpu_models" / (gpu + ".yaml")));
  CHECK(scratch.catalog().gpu("NVIDIA X9-SXM5-80GB").name == "x9_sxm_80gb");
  CHECK_THROWS_WITH(scratch.catalog().gpu("NVIDIA X8"), Contains("there is no gpu \"NVIDIA X8\""));
  const auto file = scratch.write("w.json", R"({"kind": "workload", "title": "t", "source": "s",
"model": {"layers": 2, "hidden": 64, "heads": 4, "kv_heads": 4, "ffn_hidden": 128, "vocabulary": 100, "mlp": "gelu",
"norm": "layer_norm", "position": "learned", "tied_embeddings": true},
"training": {"sequence": 128, "micro_batch": 1, "sharding": "fsdp"}})");
  CHECK(scratch.catalog().workload(file.string()).training.sharding == Sharding::zero3);
}

// What the message offers as a workload file.
std::string offered(const std::vector<Problem>& problems) {
  REQUIRE(problems.size() == 1);
  const std::size_t at = problems[0].message.find("kind: workload");
  REQUIRE(at != std::string::npos);
  return problems[0].message.substr(at);
}

TEST_CASE("a Hugging Face config.json is told as one, with a workload that uses it") {
  const ScratchCatalog scratch;
  const std::string config =
      R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192,
"num_attention_heads": 32, "num_key_value_heads": 8, "num_hidden_layers": 16, "vocab_size": 128256,
"max_position_embeddings": 131072, "tie_word_embeddings": true, "torch_dtype": "bfloat16", "hidden_act": "silu",
"eos_token_id": [1, 2], "rope_scaling": {"factor": 32.0, "rope_type": "llama3"}, "sliding_window": null})";
  const auto file = scratch.write("config.json", config);
  const Catalog catalog = scratch.catalog();
  const auto problems = catalog.check(file);
  const std::string workload = offered(problems);
  CHECK_THAT(problems[0].str(), Contains(":1:1: this is a Hugging Face config.json (model_type \"llama\")"));
  CHECK_THAT(workload, Contains("model: {config: \"config.json\"}"));
  CHECK(catalog.check(scratch.write("copied.yaml", workload + "\n")).empty());
  CHECK(catalog.workload((scratch.root() / "copied.yaml").string()).model.layers == 16);

  // Named as a workload, by stem or path, beside the file that names it.
  const std::string scenario =
      "kind: scenario\ntitle: t\nquestion: q\nplatforms: [small_tree]\ngpus: [4]\nworkload: ";
  for (const char* name : {"config", "config.json"}) {
    INFO(name);
    const auto found = catalog.check(scratch.write("asks.yaml", scenario + name + "\n"));
    REQUIRE_FALSE(found.empty());
    CHECK(std::any_of(found.begin(), found.end(), [](const Problem& problem) {
      return problem.message.find("this is a Hugging Face config.json") != std::string::npos;
    }));
  }
  CHECK_THROWS_WITH(catalog.workload(file.string()), Contains("this is a Hugging Face config.json"));

  // One that cannot be used says why; a file of ours that only lacks its kind is none.
  const auto other =
      scratch.write("other.json", R"({"model_type": "mamba", "hidden_size": 4096, "num_hidden_layers": 32})");
  CHECK_THAT(catalog.check(other).at(0).message,
             Contains("it cannot be used as it stands") && Contains("model_type \"mamba\" is not modelled"));
  const auto ours = scratch.write("ours.yaml", "title: x\nmodel: {layers: 2}\n");
  CHECK_THAT(catalog.check(ours).at(0).message, StartsWith("the key \"kind\" is missing"));
}

}  // namespace
}  // namespace aifsim
