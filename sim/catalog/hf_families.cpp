#include "catalog/hf_families.hpp"

#include <algorithm>

namespace aifsim::catalog {
namespace {

constexpr std::string_view kLlama = "mlp=swiglu norm=rms_norm position=rotary";

constexpr HfFamily kFamilies[] = {
    {"llama", kLlama, "attention_bias mlp_bias",
     "hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 vocab_size=32000"},
    {"mistral ministral", kLlama, "sliding_window layer_types",
     "hidden_size=4096 intermediate_size=14336 num_hidden_layers=32 num_attention_heads=32 "
     "num_key_value_heads=8 vocab_size=32000 sliding_window=4096"},
    {"granite", kLlama, "attention_bias mlp_bias",
     "hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 vocab_size=32000"},
    {"qwen2", "mlp=swiglu norm=rms_norm position=rotary biases=qkv",
     "sliding_window use_sliding_window max_window_layers layer_types",
     "hidden_size=4096 intermediate_size=22016 num_hidden_layers=32 num_attention_heads=32 "
     "num_key_value_heads=32 vocab_size=151936 sliding_window=4096 use_sliding_window=false "
     "max_window_layers=28"},
    {"qwen3", "mlp=swiglu norm=rms_norm position=rotary qk_norm=head",
     "attention_bias sliding_window use_sliding_window max_window_layers layer_types",
     "hidden_size=4096 intermediate_size=22016 num_hidden_layers=32 num_attention_heads=32 "
     "num_key_value_heads=32 head_dim=128 vocab_size=151936 sliding_window=4096 use_sliding_window=false "
     "max_window_layers=28"},
    {"qwen2_moe", kLlama,
     "qkv_bias sliding_window use_sliding_window max_window_layers layer_types decoder_sparse_step "
     "moe_intermediate_size shared_expert_intermediate_size num_experts_per_tok num_experts mlp_only_layers",
     "hidden_size=2048 intermediate_size=5632 num_hidden_layers=24 num_attention_heads=16 "
     "num_key_value_heads=16 vocab_size=151936 sliding_window=4096 use_sliding_window=false "
     "max_window_layers=28 "
     "decoder_sparse_step=1 moe_intermediate_size=1408 shared_expert_intermediate_size=5632 "
     "num_experts_per_tok=4 num_experts=60 qkv_bias=true"},
    {"qwen3_moe", "mlp=swiglu norm=rms_norm position=rotary qk_norm=head",
     "attention_bias sliding_window use_sliding_window max_window_layers layer_types decoder_sparse_step "
     "moe_intermediate_size num_experts_per_tok num_experts mlp_only_layers",
     "hidden_size=2048 intermediate_size=6144 num_hidden_layers=24 num_attention_heads=32 "
     "num_key_value_heads=4 vocab_size=151936 sliding_window=4096 use_sliding_window=false "
     "max_window_layers=28 "
     "decoder_sparse_step=1 moe_intermediate_size=768 num_experts_per_tok=8 num_experts=128"},
    {"mixtral", kLlama, "sliding_window layer_types num_local_experts num_experts_per_tok",
     "hidden_size=4096 intermediate_size=14336 num_hidden_layers=32 num_attention_heads=32 "
     "num_key_value_heads=8 vocab_size=32000 num_local_experts=8 num_experts_per_tok=2"},
    {"gemma", kLlama, "attention_bias",
     "hidden_size=3072 intermediate_size=24576 num_hidden_layers=28 num_attention_heads=16 "
     "num_key_value_heads=16 head_dim=256 vocab_size=256000 tie_word_embeddings=true"},
    {"gemma2", "mlp=swiglu norm=rms_norm position=rotary norms_per_layer=4",
     "attention_bias sliding_window layer_types",
     "hidden_size=2304 intermediate_size=9216 num_hidden_layers=26 num_attention_heads=8 "
     "num_key_value_heads=4 head_dim=256 vocab_size=256000 tie_word_embeddings=true sliding_window=4096 "
     "full_every=2"},
    {"gemma3_text gemma3", "mlp=swiglu norm=rms_norm position=rotary norms_per_layer=4 qk_norm=head",
     "attention_bias sliding_window layer_types sliding_window_pattern",
     "hidden_size=2304 intermediate_size=9216 num_hidden_layers=26 num_attention_heads=8 "
     "num_key_value_heads=4 head_dim=256 vocab_size=262208 tie_word_embeddings=true sliding_window=4096 "
     "sliding_window_pattern=6"},
    {"gpt2", "mlp=gelu norm=layer_norm position=learned", "",
     "n_embd=768 n_layer=12 n_head=12 vocab_size=50257 n_positions=1024 tie_word_embeddings=true"},
    {"gpt_neox", "mlp=gelu norm=layer_norm position=rotary biases=all", "use_parallel_residual",
     "hidden_size=6144 intermediate_size=24576 num_hidden_layers=44 num_attention_heads=64 vocab_size=50432 "
     "use_parallel_residual=true",
     "attention_bias=true"},
    {"bloom", "mlp=gelu norm=layer_norm position=none embedding_norm=true", "",
     "hidden_size=64 n_layer=2 n_head=8 vocab_size=250880 tie_word_embeddings=true"},
    {"falcon RefinedWeb RefinedWebModel", "mlp=gelu norm=layer_norm",
     "multi_query parallel_attn new_decoder_architecture alibi bias num_ln_in_parallel_attn",
     "hidden_size=4544 num_hidden_layers=32 num_attention_heads=71 vocab_size=65024 multi_query=true "
     "parallel_attn=true new_decoder_architecture=false alibi=false bias=false tie_word_embeddings=true"},
    {"olmo", "mlp=swiglu norm=plain_norm position=rotary", "attention_bias",
     "hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 vocab_size=50304"},
    {"olmo2", "mlp=swiglu norm=rms_norm position=rotary qk_norm=full", "attention_bias",
     "hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 vocab_size=50304"},
    {"olmo3", "mlp=swiglu norm=rms_norm position=rotary qk_norm=full",
     "attention_bias sliding_window layer_types",
     "hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 vocab_size=50304 "
     "sliding_window=4096 full_every=4"},
    {"deepseek_v2", kLlama,
     "attention_bias moe_intermediate_size n_routed_experts n_shared_experts num_experts_per_tok "
     "first_k_dense_replace moe_layer_freq kv_lora_rank q_lora_rank qk_rope_head_dim v_head_dim "
     "qk_nope_head_dim",
     "hidden_size=4096 intermediate_size=11008 moe_intermediate_size=1407 num_hidden_layers=30 "
     "num_attention_heads=32 vocab_size=102400 first_k_dense_replace=0 moe_layer_freq=1 kv_lora_rank=512 "
     "qk_rope_head_dim=64 v_head_dim=128 qk_nope_head_dim=128"},
    {"deepseek_v3 kimi_k2", kLlama,
     "attention_bias moe_intermediate_size n_routed_experts n_shared_experts num_experts_per_tok "
     "first_k_dense_replace moe_layer_freq kv_lora_rank q_lora_rank qk_rope_head_dim v_head_dim "
     "qk_nope_head_dim num_nextn_predict_layers",
     "hidden_size=7168 intermediate_size=18432 moe_intermediate_size=2048 num_hidden_layers=61 "
     "num_attention_heads=128 vocab_size=129280 n_shared_experts=1 n_routed_experts=256 "
     "num_experts_per_tok=8 "
     "first_k_dense_replace=3 moe_layer_freq=1 kv_lora_rank=512 qk_rope_head_dim=64 v_head_dim=128 "
     "qk_nope_head_dim=128"},
    {"glm4_moe", kLlama,
     "attention_bias use_qk_norm moe_intermediate_size n_routed_experts n_shared_experts num_experts_per_tok "
     "first_k_dense_replace num_nextn_predict_layers",
     "hidden_size=4096 intermediate_size=10944 moe_intermediate_size=1408 num_hidden_layers=46 "
     "num_attention_heads=96 num_key_value_heads=8 vocab_size=151552 n_shared_experts=1 n_routed_experts=128 "
     "num_experts_per_tok=8 first_k_dense_replace=1 use_qk_norm=false attention_out_bias=false"},
    {"gpt_oss", "mlp=swiglu norm=rms_norm position=rotary biases=all",
     "sliding_window layer_types num_local_experts num_experts_per_tok experts_per_token",
     "hidden_size=2880 intermediate_size=2880 num_hidden_layers=36 num_attention_heads=64 "
     "num_key_value_heads=8 head_dim=64 vocab_size=201088 num_local_experts=128 num_experts_per_tok=4 "
     "sliding_window=128 full_every=2",
     "attention_bias=true"},
    {"llama4_text llama4", kLlama,
     "attention_bias use_qk_norm intermediate_size_mlp num_local_experts num_experts_per_tok "
     "interleave_moe_layer_step moe_layers attention_chunk_size no_rope_layers no_rope_layer_interval "
     "layer_types",
     "hidden_size=5120 intermediate_size=8192 intermediate_size_mlp=16384 num_hidden_layers=48 "
     "num_attention_heads=40 num_key_value_heads=8 head_dim=128 vocab_size=202048 num_local_experts=16 "
     "num_experts_per_tok=1 interleave_moe_layer_step=1 attention_chunk_size=8192 no_rope_layer_interval=4 "
     "use_qk_norm=true"},
    {"phi3", kLlama, "sliding_window",
     "hidden_size=3072 intermediate_size=8192 num_hidden_layers=32 num_attention_heads=32 vocab_size=32064"},
    {"starcoder2", "mlp=gelu norm=layer_norm position=rotary", "use_bias sliding_window",
     "hidden_size=3072 intermediate_size=12288 num_hidden_layers=30 num_attention_heads=24 "
     "num_key_value_heads=2 vocab_size=49152 use_bias=true tie_word_embeddings=true",
     "mlp_type=default norm_type=layer_norm"},
    {"phi",
     "mlp=gelu norm=layer_norm position=rotary biases=all parallel_blocks=true norms_per_layer=1 "
     "head_bias=true",
     "",
     "hidden_size=2048 intermediate_size=8192 num_hidden_layers=24 num_attention_heads=32 vocab_size=51200",
     "qk_layernorm=false"},
    {"cohere", "mlp=swiglu norm=rms_norm position=rotary parallel_blocks=true norms_per_layer=1",
     "attention_bias",
     "hidden_size=8192 intermediate_size=22528 num_hidden_layers=40 num_attention_heads=64 vocab_size=256000 "
     "tie_word_embeddings=true",
     "use_qk_norm=false"},
    {"olmoe", "mlp=swiglu norm=rms_norm position=rotary qk_norm=full",
     "attention_bias num_experts num_experts_per_tok",
     "hidden_size=2048 intermediate_size=2048 num_hidden_layers=16 num_attention_heads=16 vocab_size=50304 "
     "num_experts=64 num_experts_per_tok=8"},
    {"opt", "mlp=gelu norm=layer_norm position=learned", "word_embed_proj_dim",
     "hidden_size=768 ffn_dim=3072 num_hidden_layers=12 num_attention_heads=12 vocab_size=50272 "
     "max_position_embeddings=2048 tie_word_embeddings=true",
     "do_layer_norm_before=true enable_bias=true layer_norm_elementwise_affine=true"},
    {"apertus", "mlp=gelu norm=rms_norm position=rotary qk_norm=head", "attention_bias",
     "hidden_size=4096 intermediate_size=14336 num_hidden_layers=32 num_attention_heads=32 "
     "vocab_size=131072",
     "qk_norm=true"},
    {"smollm3", kLlama,
     "attention_bias mlp_bias sliding_window max_window_layers no_rope_layers no_rope_layer_interval",
     "hidden_size=2048 intermediate_size=11008 num_hidden_layers=36 num_attention_heads=16 "
     "num_key_value_heads=4 vocab_size=128256 tie_word_embeddings=true use_sliding_window=false",
     "use_sliding_window=false"},
    {"ministral3", kLlama, "sliding_window",
     "hidden_size=4096 intermediate_size=14336 num_hidden_layers=34 num_attention_heads=32 "
     "num_key_value_heads=8 head_dim=128 vocab_size=131072"},
    {"cohere2", "mlp=swiglu norm=rms_norm position=rotary parallel_blocks=true norms_per_layer=1",
     "attention_bias sliding_window layer_types sliding_window_pattern layer_switch",
     "hidden_size=8192 intermediate_size=22528 num_hidden_layers=40 num_attention_heads=64 vocab_size=256000 "
     "tie_word_embeddings=true sliding_window=4096 sliding_window_pattern=4",
     "use_qk_norm=false order_of_interleaved_layers=local_attn_first position_embedding_type=rope_gptj "
     "use_gated_activation=true use_parallel_block=true use_embedding_sharing=true"},
    {"glm", kLlama, "attention_bias",
     "hidden_size=4096 intermediate_size=13696 num_hidden_layers=40 num_attention_heads=32 "
     "num_key_value_heads=2 head_dim=128 vocab_size=151552 attention_bias=true attention_out_bias=false"},
    {"glm4", "mlp=swiglu norm=rms_norm position=rotary norms_per_layer=4", "attention_bias",
     "hidden_size=4096 intermediate_size=13696 num_hidden_layers=40 num_attention_heads=32 "
     "num_key_value_heads=2 head_dim=128 vocab_size=151552 attention_bias=true attention_out_bias=false"},
    {"granitemoe", kLlama, "attention_bias num_local_experts num_experts_per_tok",
     "hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 vocab_size=32000 "
     "num_local_experts=8 num_experts_per_tok=2"},
    {"granitemoeshared", kLlama,
     "attention_bias num_local_experts num_experts_per_tok shared_intermediate_size",
     "hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 vocab_size=32000 "
     "num_local_experts=8 num_experts_per_tok=2 shared_intermediate_size=0",
     "position_embedding_type=rope"},
    {"phimoe", "mlp=swiglu norm=layer_norm position=rotary",
     "attention_bias lm_head_bias sliding_window num_local_experts num_experts_per_tok",
     "hidden_size=4096 intermediate_size=6400 num_hidden_layers=32 num_attention_heads=32 "
     "num_key_value_heads=8 vocab_size=32064 num_local_experts=16 num_experts_per_tok=2"},
    {"helium", kLlama, "attention_bias",
     "hidden_size=2560 intermediate_size=7040 num_hidden_layers=24 num_attention_heads=20 "
     "num_key_value_heads=20 head_dim=128 vocab_size=48000 attention_out_bias=false"},
    {"seed_oss", kLlama, "attention_bias attention_out_bias",
     "hidden_size=4096 intermediate_size=27648 num_hidden_layers=64 num_attention_heads=80 "
     "num_key_value_heads=8 head_dim=128 vocab_size=155136 attention_bias=true attention_out_bias=false"},
    {"ernie4_5", kLlama, "",
     "hidden_size=1024 intermediate_size=3072 num_hidden_layers=18 num_attention_heads=16 "
     "num_key_value_heads=2 head_dim=128 vocab_size=103424 tie_word_embeddings=true",
     "use_bias=false"},
    {"ernie4_5_moe", kLlama,
     "moe_intermediate_size moe_num_experts moe_num_shared_experts moe_k moe_layer_start_index "
     "moe_layer_end_index moe_norm_min moe_capacity moe_gate moe_use_aux_free",
     "hidden_size=2560 intermediate_size=12288 num_hidden_layers=28 num_attention_heads=20 "
     "num_key_value_heads=4 vocab_size=103424 tie_word_embeddings=true moe_intermediate_size=1536 moe_k=6 "
     "moe_num_experts=64 moe_num_shared_experts=2 moe_layer_start_index=1 moe_layer_end_index=-1",
     "use_bias=false moe_layer_interval=1 num_nextn_predict_layers=0"},
    {"exaone4", "mlp=swiglu norm=rms_norm position=rotary qk_norm=head",
     "sliding_window layer_types sliding_window_pattern",
     "hidden_size=4096 intermediate_size=16384 num_hidden_layers=32 num_attention_heads=32 "
     "num_key_value_heads=32 vocab_size=102400 sliding_window=4096 sliding_window_pattern=4"},
    {"hunyuan_v1_dense", "mlp=swiglu norm=rms_norm position=rotary qk_norm=head",
     "attention_bias attention_head_dim cla_share_factor class_num dense_list im_start_id im_end_id "
     "im_newline_id text_start_id text_end_id mask_init_id pad_id org_vocab_size pool_type",
     "hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 "
     "vocab_size=290943",
     "use_qk_norm=true use_cla=false use_rotary_pos_emb=true norm_type=rms add_classification_head=false"},
    {"nemotron", "mlp=gelu norm=layer_norm position=rotary", "attention_bias kv_channels",
     "hidden_size=6144 intermediate_size=24576 num_hidden_layers=32 num_attention_heads=48 "
     "vocab_size=256000"},
    {"arcee", "mlp=gelu norm=rms_norm position=rotary", "attention_bias mlp_bias",
     "hidden_size=2560 intermediate_size=18432 num_hidden_layers=32 num_attention_heads=32 vocab_size=32000"},
    {"minimax_m2", "mlp=swiglu norm=rms_norm position=rotary qk_norm=full",
     "num_local_experts num_experts_per_tok use_routing_bias rotary_dim num_mtp_modules "
     "mtp_transformer_layers mlp_intermediate_size shared_moe_mode layernorm_full_attention_beta "
     "layernorm_linear_attention_beta layernorm_mlp_beta",
     "hidden_size=3072 intermediate_size=1536 num_hidden_layers=62 num_attention_heads=48 "
     "num_key_value_heads=8 head_dim=128 vocab_size=200064 num_local_experts=256 num_experts_per_tok=8",
     "use_qk_norm=true qk_norm_type=per_layer shared_intermediate_size=0 attn_type_list=1 use_mtp=false"},
    {"flex_olmo", "mlp=swiglu norm=rms_norm position=rotary qk_norm=full",
     "attention_bias num_experts num_experts_per_tok",
     "hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 "
     "vocab_size=100352 num_experts=7 num_experts_per_tok=5"},
    {"stablelm", "mlp=swiglu norm=layer_norm position=rotary", "use_qkv_bias",
     "hidden_size=2560 intermediate_size=6912 num_hidden_layers=32 num_attention_heads=32 "
     "num_key_value_heads=32 vocab_size=50304 use_qkv_bias=false",
     "qk_layernorm=false use_parallel_residual=false"},
    {"bert",
     "mlp=gelu norm=layer_norm position=learned causal=false embedding_norm=true final_norm=false "
     "head_layers=1 "
     "head_bias=true",
     "type_vocab_size",
     "hidden_size=768 intermediate_size=3072 num_hidden_layers=12 num_attention_heads=12 vocab_size=30522 "
     "max_position_embeddings=512 type_vocab_size=2 tie_word_embeddings=true"},
    {"roberta xlm-roberta camembert",
     "mlp=gelu norm=layer_norm position=learned causal=false embedding_norm=true final_norm=false "
     "head_layers=1 "
     "head_bias=true",
     "type_vocab_size",
     "hidden_size=768 intermediate_size=3072 num_hidden_layers=12 num_attention_heads=12 vocab_size=50265 "
     "max_position_embeddings=512 type_vocab_size=2 tie_word_embeddings=true"},
    {"vit", "", "image_size patch_size num_channels qkv_bias id2label num_labels",
     "hidden_size=768 intermediate_size=3072 num_hidden_layers=12 num_attention_heads=12 image_size=224 "
     "patch_size=16 num_channels=3 qkv_bias=true"},
};

constexpr std::string_view kHarmless =
    "architectures model_type auto_map transformers_version torch_dtype dtype name_or_path "
    "attn_implementation "
    "attention_probs_dropout_prob hidden_dropout_prob resid_pdrop embd_pdrop attn_pdrop pooler_dropout "
    "initializer_range initializer_factor initializer_cutoff_factor init_std init_method rms_norm_eps "
    "layer_norm_eps layer_norm_epsilon norm_epsilon norm_eps use_cache cache_implementation pretraining_tp "
    "rope_theta rope_scaling rope_parameters rope_local_base_freq rope_interleave rotary_pct rotary_emb_base "
    "rotary_base partial_rotary_factor original_max_position_embeddings max_position_embeddings "
    "max_sequence_length model_max_length seq_length n_positions n_ctx initial_context_length "
    "output_router_logits output_hidden_states output_attentions return_dict return_dict_in_generate "
    "output_scores router_aux_loss_coef router_jitter_noise aux_loss_alpha seq_aux norm_topk_prob "
    "scoring_func "
    "topk_method topk_group n_group routed_scaling_factor ep_size "
    "query_pre_attn_scalar final_logit_softcapping attn_logit_softcapping clip_qkv gradient_checkpointing "
    "id2label label2id num_labels problem_type finetuning_task task_specific_params language tokenizer_class "
    "prefix slow_but_exact apply_residual_connection_post_layernorm attention_softmax_in_fp32 "
    "masked_softmax_fusion bias_dropout_fusion skip_bias_add skip_bias_add_qkv offset_alibi "
    "scale_attn_weights "
    "scale_attn_by_inverse_layer_idx reorder_and_upcast_attn directionality pooler_fc_size "
    "pooler_num_attention_heads pooler_num_fc_layers pooler_size_per_head pooler_type "
    "torchscript use_bfloat16 tf_legacy_loss swiglu_limit swiglu_alpha embedding_multiplier logits_scaling "
    "residual_multiplier attention_multiplier summary_activation summary_first_dropout "
    "summary_proj_to_labels "
    "summary_type summary_use_proj max_length max_new_tokens min_length temperature top_k top_p num_beams "
    "do_sample repetition_penalty early_stopping length_penalty no_repeat_ngram_size typical_p bad_words_ids "
    "begin_suppress_tokens suppress_tokens diversity_penalty num_beam_groups num_return_sequences "
    "remove_invalid_values exponential_decay_length_penalty encoder_no_repeat_ngram_size encoder_stride "
    "pooler_output_size pooler_act use_flash_attn output_past interpolate_factor unsloth_version "
    "unsloth_fixed cross_attention_hidden_size "
    "custom_pipeline custom_pipelines max_seq_len_cached use_deepspeed_checkpointing logit_scale layerdrop "
    "dropout ignore_index attn_scale attn_temperature_tuning floor_scale input_jitter_noise "
    "use_parallel_embedding transformers.js_config for_llm_compression "
    "for_llm_compressor";
constexpr std::string_view kHarmlessEndings[] = {"_token_id", "_token_ids", "_token_index", "_dropout",
                                                 "_token"};

// Beside a text_config, what begins so is said of other parts.
constexpr std::string_view kOtherParts[] = {"vision",    "image",      "video", "audio",
                                            "projector", "multimodal", "mm_",   "spatial_merge"};

constexpr std::string_view kOnly =
    "is_encoder_decoder=false add_cross_attention=false chunk_size_feed_forward=0 "
    "position_embedding_type=absolute is_decoder=false mlp_bias=false attention_bias=false qkv_bias=false "
    "use_mrope=false lm_head_bias=false tie_encoder_decoder=false use_bidirectional_attention=false "
    "full_attn_mod=1 "
    "post_norm=false";

constexpr std::string_view kActivations =
    "gelu gelu_new gelu_fast gelu_python gelu_pytorch_tanh gelu_10 gelu_accurate quick_gelu relu relu2 relu6 "
    "silu swish swiglu tanh mish sigmoid xielu";

}  // namespace

std::span<const HfFamily> hf_families() { return kFamilies; }

bool hf_harmless(std::string_view key) {
  return key.starts_with('_') || has_word(kHarmless, key) ||
         std::any_of(std::begin(kHarmlessEndings), std::end(kHarmlessEndings),
                     [&](std::string_view ending) { return key.ends_with(ending); });
}

bool hf_of_other_part(std::string_view key) {
  return std::any_of(std::begin(kOtherParts), std::end(kOtherParts),
                     [&](std::string_view start) { return key.starts_with(start); });
}

std::string_view hf_only_value(std::string_view key) { return value_in(kOnly, key); }

bool hf_activation(std::string_view word) { return has_word(kActivations, word); }

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::string_view value_in(std::string_view list, std::string_view key) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    const std::string_view pair = list.substr(0, end);
    if (pair.size() > key.size() && pair.starts_with(key) && pair[key.size()] == '=')
      return pair.substr(key.size() + 1);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return {};
}

}  // namespace aifsim::catalog
