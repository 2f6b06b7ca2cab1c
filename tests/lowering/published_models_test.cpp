// Models as others publish them: parameters and FLOPs of what Hugging Face's config.json files and the
// catalogue's workloads describe.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "catalog/catalog.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"
#include "program/check.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

// A workload of a config.json, in a folder of its own.
class OfConfig {
 public:
  OfConfig() {
    std::string pattern = (fs::temp_directory_path() / "aifsim-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~OfConfig() { fs::remove_all(folder_); }
  WorkloadDescription workload(const std::string& name) const {
    const fs::path config = fs::path(test_root()) / "tests/lowering/configs" / (name + ".json");
    const fs::path file = folder_ / (name + ".yaml");
    std::ofstream(file) << "kind: workload\ntitle: t\nsource: s\nmodel: {config: " << config.string()
                        << "}\ntraining: {" << (name.starts_with("vit") ? "" : "sequence: 512, ")
                        << "micro_batch: 1, sharding: zero3}\n";
    return Catalog{fs::path(test_root())}.workload(file.string());
  }

 private:
  fs::path folder_;
};

struct Published {
  const char* name;
  double parameters;
  double within = 0.0005;  // of them
  double giga_macs = 0;    // multiply-adds of a forward pass of a sample, 10^9; 0: not published
};

// Training on a token.
struct PublishedToken {
  const char* name;
  double giga_flops;        // 10^9, forward and backward, without recompute
  std::int64_t keys;        // that a query sees: half a causal sequence, or all of it; 1: scores are left out
  double within;            // of the FLOPs
  bool head = true;         // the product with the vocabulary counts
  bool predicting = false;  // layers that predict a further token count
};

}  // namespace

TEST_CASE("models of Hugging Face's config.json have the parameters that are published", "[lowering]") {
  // Sizes of the files of weights on the Hub, which count every tensor; of gemma-3-4b and mistral-small-3.1
  // the text model.
  static constexpr Published models[] = {
      {"llama-2-7b", 6738415616},     {"llama-3.1-70b", 70553706496},
      {"llama-3.2-1b", 1235814400},   {"mistral-7b", 7241732096},
      {"mixtral-8x7b", 46702792704},  {"qwen2.5-7b", 7615616512},
      {"qwen3-8b", 8190735360},       {"qwen1.5-moe-a2.7b", 14315784192},
      {"qwen3-30b-a3b", 30532122624}, {"gemma-7b", 8537680896},
      {"gemma-2-9b", 9241705984},     {"gemma-3-1b", 999885952},
      {"gemma-3-4b", 3880099328},     {"gpt2-xl", 1557611200},
      {"gpt-neox-20b", 20554567680},  {"pythia-6.9b", 6857302016},
      {"bloom", 176247271424},        {"falcon-7b", 6921720704},
      {"falcon-40b", 41303293952},    {"olmo-7b", 6888095744},
      {"olmo-2-7b", 7298617344},      {"deepseek-v2-lite", 15706484224},
      {"deepseek-v3", 671026419200},  {"gpt-oss-20b", 20914757184},
      {"phi-3-mini", 3821079552},     {"starcoder2-3b", 3030371328},
      {"phi-2", 2779683840},          {"command-r-35b", 34980831232},
      {"olmoe-1b-7b", 6919161856},    {"opt-6.7b", 6658473984},
      {"apertus-8b", 8053338176},     {"bert-base", 109514298},
      {"roberta-large", 355412057},   {"vit-base", 86567656},
      {"smollm3-3b", 3075098624},     {"command-r7b", 8028033024},
      {"glm-4-9b", 9399951360},       {"seed-oss-36b", 36151104512},
      {"ernie-4.5-0.3b", 360748032},  {"mistral-small-3.1", 23572403200},
      {"flexolmo-7x7b", 33270665216}, {"stablelm-2-1.6b", 1644515328},
      {"minimax-m2.7", 228689764864}, {"hunyuan-0.5b", 539010048},
  };
  const OfConfig configs;
  for (const Published& p : models) {
    WorkloadDescription w = configs.workload(p.name);
    w.model.predict_layers = 0;  // which DeepSeek-V3's count leaves out
    INFO(p.name);
    CHECK(parameters_of(w.model, w.training.sequence) == Approx(p.parameters).epsilon(0.0005));
  }
  // As their authors round them, or the files of weights come out; those of GLM-4.5 hold a layer more, which
  // predicts a second token. EXAONE 4.0's count leaves the embedding and the head out.
  static constexpr Published rounded[] = {
      {"glm-4.5", 355e9, 0.01},
      {"glm-4.5-air", 106e9, 0.01},
      {"glm-4-32b", 32.57e9},
      {"granite-3.1-3b-a800m", 3.3e9, 0.001},
      {"phi-3.5-moe", 42e9, 0.005},
      {"helium-1-preview", 2.17e9, 0.002},
      {"ernie-4.5-21b-a3b", 21.83e9},
      {"exaone-4-32b", 30.95e9 + 2.0 * 102400 * 5120},
      {"nemotron-4-mini-hindi-4b", 4.19e9},
      {"afm-4.5b", 4.6e9, 0.005},
      {"ministral-3-14b", 13.5e9, 0.001},  // of the text model
  };
  for (const Published& p : rounded) {
    WorkloadDescription w = configs.workload(p.name);
    w.model.predict_layers = 0;
    INFO(p.name);
    CHECK(parameters_of(w.model, w.training.sequence) == Approx(p.parameters).epsilon(p.within));
  }
}

TEST_CASE("models of config.json files lower to well-formed programs, split by tensor-parallel ranks too",
          "[lowering]") {
  const OfConfig configs;
  std::size_t split = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(test_root()) / "tests/lowering/configs")) {
    const std::string name = entry.path().stem().string();
    WorkloadDescription w = configs.workload(name);
    w.training.sharding = Sharding::zero1;
    INFO(name);
    CHECK(problems_of(lower_training(w.model, w.training, {}, 8)).empty());
    w.training.tensor_parallel = 2;
    w.training.sequence_parallel = true;
    if (w.model.network || w.model.heads % 2 != 0) {
      CHECK_THROWS_AS(lower_training(w.model, w.training, {}, 8), CannotAnswer);
    } else {
      CHECK(problems_of(lower_training(w.model, w.training, {}, 8)).empty());
      ++split;
    }
  }
  CHECK(split > 44);
}

