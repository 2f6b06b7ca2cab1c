#include "catalog/hf_conversion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/hf_families.hpp"
#include "catalog/synonyms.hpp"

namespace aifsim::catalog {
namespace {

constexpr std::int64_t kMost = 1'000'000'000;

// What every family calls its sizes.
constexpr std::string_view kDepth = "num_hidden_layers n_layer num_layers n_layers",
                           kHidden = "hidden_size n_embd n_embed d_model",
                           kHeads = "num_attention_heads n_head num_heads",
                           kKvHeads = "num_key_value_heads num_kv_heads n_head_kv",
                           kFfn = "intermediate_size n_inner ffn_dim ffn_hidden_size",
                           kActivation = "hidden_act hidden_activation activation_function activation",
                           kDenseFfn = "intermediate_size_mlp",  // of Llama 4, whose experts have the other
    kBlocks = "attention_chunk_size", kOthers = "vocab_size head_dim tie_word_embeddings";

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (end > 0) words.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

bool is_null(const Node& node) {
  return node.kind == Node::Kind::null || (node.is_scalar() && !node.quoted && node.text == "null");
}

// `model_type`, or what stands before "ForCausalLM" and the like in the first of `architectures`.
const Node* type_of(const Node& model, std::string& type) {
  const Node* node = model.find("model_type");
  if (node && node->is_scalar() && !is_null(*node)) {
    type = node->text;
    return node;
  }
  node = model.find("architectures");
  if (!node || !node->is_list() || node->items.empty() || !node->items.front().is_scalar()) return nullptr;
  node = &node->items.front();
  const std::string& name = node->text;
  type = name.substr(0, std::min({name.find("For"), name.find("LMHead"), name.find("Model"), name.size()}));
  return node;
}

const HfFamily* family_of(std::string_view type) {
  const std::string plain = squeezed(type.substr(0, 100));
  for (const HfFamily& family : hf_families())
    for (const std::string_view known : split(family.types))
      if (squeezed(known) == plain) return &family;
  return nullptr;
}

class Conversion {
 public:
  Conversion(const Node& root, std::vector<Problem>& problems)
      : root_(root), model_(text_model(root)), problems_(problems) {}

  // Entries of the workload's `model` or `network`; nothing where the family is not known.
  std::vector<Node::Entry> run() {
    if (!family()) return {};
    check_keys();
    if (has_word(family_->types, "vit"))
      vision();
    else
      language();
    return std::move(entries_);
  }

 private:
  bool family() {
    const Node* named = type_of(model_, type_);
    family_ = named ? family_of(type_) : nullptr;
    if (family_) return true;
    std::vector<std::string_view> known;
    for (const HfFamily& f : hf_families())
      for (const std::string_view type : split(f.types)) known.push_back(type);
    const std::string list = fmt::format("; known: {}", fmt::join(known, ", "));
    if (!named)
      problem(model_.place, "neither \"model_type\" nor \"architectures\" names the family" + list);
    else if (const auto near = nearest_word(type_, known))
      problem(named->place, fmt::format("model_type {} is not modelled, did you mean \"{}\"?{}", quote(type_),
                                        *near, list));
    else
      problem(named->place, fmt::format("model_type {} is not modelled{}", quote(type_), list));
    return false;
  }

  void problem(const Place& place, std::string message) { problems_.push_back({place, std::move(message)}); }

  void check_keys() {
    std::vector<std::string_view> known;
    for (const std::string_view list :
         {kDepth, kHidden, kHeads, kKvHeads, kFfn, kActivation, kOthers, family_->keys})
      for (const std::string_view key : split(list)) known.push_back(key);
    for (const Node::Entry& entry : model_.entries) check_key(entry, known);
    if (&root_ == &model_) return;
    for (const Node::Entry& entry : root_.entries)
      if (entry.key != "text_config" && !hf_of_other_part(entry.key)) check_key(entry, known);
  }

