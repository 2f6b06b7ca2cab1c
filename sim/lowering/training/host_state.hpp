// State that leaves the GPUs: an optimizer in host memory, and checkpoints.
//
//   offloaded step   g P / w  +  P / r  +  e P / w       one after the other, behind the reduced gradients
//     to drives      max(P / r, s P G / d_r, s P G / d_w)  in place of  P / r
//   checkpoint       C = (e + 4 + o) P_job;   stops a step for  C / (n b)  where it is written at once,
//                    C / (N n w)  where it is copied to host memory first and written from there; no step is shorter
//                    than C / (n b)
//
//   P  parameters that the rank updates      P_job  those of the model that are trained
//   g, e  bytes of a reduced gradient, of a parameter of compute     o  the optimizer's averages (optimizer_state.hpp)
//   w [B/s]  link to the host    r [1/s]  a GPU's share of what the node's CPUs update    b [B/s]  that storage takes
//   s  4 + o: fp32 weights and state    d_r, d_w [B/s]  a node's drives read, write    G  GPUs of a node
//   n  steps between checkpoints     N  GPUs, which write equal shares
//
// Assumption: a CPU optimizer works on pinned memory (ZeRO-Offload, Ren et al. 2021, arXiv:2101.06840), gradients do not
// go down while the backward pass goes on. In 16-bit training the copy of compute is written too.
#pragma once
#include <cstdint>

#include "lowering/training/emitter.hpp"
#include "lowering/training/optimizer_state.hpp"

namespace aifsim {

// The optimizer of this many parameters of the rank, on its GPU or in the host.
void run_optimizer(Emitter& out, const TrainingDescription& training, const StackDescription& stack,
                   const Updated& parameters);

// Of the model; where adapters alone are trained, of those.
Updated trained_parameters(const ModelDescription& model, const TrainingDescription& training);
// What the job writes of so many trained parameters, and this step's part of what that stops it.
Bytes checkpoint_size(const Updated& parameters, const TrainingDescription& training,
                      const StackDescription& stack);
void write_checkpoint(Emitter& out, const Updated& parameters, const TrainingDescription& training,
                      const StackDescription& stack, std::int64_t gpus);

// The samples of the next step: so many tokens, that as many ranks share.
void load_data(Emitter& out, const TrainingDescription& training, double tokens, double ranks_of_sample);
// The step ends when what goes on beside it has ended too.
void end_step(Emitter& out);

// What stands outside of each GPU's memory: offloaded weights in fp32, the optimizer's state, gradients, and
// activations (of the stage that keeps most).
struct HostState {
  Bytes memory, drives;
};
HostState host_state(const ModelDescription& model, const TrainingDescription& training,
                     const StackDescription& stack, std::int64_t gpus);

}  // namespace aifsim