TEST_CASE("the workloads of the catalogue are the models that are published", "[lowering]") {
  // A multiply-add is what papers on images call a FLOP; here it is two. The ones of GPT-3 are its 3.14e23
  // FLOPs for 300 billion tokens (Brown et al. 2020, table D.1), a third of them forward, which leave
  // attention's scores out.
  static constexpr Published models[] = {
      {"alia-40b", 40433885184},
      {"apertus-70b", 70.6e9, 0.001},
      {"apertus-8b", 8053338176},
      {"aurora", 1.3e9, 0.04},
      {"bert-large", 340e6, 0.02},
      // 1303.5 (table 5) without deformable convolutions, which mmcv's counter passes over: 534 more.
      {"bevformer-base", 68.7e6, 0.01, 1303.5 + 534},
      {"bloom-176b", 176247271424},
      {"chronos-t5-base", 201e6, 0.003},
      {"conformer-ctc-large", 120e6, 0.015},
      {"deepseek-v2", 236e9, 0.002},
      {"deepseek-v2-lite", 15.7e9, 0.001},
      {"deepseek-v3", 671e9},
      {"dit-xl-2", 675e6, 0.001, 118.64},
      {"dlrm-dcnv2", 97.5 * (1 << 30) / 4, 0.001},  // 97.5 GiB of tables
      {"esm2-650m", 650e6, 0.005},
      {"eurollm-1.7b", 1.657e9},
      {"eurollm-22b", 22.6e9, 0.04},  // named so
      {"eurollm-9b", 9.154e9},
      {"gpt-13b", 13e9, 0.015},
      {"gpt-175b", 174.6e9, 0.0005, 3.14e23 / 300e9 * 2048 / 3 / 2e9},
      {"gpt-2.7b", 2.7e9, 0.02},
      {"gpt-6.7b", 6.7e9, 0.01},
      {"gpt-oss-120b", 116.83e9, 0.001},
      {"glm-4.5", 355e9, 0.01},
      {"graphcast", 36.7e6, 0.02},
      {"grok-1", 314e9, 0.006},
      {"kimi-k2", 1.04e12, 0.015},
      {"llama3-405b", 405.85e9},
      {"mace-mp-0", 4.69e6, 0.001},
      {"llama3-70b", 70553706496},
      {"llama3-8b", 8030261248},
      {"llama4-maverick", 400e9, 0.003},  // both count an image encoder
      {"llama4-scout", 109e9, 0.015},
      {"lucie-7b", 6706958336},
      {"minerva-3b", 2894236160},
      {"minerva-7b", 7399018496},
      {"mixtral-8x22b", 140620634112},
      {"mixtral-8x7b", 46702792704},
      {"moonlight-16b-a3b", 15.96e9, 0.001},
      {"openeurollm-2b", 2.15e9, 0.002},
      {"orb-v2", 25.2e6, 0.02},
      {"poro-34b", 34.2e9, 0.001},
      {"prithvi-wxc", 2.3e9, 0.03},
      {"qwen3-235b-a22b", 235093634560},
      {"qwen3-30b-a3b", 30532122624},
      {"resnet-50", 25557032, 0.0005, 4.09},
      {"salamandra-2b", 2253490176},
      {"salamandra-7b", 7768117248},
      // 339 without the scores of attention, which that count leaves out: 62 more.
      {"stable-diffusion-1.5", 859520964, 0.0005, 339 + 62},
      {"swin-b", 87768224, 0.0005, 15.4},
      {"teuken-7b", 7.45e9, 0.001},
      {"timesfm-200m", 200e6, 0.02},
      {"unet-3d", 19069955, 0.0005},
      {"viking-13b", 14e9, 0.003},
      {"viking-7b", 7.55e9},
      {"vit-l-16", 304326632, 0.0005, 61.55},
      {"whisper-large-v3", 1543490560},
      {"xls-r-300m", 315438720, 0.003},
  };
  // Whose papers print no count.
  static const std::set<std::string> unpublished{"fourcastnet"};
  const Catalog catalog{fs::path(test_root())};
  std::set<std::string> told = unpublished;
  for (const Published& p : models) {
    told.insert(p.name);
    WorkloadDescription w = catalog.workload(p.name);
    w.model.predict_layers = 0;
    INFO(p.name);
    CHECK(parameters_of(w.model, w.training.sequence) == Approx(p.parameters).epsilon(p.within));
    if (p.giga_macs > 0)
      CHECK(forward_flops(w.model, w.training.sequence).value == Approx(2e9 * p.giga_macs).epsilon(0.05));
    // Two a token and parameter that is not looked up, attention's scores aside, as that table counts them.
    if (w.model.network || w.model.experts.count > 0) continue;
    const std::int64_t looked_up = w.model.tied_embeddings ? 0 : w.model.vocabulary * w.model.hidden;
    CHECK(forward_flops(w.model, 1).value ==
          Approx(2 * (p.parameters - static_cast<double>(looked_up))).epsilon(p.within + 0.005));
  }
  for (const std::string& name : catalog.names(CatalogKind::workload)) {
    INFO(name);
    CHECK(told.contains(name));
  }
  CHECK(told.size() >= 40);
}

