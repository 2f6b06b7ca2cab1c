// What all jobs of a run come to at the meter of each site, beside the power that the site has.
//
//   power(t)  = sum of P_j over the jobs that run at t;   told: its largest over t
//   energy    = sum of P_j (end_j - start_j)              carbon, electricity: each job's by its own means
//   cost      = electricity + what falls on the jobs' nodes of machine, maintenance and staff (facility.hpp)
//   idle      = p (N duration - sum of n_j (end_j - start_j))
//
// P_j: mean power over a step of job j (facility.hpp), a range where it is not known what its boards draw    n_j: its nodes,
// which no other job has    p: power of a node without a job    N: nodes of the partitions on which jobs run.
// Assumed: a step's mean; peaks within a step are above it. Not counted: partitions without a job.
#pragma once
#include <string>
#include <vector>

#include "metrics/energy_account.hpp"

namespace aifsim {

// Equal where it is known; NaN where the platform does not say what it needs.
struct Range {
  double least = 0, most = 0;
  Range& operator+=(const Range& o) {
    least += o.least;
    most += o.most;
    return *this;
  }
  bool known() const { return !std::isnan(least); }
};

// At the meter over a time.
struct SiteFigures {
  Range power, energy, carbon, electricity,
      cost;  // W, J, g, EUR, EUR; carbon with that of making the machine
};
SiteFigures figures_of(const SiteDraw& draw, Seconds duration);
// The power is added as well: of what draws at the same time.
SiteFigures& operator+=(SiteFigures& sum, const SiteFigures& one);

struct JobDraws {
  std::string job;
  Seconds start, end;
  const std::vector<SiteDraw>* sites = nullptr;
};

struct SiteTotal {
  std::string site, partitions;      // partitions: "leonardo, it4lia_ai"
  Watts limit;                       // that the site has for them; 0: not told
  SiteFigures jobs;                  // power: the most at once
  std::int64_t idle_nodes = 0;       // that never have a job
  SiteFigures idle;                  // of nodes while they have none; power: mean
  Range with_idle;                   // W: the most at once of jobs and idle nodes together
  std::vector<std::string> without;  // jobs whose power is not known at all: not in it
};

// `machine`: all nodes of the partitions on which jobs run, idle, each partition once (idle_draws).
std::vector<SiteTotal> site_totals(const std::vector<JobDraws>& jobs, const std::vector<SiteDraw>& machine,
                                   Seconds duration);

// "draws 2.4 MW at the meter, and the site has 2 MW for this machine", or "" where it has enough or does not say.
// `jobs`: "draws", or of several "all jobs together draw".
std::string site_power_note(const SiteTotal& total, const std::string& jobs = "draws");

}  // namespace aifsim
