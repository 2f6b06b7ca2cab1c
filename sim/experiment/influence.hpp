// Which guess decides: each figure that a comparison rests on is moved to both ends of a range, and the proposals that
// use it are run again, with the layout that was found for them.
//
//   measured 3 %, published 5 %, announced, derived and fitted 10 %, low 20 %, assumed 30 % of the figure, up and down
//
// A share stays below 1, and a factor above it. Moved are all guesses (announced, derived, low, assumed) of platforms,
// GPU models and stacks that a run may read, and of surer figures the main ones: rates, peaks, clock, prices, carbon.
// Not moved: counts, what only widens bands, and constants of formats that the training does not use.
// A figure that stands in one place is one guess for all machines with the same GPU, and a site's for all that stand
// there: they move together. Runs are of level analytical; what is kept are factors over the same run unmoved.
#pragma once
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "experiment/store.hpp"

namespace aifsim {

struct Proposal;

// Run time, carbon, cost, over those of the run unmoved; NaN where there is none.
using InfluenceFactors = std::array<double, 3>;

struct InfluenceEnd {
  std::string value;                      // "280Gbps"; "" where the field does not permit to move it there
  std::vector<InfluenceFactors> factors;  // of each proposal that uses it
};

struct Influence {
  std::vector<std::string> objects;  // that have it: "platform it4lia"
  std::string path, value, source, confidence;
  double range = 0;                    // share by which it moves
  std::vector<std::size_t> proposals;  // that use it, by index
  InfluenceEnd low, high;
};

struct InfluenceStudy {
  bool asked = false;
  std::size_t runs = 0;         // again
  std::vector<Influence> rows;  // that change something in some proposal
  std::size_t moved = 0;        // of which those are some
};

// How far a figure of this confidence is moved.
double influence_range(const std::string& confidence);
// The figure as text times a factor, with its unit, kept on its side of 1 where it has none; "" where it is no figure
// that can be moved.
std::string scaled_figure(const std::string& value, double factor);

using InfluenceProgress = std::function<void(std::size_t done, std::size_t of, const std::string& name)>;
InfluenceStudy study_influence(const Catalog& catalog, const std::vector<Proposal>& proposals, Store& store,
                               const std::string& build, std::size_t workers,
                               const InfluenceProgress& progress);

}  // namespace aifsim
