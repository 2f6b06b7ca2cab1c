#include "engine/account.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace aifsim {
namespace {

constexpr std::pair<std::string_view, StepPart> causes[] = {
    {"tensor", StepPart::tensor},        {"context", StepPart::context},
    {"expert", StepPart::expert},        {"shard", StepPart::shard},
    {"replica", StepPart::replica},      {"expert_shard", StepPart::shard},
    {"send_forward", StepPart::stages},  {"receive_forward", StepPart::stages},
    {"send_backward", StepPart::stages}, {"receive_backward", StepPart::stages},
    {"loader", StepPart::data},          {"data", StepPart::data},
    {"checkpoint", StepPart::storage},   {"host", StepPart::host},
    {"to_host", StepPart::offload},      {"from_host", StepPart::offload},
    {"to_drives", StepPart::offload},    {"from_drives", StepPart::offload},
};

// By class of kernel.
constexpr StepPart kernel_parts[] = {StepPart::products,    StepPart::attention, StepPart::experts,
                                     StepPart::elementwise, StepPart::optimizer, StepPart::offload};
static_assert(std::size(kernel_parts) == kernel_classes);
constexpr std::size_t kCompute = 0;  // the stream of kernels: the first of a role, as lowering has it

void add(std::vector<std::pair<double, double>>& all, double start, double end) {
  if (!all.empty() && start <= all.back().second)
    all.back().second = std::max(all.back().second, end);
  else
    all.emplace_back(start, end);
}

}  // namespace

const char* name_of(StepPart part) {
  static constexpr const char* names[step_parts] = {"matrix products",
                                                    "attention kernels",
                                                    "expert kernels",
                                                    "element-wise kernels",
                                                    "optimizer",
                                                    "kernels slowed by communication",
                                                    "host",
                                                    "tensor-parallel exchanges",
                                                    "context-parallel exchanges",
                                                    "exchanges with experts",
                                                    "exchanges of shards",
                                                    "exchanges of replicas",
                                                    "transfers between stages",
                                                    "pipeline bubble",
                                                    "waiting for other ranks",
                                                    "waiting for data",
                                                    "reading and writing files",
                                                    "copies to and from the host"};
  return names[static_cast<std::size_t>(part)];
}

const char* key_of(StepPart part) {
  static constexpr const char* keys[step_parts] = {
      "products_s", "attention_s", "experts_s", "elementwise_s", "optimizer_s", "slowed_s",
      "host_s",     "tensor_s",    "context_s", "expert_s",      "shard_s",     "replica_s",
      "stages_s",   "bubble_s",    "waiting_s", "data_s",        "storage_s",   "offload_s"};
  return keys[static_cast<std::size_t>(part)];
}

Accountant::Accountant(const PlanRole& role, double slowest)
    : slowest_(slowest), streams_(role.streams.size()) {
  for (std::size_t s = 0; s < role.streams.size(); ++s) {
    for (const auto& [name, part] : causes)
      if (role.streams[s].name == name) streams_[s].cause = part;
    streams_[s].stages = streams_[s].cause == StepPart::stages;
    in_pipeline_ = in_pipeline_ || streams_[s].stages;
    for (const PlanStep& step : role.streams[s].steps)
      if (step.kind == StepKind::record) recorded_by_.emplace(step.event, s);
  }
}

void Accountant::seen(double start) {
  if (until_ < 0) until_ = start;
}

void Accountant::ended(const StepEvent& e) {
  const double start = e.start.value, end = e.end.value;
  if (e.stream == kCompute) {
    seen(start);
    phases_[static_cast<std::size_t>(e.step->phase)] += end - until_;
    until_ = end;
  }
  const auto put = [&](Intervals& all) {
    if (!all.empty() && start <= all.back().end)
      all.back().end = std::max(all.back().end, end);
    else
      all.push_back({start, end});
  };
  StreamTimes& stream = streams_[e.stream];
  if (e.waited) {
    if (e.stream == kCompute && e.step->storage)
      parts_[static_cast<std::size_t>(in_pipeline_ ? StepPart::bubble : StepPart::waiting)] += end - start;
    return put(stream.waited);
  }
  switch (e.step->kind) {
    case StepKind::compute: {
      put(compute_);
      const Seconds own = e.step->timed ? e.step->time : e.step->time / slowest_;
      const double whole = e.step->burst.value > 0 ? own / e.step->burst : 0;
      parts_[static_cast<std::size_t>(StepPart::waiting)] += (e.step->time - own).value;
      for (std::size_t k = 0; k < kernel_classes; ++k)
        parts_[static_cast<std::size_t>(kernel_parts[k])] += e.step->by_class[k].value * whole;
      parts_[static_cast<std::size_t>(StepPart::slowed)] += std::max(0.0, end - start - e.step->time.value);
      return;
    }
    case StepKind::host:
      if (e.stream == kCompute) parts_[static_cast<std::size_t>(StepPart::host)] += end - start;
      return;
    default:
      if (e.step->storage) {
        if (e.stream == kCompute) parts_[static_cast<std::size_t>(StepPart::storage)] += end - start;
        return;
      }
      put(stream.communication);
      if (e.stream == kCompute) blocked_.push_back({start, end, 0});
  }
}

void Accountant::blocked(const BlockedEvent& e) {
  if (e.stream != kCompute || !(e.start < e.end)) return;
  seen(e.start.value);
  const auto by = recorded_by_.find(e.event);
  if (by != recorded_by_.end()) blocked_.push_back({e.start.value, e.end.value, by->second});
}

RoleTimes Accountant::take(std::int64_t steps, Seconds until) {
  RoleTimes times;
  times.steps = steps;
  std::vector<std::size_t> next(streams_.size(), 0);
  for (const Blocked& b : blocked_) {
    const StreamTimes& by = streams_[b.by];
    // What the other stream waits for its partners in the meantime.
    double waited = 0;
    std::size_t& at = next[b.by];
    while (at < by.waited.size() && by.waited[at].end <= b.start) ++at;
    for (std::size_t i = at; i < by.waited.size() && by.waited[i].start < b.end; ++i)
      waited += std::min(by.waited[i].end, b.end) - std::max(by.waited[i].start, b.start);
    parts_[static_cast<std::size_t>(by.stages ? StepPart::bubble : StepPart::waiting)] += waited;
    parts_[static_cast<std::size_t>(by.cause)] += b.end - b.start - waited;
  }
  times.parts = parts_;
  times.phases = phases_;

  const double end = until.value;
  std::vector<Interval> found;
  for (const StreamTimes& s : streams_)
    found.insert(found.end(), s.communication.begin(), s.communication.end());
  std::sort(found.begin(), found.end(), [](const Interval& a, const Interval& b) {
    return std::pair(a.start, a.end) < std::pair(b.start, b.end);
  });
  std::vector<std::pair<double, double>> all;
  for (const Interval& i : found)
    if (i.start < end) add(all, i.start, std::min(end, i.end));
  for (const Interval& i : compute_) times.compute += Seconds{std::max(0.0, std::min(end, i.end) - i.start)};
  double hidden = 0, whole = 0;
  for (std::size_t i = 0, j = 0; i < all.size() && j < compute_.size();) {
    hidden +=
        std::max(0.0, std::min(all[i].second, compute_[j].end) - std::max(all[i].first, compute_[j].start));
    all[i].second < compute_[j].end ? ++i : ++j;
  }
  for (const auto& [from, to] : all) whole += to - from;
  times.communication = Seconds{whole};
  times.exposed = Seconds{whole - hidden};
  return times;
}

}  // namespace aifsim
