// Models from a Hugging Face config.json: what is read, what is taken where a key is missing, and what is refused.
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "catalog/files.hpp"
#include "catalog/network.hpp"

namespace aifsim {
namespace {

using Catch::Contains;

class Config {
 public:
  ModelDescription model(const std::string& json, const std::string& beside = "",
                         const char* training = "sequence: 64, ") {
    scratch_.write("workloads/config.json", json);
    const auto file = scratch_.write(
        "workloads/w.yaml", "kind: workload\ntitle: t\nsource: s\nmodel: {config: config.json" + beside +
                                "}\ntraining: {" + training + "micro_batch: 1, sharding: zero3}\n");
    return scratch_.catalog().workload(file.string()).model;
  }
  // The first problem.
  std::string problem(const std::string& json) {
    try {
      model(json);
    } catch (const InputError& error) {
      return error.problems().front().str();
    }
    return "";
  }
  const ScratchCatalog& scratch() const { return scratch_; }

 private:
  ScratchCatalog scratch_;
};

const std::string tiny_llama = R"("model_type": "llama", "hidden_size": 64, "intermediate_size": 128,
"num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 100)";

TEST_CASE("keys that are missing or null mean what the family's code makes of them") {
  Config config;
  ModelDescription m = config.model("{" + tiny_llama + "}");
  CHECK(m.kv_heads == 4);
  CHECK_FALSE(m.tied_embeddings);
  CHECK(config.model("{" + tiny_llama + R"(, "num_key_value_heads": null, "head_dim": null})").head_dim == 0);
  CHECK(config.model("{" + tiny_llama + R"(, "attention_bias": true})").biases == Biases::attention);

  m = config.model(R"({"model_type": "gpt2", "n_embd": 48, "n_layer": 2, "n_head": 4, "n_inner": null})");
  CHECK(m.ffn_hidden == 192);
  CHECK(m.tied_embeddings);
  CHECK(m.positions == 1024);
  CHECK(m.vocabulary == 50257);

  // A null window is none, a missing one the family's.
  CHECK(config.model(R"({"model_type": "mistral"})").window.tokens == 4096);
  CHECK(config.model(R"({"model_type": "mistral", "sliding_window": null})").window.tokens == 0);
  CHECK(config.model(R"({"model_type": "qwen2", "sliding_window": 64})").window.tokens == 0);
  m = config.model(R"({"model_type": "qwen2", "sliding_window": 64, "use_sliding_window": true,
"num_hidden_layers": 30})");
  CHECK(m.window.tokens == 64);
  CHECK(m.window.full_layers == 28);
  CHECK(config.model(R"({"model_type": "deepseek_v2", "q_lora_rank": null})").latent.query_rank == 0);
  CHECK(config.model(R"({"model_type": "deepseek_v2"})").latent.query_rank == 1536);
}

TEST_CASE("the family follows from `architectures` where there is no model_type") {
  Config config;
  CHECK(config.model(R"({"architectures": ["GPT2LMHeadModel"]})").layers == 12);
  CHECK(config.model(R"({"architectures": ["Qwen2MoeForCausalLM"]})").experts.count == 60);
  CHECK(config.model(R"({"architectures": ["BloomModel"]})").embedding_norm);
  CHECK(config.model(R"({"architectures": ["DeepseekV3ForCausalLM"], "model_type": null})").latent.kv_rank ==
        512);
}

TEST_CASE("a text model inside is the model, and keys beside `config` stand over the file") {
  Config config;
  const ModelDescription m = config.model(R"({"model_type": "gemma3", "tie_word_embeddings": false,
"text_config": {"model_type": "gemma3_text", "hidden_size": 64, "num_hidden_layers": 6},
"vision_config": {"hidden_size": 32}, "image_seq_length": 576, "projector_hidden_act": "gelu"})",
                                          ", vocabulary: 1000");
  CHECK(m.heads == 8);
  CHECK(m.head_dim == 256);
  CHECK(m.vocabulary == 1000);
  CHECK_FALSE(m.tied_embeddings);
  CHECK(m.window.full_every == 6);
}

