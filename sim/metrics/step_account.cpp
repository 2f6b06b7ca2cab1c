#include "metrics/step_account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace aifsim {

StepAccount step_account(const Timeline& timeline, Seconds step) {
  StepAccount account;
  double ranks = 0;
  for (const RoleTrack& role : timeline.roles) {
    if (role.times.steps == 0) continue;
    const double weight = static_cast<double>(role.ranks), steps = static_cast<double>(role.times.steps);
    ranks += weight;
    for (std::size_t i = 0; i < step_parts; ++i) account.parts[i] += weight * role.times.parts[i] / steps;
  }
  if (ranks == 0 || !(step.value > 0)) return {};
  for (double& part : account.parts) part /= ranks;
  const double sum = std::accumulate(account.parts.begin(), account.parts.end(), 0.0);
  account.parts[static_cast<std::size_t>(StepPart::bubble)] += std::max(0.0, step.value - sum);
  account.step = step;
  return account;
}

std::vector<std::pair<StepPart, Seconds>> longest_parts(const StepAccount& account) {
  std::vector<std::pair<StepPart, Seconds>> parts;
  for (std::size_t i = 0; i < step_parts; ++i)
    if (account.parts[i] > 0) parts.emplace_back(static_cast<StepPart>(i), Seconds{account.parts[i]});
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return parts;
}

std::string in_a_line(const StepAccount& account) {
  std::string line;
  int told = 0;
  for (const auto& [part, time] : longest_parts(account)) {
    const double share = time / account.step;
    if (++told > 4 || (share < 0.03 && told > 1)) break;
    line += fmt::format("{}{} {:.0f} %", line.empty() ? "" : ", ", name_of(part), 100 * share);
  }
  return line;
}

}  // namespace aifsim
