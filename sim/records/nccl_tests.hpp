// What the text and the JSON output of nccl-tests share.
#pragma once
#include <optional>
#include <set>
#include <string>

#include "records/input.hpp"
#include "records/sink.hpp"

namespace aifsim::records {

// One run of one test program.
struct NcclRun {
  std::string op, version, device;
  std::int64_t ranks = 0, per_node = 0;  // per_node: 0 where only the hosts tell
  std::set<std::string> hosts;
  double iterations = 0;

  // Ranks and hosts that the listing of devices named; the user's words win.
  std::int64_t ranks_of(const Given& given) const { return given.ranks.value_or(ranks); }
  std::int64_t ranks_per_node(const Given& given) const;
};

struct NcclTiming {
  double bytes = 0, time_us = 0, algbw = 0, busbw = 0, wrong = 0;
  double min_us = 0;
  std::string dtype, redop;
  std::optional<double> root;
};

// The operation: what the run says, else what the reduction and busbw / algbw tell. InputError at `place`
// when several fit.
std::string op_of(const NcclRun& run, const NcclTiming& timing, const Given& given, const Place& place);
void write_row(const NcclRun& run, const NcclTiming& timing, Sink& sink, const Place& place);
void read_nccl_json(const Input& input, Sink& sink);

}  // namespace aifsim::records