TEST_CASE("lists of layers are read where they are a pattern") {
  Config config;
  const auto typed = [](const char* types) {
    return std::string(R"({"model_type": "gpt_oss", "num_hidden_layers": 4, "layer_types": [)") + types +
           "]}";
  };
  const char* const s = R"("sliding_attention")";
  const char* const f = R"("full_attention")";
  const auto list = [&](std::initializer_list<const char*> words) {
    std::string all;
    for (const char* word : words) all += (all.empty() ? "" : ", ") + std::string(word);
    return all;
  };
  CHECK(config.model(typed(list({s, f, s, f}).c_str())).window.full_every == 2);
  CHECK(config.model(typed(list({f, f, s, s}).c_str())).window.full_layers == 2);
  CHECK(config.model(typed(list({f, f, f, f}).c_str())).window.tokens == 0);
  CHECK(config.model(typed(list({s, s, s, s}).c_str())).window.full_every == 0);
  // Where all layers see all, it changes nothing, whatever the family.
  const auto llama = [&](const std::string& types) {
    return "{" + tiny_llama + R"(, "layer_types": [)" + types + "]}";
  };
  CHECK(config.model(llama(list({f, f}))).window.tokens == 0);
  CHECK_THAT(config.problem(llama(list({f, s}))), Contains("unknown key \"layer_types\""));
  CHECK_THAT(config.problem(typed(list({s, f, f, s}).c_str())), Contains("only the first layers"));
  CHECK_THAT(config.problem(typed(list({s, f}).c_str())), Contains("has 2 entries for 4 layers"));
  CHECK_THAT(config.problem(typed(list({s, f, s, R"("linear_attention")"}).c_str())),
             Contains("is not modelled"));
  CHECK(config.model(R"({"model_type": "qwen3_moe", "mlp_only_layers": [0, 1]})").experts.dense_layers == 2);
  CHECK_THAT(config.problem(R"({"model_type": "qwen3_moe", "mlp_only_layers": [3]})"),
             Contains("layers that are not the first ones"));
}

TEST_CASE("GLM-4.5: norms of queries and keys where it says so, biases of their products alone") {
  Config config;
  const std::string air = R"({"model_type": "glm4_moe", "head_dim": 128, "attention_bias": true)";
  ModelDescription m = config.model(air + "}");
  CHECK(m.biases == Biases::qkv);
  CHECK(m.qk_norm == QkNorm::none);
  CHECK(m.experts.count == 128);
  CHECK(m.experts.shared_ffn_hidden == 1408);
  CHECK(m.experts.dense_layers == 1);
  CHECK(config.model(air + R"(, "use_qk_norm": true, "partial_rotary_factor": 0.5})").qk_norm ==
        QkNorm::head);
}

TEST_CASE(
    "Llama 4: every so-manieth layer has experts, and attention stays within blocks where it has positions") {
  Config config;
  const std::string text = R"({"model_type": "llama4", "text_config": {"model_type": "llama4_text")";
  ModelDescription m = config.model(text + R"(, "num_hidden_layers": 8, "interleave_moe_layer_step": 2,
"moe_layers": [1, 3, 5, 7], "use_qk_norm": false}})");
  CHECK(m.ffn_hidden == 16384);
  CHECK(m.experts.ffn_hidden == 8192);
  CHECK(m.experts.shared_ffn_hidden == 8192);
  CHECK(m.experts.every == 2);
  CHECK(m.qk_norm == QkNorm::none);
  CHECK(m.window.tokens == 8192);
  CHECK(m.window.blocks);
  CHECK(m.window.full_every == 4);
  const auto four = [&](const std::string& more) {
    return text + R"(, "num_hidden_layers": 4, )" + more + "}}";
  };
  CHECK(config.model(four(R"("no_rope_layers": [1, 0, 1, 0])")).window.full_every == 2);
  CHECK(config.model(four(R"("no_rope_layers": [])")).window.full_every == 4);
  CHECK(config.model(four(R"("attention_chunk_size": null)")).window.tokens == 0);
  CHECK(config.model(four(R"("for_llm_compressor": false, "attn_scale": 0.1)")).window.tokens == 8192);
  CHECK(config
            .model(four(R"("layer_types": ["chunked_attention", "full_attention", "chunked_attention",
"full_attention"])"))
            .window.full_every == 2);
  CHECK_THAT(config.problem(four(R"("no_rope_layers": [1, 2, 1, 0])")),
             Contains("no_rope_layers: \"2\" is not modelled"));
  CHECK_THAT(config.problem(four(R"("moe_layers": [0, 2])")),
             Contains("moe_layers: layers that are not each"));
  CHECK_THAT(config.problem(four(R"("moe_layers": [0, 1, 2])")), Contains("moe_layers: has 3 entries"));
}

