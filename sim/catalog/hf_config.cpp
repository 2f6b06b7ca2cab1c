#include "catalog/hf_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <initializer_list>

#include "base/quote.hpp"
#include "catalog/words.hpp"

namespace aifsim::catalog {
namespace {

// The value of the first of `keys` that the map has, as a whole number; 0: none of them.
std::int64_t whole(const Node& map, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const Node* node = map.find(key);
    if (!node || !node->is_scalar()) continue;
    std::int64_t value = 0;
    const char* end = node->text.data() + node->text.size();
    if (std::from_chars(node->text.data(), end, value).ptr == end && value > 0) return value;
  }
  return 0;
}

std::string text(const Node& map, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const Node* node = map.find(key);
    if (node && node->is_list() && !node->items.empty()) node = &node->items.front();
    if (node && node->is_scalar() && node->text != "null") return node->text;
  }
  return "";
}

bool yes(const Node& map, std::string_view key) { return text(map, {key}) == "true"; }

// What a workload cannot say of this architecture.
std::vector<std::string> not_expressible(const Node& root, const Node& model, std::int64_t hidden,
                                         std::int64_t heads) {
  std::vector<std::string> what;
  if (whole(model, {"num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts"}) > 1)
    what.emplace_back("experts");
  if (whole(model, {"kv_lora_rank"}) > 0) what.emplace_back("latent attention (MLA)");
  const std::int64_t head_dim = whole(model, {"head_dim"});
  if (head_dim > 0 && heads > 0 && head_dim * heads != hidden)
    what.push_back(fmt::format("heads of {} that are not the hidden width over the heads", head_dim));
  if (whole(model, {"sliding_window"}) > 0 && text(model, {"use_sliding_window"}) != "false")
    what.emplace_back("sliding windows of attention");
  if (whole(model, {"num_decoder_layers", "decoder_layers"}) > 0 || yes(model, "is_encoder_decoder"))
    what.emplace_back("an encoder beside the decoder");
  if (whole(model, {"state_size", "ssm_state_size", "mamba_d_state"}) > 0)
    what.emplace_back("state-space layers");
  if (&root != &model) what.emplace_back("the parts besides text (vision, audio)");
  const std::string architecture = text(root, {"architectures"});
  if (architecture.find("MaskedLM") != std::string::npos || text(model, {"model_type"}) == "bert")
    what.emplace_back("an encoder without a decoder");
  return what;
}

std::string line(const char* key, std::int64_t value, const char* missing) {
  return value > 0 ? fmt::format("  {}: {}\n", key, value)
                   : fmt::format("  {}:   # not in the file: {}\n", key, missing);
}

std::string workload_text(const Node& root, const Node& model) {
  const std::int64_t hidden = whole(model, {"hidden_size", "n_embd", "d_model"}),
                     heads = whole(model, {"num_attention_heads", "n_head", "num_heads"}),
                     longest = whole(model, {"max_position_embeddings", "n_positions", "n_ctx"});
  std::int64_t kv_heads = whole(model, {"num_key_value_heads", "num_kv_heads"});
  if (kv_heads == 0) kv_heads = yes(model, "multi_query") ? 1 : heads;
  std::int64_t ffn = whole(model, {"intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size"});
  const std::string activation = text(model, {"hidden_act", "activation_function", "hidden_activation"});
  const bool gated =
      activation.find("silu") != std::string::npos || activation.find("swish") != std::string::npos ||
      text(model, {"model_type"}).find("llama") != std::string::npos ||
      text(model, {"model_type"}).find("gemma") != std::string::npos || model.find("rms_norm_eps");
  if (ffn == 0 && !gated) ffn = 4 * hidden;
  const bool learned = model.find("n_positions") && !model.find("rope_theta");
  const std::string name = text(root, {"_name_or_path", "name"}).empty()
                               ? text(root, {"architectures", "model_type"})
                               : text(root, {"_name_or_path", "name"});
  const auto dtype = value_of<Dtype>(text(root, {"torch_dtype", "dtype"}));
  const bool tied =
      text(model, {"tie_word_embeddings"}) != "false" && (yes(model, "tie_word_embeddings") || learned);
  std::string out = "kind: workload\n";
  out += fmt::format("title: {}\n", quote(name.empty() ? "my model" : name));
  out += "source: its config.json\nmodel:\n";
  out += line("layers", whole(model, {"num_hidden_layers", "n_layer", "num_layers", "n_layers"}), "layers");
  out += line("hidden", hidden, "hidden width") + line("heads", heads, "attention heads");
  out +=
      line("kv_heads", kv_heads, "heads of keys and values") + line("ffn_hidden", ffn, "feed-forward width");
  out += line("vocabulary", whole(model, {"vocab_size"}), "entries of the embedding");
  out +=
      fmt::format("  mlp: {}\n  norm: {}\n  position: {}\n  tied_embeddings: {}\n", gated ? "swiglu" : "gelu",
                  gated ? "rms_norm" : "layer_norm", learned ? "learned" : "rotary", tied);
  out += fmt::format("training:  # yours to choose\n  sequence: {}{}\n",
                     longest > 0 ? std::min<std::int64_t>(longest, 4096) : 4096,
                     longest > 0 ? fmt::format("  # at most {}", longest) : "");
  out += "  micro_batch: 1\n  sharding: zero3\n  recompute: full\n";
  out += fmt::format("  precision: {}", dtype == Dtype::fp16 ? "fp16" : "bf16");
  return out;
}

}  // namespace

std::optional<Problem> hugging_face_config(const Node& root) {
  if (!root.is_map() || root.find("kind")) return std::nullopt;
  const Node* nested = root.find("text_config");
  const Node& model = nested && nested->is_map() ? *nested : root;
  const bool named =
      root.find("model_type") || root.find("architectures") || root.find("transformers_version");
  const bool shaped = model.find("hidden_size") || model.find("n_embd") || model.find("d_model") ||
                      model.find("num_hidden_layers") || model.find("vocab_size");
  if (!named || !shaped) return std::nullopt;
  const auto lacks = not_expressible(root, model, whole(model, {"hidden_size", "n_embd", "d_model"}),
                                     whole(model, {"num_attention_heads", "n_head", "num_heads"}));
  const std::string type = text(root, {"model_type"});
  std::string message = fmt::format("this is a Hugging Face config.json{}, not a file of aifsim; ",
                                    type.empty() ? "" : fmt::format(" (model_type {})", quote(type)));
  if (!lacks.empty())
    message += fmt::format("a workload cannot express {} yet; without {}, ", fmt::join(lacks, ", "),
                           lacks.size() == 1 ? "it" : "them");
  message += "a workload file with its values would be:\n\n" + workload_text(root, model);
  return Problem{root.place, std::move(message)};
}

std::optional<Problem> hugging_face_config_named(std::string_view name, const Place& asked_at) {
  if (name.empty() || name.size() > 4096) return std::nullopt;
  const std::filesystem::path given = std::filesystem::path(asked_at.file).parent_path() / name;
  for (const char* ending : {"", ".json", ".yaml", ".yml"}) {
    const std::filesystem::path file = given.string() + ending;
    const std::string extension = file.extension().string();
    std::error_code error;
    if (extension != ".json" && extension != ".yaml" && extension != ".yml") continue;
    if (!std::filesystem::is_regular_file(file, error)) continue;
    try {
      if (auto problem = hugging_face_config(load_document(file).root)) return problem;
    } catch (const InputError&) {  // something else
    }
  }
  return std::nullopt;
}

}  // namespace aifsim::catalog
