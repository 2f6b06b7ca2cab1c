#include "engine/track.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "engine/engine.hpp"

namespace aifsim {

std::size_t TrackRecorder::add_job(const Plan& plan) {
  std::vector<RoleTrack>& roles = jobs_.emplace_back();
  std::vector<Accountant>& accounts = accounts_.emplace_back();
  for (const PlanRole& role : plan.roles) {
    roles.push_back({role.name, role.ranks, {}, {}});
    for (const PlanStream& stream : role.streams) roles.back().streams.push_back({stream.name, {}});
    accounts.emplace_back(role, plan.slowest);
  }
  return jobs_.size() - 1;
}

void TrackRecorder::blocked(const BlockedEvent& e) { accounts_[e.job][e.role].blocked(e); }

std::vector<RoleTrack> TrackRecorder::take(std::size_t job, std::int64_t steps, Seconds end) {
  for (std::size_t r = 0; r < jobs_[job].size(); ++r)
    jobs_[job][r].times = accounts_[job][r].take(steps, end);
  return std::move(jobs_[job]);
}

void TrackRecorder::ended(const StepEvent& e) {
  accounts_[e.job][e.role].ended(e);
  std::vector<Span>& spans = jobs_[e.job][e.role].streams[e.stream].spans;
  if (spans.size() >= most_spans) return;
  Span& span = spans.emplace_back();
  span.label = e.step->label.str(e.run);
  span.start = e.start;
  span.end = e.end;
  span.kind = e.waited                            ? SpanKind::wait
              : e.step->kind == StepKind::compute ? SpanKind::compute
              : e.step->kind == StepKind::host    ? SpanKind::host
                                                  : SpanKind::communication;
  if (span.kind != SpanKind::communication) return;
  const PlannedCollective& collective = e.plan->collectives[e.step->collective];
  span.bytes = collective.bytes * collective.share;
  if (collective.storage) {
    span.detail = fmt::format("{}, {} ranks", collective.storage->tier, collective.group->shape.ranks);
    return;
  }
  span.detail = fmt::format("{}, {} ranks", name_of(collective.choices[collective.chosen].algorithm()),
                            collective.group->shape.ranks);
}

std::vector<LinkUnits> carried_by(const Plan& plan, double steps, std::span<const Bytes> background) {
  std::vector<const Flow*> flows;  // in the order in which they come
  std::unordered_map<const Flow*, double> volume;
  const auto add = [&](const Flow* flow, double bytes) {
    const auto [at, isnew] = volume.try_emplace(flow, 0);
    if (isnew) flows.push_back(flow);
    at->second += bytes;
  };
  for (const auto& [collective, times] : calls_of(plan))
    for (const PhaseCost& phase : plan.collectives[collective].phases())
      add(phase.routed->flow, steps * times * phase.bytes);
  for (std::size_t i = 0; i < background.size(); ++i) add(plan.background[i].flow, background[i].value);

  std::vector<LinkUnits> carried;
  std::unordered_map<LinkId, std::size_t> index;
  for (const Flow* flow : flows) {
    if (volume[flow] == 0) continue;
    for (const auto& [link, units] : flow->links) {
      const auto [at, isnew] = index.try_emplace(link, carried.size());
      if (isnew) carried.push_back({link, 0});
      carried[at->second].units += volume[flow] * units;
    }
  }
  return carried;
}

namespace {

// Class names; those of a node's links once per kind of node, not once per link.
class ClassNames {
 public:
  explicit ClassNames(const Topology& machine) : machine_(machine) {
    for (const NodeRow& row : machine.rows()) of_rows_.emplace_back(row.local.size());
  }
  std::size_t of(LinkId link) {
    const NodeRow* row = machine_.row_of(link);
    if (!row) return id(machine_.link(link).class_name);
    const auto at = static_cast<std::size_t>(row - machine_.rows().data());
    std::optional<std::size_t>& known = of_rows_[at][static_cast<std::size_t>(row->local_of(link))];
    if (!known) known = id(machine_.link(link).class_name);
    return *known;
  }
  const std::string& name(std::size_t id) const { return names_[id]; }
  std::size_t count() const { return names_.size(); }

 private:
  std::size_t id(const std::string& name) {
    const auto at = std::find(names_.begin(), names_.end(), name);
    if (at != names_.end()) return static_cast<std::size_t>(at - names_.begin());
    names_.push_back(name);
    return names_.size() - 1;
  }
  const Topology& machine_;
  std::vector<std::vector<std::optional<std::size_t>>> of_rows_;  // by row, by link of a node
  std::vector<std::string> names_;
};

constexpr std::size_t heat_bins = 128;

// The busiest of each of at most `heat_bins` runs of links.
std::vector<double> binned(const std::vector<double>& of_links) {
  const std::size_t bins = std::min(heat_bins, of_links.size());
  std::vector<double> result(bins, 0);
  for (std::size_t i = 0; i < of_links.size(); ++i) {
    double& bin = result[i * bins / of_links.size()];
    bin = std::max(bin, of_links[i]);
  }
  return result;
}

}  // namespace

void add_link_use(Timeline& timeline, std::span<const std::vector<LinkUnits>> carried,
                  const Topology& machine, Seconds duration) {
  std::vector<double> bytes(machine.link_count(), 0);
  for (const auto& job : carried)
    for (const auto& [link, sum] : job) bytes[link] += sum;

  struct Class {
    double bytes = 0, capacity = 0;  // of the busiest
    LinkId busiest = 0;
    double all = 0;  // bytes
    std::vector<double> utilisation;
  };
  ClassNames names(machine);
  std::vector<Class> classes;
  for (LinkId link = 0; link < bytes.size(); ++link) {
    if (bytes[link] == 0) continue;
    const std::size_t id = names.of(link);
    if (id >= classes.size()) classes.resize(id + 1);
    Class& c = classes[id];
    const double capacity = machine.capacity(link).value;
    if (c.utilisation.empty() || bytes[link] / capacity > c.bytes / c.capacity) {
      c.bytes = bytes[link];
      c.capacity = capacity;
      c.busiest = link;
    }
    c.all += bytes[link];
    c.utilisation.push_back(duration.value > 0 ? bytes[link] / (capacity * duration.value) : 0);
  }
  std::vector<std::size_t> order(classes.size());
  std::iota(order.begin(), order.end(), 0);
  const auto busiest = [&](std::size_t i) { return classes[i].bytes / classes[i].capacity; };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return busiest(a) != busiest(b) ? busiest(a) > busiest(b) : names.name(a) < names.name(b);
  });
  for (const std::size_t i : order) {
    const Class& c = classes[i];
    LinkUse use;
    use.name = fmt::format("{} ({} links)", names.name(i), c.utilisation.size());
    use.capacity = BytesPerSecond{c.capacity};
    use.carried = Bytes{c.bytes};
    use.utilisation = duration.value > 0 ? c.bytes / (c.capacity * duration.value) : 0;
    const double sum = std::accumulate(c.utilisation.begin(), c.utilisation.end(), 0.0);
    timeline.heat.push_back({names.name(i), c.utilisation.size(), binned(c.utilisation),
                             machine.link(c.busiest).name, use.capacity,
                             sum / static_cast<double>(c.utilisation.size()), Bytes{c.all}});
    timeline.links.push_back(std::move(use));
  }
}

}  // namespace aifsim