TEST_CASE("biases: of all of attention, of its inputs alone, of the logits, or none") {
  Config config;
  const auto biases = [&](const std::string& json) { return config.model("{" + json + "}").biases; };
  CHECK(biases(R"("model_type": "glm")") == Biases::qkv);
  CHECK(biases(R"("model_type": "glm4", "attention_bias": false)") == Biases::none);
  CHECK(biases(R"("model_type": "helium", "attention_bias": true)") == Biases::qkv);
  CHECK(biases(R"("model_type": "seed_oss")") == Biases::qkv);
  CHECK(biases(R"("model_type": "seed_oss", "attention_out_bias": true)") == Biases::attention);
  CHECK(biases(R"("model_type": "smollm3", "attention_bias": true)") == Biases::attention);
  CHECK(biases(R"("model_type": "arcee", "attention_bias": true, "mlp_bias": true)") == Biases::all);
  // Of layer norms, which have biases, the linear layers' do not follow.
  CHECK(biases(R"("model_type": "nemotron")") == Biases::none);
  CHECK(biases(R"("model_type": "nemotron", "attention_bias": true)") == Biases::attention);
  CHECK(biases(R"("model_type": "hunyuan_v1_dense")") == Biases::none);
  CHECK(biases(R"("model_type": "stablelm")") == Biases::none);
  CHECK(biases(R"("model_type": "stablelm", "use_qkv_bias": true)") == Biases::qkv);
  CHECK(biases(R"("model_type": "phimoe")") == Biases::none);
  CHECK_FALSE(config.model(R"({"model_type": "phimoe"})").head_bias);
  CHECK(config.model(R"({"model_type": "phimoe", "lm_head_bias": true})").head_bias);

  CHECK_THAT(config.problem(R"({"model_type": "seed_oss", "attention_bias": false,
"attention_out_bias": true})"),
             Contains("config.json:2:23: attention_out_bias without attention_bias is not modelled"));
  CHECK_THAT(config.problem(R"({"model_type": "glm", "attention_out_bias": true})"), Contains("unknown key"));
  CHECK_THAT(config.problem(R"({"model_type": "arcee", "mlp_bias": true})"),
             Contains("mlp_bias without attention_bias"));
  for (const std::string type : {"nemotron", "seed_oss", "helium"})
    CHECK_THAT(config.problem(R"({"model_type": ")" + type + R"(", "mlp_bias": true})"),
               Contains("mlp_bias: \"true\" is not modelled, false is"));
}

