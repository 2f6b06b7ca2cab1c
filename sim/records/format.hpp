// The formats that can be read: one file each, and one line each in the table of format.cpp.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "records/input.hpp"
#include "records/sink.hpp"

namespace aifsim::records {

struct Format {
  const char* name;
  const char* what;  // one line for `aifsim import --list`
  // From the first MiB of a file, cleaned: is it of this format?
  bool (*looks_like)(std::string_view head);
  // InputError for what is wrong in the file; what is right but of no use goes to Sink::skip.
  void (*read)(const Input& input, Sink& sink);
  bool training = false;  // rows of the table of training runs (Sink::training), not of a record
};

std::span<const Format> formats();
// The format that a file looks like, the most particular first; null when none does.
const Format* recognise(std::string_view head);

extern const Format nccl_tests, osu, imb, perftest, babelstream, stream_benchmark, nvbandwidth, p2p_test,
    transferbench, kineto, nsys, nsys_stats, mllog, aiconfigurator, vidur, nccl_csv, tidy;
extern const Format megatron, nanotron, torchtitan, nemo, hf_trainer, deepspeed;  // training logs

}  // namespace aifsim::records
