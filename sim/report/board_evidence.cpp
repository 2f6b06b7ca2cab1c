#include "report/board_evidence.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "catalog/words.hpp"

namespace aifsim {
namespace {

// 80 % of a normal error lie within so many standard deviations.
constexpr double within = 1.2816;

std::string band_of(double log_sd) {
  if (!(log_sd > 0)) return "";
  return fmt::format("{:.0f} to +{:.0f} %", 100 * (std::exp(-within * log_sd) - 1),
                     100 * (std::exp(within * log_sd) - 1));
}

class Rows {
 public:
  explicit Rows(std::vector<EvidenceRow>& rows) : rows_(rows) {}

  void machine(const PlatformDescription& platform) {
    const CalibrationDescription& c = platform.calibration;
    std::string how = "no training step was measured on it";
    if (c.rows > 0)
      how = fmt::format("{:.0f} measured steps of jobs of {:.0f} to {:.0f} GPUs", c.rows.value,
                        c.smallest_job.value, c.largest_job.value);
    add(platform.title, "whole training steps", how, band_of(c.log_residual_sd), c.log_residual_sd.source);
    const CommunicationDescription& communication = platform.communication;
    const bool fitted = communication.log_spread > 0;
    add(platform.title, "exchanges between GPUs",
        fitted ? "fitted to measured collectives of this machine"
               : std::string(catalog::word_of(communication.inter_node_efficiency.confidence)) +
                     ", no collective was measured on it",
        band_of(communication.log_spread), communication.inter_node_efficiency.source);
  }

  void gpu(const GpuDescription& gpu, bool narrow) {
    for (const auto& [dtype, block] : gpu.gemm)
      if (bytes_of(dtype) == 2 || (narrow && bytes_of(dtype) < 2) || gpu.gemm.size() == 1)
        fit(gpu.title, std::string("matrix products in ") + name_of(dtype), block.fit,
            block.compute_efficiency.source);
    if (const auto found = gpu.attention.find(AttentionFormat::bf16); found != gpu.attention.end())
      fit(gpu.title, "attention", found->second.fit, found->second.forward_efficiency.source);
    if (gpu.attention_backward.efficiency > 0)
      fit(gpu.title, "attention, backward", gpu.attention_backward.fit,
          gpu.attention_backward.efficiency.source);
    if (const auto found = gpu.streaming.find(StreamKind::norm); found != gpu.streaming.end())
      fit(gpu.title, "element-wise operations", found->second.fit, found->second.efficiency.source);
    fit(gpu.title, "power", gpu.power.fit, gpu.power.fit.spread.source);
  }

 private:
  void fit(const std::string& machine, const std::string& what, const FitInfo& fit,
           const std::string& source) {
    std::string how = fit.spread > 0 ? "carried over, see the source" : "not fitted";
    if (!fit.from.empty())
      how = fmt::format("carried over from {}: no row of this GPU", fmt::join(fit.from, ", "));
    else if (fit.points > 0)
      how =
          fmt::format("fitted to {} measured rows{}", fit.points, fit.range.empty() ? "" : ", " + fit.range);
    add(machine, what, how, band_of(fit.spread), source);
  }
  void add(const std::string& machine, const std::string& what, const std::string& how,
           const std::string& band, const std::string& source) {
    rows_.push_back({machine, what, how, band, source});
  }
  std::vector<EvidenceRow>& rows_;
};

}  // namespace

std::vector<EvidenceRow> board_evidence(const ProposalComparison& c) {
  std::vector<EvidenceRow> all;
  Rows rows(all);
  std::vector<std::string> told;
  for (const ComparedMachine& machine : c.machines) {
    rows.machine(machine.platform);
    if (std::find(told.begin(), told.end(), machine.gpu.name) != told.end()) continue;
    told.push_back(machine.gpu.name);
    rows.gpu(machine.gpu, machine.narrow);
  }
  return all;
}

}  // namespace aifsim
