// What is kept of training's state, where, and what is lost when a node fails.
#include "catalog/fields.hpp"
#include "catalog/words.hpp"
#include "catalog/workload.hpp"

namespace aifsim::catalog {

Table<CheckpointDescription> TableOf<CheckpointDescription>::make() {
  using T = CheckpointDescription;
  return {
      {
          required("steps", &T::steps, kCount, "Steps between two checkpoints."),
          optional("rate", &T::rate, kPositive,
                   "That storage takes, of the whole job together; instead of a tier."),
          optional("tier", &T::tier,
                   "Tier of the platform's storage that all GPUs write equal shares to, or nvme, their "
                   "nodes' own drives; instead of a rate."),
          optional("then", &T::then,
                   "With a tier, and only then: the tier that it is copied to from there, while training "
                   "goes on."),
          optional(
              "asynchronous", &T::asynchronous,
              "Whether GPUs copy it to host memory, from where it is written while training goes on; else "
              "the job waits until it is written."),
      },
      [](Reader& reader, const Node& node, const CheckpointDescription& checkpoint) {
        // A point of a sweep gives some of the keys over those that a variant has.
        const bool rate = node.find("rate") || (reader.at_point && checkpoint.rate.value > 0),
                   tier = node.find("tier") || (reader.at_point && !checkpoint.tier.empty());
        if (rate && tier)
          reader.problem_in(node, "tier", "stands beside rate; one of them would be right");
        else if (!rate && !tier)
          reader.missing_key(node, "tier", "Where it is written: a tier of the storage, or a rate.");
        if (checkpoint.tier.empty() && node.find("then"))
          reader.problem_in(node, "then", "belongs to a checkpoint with a tier");
        else if (node.find("then") && checkpoint.then == checkpoint.tier)
          reader.problem_in(node, "then", "is where it lies already; another tier would be right");
        else if (node.find("then") && checkpoint.then == node_drives)
          reader.problem_in(
              node, "then",
              "must be a tier of servers; drives of the nodes are written first: tier nvme, then "
              "such a tier");
      }};
}

Table<FailureDescription> TableOf<FailureDescription>::make() {
  using T = FailureDescription;
  return {{
              required("node_mtbf", &T::node_mtbf, kPositive,
                       "Mean time between two failures of one node, as 264d."),
              required("restart", &T::restart, kNotNegative,
                       "From a failure until training goes on: noticed, started again, checkpoint read."),
          },
          {}};
}

Table<OffloadDescription> TableOf<OffloadDescription>::make() {
  using T = OffloadDescription;
  return {{
              optional("optimizer", &T::optimizer,
                       "The optimizer's state and the fp32 weights: host, in host memory, where CPUs update "
                       "them (ZeRO-Offload); nvme, on the nodes' own drives, through host memory "
                       "(ZeRO-Infinity); none."),
              optional("activations", &T::activations,
                       "What layers keep for the backward pass: host, in host memory; nvme, on the nodes' "
                       "own drives; none."),
          },
          {}};
}

}  // namespace aifsim::catalog
