#include "lowering/trace/kineto_order.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aifsim {
namespace {

using records::KinetoKernel;
using records::KinetoTrace;
using records::KinetoWait;

// us: how exact times are; from where on a stream was idle; within which a start follows an end.
constexpr double kRounding = 1, kIdle = 2, kAtOnce = 20;
constexpr std::uint32_t kNone = KinetoKernel::none;
constexpr double kLongAgo = -std::numeric_limits<double>::infinity();

// A stream's kernels in their order; ends and launches ascend.
struct Lane {
  std::vector<std::uint32_t> kernels;
  std::vector<double> ends, launches;
  double computes = 0;
};

class Order {
 public:
  explicit Order(const KinetoTrace& trace) : trace_(trace), lanes_(trace.streams.size()) {
    const std::size_t n = trace.kernels.size();
    made_.waits.resize(n);
    made_.ends.resize(n);
    made_.takes.resize(n);
    for (std::uint32_t k = 0; k < n; ++k) enter(k);
    main_ = static_cast<std::uint32_t>(
        std::max_element(lanes_.begin(), lanes_.end(),
                         [](const Lane& a, const Lane& b) { return a.computes < b.computes; }) -
        lanes_.begin());
  }

  KinetoOrder make() {
    for (const KinetoWait& wait : trace_.waits) add_told(wait);
    std::vector<double> idle_since(lanes_.size(), kLongAgo);
    for (std::uint32_t k = 0; k < trace_.kernels.size(); ++k) {
      const KinetoKernel& kernel = trace_.kernels[k];
      const double idle = kernel.start - idle_since[kernel.stream];
      idle_since[kernel.stream] = made_.ends[k];
      const bool found = idle > kIdle && may_wait(kernel) && after_just_ended(k);
      if (trace_.waits.empty() && kernel.is_call()) after_last_launched(k);
      if (trace_.waits.empty() && kernel.waits > (found ? 1 : 0)) after_hidden(k);
      if (idle > kAtOnce && made_.waits[k].empty() && kernel.stream != main_)
        add(k, last_ended(main_, kernel.start));
      auto& waits = made_.waits[k];
      std::sort(waits.begin(), waits.end());
      waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
    }
    return std::move(made_);
  }

 private:
  void enter(std::uint32_t k) {
    const KinetoKernel& kernel = trace_.kernels[k];
    Lane& lane = lanes_[kernel.stream];
    const double before = lane.ends.empty() ? kLongAgo : lane.ends.back();
    made_.ends[k] = std::max(before, kernel.end);
    made_.takes[k] = std::max(0.0, kernel.end - std::max(before, kernel.start));
    const double launched = lane.launches.empty() ? kLongAgo : lane.launches.back();
    lane.kernels.push_back(k);
    lane.ends.push_back(made_.ends[k]);
    lane.launches.push_back(std::isnan(kernel.launch) ? launched : std::max(launched, kernel.launch));
    if (!kernel.is_call()) lane.computes += made_.takes[k];
  }

  void add(std::uint32_t k, std::uint32_t before) {
    if (before != kNone && before < k) made_.waits[k].push_back(before);
  }

  std::uint32_t last_ended(std::uint32_t stream, double by) const {
    const Lane& lane = lanes_[stream];
    const auto after = std::upper_bound(lane.ends.begin(), lane.ends.end(), by + kRounding);
    return after == lane.ends.begin() ? kNone
                                      : lane.kernels[static_cast<std::size_t>(after - lane.ends.begin()) - 1];
  }
  std::uint32_t last_launched(std::uint32_t stream, double before) const {
    const Lane& lane = lanes_[stream];
    const auto after = std::lower_bound(lane.launches.begin(), lane.launches.end(), before);
    return after == lane.launches.begin()
               ? kNone
               : lane.kernels[static_cast<std::size_t>(after - lane.launches.begin()) - 1];
  }

  void add_told(const KinetoWait& wait) {
    if (wait.stream == wait.on) return;
    const Lane& lane = lanes_[wait.stream];
    const auto at = std::lower_bound(lane.launches.begin(), lane.launches.end(), wait.at);
    if (at == lane.launches.end()) return;
    const std::uint32_t k = lane.kernels[static_cast<std::size_t>(at - lane.launches.begin())];
    const std::uint32_t before = last_launched(wait.on, wait.recorded);
    if (before != kNone && made_.ends[before] <= trace_.kernels[k].start + kRounding) add(k, before);
  }

  void after_last_launched(std::uint32_t k) {
    const KinetoKernel& kernel = trace_.kernels[k];
    if (std::isnan(kernel.launch)) return;
    std::uint32_t latest = kNone;
    for (std::uint32_t s = 0; s < lanes_.size(); ++s) {
      if (s == kernel.stream) continue;
      const std::uint32_t other = last_launched(s, kernel.launch);
      if (other == kNone || trace_.kernels[other].is_call() || made_.ends[other] > kernel.start + kRounding)
        continue;
      if (latest == kNone || trace_.kernels[other].launch > trace_.kernels[latest].launch) latest = other;
    }
    add(k, latest);
  }

  // The wait was over before its stream came to it, so for which stream it was cannot be seen: for all of them.
  void after_hidden(std::uint32_t k) {
    const KinetoKernel& kernel = trace_.kernels[k];
    for (std::uint32_t s = 0; s < lanes_.size(); ++s) {
      if (s == kernel.stream) continue;
      const std::uint32_t other = last_ended(s, kernel.start);
      if (other != kNone && !(trace_.kernels[other].launch > kernel.launch)) add(k, other);
    }
  }

  // Where it is known what the host made wait, a start just after another stream's end may be chance.
  bool may_wait(const KinetoKernel& kernel) const {
    return kernel.waits > 0 || kernel.after_sync || std::isnan(kernel.launch) ||
           (trace_.waits.empty() && (kernel.is_call() || !trace_.host_waits));
  }

  bool after_just_ended(std::uint32_t k) {
    const KinetoKernel& kernel = trace_.kernels[k];
    std::uint32_t nearest = kNone;
    for (std::uint32_t s = 0; s < lanes_.size(); ++s) {
      if (s == kernel.stream) continue;
      const std::uint32_t other = last_ended(s, kernel.start);
      if (other == kNone || made_.ends[other] < kernel.start - kAtOnce) continue;
      if (nearest == kNone || made_.ends[other] > made_.ends[nearest]) nearest = other;
    }
    add(k, nearest);
    return nearest != kNone;
  }

  const KinetoTrace& trace_;
  std::vector<Lane> lanes_;
  std::uint32_t main_ = 0;  // the stream that computes the most
  KinetoOrder made_;
};

}  // namespace

KinetoOrder order_of(const KinetoTrace& trace) { return Order(trace).make(); }

}  // namespace aifsim
