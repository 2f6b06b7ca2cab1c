#include "calibration/constant_mfu.hpp"

#include <algorithm>
#include <cmath>

#include "calibration/errors.hpp"

namespace aifsim {
namespace {

double mfu_of(const MeasuredRow& r) {
  if (r.model_flops.value <= 0 || r.peak.value <= 0) return kNoFigure;
  return r.model_flops.value / (r.measured.value * r.peak.value);
}

}  // namespace

ConstantMfu::ConstantMfu(const std::vector<MeasuredRow>& rows) {
  for (const MeasuredRow& row : rows)
    if (const double mfu = mfu_of(row); std::isfinite(mfu))
      kinds_[{row.family, row.precision}].rows.emplace_back(mfu, row.group);
  for (auto& [name, kind] : kinds_) {
    std::stable_sort(kind.rows.begin(), kind.rows.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < kind.rows.size(); ++i) kind.places[kind.rows[i].second].push_back(i);
  }
}

double ConstantMfu::seconds(const MeasuredRow& row) const {
  if (!std::isfinite(mfu_of(row))) return kNoFigure;
  const Kind& kind = kinds_.at({row.family, row.precision});
  const std::vector<std::size_t>& own = kind.places.at(row.group);
  const std::size_t others = kind.rows.size() - own.size();
  if (others == 0) return kNoFigure;
  const auto other = [&](std::size_t place) {
    for (const std::size_t stepped_over : own) {
      if (stepped_over > place) break;
      ++place;
    }
    return kind.rows[place].first;
  };
  const double rank = 0.5 * static_cast<double>(others - 1);
  const auto below = static_cast<std::size_t>(rank);
  const double median =
      std::lerp(other(below), other(std::min(below + 1, others - 1)), rank - static_cast<double>(below));
  return row.model_flops.value / (median * row.peak.value);
}

}  // namespace aifsim
