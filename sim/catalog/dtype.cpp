#include "catalog/gpu.hpp"
#include "catalog/words.hpp"

namespace aifsim {

double bytes_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::fp64:
      return 8;
    case Dtype::fp32:
    case Dtype::tf32:
      return 4;
    case Dtype::bf16:
    case Dtype::fp16:
      return 2;
    case Dtype::fp8:
    case Dtype::int8:
      return 1;
    case Dtype::fp4:
      return 0.5;
  }
  return 0;
}

const char* name_of(Dtype dtype) { return catalog::word_of(dtype).data(); }

}  // namespace aifsim
