// Models of twelve layers that tests lower.
#pragma once
#include "catalog/workload.hpp"

namespace aifsim {

inline ModelDescription small() {
  ModelDescription m;
  m.layers = 12;
  m.hidden = 512;
  m.heads = m.kv_heads = 8;
  m.ffn_hidden = 2048;
  m.vocabulary = 1000;
  m.mlp = Mlp::swiglu;
  m.norm = NormKind::rms_norm;
  m.position = PositionEncoding::rotary;
  return m;
}

inline ModelDescription with_experts() {
  ModelDescription m = small();
  m.experts = {.count = 16, .per_token = 2, .ffn_hidden = 256, .shared_ffn_hidden = 128, .dense_layers = 2};
  return m;
}

}  // namespace aifsim