  void check_key(const Node::Entry& entry, const std::vector<std::string_view>& known) {
    if (is_null(entry.value)) return;
    if (entry.key == "quantization_config")
      return;  // of the published weights: training says its own precision
    if (entry.key == "pruned_heads" && entry.value.is_map()) {
      if (!entry.value.entries.empty())
        problem(entry.place, "pruned_heads: layers that differ are not modelled");
      return;
    }
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) return;
    if (entry.key == "layer_types" && entry.value.is_list() &&  // as without it
        std::all_of(entry.value.items.begin(), entry.value.items.end(),
                    [](const Node& type) { return type.text == "full_attention"; }))
      return;
    std::string_view only = value_in(family_->only, entry.key);
    if (only.empty()) only = hf_only_value(entry.key);
    if (!only.empty()) {
      const bool of_layers = entry.value.is_list();
      const auto other = [&](const Node& value) { return !value.is_scalar() || value.text != only; };
      const auto items = of_layers ? std::span(entry.value.items) : std::span(&entry.value, 1);
      if (const auto found = std::find_if(items.begin(), items.end(), other); found != items.end())
        problem(found->place, fmt::format("{}: {} is not modelled, {} is", entry.key, found->found(), only));
      return;
    }
    if (hf_harmless(entry.key)) return;
    problem(entry.place,
            fmt::format("unknown key {} of model_type {}{}; a key that changes neither time nor memory "
                        "may be left out",
                        quote(entry.key), type_, suggestion(entry.key, known)));
  }

  // --- values

  struct Value {
    std::string text;
    bool quoted = false;
    Place place;
  };
  // Of the first of `keys` that the file has, or the family's default; none where it is null.
  std::optional<Value> value(std::string_view keys) {
    const Node* found = nullptr;
    std::string_view name;
    for (const std::string_view key : split(keys)) {
      const Node* node = model_.find(key);
      if (!node && &root_ != &model_ && key == "tie_word_embeddings") node = root_.find(key);
      if (!node) continue;
      if (found && !is_null(*node) && !is_null(*found) && node->text != found->text)
        problem(node->place, fmt::format("{} is {}, but {} is {}: one of them would do", key, node->found(),
                                         name, found->found()));
      if (found && is_null(*node)) continue;
      found = node;
      name = key;
    }
    if (found) {
      if (is_null(*found)) return std::nullopt;
      if (!found->is_scalar()) {
        problem(found->place, fmt::format("{}: expected one value, found {}", name, found->found()));
        return std::nullopt;
      }
      return Value{found->text, found->quoted, found->place};
    }
    for (const std::string_view key : split(keys))
      if (const std::string_view text = value_in(family_->missing, key); !text.empty())
        return Value{std::string(text), false, model_.place};
    return std::nullopt;
  }

  std::optional<std::int64_t> whole(std::string_view keys, std::int64_t least = 1) {
    const auto v = value(keys);
    if (!v) return std::nullopt;
    std::int64_t n = 0;
    const char* end = v->text.data() + v->text.size();
    const auto [at, error] = std::from_chars(v->text.data(), end, n);
    if (at != end || error != std::errc() || v->quoted || n < least || n > kMost) {
      problem(v->place,
              fmt::format("{}: expected a whole number from {} to {}, found {}{}", name_in_file(keys), least,
                          kMost, quote(v->text), v->quoted ? " in quotes" : ""));
      return std::nullopt;
    }
    place_ = v->place;
    return n;
  }
  bool yes(std::string_view key, bool otherwise = false) {
    const auto v = value(key);
    if (!v) return otherwise;
    if (v->quoted || (v->text != "true" && v->text != "false")) {
      problem(v->place, fmt::format("{}: expected true or false, found {}", key, quote(v->text)));
      return otherwise;
    }
    place_ = v->place;
    return v->text == "true";
  }
  std::string_view name_in_file(std::string_view keys) const {
    for (const std::string_view key : split(keys))
      if (model_.find(key)) return key;
    return split(keys).front();
  }
  std::int64_t needed(std::string_view keys) {
    const std::size_t before = problems_.size();
    const auto n = whole(keys);
    if (!n && problems_.size() == before) {
      const Node* there = model_.find(name_in_file(keys));
      problem(there ? there->place : model_.place,
              fmt::format("{}: expected a whole number, found none", name_in_file(keys)));
    }
    return n.value_or(1);
  }

