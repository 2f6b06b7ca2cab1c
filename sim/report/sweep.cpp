#include "report/sweep.hpp"

#include <algorithm>

namespace aifsim {

std::vector<Sweep> sweeps_of(const Result& result) {
  std::vector<Sweep> sweeps;
  for (const Point& p : result.points) {
    if (!p.problem.empty()) continue;
    auto sweep = std::find_if(sweeps.begin(), sweeps.end(), [&](const Sweep& s) {
      return s.platform == p.platform && s.variant == p.variant;
    });
    if (sweep == sweeps.end()) sweep = sweeps.insert(sweeps.end(), {p.platform, title_of(p), p.variant, {}});
    sweep->answered.push_back(&p);
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

Joules energy_per_token(const Point& point) {
  const double tokens = point.tokens_per_second * point.step_time.value;
  return tokens > 0 ? point.energy / tokens : Joules{};
}

double exposed_share(const Point& point) {
  return point.step_time.value > 0 ? point.exposed_communication / point.step_time : 0;
}

Watts gpu_power(const Point& point) {
  if (point.gpus == 0 || point.step_time.value <= 0) return {};
  return Watts{point.energy.value / (point.step_time.value * static_cast<double>(point.gpus))};
}

std::string link_class(const std::string& link) { return link.substr(0, link.find(" (")); }

}  // namespace aifsim
