#include "report/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "report/format.hpp"

namespace aifsim {

std::vector<Sweep> sweeps_of(const Result& result) {
  std::vector<Sweep> sweeps;
  std::map<std::pair<std::string, std::string>, std::size_t> known;  // where each stands
  for (const Point& p : result.points) {
    if (!p.problem.empty() || !p.metrics.has(Metric::step_time)) continue;
    const std::string label = label_of(p);
    const auto [at, fresh] = known.try_emplace({p.platform, label}, sweeps.size());
    if (fresh) sweeps.push_back({p.platform, title_of(p), label, {}});
    sweeps[at->second].answered.push_back(&p);
  }
  for (Sweep& s : sweeps) {
    std::stable_sort(s.answered.begin(), s.answered.end(),
                     [](const Point* a, const Point* b) { return a->gpus < b->gpus; });
  }
  return sweeps;
}

const std::string& title_of(const Point& point) {
  return point.platform_title.empty() ? point.platform : point.platform_title;
}

std::string label_of(const Point& point) {
  return point.variant + (point.variant.empty() || point.job.empty() ? "" : ", ") + point.job;
}

std::string gpus_of(const Point& point) { return plural(static_cast<std::size_t>(point.gpus), "GPU"); }

std::string group_of(const Point& point) {
  const std::string label = label_of(point);
  return title_of(point) + (label.empty() ? "" : ", ") + label;
}

bool has_band(const Point& point) { return !std::isnan(point.metrics[Metric::step_time].p10); }

Joules energy_per_token(const Point& point) { return Joules{point.of(Metric::energy_per_token)}; }

double exposed_share(const Point& point) {
  return point.step_time().value > 0 ? point.exposed_communication() / point.step_time() : 0;
}

Watts gpu_power(const Point& point) { return Watts{point.of(Metric::gpu_power)}; }

std::string link_class(const std::string& link) { return link.substr(0, link.find(" (")); }

}  // namespace aifsim