TEST_CASE("Command R7B, EXAONE 4 and SmolLM3: which layers have a window") {
  Config config;
  ModelDescription m = config.model(R"({"model_type": "cohere2"})");
  CHECK(m.parallel_blocks);
  CHECK(m.norms_per_layer == 1);
  CHECK(m.tied_embeddings);
  CHECK(m.window.tokens == 4096);
  CHECK(m.window.full_every == 4);
  CHECK(config.model(R"({"model_type": "cohere2", "layer_switch": 8})").window.full_every == 8);
  CHECK_THAT(config.problem(R"({"model_type": "cohere2", "layer_switch": 8, "sliding_window_pattern": 4})"),
             Contains("one of them would do"));
  CHECK_THAT(config.problem(R"({"model_type": "cohere2", "order_of_interleaved_layers": "global_first"})"),
             Contains("is not modelled, local_attn_first is"));
  CHECK_THAT(config.problem(R"({"model_type": "cohere2", "use_gated_activation": false})"),
             Contains("is not modelled, true is"));

  m = config.model(R"({"model_type": "exaone4"})");
  CHECK(m.qk_norm == QkNorm::head);
  CHECK(m.window.full_every == 4);
  CHECK(config.model(R"({"model_type": "exaone4", "sliding_window": null})").window.tokens == 0);
  // transformers knows a pattern of letters beside layer_types alone.
  CHECK_THAT(config.problem(R"({"model_type": "exaone4", "sliding_window_pattern": "LLLG"})"),
             Contains("sliding_window_pattern: expected a whole number"));

  const std::string smollm = R"({"model_type": "smollm3", "sliding_window": 4096)";
  CHECK(config.model(smollm + "}").window.tokens == 0);
  CHECK_THAT(config.problem(smollm + R"(, "use_sliding_window": true})"),
             Contains("use_sliding_window: \"true\" is not modelled, false is"));
}

TEST_CASE("experts under the names that families have for them") {
  Config config;
  ModelDescription m = config.model(R"({"model_type": "granitemoe"})");
  CHECK(m.experts.count == 8);
  CHECK(m.experts.ffn_hidden == 11008);
  CHECK(m.experts.shared_ffn_hidden == 0);
  m = config.model(R"({"model_type": "granitemoeshared", "shared_intermediate_size": 1024})");
  CHECK(m.experts.shared_ffn_hidden == 1024);

  const std::string ernie = R"({"model_type": "ernie4_5_moe")";
  m = config.model(ernie + "}");
  CHECK(m.experts.count == 64);
  CHECK(m.experts.per_token == 6);
  CHECK(m.experts.ffn_hidden == 1536);
  CHECK(m.experts.shared_ffn_hidden == 3072);
  CHECK(m.experts.dense_layers == 1);
  CHECK(config.model(ernie + R"(, "moe_layer_end_index": 27})").experts.count == 64);
  CHECK_THAT(config.problem(ernie + ",\n" + R"("moe_layer_end_index": 20})"),
             Contains("config.json:2:24: moe_layer_end_index: experts that end before the last layer, 27"));
  CHECK_THAT(config.problem(ernie + R"(, "moe_layer_interval": 2})"), Contains("is not modelled, 1 is"));
  CHECK_THAT(config.problem(ernie + R"(, "num_nextn_predict_layers": 1})"),
             Contains("is not modelled, 0 is"));
  CHECK_THAT(config.problem(ernie + R"(, "use_bias": true})"), Contains("is not modelled, false is"));

  const auto minimax = [](const std::string& more) {
    return R"({"model_type": "minimax_m2", "num_hidden_layers": 2, )" + more + "}";
  };
  CHECK(config.model(minimax(R"("attn_type_list": [1, 1])")).qk_norm == QkNorm::full);
  CHECK_THAT(config.problem(minimax("\n"
                                    R"("attn_type_list": [1, 0])")),
             Contains("config.json:2:23: attn_type_list: \"0\" is not modelled, 1 is"));
  CHECK_THAT(config.problem(minimax(R"("use_mtp": true, "num_mtp_modules": 3)")),
             Contains("use_mtp: \"true\" is not modelled, false is"));
  CHECK_THAT(config.problem(minimax(R"("qk_norm_type": "per_head")")), Contains("per_layer is"));
  CHECK_THAT(config.problem(minimax(R"("shared_intermediate_size": 64)")), Contains("0 is"));
}

TEST_CASE("an image model becomes a network") {
  Config config;
  const ModelDescription m =
      config.model(R"({"model_type": "vit", "num_labels": 10, "num_hidden_layers": 3})", "", "");
  REQUIRE(m.network);
  CHECK(m.network->blocks.at(1).repeat == 3);
}

