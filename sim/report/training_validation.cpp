#include "report/training_validation.hpp"

#include "base/statistics.hpp"

namespace aifsim {
namespace {

double mfu_of(const MeasuredRow& r) {
  if (r.model_flops.value <= 0 || r.peak.value <= 0) return std::numeric_limits<double>::quiet_NaN();
  return r.model_flops.value / (r.measured.value * r.peak.value);
}

double control_of(const std::vector<MeasuredRow>& rows, const MeasuredRow& row) {
  std::vector<double> others;
  for (const MeasuredRow& r : rows)
    if (r.group != row.group && r.family == row.family && r.precision == row.precision &&
        std::isfinite(mfu_of(r)))
      others.push_back(mfu_of(r));
  if (others.empty() || !std::isfinite(mfu_of(row))) return std::numeric_limits<double>::quiet_NaN();
  return row.model_flops.value / (median(others) * row.peak.value);
}

}  // namespace

Validation validate(const std::vector<MeasuredRow>& rows, const std::vector<double>& predicted,
                    const std::vector<std::string>& unsupported) {
  std::vector<ValidatedRow> validated;
  for (std::size_t i = 0; i < rows.size(); ++i)
    validated.push_back({rows[i].id, rows[i].group, rows[i].measured.value, predicted[i],
                         control_of(rows, rows[i]), unsupported[i]});
  return summarise(std::move(validated));
}

}  // namespace aifsim
