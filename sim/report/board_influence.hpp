// Which guess decides, of one metric of one work: how the lead of its best proposal over the next moves with each figure.
//
//   lead = min over the others (v f) / (v_best f_best) - 1
//
// v: what the comparison has; f: factors of the runs again (experiment/influence.hpp). Below zero another is best, and
// so it is where the best one's layout has no answer with the figure and another has: that counts as a lead of -1.
// Of a single proposal with an answer: f - 1, how far its own figure moves.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "experiment/compare.hpp"

namespace aifsim {

struct InfluenceBar {
  std::size_t row = 0;              // of the study
  std::optional<double> low, high;  // lead at the ends; none: the best one's layout has no answer there
  std::string turns_to;             // title of who would be best at one of them, or ""
  double span = 0;
  bool turns() const { return !turns_to.empty(); }
};

struct Tornado {
  std::size_t work = 0;
  Metric metric = Metric::run_time;
  std::size_t best = 0, next = 0;  // by index; equal where there is but one
  double lead = 0;
  std::vector<InfluenceBar> bars;  // that move it, the widest first
  std::size_t turning = 0;         // bars at which another is best
};

// None where no proposal has the metric.
std::optional<Tornado> tornado(const ProposalComparison& comparison, std::size_t work, Metric metric);

// "facility.cooling.outside.mean" -> "outside mean", "node.wiring[5].bandwidth" -> "wiring bandwidth"
std::string figure_words(const std::string& path);

}  // namespace aifsim