TEST_CASE("what a config.json says and no model can price is an error with its place") {
  Config config;
  const auto with = [&](const std::string& more) {
    return config.problem("{" + tiny_llama + ",\n" + more + "}");
  };
  CHECK_THAT(with(R"("sliding_windw": 4)"),
             Contains("config.json:3:1: unknown key \"sliding_windw\" of model_type llama"));
  CHECK_THAT(with(R"("num_key_value_head": 4)"), Contains("did you mean \"num_key_value_heads\"?"));
  CHECK_THAT(with(R"("kv_lora_rank": 512)"), Contains("unknown key"));
  CHECK_THAT(with(R"("hidden_act": "swooosh")"),
             Contains("config.json:3:15: hidden_act: \"swooosh\" is not known") && Contains("silu, gelu"));
  CHECK(with(R"("quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]})").empty());
  CHECK_THAT(with(R"("image_seq_length": 576)"), Contains("unknown key"));  // belongs beside a text_config
  CHECK_THAT(with(R"("is_encoder_decoder": true)"), Contains("is not modelled, false is"));
  for (const std::string key : {"use_cla", "add_classification_head"})
    CHECK_THAT(config.problem(R"({"model_type": "hunyuan_v1_dense", ")" + key + R"(": true})"),
               Contains("is not modelled, false is"));
  CHECK_THAT(
      config.problem(R"({"model_type": "hunyuan_v1_dense", "head_dim": 64, "attention_head_dim": 128})"),
      Contains("one of them would do"));
  for (const std::string key : {"qk_layernorm", "use_parallel_residual"})
    CHECK_THAT(config.problem(R"({"model_type": "stablelm", ")" + key + R"(": true})"),
               Contains("is not modelled, false is"));
  CHECK_THAT(with(R"("head_dim": "16")"),
             Contains("head_dim: expected a whole number") && Contains("in quotes"));
  CHECK_THAT(with(R"("head_dim": NaN)"), Contains("found \"NaN\""));
  CHECK_THAT(with(R"("head_dim": -3)"), Contains("from 1 to"));
  CHECK_THAT(with(R"("num_key_value_heads": 3)"), Contains("must divide the 4 heads"));
  CHECK_THAT(with(R"("hidden_size": 128)"), Contains("stands twice"));
  CHECK_THAT(with(R"("n_embd": 128)"),
             Contains("hidden_size is \"64\", but n_embd is") || Contains("one of them would do"));
  CHECK_THAT(config.problem(R"({"model_type": "llama", "hidden_size": null})"),
             Contains("hidden_size: expected a whole number, found none"));
  CHECK_THAT(config.problem(R"({"model_type": "lama"})"),
             Contains("model_type \"lama\" is not modelled, did you mean \"llama\"?"));
  const std::string mamba = config.problem(R"({"model_type": "mamba"})");
  CHECK_THAT(mamba, Contains("model_type \"mamba\" is not modelled; known: llama, mistral"));
  CHECK(mamba.find("known:") == mamba.rfind("known:"));
  CHECK_THAT(config.problem(R"({"hidden_size": 64})"),
             Contains("neither \"model_type\" nor \"architectures\""));
  CHECK_THAT(config.problem(R"({"architectures": ["LlamaForCausalLM"], "hidden_sizes": 64})"),
             Contains("unknown key \"hidden_sizes\" of model_type Llama"));
  CHECK_THAT(config.problem("[1, 2]"), Contains("expected a map"));
  CHECK_THAT(config.problem(" "), Contains("the file is empty"));
  CHECK_THAT(config.problem("{\"model_type\": "), Contains("config.json:1"));
  CHECK_THROWS_AS(config.model("{" + tiny_llama + "}", ", config2: x"), InputError);
  const auto missing = config.scratch().write("workloads/lost.yaml",
                                              "kind: workload\ntitle: t\nsource: s\nmodel: {config: "
                                              "nowhere.json}\ntraining: {sequence: 1, micro_batch: 1, "
                                              "sharding: ddp}\n");
  CHECK_THAT(config.scratch().catalog().check(missing).at(0).str(),
             Contains("lost.yaml:4:17") && Contains("nowhere.json"));
}

}  // namespace
}  // namespace aifsim
