#include "records/format.hpp"

namespace aifsim::records {

std::span<const Format> formats() {
  static const Format all[] = {
      nccl_tests,    osu,      imb,      perftest,   babelstream, stream_benchmark, nvbandwidth, p2p_test,
      transferbench, kineto,   nsys,     nsys_stats, mllog,       aiconfigurator,   vidur,       nccl_csv,
      tidy,          megatron, nanotron, torchtitan, nemo,        hf_trainer,       deepspeed};
  return all;
}

const Format* recognise(std::string_view head) {
  for (const Format& format : formats())
    if (format.looks_like(head)) return &format;
  return nullptr;
}

}  // namespace aifsim::records