  // --- what is put down

  static Node scalar(std::string text, const Place& place) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = std::move(text);
    node.place = place;
    return node;
  }
  void put(std::vector<Node::Entry>& into, std::string_view key, std::string text) {
    into.push_back({std::string(key), place_, scalar(std::move(text), place_)});
  }
  void put(std::string_view key, std::int64_t value) { put(entries_, key, std::to_string(value)); }
  void put(std::string_view key, std::vector<Node::Entry> map) {
    Node node;
    node.kind = Node::Kind::map;
    node.place = place_;
    node.entries = std::move(map);
    entries_.push_back({std::string(key), place_, std::move(node)});
  }

  void language() {
    for (const std::string_view pair : split(family_->fixed)) {
      place_ = model_.place;
      const std::size_t at = pair.find('=');
      put(entries_, pair.substr(0, at), std::string(pair.substr(at + 1)));
    }
    check_activation();
    put("layers", layers_ = needed(kDepth));
    const std::int64_t hidden = needed(kHidden);
    put("hidden", hidden);
    const std::int64_t heads = needed(kHeads);
    put("heads", heads);
    put("vocabulary", needed("vocab_size"));
    latent_ = has_word(family_->keys, "kv_lora_rank");
    const bool falcon = has_word(family_->types, "falcon");
    if (falcon) put_falcon();
    put("kv_heads", falcon ? falcon_kv_heads(heads) : latent_ ? heads : whole(kKvHeads).value_or(heads));
    if (has_word(family_->keys, kDenseFfn))
      put("ffn_hidden", needed(kDenseFfn));
    else
      put("ffn_hidden", whole(kFfn).value_or(4 * hidden));
    if (latent_)
      put_latent();
    else if (const auto width = whole("head_dim kv_channels attention_head_dim"))
      put("head_dim", *width);
    place_ = model_.place;
    put(entries_, "tied_embeddings", yes("tie_word_embeddings") ? "true" : "false");
    if (value_in(family_->fixed, "position") == "learned")
      put("positions",
          needed("max_position_embeddings n_positions") + (has_word(family_->types, "opt") ? 2 : 0));
    if (has_word(family_->keys, "word_embed_proj_dim"))
      if (const auto width = whole("word_embed_proj_dim"); width && *width != hidden)
        problem(place_,
                fmt::format("word_embed_proj_dim: an embedding of another width than hidden_size {} is not "
                            "modelled, found {}",
                            hidden, *width));
    if (const auto types =
            has_word(family_->keys, "type_vocab_size") ? whole("type_vocab_size") : std::nullopt)
      put("token_types", *types);
    if (has_word(family_->keys, "use_parallel_residual") && yes("use_parallel_residual"))
      put(entries_, "parallel_blocks", "true");
    if (has_word(family_->keys, "use_qk_norm") && yes("use_qk_norm")) put(entries_, "qk_norm", "head");
    if (has_word(family_->keys, "lm_head_bias") && yes("lm_head_bias")) put(entries_, "head_bias", "true");
    if (has_word(family_->keys, "num_nextn_predict_layers"))
      if (const auto further = whole("num_nextn_predict_layers", 0); further && *further > 0)
        put("predict_layers", *further);
    put_biases();
    put_experts();
    put_window();
  }

  void check_activation() {
    const auto v = value(kActivation);
    if (!v || hf_activation(v->text)) return;
    problem(v->place,
            fmt::format("{}: {} is not known; an element-wise function such as silu, gelu, gelu_new, relu "
                        "would be priced",
                        name_in_file(kActivation), quote(v->text)));
  }

