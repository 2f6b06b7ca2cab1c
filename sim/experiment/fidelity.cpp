#include "experiment/fidelity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "experiment/workers.hpp"

namespace aifsim {
namespace {

constexpr std::array levels{Fidelity::analytical, Fidelity::flow, Fidelity::message};

std::int64_t gpus_of(const FabricInputs& inputs) {
  std::int64_t gpus = 0;
  for (const JobInputs& job : inputs.jobs) gpus += job.description.gpus;
  return gpus;
}

// 0 where the case has no answer at any level.
std::int64_t transfers_or_none(const FabricInputs& inputs) {
  try {
    return transfers_on_fabric(inputs);
  } catch (const CannotAnswer&) {
    return 0;
  }
}

// Every job on `divisor` times fewer GPUs. Nothing where one does not divide, would be alone, or has its
// nodes listed.
std::optional<FabricInputs> with_fewer(FabricInputs inputs, std::int64_t divisor) {
  for (JobInputs& job : inputs.jobs) {
    std::int64_t& gpus = job.description.gpus;
    if (gpus % divisor != 0 || gpus < 2 * divisor || !job.description.placement.nodes.empty())
      return std::nullopt;
    gpus /= divisor;
  }
  return inputs;
}

class LevelComparison {
 public:
  LevelComparison(std::int64_t most_transfers, std::size_t cases,
                  const std::function<void(std::size_t, std::size_t, const std::string&)>& progress)
      : most_transfers_(most_transfers), total_(cases * levels.size()), progress_(progress) {}

  void add(const Case& c, const FabricInputs& whole) {
    const std::int64_t transfers = transfers_or_none(whole);
    rows_.push_back(run(c, whole, transfers));
    if (transfers <= most_transfers_) return;
    for (std::int64_t divisor = 2;; divisor *= 2) {
      const std::optional<FabricInputs> part = with_fewer(whole, divisor);
      if (!part) return;
      const std::int64_t fewer = transfers_or_none(*part);
      if (fewer == 0) return;  // nothing left to send, or a layout that does not divide these GPUs
      if (fewer > most_transfers_) continue;
      const bool known = std::any_of(rows_.begin(), rows_.end(), [&](const FidelityRow& row) {
        return row.platform == c.platform_label && row.variant == variant_of(c) && row.gpus == gpus_of(*part);
      });
      if (known) return;
      total_ += levels.size();
      rows_.push_back(run(c, *part, fewer));
      return;
    }
  }

  std::vector<FidelityRow> rows() && { return std::move(rows_); }

 private:
  static std::string variant_of(const Case& c) { return c.variant_label.empty() ? "jobs" : c.variant_label; }

  FidelityRow run(const Case& c, const FabricInputs& inputs, std::int64_t transfers) {
    FidelityRow row{c.platform_label, variant_of(c), gpus_of(inputs), {}};
    for (const Fidelity level : levels) {
      LevelRun& one = row.levels.emplace_back();
      one.level = level;
      if (progress_)
        progress_(done_, total_, fmt::format("{} {} GPUs, level {}", row.variant, row.gpus, name_of(level)));
      ++done_;
      if (level == Fidelity::message && transfers > most_transfers_)
        one.problem = fmt::format("{} transfers are more than {}", transfers, most_transfers_);
      else
        run_level(one, inputs);
    }
    return row;
  }

  static void run_level(LevelRun& one, const FabricInputs& inputs) {
    const auto work = [&](std::size_t) -> std::string {
      FabricInputs at_level = inputs;
      at_level.fidelity = one.level;
      try {
        return fmt::format("={:.17g}", duration_on_fabric(at_level).value);
      } catch (const CannotAnswer& error) {
        return error.what();
      }
    };
    run_in_workers(1, {.workers = 1, .tasks_each = 1}, work, [&](std::size_t, TaskEnd&& end) {
      one.cpu = end.cpu;
      one.peak_megabytes = end.peak_megabytes;
      if (end.bytes.starts_with('='))
        one.time = Seconds{std::stod(end.bytes.substr(1))};
      else
        one.problem = end.died.empty() ? end.bytes : end.died;
    });
  }

  std::int64_t most_transfers_;
  std::size_t done_ = 0, total_ = 0;
  const std::function<void(std::size_t, std::size_t, const std::string&)>& progress_;
  std::vector<FidelityRow> rows_;
};

}  // namespace

std::vector<FidelityRow> compare_levels(
    const Catalog& catalog, const std::vector<Case>& cases, std::int64_t most_transfers,
    const std::function<void(std::size_t, std::size_t, const std::string&)>& progress) {
  LevelComparison comparison(most_transfers, cases.size(), progress);
  InputReader read(catalog);
  for (const Case& c : cases) {
    const CaseInputs inputs = read(c);
    comparison.add(c, inputs.fabric);
  }
  return std::move(comparison).rows();
}

}  // namespace aifsim
