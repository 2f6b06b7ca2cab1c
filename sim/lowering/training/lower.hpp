// One optimizer step of a training job as a program, in the steady state. Ranks of a pipeline stage are a role.
//
// What the streams model:
//   compute       kernels of the layers in order; the optimizer at the end
//   shard         all-gathers of parameters and reduce-scatters of gradients: one communicator, so they queue
//                 behind each other in the order in which the host issues them
//   replica       all-reduces between copies of a shard (hsdp) or of the gradients (ddp); expert_shard: both of experts
//   tensor        sums of activations between the ranks that split a layer, or an engine that generates answers; compute
//                 waits for them
//   context       keys and values between the ranks that split sequences
//   expert        tokens to and from the ranks that share out experts
//   send, receive activations and their gradients between stages, each way
//   loader        the input pipeline of the next step
//   data          its samples, read from storage
//   checkpoint    one that is written while training goes on
//   to_host, from_host, to_drives, from_drives    state that is offloaded
// Full sharding: an all-gather starts when the layer `min(prefetch + 1, max_gathers_in_flight)` places before has been
// computed; a reduction starts when its layer's backward has.
#pragma once
#include <cstdint>

#include "catalog/stack.hpp"
#include "catalog/workload.hpp"
#include "program/program.hpp"

namespace aifsim {

// Throws CannotAnswer when the layout does not divide the job.
Program lower_training(const ModelDescription& model, const TrainingDescription& training,
                       const StackDescription& stack, std::int64_t gpus);

}  // namespace aifsim
