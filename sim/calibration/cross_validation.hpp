// How well a fit predicts rows that it has not seen: a share of the cases, and each group in turn. What the three
// adapters (kernels, collectives, training steps) share.
//
// A `Problem` is the rows of one block of constants and how they are fitted:
//   Constants                            what a fit gives
//   size(), group(i), case_of(i)         rows; what is left out in turn; what is held out as one
//   tests(i)                             false: a row that fits see, and that tells no error
//   fit(rows, from)                      Constants from those rows, `from` those of a fit before or nullptr
//   predict(constants, i)                an ErrorRow without band
//   fewest()                             rows that a fit needs
//   concurrent                           whether several fits may run at once
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/sample.hpp"
#include "calibration/errors.hpp"
#include "calibration/processors.hpp"

namespace aifsim {

struct FitOptions {
  double holdout = 0.3;  // share of the cases
  bool leave_out = true;
  std::string date;
  std::string source;  // of the measurements, in words
};

// Rows, each with its error under constants that were not fitted to it.
struct UnseenRows {
  std::vector<std::size_t> rows;
  std::vector<ErrorRow> errors;
  std::vector<std::string> parts;  // the bands of a part come from the others

  void add(std::size_t row, const ErrorRow& error, std::string part) {
    rows.push_back(row);
    errors.push_back(error);
    parts.push_back(std::move(part));
  }
};

template <class Constants>
struct CrossValidation {
  Constants seen;  // fitted to the rows that were not held out
  UnseenRows held_out, left_out;
  double spread = 0;                    // of the rows held out; of those left out where none are
  std::vector<ErrorReport> groups;      // each left out
  std::size_t groups_not_left_out = 0;  // smaller ones, of very many
  std::string problem;                  // why there is no fit; then the rest is empty
};

// So that the work is bounded: groups left out in turn, and rows of all of those fits together.
inline constexpr std::size_t kMostTurns = 40, kMostTurnRows = 300'000;

// The fits of each group left out, beginning from `from`.
template <class Problem>
void leave_out_in_turn(const Problem& problem, const typename Problem::Constants* from,
                       CrossValidation<typename Problem::Constants>& validation) {
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < problem.size(); ++i) groups[problem.group(i)].push_back(i);
  using Turn = std::pair<const std::string, std::vector<std::size_t>>;
  std::vector<const Turn*> turns;
  for (const Turn& group : groups)
    if (groups.size() > 1 && problem.size() - group.second.size() >= problem.fewest())
      turns.push_back(&group);
  const std::size_t most_turns =
      std::max(kMostTurns, kMostTurnRows / std::max<std::size_t>(problem.size(), 1));
  if (turns.size() > most_turns) {
    std::stable_sort(turns.begin(), turns.end(),
                     [](const Turn* a, const Turn* b) { return a->second.size() > b->second.size(); });
    validation.groups_not_left_out = turns.size() - most_turns;
    turns.resize(most_turns);
  }
  const std::size_t most_rows = kMostTurnRows / std::max<std::size_t>(turns.size(), 1);
  std::vector<UnseenRows> own(turns.size());
  const auto turn = [&](std::size_t t) {
    const auto& [group, left] = *turns[t];
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < problem.size(); ++i)
      if (problem.group(i) != group) others.push_back(i);
    const auto constants = problem.fit(sample_of(std::move(others), most_rows), from);
    for (const std::size_t i : left)
      if (problem.tests(i)) own[t].add(i, problem.predict(constants, i), group);
  };
  if constexpr (Problem::concurrent) {
    on_all_processors(turns.size(), turn);
  } else {
    for (std::size_t t = 0; t < turns.size(); ++t) turn(t);
  }
  for (const UnseenRows& rows : own)
    for (std::size_t k = 0; k < rows.rows.size(); ++k)
      validation.left_out.add(rows.rows[k], rows.errors[k], rows.parts[k]);
  set_bands_from_others(validation.left_out.errors, validation.left_out.parts);
  const std::span<const ErrorRow> all(validation.left_out.errors);
  std::size_t begin = 0;
  for (std::size_t t = 0; t < turns.size(); ++t) {
    const std::size_t count = own[t].rows.size();
    if (count > 0)
      validation.groups.push_back(report_of("without " + turns[t]->first, all.subspan(begin, count)));
    begin += count;
  }
}

// Without `errors` only the constants of the seen rows.
template <class Problem>
CrossValidation<typename Problem::Constants> cross_validate(const Problem& problem, const FitOptions& options,
                                                            bool errors = true) {
  CrossValidation<typename Problem::Constants> validation;
  std::vector<std::size_t> seen, unseen;
  for (std::size_t i = 0; i < problem.size(); ++i) {
    if (!(uniform_of(problem.case_of(i)) < options.holdout)) {
      seen.push_back(i);
    } else if (problem.tests(i)) {
      unseen.push_back(i);
    }
  }
  if (seen.size() < problem.fewest()) {
    const std::size_t held_out = problem.size() - seen.size();
    validation.problem = held_out == 0 ? fmt::format("{} rows are too few to fit; {} are needed", seen.size(),
                                                     problem.fewest())
                                       : fmt::format(
                                             "{} of {} rows are too few to fit ({} held out to tell the "
                                             "error, --holdout); {} are needed",
                                             seen.size(), problem.size(), held_out, problem.fewest());
    return validation;
  }
  validation.seen = problem.fit(seen, nullptr);
  if (!errors) return validation;
  for (std::size_t k = 0; k < unseen.size(); ++k)  // the band of one half, tried on the other
    validation.held_out.add(unseen[k], problem.predict(validation.seen, unseen[k]), k % 2 ? "odd" : "even");
  set_bands_from_others(validation.held_out.errors, validation.held_out.parts);
  if (options.leave_out) leave_out_in_turn(problem, &validation.seen, validation);
  const auto& rows = unseen.empty() ? validation.left_out.errors : validation.held_out.errors;
  validation.spread = spread_of(rows);
  return validation;
}

}  // namespace aifsim
