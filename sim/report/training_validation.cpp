#include "report/training_validation.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace aifsim {
namespace {

double mfu_of(const MeasuredRow& r) {
  if (r.model_flops.value <= 0 || r.peak.value <= 0) return std::numeric_limits<double>::quiet_NaN();
  return r.model_flops.value / (r.measured.value * r.peak.value);
}

// For each row, the median MFU of all other groups with the same GPU family and precision. The values of a kind are
// sorted once; those of a group are then stepped over, so that a group for each row costs no more than one for all.
class Controls {
 public:
  explicit Controls(const std::vector<MeasuredRow>& rows) {
    for (const MeasuredRow& row : rows)
      if (std::isfinite(mfu_of(row))) kinds_[{row.family, row.precision}].rows.push_back(&row);
    for (auto& [name, kind] : kinds_) {
      std::stable_sort(kind.rows.begin(), kind.rows.end(),
                       [](const MeasuredRow* a, const MeasuredRow* b) { return mfu_of(*a) < mfu_of(*b); });
      for (std::size_t i = 0; i < kind.rows.size(); ++i) kind.places[kind.rows[i]->group].push_back(i);
    }
  }

  double seconds(const MeasuredRow& row) const {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (!std::isfinite(mfu_of(row))) return none;
    const Kind& kind = kinds_.at({row.family, row.precision});
    const std::vector<std::size_t>& own = kind.places.at(row.group);
    const std::size_t others = kind.rows.size() - own.size();
    if (others == 0) return none;
    const double rank = 0.5 * static_cast<double>(others - 1);
    const auto below = static_cast<std::size_t>(rank);
    const double median =
        std::lerp(mfu_of(other(kind, own, below)), mfu_of(other(kind, own, std::min(below + 1, others - 1))),
                  rank - static_cast<double>(below));
    return row.model_flops.value / (median * row.peak.value);
  }

 private:
  struct Kind {
    std::vector<const MeasuredRow*> rows;                              // by MFU
    std::unordered_map<std::string, std::vector<std::size_t>> places;  // of each group in `rows`, ascending
  };

  static const MeasuredRow& other(const Kind& kind, const std::vector<std::size_t>& own, std::size_t place) {
    for (const std::size_t stepped_over : own) {
      if (stepped_over > place) break;
      ++place;
    }
    return *kind.rows[place];
  }

  std::map<std::pair<std::string, std::string>, Kind> kinds_;
};

}  // namespace

Validation validate(const std::vector<MeasuredRow>& rows, const std::vector<double>& predicted,
                    const std::vector<std::string>& unsupported, const std::vector<bool>& fits) {
  const Controls controls(rows);
  std::vector<ValidatedRow> validated;
  for (std::size_t i = 0; i < rows.size(); ++i)
    validated.push_back({rows[i].id, rows[i].group, rows[i].measured.value, predicted[i],
                         controls.seconds(rows[i]), unsupported[i], rows[i].assumed,
                         fits.empty() || fits[i]});
  return summarise(std::move(validated));
}

}  // namespace aifsim