  void put_biases() {
    place_ = model_.place;
    if (!value_in(family_->fixed, "biases").empty()) return;
    const auto has = [&](std::string_view key) { return has_word(family_->keys, key); };
    for (const std::string_view key : {"qkv_bias", "use_qkv_bias"})
      if (has(key)) put(entries_, "biases", yes(key) ? "qkv" : "none");
    if (has("bias")) put(entries_, "biases", yes("bias") ? "all" : "none");
    if (has("use_bias")) put(entries_, "biases", yes("use_bias") ? "all" : "none");
    if (!has("attention_bias")) return;
    const bool attention = yes("attention_bias"), output = yes("attention_out_bias", attention),
               mlp = has("mlp_bias") && yes("mlp_bias");
    if (output && !attention)
      problem(place_, "attention_out_bias without attention_bias is not modelled, both are");
    if (mlp && !attention) problem(place_, "mlp_bias without attention_bias is not modelled, both are");
    put(entries_, "biases", !attention ? "none" : mlp ? "all" : output ? "attention" : "qkv");
  }

  // Falcon's three generations: one head of keys and values, then groups of them; one norm for both blocks, then two.
  std::int64_t falcon_kv_heads(std::int64_t heads) {
    if (yes("new_decoder_architecture")) return whole(kKvHeads).value_or(heads);
    return yes("multi_query") ? 1 : heads;
  }
  void put_falcon() {
    const bool grouped = yes("new_decoder_architecture"), parallel = grouped || yes("parallel_attn");
    put(entries_, "parallel_blocks", parallel ? "true" : "false");
    const std::int64_t norms = !parallel ? 2 : grouped ? whole("num_ln_in_parallel_attn").value_or(2) : 1;
    put("norms_per_layer", norms);
    put(entries_, "position", yes("alibi") ? "none" : "rotary");
  }

  void put_latent() {
    std::vector<Node::Entry> latent;
    const auto add = [&](std::string_view key, std::int64_t value) {
      put(latent, key, std::to_string(value));
    };
    const Node* rank = model_.find("q_lora_rank");
    add("query_rank", rank ? whole("q_lora_rank").value_or(0) : 1536);
    add("kv_rank", needed("kv_lora_rank"));
    add("rope_dim", needed("qk_rope_head_dim"));
    add("value_dim", needed("v_head_dim"));
    put("head_dim", needed("qk_nope_head_dim"));
    put("latent_attention", std::move(latent));
  }

  void put_experts() {
    constexpr std::string_view kCounts[] = {"num_local_experts", "n_routed_experts", "num_experts",
                                            "moe_num_experts"};
    const auto named = std::find_if(std::begin(kCounts), std::end(kCounts),
                                    [&](std::string_view key) { return has_word(family_->keys, key); });
    if (named == std::end(kCounts)) return;
    const auto count = whole(*named);
    if (!count) return;
    std::vector<Node::Entry> experts;
    const auto add = [&](std::string_view key, std::int64_t value) {
      put(experts, key, std::to_string(value));
    };
    const bool own_width = has_word(family_->keys, "moe_intermediate_size");
    const std::int64_t width = needed(own_width ? "moe_intermediate_size" : kFfn);
    add("count", *count);
    add("per_token", needed("num_experts_per_tok moe_k"));
    add("ffn_hidden", width);
    for (const std::string_view key : {"shared_expert_intermediate_size", "shared_intermediate_size"})
      if (has_word(family_->keys, key)) add("shared_ffn_hidden", whole(key, 0).value_or(0));
    for (const std::string_view key : {"n_shared_experts", "moe_num_shared_experts"})
      if (has_word(family_->keys, key)) add("shared_ffn_hidden", whole(key, 0).value_or(0) * width);
    std::int64_t dense = 0;
    for (const std::string_view key : {"first_k_dense_replace", "moe_layer_start_index"})
      if (has_word(family_->keys, key)) dense = whole(key, 0).value_or(0);
    if (has_word(family_->keys, "moe_layer_end_index"))
      if (const auto last = whole("moe_layer_end_index", -1); last && *last != -1 && *last != layers_ - 1)
        problem(place_, fmt::format("moe_layer_end_index: experts that end before the last layer, {}, are "
                                    "not modelled, found {}",
                                    layers_ - 1, *last));
    if (has_word(family_->keys, "mlp_only_layers")) dense = first_layers("mlp_only_layers");
    add("dense_layers", dense);
    if (has_word(family_->keys, kDenseFfn)) add("shared_ffn_hidden", width);
    if (has_word(family_->keys, "moe_layers")) check_expert_layers("moe_layers", "interleave_moe_layer_step");
    for (const std::string_view key : {"decoder_sparse_step", "moe_layer_freq", "interleave_moe_layer_step"})
      if (has_word(family_->keys, key)) add("every", needed(key));
    put("experts", std::move(experts));
  }

