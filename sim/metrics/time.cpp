#include "metrics/time.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace aifsim {
namespace {

using Intervals = std::vector<std::pair<double, double>>;

// Sorted and merged, up to `end`.
Intervals busy(const RoleTrack& role, SpanKind kind, double end) {
  Intervals found;
  for (const auto& stream : role.streams)
    for (const auto& span : stream.spans)
      if (span.kind == kind && span.start.value < end)
        found.emplace_back(span.start.value, std::min(end, span.end.value));
  std::sort(found.begin(), found.end());
  Intervals merged;
  for (const auto& i : found) {
    if (!merged.empty() && i.first <= merged.back().second)
      merged.back().second = std::max(merged.back().second, i.second);
    else
      merged.push_back(i);
  }
  return merged;
}

double length(const Intervals& all) {
  double sum = 0;
  for (const auto& [a, b] : all) sum += b - a;
  return sum;
}

double overlap(const Intervals& a, const Intervals& b) {
  double sum = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    sum += std::max(0.0, std::min(a[i].second, b[j].second) - std::max(a[i].first, b[j].first));
    a[i].second < b[j].second ? ++i : ++j;
  }
  return sum;
}

// Long runs keep the first spans of each stream: the steps that all streams have whole.
std::size_t whole_steps(const Timeline& timeline) {
  Seconds kept{std::numeric_limits<double>::infinity()};
  for (const auto& role : timeline.roles)
    for (const auto& stream : role.streams)
      if (stream.spans.size() >= most_spans) kept = std::min(kept, stream.spans.back().end);
  const auto first_cut = std::upper_bound(timeline.step_ends.begin(), timeline.step_ends.end(), kept);
  return static_cast<std::size_t>(first_cut - timeline.step_ends.begin());
}

}  // namespace

Seconds mean_step(const Timeline& timeline, Seconds start) {
  if (timeline.step_ends.empty()) return Seconds{0};
  return (timeline.step_ends.back() - start) / static_cast<double>(timeline.step_ends.size());
}

void add_step_times(Metrics& metrics, const Timeline& timeline, Seconds start) {
  if (timeline.step_ends.empty()) return;
  metrics[Metric::step_time].value = mean_step(timeline, start).value;
  if (timeline.roles.empty()) return;
  std::size_t steps = whole_steps(timeline);
  if (steps == 0) steps = timeline.step_ends.size();  // one step, cut
  const double end = steps < timeline.step_ends.size() ? timeline.step_ends[steps - 1].value
                                                       : std::numeric_limits<double>::infinity();
  double compute = 0, communication = 0, exposed = 0;
  for (const auto& role : timeline.roles) {
    const Intervals c = busy(role, SpanKind::compute, end), x = busy(role, SpanKind::communication, end);
    compute = std::max(compute, length(c));
    communication = std::max(communication, length(x));
    exposed = std::max(exposed, length(x) - overlap(x, c));
  }
  const auto n = static_cast<double>(steps);
  metrics[Metric::compute_time].value = compute / n;
  metrics[Metric::communication_time].value = communication / n;
  metrics[Metric::exposed_communication].value = exposed / n;
}

void add_band(Metrics& metrics, double log_sd) {
  const double z = 1.2815515655446004;  // 90 % quantile of the normal distribution: an 80 % band
  const double band = std::exp(z * log_sd);
  const Seconds step{metrics[Metric::step_time].value};
  add_band(metrics, step / band, Seconds{unknown}, step * band);
}

void add_band(Metrics& metrics, Seconds p10, Seconds p50, Seconds p90) {
  Measure& step = metrics[Metric::step_time];
  if (!step.known()) return;
  step.p10 = p10.value;
  step.p50 = p50.value;
  step.p90 = p90.value;
  for (const Metric rate : {Metric::tokens_per_second, Metric::mfu}) {
    Measure& m = metrics[rate];
    const auto at = [&](double time) { return m.value * std::pow(time / step.value, -1.0); };
    m.p10 = at(step.p90);
    m.p50 = at(step.p50);
    m.p90 = at(step.p10);
  }
}

}  // namespace aifsim
