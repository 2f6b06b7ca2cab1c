#include "calibration/training_validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <unordered_map>

#include "base/quote.hpp"
#include "base/statistics.hpp"
#include "calibration/constant_mfu.hpp"
#include "calibration/training_fit.hpp"

namespace aifsim {
namespace {

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
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : kNoFigure;
}

}  // namespace

ChoiceSummary choice_of(const std::vector<std::string>& asked, const std::vector<ValidatedRow>& validated) {
  struct Times {
    std::vector<double> measured, predicted;
    std::vector<int> memory;  // 0: fits, 1: is tight, 2: does not fit
  };
  std::map<std::string, Times> questions;
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (validated[i].covered() && validated[i].timed()) {
      Times& times = questions[asked[i]];
      times.measured.push_back(validated[i].measured);
      times.predicted.push_back(validated[i].predicted);
      times.memory.push_back(!validated[i].fits ? 2 : validated[i].tight ? 1 : 0);
    }
  ChoiceSummary s;
  std::vector<double> correlations;
  for (const auto& [name, times] : questions) {
    if (times.measured.size() < 5) continue;
    // As a search picks: the quickest of those that leave memory, else of those that are tight, else of all.
    std::size_t picked = 0;
    for (std::size_t i = 1; i < times.predicted.size(); ++i)
      if (std::pair(times.memory[i], times.predicted[i]) <
          std::pair(times.memory[picked], times.predicted[picked]))
        picked = i;
    const double best = *std::min_element(times.measured.begin(), times.measured.end());
    const double over = (times.measured[picked] / best - 1) * 100;
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

namespace {

ValidatedRow described(const MeasuredRow& row, const ConstantMfu& control) {
  ValidatedRow v;
  v.id = row.id;
  v.group = row.group;
  v.measured = row.measured.value;
  v.control = control.seconds(row);
  v.assumed = row.assumed;
  v.crashed = row.crashed;
  if (row.peak_memory) v.measured_memory = *row.peak_memory;
  return v;
}

// Steps of another unit than seconds lie three orders of magnitude beside their prediction, as none of a model does.
std::string hint_at_units(const std::vector<ValidatedRow>& rows) {
  constexpr double far = 100;
  const ValidatedRow* first = nullptr;
  std::size_t count = 0, slower = 0;
  for (const ValidatedRow& row : rows) {
    if (!row.covered() || !row.timed()) continue;
    const double ratio = row.measured / row.predicted;
    if (!(ratio >= far || ratio <= 1 / far)) continue;
    if (!first) first = &row;
    ++count;
    slower += ratio >= far;
  }
  if (!first) return "";
  return fmt::format(
      "{} of {} rows {} a hundred times {} than predicted or more, the first of them {} ({:.3g} s measured, "
      "{:.3g} s "
      "predicted): step_time_s is in seconds{}",
      count, rows.size(), count == 1 ? "is" : "are",
      slower == count ? "slower"
      : slower == 0   ? "quicker"
                      : "slower or quicker",
      printable(first->id), first->measured, first->predicted,
      first->measured > first->predicted
          ? fmt::format("; were these milliseconds, it would be {:.3g}", first->measured / 1000)
          : "");
}

Validation finished(const std::vector<MeasuredRow>& rows, std::vector<ValidatedRow> validated) {
  Validation result = summarise(std::move(validated));
  std::vector<std::string> asked;
  for (const MeasuredRow& row : rows) asked.push_back(row.question);
  result.choice = choice_of(asked, result.rows);
  result.hint = hint_at_units(result.rows);
  return result;
}

struct Answer {
  double seconds = kNoFigure, spread = 0;
  std::string unsupported;
  std::optional<MemoryCheck> memory;
};

Answer answer_of(TrainingJob job, bool crashed, Fidelity fidelity) {
  Answer answer;
  try {
    answer.memory = memory_of(job, program_of(job));
    job.beyond_memory = true;  // it ran
    answer.spread = step_spread(job);
    if (!crashed) answer.seconds = run_training(job, fidelity).timeline.duration.value;
  } catch (const CannotAnswer& error) {
    answer.unsupported = error.what();
  }
  return answer;
}

}  // namespace

Validation validate_training(const std::vector<MeasuredRow>& rows, Fidelity fidelity,
                             const FitProgress& progress) {
  std::unordered_map<const TrainingJob*, std::optional<Answer>> answers;
  for (const MeasuredRow& row : rows)
    if (row.job) answers.try_emplace(row.job.get());
  const ConstantMfu control(rows);
  std::vector<ValidatedRow> validated;
  std::size_t done = 0;
  for (const MeasuredRow& row : rows) {
    ValidatedRow v = described(row, control);
    v.unsupported = row.unsupported;
    if (row.job) {
      std::optional<Answer>& answer = answers.at(row.job.get());
      if (!answer) {
        if (progress) progress(done++, answers.size(), row.id);
        answer = answer_of(*row.job, row.crashed, fidelity);
      }
      v.predicted = answer->seconds;
      v.unsupported = answer->unsupported;
      if (std::isfinite(v.predicted)) v.set_band(answer->spread);
      if (answer->memory) {
        v.fits = answer->memory->fits();
        v.tight = answer->memory->tight();
        v.memory = answer->memory->use.total().value / (1024.0 * 1024 * 1024);
      }
    }
    validated.push_back(std::move(v));
  }
  return finished(rows, std::move(validated));
}

Validation validate_training_left_out(const std::vector<MeasuredRow>& rows) {
  const ConstantMfu control(rows);
  std::vector<ValidatedRow> validated;
  for (const MeasuredRow& row : rows) {
    validated.push_back(described(row, control));
    validated.back().unsupported = row.job ? kNotLeftOut : row.unsupported;
  }
  const TrainingCalibration calibration = calibrate_training(rows, {.date = "", .source = "the table"});
  set_left_out(validated, calibration.report);
  return finished(rows, std::move(validated));
}

}  // namespace aifsim
