// What the text and the JSON output of nccl-tests share.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "records/input.hpp"
#include "records/sink.hpp"

namespace aifsim::records {

// One run of one test program, as its output tells.
struct NcclRun {
  std::string program, op, version;  // "all_reduce_perf" and all_reduce; op is empty for programs not known
  std::int64_t ranks = 0;            // where no devices are listed; 0: not told
  std::int64_t per_node = 0;         // where it is told in words; 0: the hosts of the list tell
  double iterations = 0;

  // The list of devices.
  struct Rank {
    std::int64_t group = 0, device = 0;
    std::string host, process;
  };
  std::map<std::int64_t, Rank> listed;
  std::int64_t devices_per_line = 1;  // JSON lists one device a process
  std::set<std::string> devices;      // their names
  bool twice = false;                 // a rank is in the list of two processes
  void list(std::int64_t rank, Rank device, const std::string& name);
};

struct NcclTiming {
  double bytes = 0, time_us = 0, algbw = 0, busbw = 0, wrong = 0;
  double min_us = 0;
  std::string dtype, redop;
  std::optional<double> root;
};

// Writes a row, or leaves it out and tells why: what contradicts itself, what does not tell operation or ranks.
void write_row(const NcclRun& run, const NcclTiming& timing, Sink& sink, const Place& place);
// The rows of one run. Small messages have too few digits to be checked: what large ones contradict costs all.
struct NcclRow {
  NcclTiming timing;
  Place place;
};
void write_rows(const NcclRun& run, const std::vector<NcclRow>& rows, Sink& sink);
void read_nccl_json(const Input& input, Sink& sink);

}  // namespace aifsim::records
