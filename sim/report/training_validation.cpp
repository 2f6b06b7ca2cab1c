#include "report/training_validation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "base/statistics.hpp"

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

std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t j = i; j < end; ++j)
      ranks[order[j]] = static_cast<double>(i + end - 1) / 2;  // ties share
    i = end;
  }
  return ranks;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean(a), mean_b = mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : std::numeric_limits<double>::quiet_NaN();
}

ChoiceSummary choice_of(const std::vector<MeasuredRow>& rows, const std::vector<ValidatedRow>& validated) {
  struct Times {
    std::vector<double> measured, predicted;
  };
  std::map<std::string, Times> questions;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (validated[i].covered() && validated[i].timed()) {
      questions[rows[i].question].measured.push_back(validated[i].measured);
      questions[rows[i].question].predicted.push_back(validated[i].predicted);
    }
  ChoiceSummary s;
  std::vector<double> correlations;
  for (const auto& [name, times] : questions) {
    if (times.measured.size() < 5) continue;
    const auto picked =
        std::min_element(times.predicted.begin(), times.predicted.end()) - times.predicted.begin();
    const double best = *std::min_element(times.measured.begin(), times.measured.end());
    const double over = (times.measured[static_cast<std::size_t>(picked)] / best - 1) * 100;
    ++s.questions;
    s.within_5 += over <= 5;
    s.within_15 += over <= 15;
    s.worst = std::max(s.worst, over);
    correlations.push_back(correlation(ranks_of(times.measured), ranks_of(times.predicted)));
  }
  if (s.questions == 0) return s;
  s.within_5 *= 100 / static_cast<double>(s.questions);
  s.within_15 *= 100 / static_cast<double>(s.questions);
  s.rank_correlation = median(correlations);
  return s;
}

}  // namespace

Validation validate(const std::vector<MeasuredRow>& rows, const std::vector<double>& predicted,
                    const std::vector<std::string>& unsupported,
                    const std::vector<std::optional<MemoryCheck>>& memory) {
  const Controls controls(rows);
  std::vector<ValidatedRow> validated;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const MeasuredRow& row = rows[i];
    ValidatedRow v;
    v.id = row.id;
    v.group = row.group;
    v.measured = row.measured.value;
    v.predicted = predicted[i];
    v.control = controls.seconds(row);
    v.unsupported = unsupported[i];
    v.assumed = row.assumed;
    v.crashed = row.crashed;
    if (row.peak_memory) v.measured_memory = *row.peak_memory;
    if (!memory.empty() && memory[i]) {
      v.fits = memory[i]->fits();
      v.memory = memory[i]->use.total().value / (1024.0 * 1024 * 1024);
    }
    validated.push_back(std::move(v));
  }
  Validation result = summarise(std::move(validated));
  result.choice = choice_of(rows, result.rows);
  return result;
}

}  // namespace aifsim
