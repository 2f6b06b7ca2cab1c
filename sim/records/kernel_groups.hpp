// Launches of kernels in a trace, summed up: one row for each kernel, grid, block and shape, with count,
// minimum, median and 90th percentile. Bounded: at most 8,192 groups; launches beyond are counted as left
// out.
#pragma once
#include <map>
#include <string>

#include "records/durations.hpp"
#include "records/sink.hpp"

namespace aifsim::records {

struct Launch {
  std::string name, gpu, software, grid, block;  // grid and block as "16x1x1"; empty for copies
  std::string op;                                // empty: from the name
  Metadata shape;                                // cells that the trace knows: m, n, k, dtype, ...
  double time_us = 0;
};

class KernelGroups {
 public:
  explicit KernelGroups(Sink& sink) : sink_(sink) {}
  void add(const Launch& launch);
  void write();  // the rows, in the order of their cells

 private:
  struct Group {
    RecordRow row;
    Durations durations;
  };
  Sink& sink_;
  std::map<std::string, Group, std::less<>> groups_;
};

std::string dim3_text(double x, double y, double z);
// Template arguments make names of thousands of characters; the beginning tells kernels apart.
std::string shortened_kernel(const std::string& name);

}  // namespace aifsim::records
