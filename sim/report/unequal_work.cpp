#include "report/unequal_work.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "report/format.hpp"
#include "report/sweep.hpp"

namespace aifsim {

std::string unequal_work(const Result& result) {
  struct TokensOfGpus {
    std::set<double> tokens;
    std::vector<const Point*> points;  // one for each number of tokens
  };
  std::map<std::int64_t, TokensOfGpus> by_gpus;
  for (const Point& p : result.points) {
    if (!p.job.empty()) continue;  // different jobs need no equal work
    if (!p.problem.empty() || p.tokens_per_step() <= 0) continue;
    TokensOfGpus& work = by_gpus[p.gpus];
    if (work.tokens.insert(p.tokens_per_step()).second) work.points.push_back(&p);
  }
  std::size_t unequal = 0;
  const TokensOfGpus* shown = nullptr;
  for (const auto& [gpus, work] : by_gpus) {
    if (work.tokens.size() < 2) continue;
    ++unequal;
    if (shown == nullptr) shown = &work;
  }
  if (shown == nullptr) return "";
  std::string list;
  for (std::size_t i = 0; i < shown->points.size() && i < 3; ++i)
    list += fmt::format("{}{} in {}", i == 0 ? "" : ", ", human_count(shown->points[i]->tokens_per_step()),
                        label_of(*shown->points[i]));
  return fmt::format(
      "Unequal work: steps of {} GPUs{} train different numbers of tokens ({}{}). Compare tokens/s, not step "
      "times, or give all variants one training.global_batch.",
      shown->points.front()->gpus, unequal > 1 ? " and of other counts" : "", list,
      shown->points.size() > 3 ? ", ..." : "");
}

}  // namespace aifsim
