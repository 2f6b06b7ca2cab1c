#include "collectives/kernel_time.hpp"

#include <algorithm>
#include <cmath>

namespace aifsim {
namespace {

// 0 well below the threshold, 1 well above.
double above(double value, double threshold) { return 1 / (1 + std::pow(threshold / value, 8)); }

double joined(double low, double late, double weight) {
  return std::exp((1 - weight) * std::log(low) + weight * std::log(late));
}

// No more is known of wider domains than of eight ranks.
double wide(double ratio, double ranks) { return std::pow(ratio, std::log2(std::min(ranks, 8.0) / 2) / 2); }

}  // namespace

Seconds kernel_time(const KernelModel& m, const CollectiveQuery& q, Seconds library, double own_factor) {
  const double n = static_cast<double>(q.ranks), bytes = q.bytes.value, ratio = wide(m.wide_ratio, n);
  const double usual = q.ranks <= 4 ? 512.0 * 1024 : 256.0 * 1024;
  const double start = m.base + (n - 1) * m.step;
  const double one = start + (n - 1) * bytes / (m.one_bandwidth * ratio);
  const double two = start + m.two_base + q.volume() / (m.two_bandwidth * ratio);
  const double own = q.ranks == 2 ? one : joined(one, two, above(bytes, usual * m.one_scale));
  double time = joined(own * own_factor, library.value * m.library_time, above(bytes, m.own_limit));
  const bool eager = q.algorithm.find("eager") != std::string::npos;
  if (eager) time = std::max(time, m.eager_floor) + 2 * bytes / m.copy_bandwidth;
  return Seconds{time};
}

std::string engine_of(const CollectiveQuery& q) {
  const std::string& a = q.algorithm;
  if (a.rfind("custom", 0) != 0) return "";
  if (a.find("TRTLLM") != std::string::npos) return "trtllm";
  if (a.find("vLLM") != std::string::npos) return "vllm";
  if (a.find("SGLang") == std::string::npos) return "";
  // sglang-0.5.14 brought new kernels.
  const std::size_t at = q.software.find("0.5.");
  const int minor = at == std::string::npos ? 0 : std::atoi(q.software.c_str() + at + 4);
  return minor >= 14 ? "sglang2" : "sglang";
}

}  // namespace aifsim
