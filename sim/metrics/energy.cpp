#include "metrics/energy.hpp"

#include <algorithm>
#include <numeric>

namespace aifsim {
namespace {

// Of one rank of each role; none where a kernel's power is not modelled.
std::vector<Joules> energy_by_role(const GpuDescription& gpu, const Plan& plan, Seconds step) {
  std::vector<Joules> all;
  for (const PlanRole& role : plan.roles) {
    Joules one;
    Seconds busy;
    bool modelled = true;
    for (const PlanStream& stream : role.streams)
      for_each_step(stream, [&](const PlanStep& s, std::int64_t times) {
        if (s.kind != StepKind::compute || s.burst.value <= 0) return;
        modelled &= s.energy.value > 0;
        // Of a rank at its usual pace, which then waits for the slowest.
        const Seconds own = s.timed ? s.time : s.time / plan.slowest;
        one += s.energy * (own / s.burst * static_cast<double>(times));
        busy += own * static_cast<double>(times);
      });
    if (!modelled) return {};
    all.push_back(one + idle_power(gpu) * Seconds{std::max(0.0, (step - busy).value)});
  }
  return all;
}

Joules energy_of(const GpuDescription& gpu, const Plan& plan, Seconds step) {
  const std::vector<Joules> of_one = energy_by_role(gpu, plan, step);
  Joules sum;
  for (std::size_t r = 0; r < of_one.size(); ++r) sum += of_one[r] * static_cast<double>(plan.roles[r].ranks);
  return sum;
}

}  // namespace

Watts idle_power(const GpuDescription& gpu) { return Watts{gpu.power.idle * gpu.power_limit->value}; }

void add_energy(Metrics& metrics, const GpuDescription& gpu, const Plan& plan) {
  const Seconds step{metrics[Metric::step_time].or_zero()};
  if (step.value <= 0 || plan.gpus == 0) return;
  const Joules energy = energy_of(gpu, plan, step);
  if (energy.value <= 0) return;
  metrics[Metric::energy].value = energy.value;
  metrics[Metric::gpu_power].value = energy.value / (step.value * static_cast<double>(plan.gpus));
  const double tokens = metrics[Metric::tokens_per_second].or_zero() * step.value;
  if (tokens > 0) metrics[Metric::energy_per_token].value = energy.value / tokens;
}

std::vector<double> board_shares(const GpuDescription& gpu, const Plan& plan, Seconds step,
                                 const NodesInParts& nodes) {
  const std::vector<Joules> of_one = energy_by_role(gpu, plan, step);
  std::vector<double> shares(nodes.parts);
  for (std::size_t r = 0; r < of_one.size(); ++r)
    for (const std::int64_t rank : plan.roles[r].members.ranks())
      shares[nodes.part_of[static_cast<std::size_t>(rank / nodes.ranks_of_node)]] += of_one[r].value;
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (!(sum > 0)) return {};
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace aifsim