  // A list of layers, which must be each so-manieth.
  void check_expert_layers(std::string_view key, std::string_view every) {
    const Node* list = model_.find(key);
    if (!list || is_null(*list)) return;
    const std::int64_t step = needed(every);
    for (std::size_t i = 0; i < list->items.size(); ++i)
      if (list->items[i].text != std::to_string(static_cast<std::int64_t>(i + 1) * step - 1))
        return problem(
            list->items[i].place,
            fmt::format("{}: layers that are not each {} of {} are not modelled", key, every, step));
    if (static_cast<std::int64_t>(list->items.size()) != layers_ / step)
      problem(list->place, fmt::format("{}: has {} entries, {} of {} layers gives {}", key,
                                       list->items.size(), every, layers_, layers_ / step));
  }

  // A list of layers, which must be the first ones: how many.
  std::int64_t first_layers(std::string_view key) {
    const Node* list = model_.find(key);
    if (!list || is_null(*list)) return 0;
    for (std::size_t i = 0; i < list->items.size(); ++i)
      if (list->items[i].text != std::to_string(i)) {
        problem(list->items[i].place,
                fmt::format("{}: layers that are not the first ones are not modelled", key));
        return 0;
      }
    if (!list->is_list())
      problem(list->place, fmt::format("{}: expected a list, found {}", key, list->found()));
    return static_cast<std::int64_t>(list->items.size());
  }

  void put_window() {
    const bool blocks = has_word(family_->keys, kBlocks);
    if (!blocks && !has_word(family_->keys, "sliding_window")) return;
    if (!yes("use_sliding_window", true)) return;
    const auto tokens = whole(blocks ? kBlocks : "sliding_window", 0);
    if (!tokens || *tokens == 0) return;
    std::vector<Node::Entry> window;
    const auto add = [&](std::string_view key, std::int64_t value) {
      put(window, key, std::to_string(value));
    };
    add("tokens", *tokens);
    std::int64_t every = 0, first = 0;
    const auto given_list = [&](std::string_view key) {
      const Node* list = has_word(family_->keys, key) ? model_.find(key) : nullptr;
      return list && !is_null(*list) && !list->items.empty() ? list : nullptr;
    };
    if (const Node* types = given_list("layer_types")) {
      if (!pattern(*types,
                   {"layer_types", "full_attention", blocks ? "chunked_attention" : "sliding_attention"},
                   every, first))
        return;
    } else if (const Node* rotary = given_list("no_rope_layers")) {  // those without positions see all
      if (!pattern(*rotary, {"no_rope_layers", "0", "1"}, every, first)) return;
    } else {
      if (const auto given = value("full_every")) every = std::stoll(given->text);
      if (has_word(family_->keys, "sliding_window_pattern"))
        every = needed("sliding_window_pattern layer_switch");
      if (has_word(family_->keys, "max_window_layers"))
        first = std::min(layers_, whole("max_window_layers", 0).value_or(0));
      if (blocks) every = needed("no_rope_layer_interval");
    }
    add("full_every", every);
    add("full_layers", first);
    if (blocks) put(window, "blocks", "true");
    put("window", std::move(window));
  }

