// Energy at the meter of the site, its carbon, its price, and what a whole run comes to.
//
//   node      P_n = sockets (idle + load (busy - idle)) + memory + NICs + drives + other            W
//   machine   E   = (E_gpu + T n (P_n + P_f)) / conversion + T n P_s    of one step; n: nodes of the job; P_f: switches,
//                   P_s: file systems at the plug, for each node that they serve
//   meter     E_m = E pue                                           pue: mean over the hours of the run
//   pue(t)        = pue + per_degree max(0, outside(t) - free_cooling)
//   carbon        = E  mean of pue(t) carbon(t);   electricity: the same of price(t)
//   run       steps = tokens epochs / tokens of a step;   time = steps T / availability (failures.hpp included)
//   cost          = electricity + GPU hours (capital / years + maintenance + staff) / (GPUs 8766 h utilisation)
//
// A job over several sites is the sum of what its nodes at each draw: E_gpu by where the ranks are, the rest by the
// site's own power, conversion, PUE, carbon and price. Where it is not known what the boards draw, the site's share is a
// range, from all boards idle to all at their limits.
//
// E: energy of the boards (metrics/energy.hpp), T: step time. Assumed: the job has its nodes to itself; it draws as
// much while what failed is done again; the hours of a run without a start are those of a whole year; file systems
// draw the same at any load. Sources of the figures stand in the platform's file.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "catalog/gpu.hpp"
#include "catalog/platform.hpp"
#include "metrics/energy_account.hpp"
#include "metrics/metric.hpp"

namespace aifsim {

struct WholeRun {
  Tokens tokens;  // 0: only a step is asked for
  double availability = 1;
  std::optional<double> start;  // hour of the year
};

// Means over the hours of a run: of pue, and of pue times carbon and price.
struct SiteMeans {
  double pue = 0;
  GramsPerJoule carbon;
  EurosPerJoule price;
};
// From an hour of the year on, for so long; of a whole year where there is no start.
SiteMeans site_means(const FacilityDescription& site, std::optional<double> start, Seconds duration);

// A job's nodes in each partition that it spans (PlatformDescription::spanned), or all of them.
struct NodesOfJob {
  std::vector<std::int64_t> nodes;
  std::vector<double> boards = {};  // share of the boards' energy; as the nodes where left out
};

// Fills what stands at the meter, and the figures of the run, from step time, tokens per step and the boards' energy.
// The account's parts stay 0 where the platform does not say what its nodes draw, or the boards' energy is not known;
// its sites say what is known.
void add_facility(Metrics& metrics, EnergyAccount& account, const PlatformDescription& platform,
                  const GpuDescription& gpu, const NodesOfJob& job, const WholeRun& run);

// All nodes of the platform, partition by partition, while none has a job: idle boards and processors.
std::vector<SiteDraw> idle_draws(const PlatformDescription& platform, const GpuDescription& gpu);

// Which programme of the site gives so many hours: "asks for 60K GPU hours: AI Factory Large Scale, for ...", or "".
std::string access_note(const PlatformDescription& platform, double gpu_hours);

}  // namespace aifsim
