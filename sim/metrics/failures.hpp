// What failures of nodes leave of a job's time.
//
//   A(I) = I / (M e^(R/M) (e^(I/M) - 1)),   M = node_mtbf / nodes       share of the time that counts
//   of a run of L = n I + r:  (n I + r) / (M e^(R/M) (n (e^(I/M) - 1) + e^(r/M) - 1)); nothing is lost after its end
//   best: the w that makes  M e^(R/M) (e^((w + d)/M) - 1) / w  least    steps between two checkpoints
//
//   I  s  from one checkpoint to the next, what stops for writing included     M  s  between failures of the job
//   R  s  from a failure until training goes on, the checkpoint read again     d  s  that writing one stops training
//   w  s  of training between two                                      L  s  of the whole run without failures
//
// Assumption: failures come at any time alike, also during a restart; a spare node is at hand; a checkpoint counts
// once written, and what is still on its way to storage when a node fails is not lost. Range: any; with I << M half an
// interval and a restart are lost to each failure. Source: Daly 2006, Future Generation Computer Systems 22, 303.
#pragma once
#include <cstdint>

#include "base/units.hpp"

namespace aifsim {

struct JobFailures {
  Seconds between;  // of the whole job
  Seconds restart;
};

JobFailures job_failures(Seconds node_mtbf, Seconds restart, std::int64_t nodes);

// Of the time of a job with so long from checkpoint to checkpoint: 0..1.
double counting_share(const JobFailures& failures, Seconds interval);
// The same of a run that would be so long without failures: its last piece ends with it.
double counting_share(const JobFailures& failures, Seconds interval, Seconds run);

// Of training between two checkpoints of which each stops it for so long.
Seconds best_interval(const JobFailures& failures, Seconds writing);

}  // namespace aifsim