  // A list with a word for each layer.
  struct LayerWords {
    std::string_view key, full, windowed;
  };
  // What it says: the first so many layers see all, or each so-manieth. False: none has a window, or a problem was
  // told.
  bool pattern(const Node& types, const LayerWords& words, std::int64_t& every, std::int64_t& first) {
    std::vector<bool> full;
    for (const Node& type : types.items) {
      if (type.text != words.full && type.text != words.windowed) {
        problem(type.place, fmt::format("{}: {} is not modelled, {} and {} are", words.key, type.found(),
                                        words.full, words.windowed));
        return false;
      }
      full.push_back(type.text == words.full);
    }
    if (static_cast<std::int64_t>(full.size()) != layers_) {
      problem(types.place, fmt::format("{}: has {} entries for {} layers", words.key, full.size(), layers_));
      return false;
    }
    const auto windows = std::count(full.begin(), full.end(), false);
    if (windows == 0) return false;
    const auto leading = std::find(full.begin(), full.end(), false) - full.begin();
    if (leading + windows == layers_) {
      first = leading;
      return true;
    }
    every = std::find(full.begin(), full.end(), true) - full.begin() + 1;
    for (std::int64_t i = 0; i < layers_; ++i)
      if (full[static_cast<std::size_t>(i)] != ((i + 1) % every == 0)) {
        problem(
            types.items[static_cast<std::size_t>(i)].place,
            fmt::format("{}: only the first layers, or each so-manieth, may be {}", words.key, words.full));
        return false;
      }
    return true;
  }

  // An image classifier, as blocks of a network.
  void vision() {
    check_activation();
    const std::int64_t width = needed(kHidden), patch = needed("patch_size"), image = needed("image_size"),
                       channels = needed("num_channels");
    const Node* labels = model_.find("id2label");
    const std::int64_t classes = labels && labels->is_map()
                                     ? static_cast<std::int64_t>(labels->entries.size())
                                     : whole("num_labels").value_or(2);
    const std::int64_t side = image / patch, tokens = side * side + 1;
    if (side < 1) problem(place_, fmt::format("patch_size {} is larger than image_size {}", patch, image));
    const std::string text = fmt::format(
        "sample: image of {0} x {0}\n"
        "blocks:\n"
        "- {{name: patches, size: [{1}, {1}], layers: [{{kind: convolution, in: {2}, out: {3}, kernel: [{4}, "
        "{4}], "
        "stride: {4}, bias: true}}, {{kind: parameters, count: {5}}}]}}\n"
        "- {{name: layer, repeat: {6}, size: [{7}], layers: [{{kind: transformer, width: {3}, heads: {8}, "
        "ffn_hidden: {9}, qkv_bias: {10}}}]}}\n"
        "- {{name: head, size: [1], layers: [{{kind: norm, width: {3}, size: [{7}]}}, {{kind: linear, in: "
        "{3}, out: "
        "{11}}}]}}\n",
        image, side, channels, width, patch, (tokens + 1) * width, needed(kDepth), tokens, needed(kHeads),
        whole(kFfn).value_or(4 * width), yes("qkv_bias", true), classes);
    int nodes = 1000;
    Node made = parse_yaml(text, model_.place.file, nodes, problems_);
    set_place(made);
    entries_ = std::move(made.entries);
  }
  void set_place(Node& node) const {
    node.place = model_.place;
    for (Node& item : node.items) set_place(item);
    for (Node::Entry& entry : node.entries) {
      entry.place = model_.place;
      set_place(entry.value);
    }
  }

  const Node& root_;
  const Node& model_;
  std::vector<Problem>& problems_;
  const HfFamily* family_ = nullptr;
  std::string type_;
  std::vector<Node::Entry> entries_;
  Place place_;
  std::int64_t layers_ = 1;
  bool latent_ = false;
};

}  // namespace

const Node& text_model(const Node& root) {
  const Node* nested = root.find("text_config");
  return nested && nested->is_map() ? *nested : root;
}

std::vector<Node::Entry> entries_of_config(const Node& root, std::vector<Problem>& problems) {
  return Conversion(root, problems).run();
}

}  // namespace aifsim::catalog
