// What perftest's text and JSON have in common: one result becomes a row.
#pragma once
#include <string>

#include "records/sink.hpp"

namespace aifsim::records {

struct PerftestResult {
  std::string title;        // "RDMA_Write Bidirectional BW Test", "Send Latency Test"
  std::string queue_pairs;  // as printed
  std::string gpu;          // as the driver calls it
  bool on_gpu = false;      // buffers in its memory
  bool loop = false;        // an adapter with itself
  double size = 0, count = 0;
  double rate = 0, rate_step = 0;          // bytes/s, and half of its last digit
  double messages = 0, message_step = 0;   // per second
  double median = 0, mean = 0, least = 0;  // us
};

// InputError at `place` where the figures contradict each other.
void write_perftest(PerftestResult result, const Place& place, Sink& sink);

// Output of --out_json.
void read_perftest_json(const Input& input, Sink& sink);
bool looks_like_perftest_json(std::string_view head);

}  // namespace aifsim::records