TEST_CASE("DeepSeek-V3's layer that predicts a further token has 11.5 billion parameters of its own",
          "[lowering]") {
  // README_WEIGHTS.md of its repository on the Hub: without the embedding and the head, which it shares.
  ModelDescription model = Catalog{fs::path(test_root())}.workload("deepseek-v3").model;
  const double with = parameters_of(model, 4096);
  model.predict_layers = 0;
  CHECK(with - parameters_of(model, 4096) == Approx(11.5e9).epsilon(0.01));
}

TEST_CASE("language models take the FLOPs a token that are published", "[lowering]") {
  static constexpr PublishedToken models[] = {
      // TFLOP/s over thousand tokens/s of a GPU. NVIDIA Megatron Bridge, docs/performance-summary.md at
      // 00b7660 (NeMo 25.11, GB300; DeepSeek-V3 on B200 with prediction of a further token, which
      // docs/performance-summary-archive.md at 0a25f91 says). Not those of gpt-oss there, which come out
      // where two of the three matrices of an expert are counted.
      {"llama3-8b", 1933 / 37.556, 4096, 0.003},
      {"llama3-70b", 2030 / 4.520, 4096, 0.003},
      {"llama3-405b", 2522 / 0.999, 4096, 0.003},
      {"qwen3-30b-a3b", 666 / 28.934, 2048, 0.005},
      {"qwen3-235b-a22b", 907 / 6.131, 2048, 0.005},
      {"deepseek-v3", 961 / 3.848, 2048, 0.005},
      {"deepseek-v3", 557 / 2.139, 2048, 0.005, true, true},
      // NVIDIA NeMo AutoModel, docs/performance-summary.md at 01926a5 (H100).
      {"kimi-k2", 189 / 0.924, 2048, 0.01},
      // NVIDIA, github.com/NVIDIA/dgxc-benchmarking: grok1/README.md and llama4/README.md at 1f6d9f4, causal,
      // and nemo_megatron/README_175b.md at 35a9aec, not.
      {"grok-1", 53.150220288 + 463.856467968 + 4.728029184, 4096, 0.003},
      {"llama4-maverick", 8.92e14 / 8192 / 1e9, 4096, 0.005},
      {"gpt-175b", 2.20e15 / 2048 / 1e9, 2048, 0.005},
      // DeepSeek-AI 2025, Insights into DeepSeek-V3, arXiv:2505.09343, table 2, sequences of 4,096.
      {"deepseek-v2", 155, 2048, 0.005},
      {"deepseek-v3", 250, 2048, 0.005},
      {"llama3-405b", 2448, 2048, 0.015},
      // Totals over tokens. Grattafiori et al. 2024, arXiv:2407.21783, section 1: 3.8e25 for 15.6e12; Brown
      // et al. 2020, arXiv:2005.14165, table D.1, for 300e9; Swiss AI Initiative 2025, arXiv:2509.14233:
      // 6.74e24 for 15e12, attention as if each query saw all 4,096.
      {"llama3-405b", 3.8e25 / 15.6e12 / 1e9, 1, 0.01},
      {"gpt-2.7b", 4.77e21 / 300e9 / 1e9, 1, 0.005},
      {"gpt-6.7b", 1.20e22 / 300e9 / 1e9, 1, 0.005},
      {"gpt-13b", 2.31e22 / 300e9 / 1e9, 1, 0.005},
      {"apertus-70b", 6.74e24 / 15e12 / 1e9, 4096, 0.003},
      // Modalities, docs/scaling_experiments/scaling_leonardo.md at 8a9b661, rows 0, 31, 47: MFU of so many
      // A100 of 312 TFLOP/s over sequences/s.
      {"gpt-2.7b", 0.5245 * 8 * 312e3 / 16.71 / 4096, 4096, 0.003, false},
      {"gpt-6.7b", 0.6867 * 8 * 312e3 / 9.28 / 4096, 4096, 0.003, false},
      {"gpt-13b", 0.5746 * 16 * 312e3 / 8.19 / 4096, 4096, 0.003, false},
      // A quarter of what these run is recompute. BigScience, train/tr11-176B-ml/chronicles.md of its
      // repository, 2022-03-18: 149.02 TFLOP/s of each of 384 GPUs, 105.22 s for 2048 sequences of 2048;
      // Luukkonen et al. 2024, arXiv:2404.01856, section 3.2: 49618 TFLOP/s, 174378 tokens/s.
      {"bloom-176b", 0.75 * 149.02e3 * 384 * 105.22 / (2048 * 2048), 2048, 0.01},
      {"poro-34b", 0.75 * 49618e3 / 174378, 2048, 0.01},
      // Parameters that a token meets, 10^9, six FLOPs each; less the embedding, a look-up, where it is
      // counted: by Mistral AI, December 2023 and April 2024, and Meta AI, April 2025. arXiv:2508.10925,
      // table 1, counts the head alone; arXiv:2502.16982, table 4, and arXiv:2508.06471, table 1, neither;
      // arXiv:2405.04434, appendix B, does not say.
      {"mixtral-8x7b", 6 * (12.9 - 0.131), 1, 0.005},
      {"mixtral-8x22b", 6 * (39 - 0.197), 1, 0.01},
      {"llama4-scout", 6 * (17 - 1.034), 1, 0.015},
      {"gpt-oss-120b", 6 * 5.13, 1, 0.005},
      {"moonlight-16b-a3b", 6 * 2.24, 1, 0.005, false},
      {"glm-4.5", 6 * 32, 1, 0.02, false, true},
      {"deepseek-v2-lite", 6 * 2.4, 1, 0.025},
  };
  const Catalog catalog{fs::path(test_root())};
  for (const PublishedToken& p : models) {
    ModelDescription model = catalog.workload(p.name).model;
    if (!p.predicting) model.predict_layers = 0;
    if (!p.head) model.vocabulary = model.head_layers = 0;
    INFO(p.name << ", " << p.keys << " keys");
    CHECK(3 * forward_flops(model, p.keys).value / static_cast<double>(p.keys) ==
          Approx(1e9 * p.giga_flops).epsilon(p.within));
  }
}

}  // namespace aifsim
