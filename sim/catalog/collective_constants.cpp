// The constants of each block of collective models, one line each: key, bounds and typical value of a fit,
// meaning. Typical values are medians over the machines fitted so far.
#include "catalog/collective_models.hpp"

namespace aifsim {
namespace {
using U = ModelUnit;
using K = KernelModel;
using S = StepModel;
using E = ExchangeModel;
}  // namespace

template <>
std::span<const ModelConstant<KernelModel>> model_constants() {
  static constexpr ModelConstant<K> made[] = {
      {"base", &K::base, U::seconds, 1e-6, 6e-5, 5e-6, 0.5, "Launch and synchronisation."},
      {"step", &K::step, U::seconds, 1e-8, 1e-5, 2e-7, 0.7, "Per other rank."},
      {"one_bandwidth", &K::one_bandwidth, U::bandwidth, 1e8, 3e12, 2e11, 1,
       "One shot: every rank reads all buffers."},
      {"two_base", &K::two_base, U::seconds, 1e-7, 4e-5, 5e-6, 0.7, "What the second shot adds."},
      {"two_bandwidth", &K::two_bandwidth, U::bandwidth, 1e9, 3e12, 3e11, 1,
       "Two shots: reduce-scatter, then all-gather."},
      {"wide_ratio", &K::wide_ratio, U::number, 0.02, 4, 1.2, 0.5, "Bandwidth of eight ranks over two."},
      {"eager_floor", &K::eager_floor, U::seconds, 5e-6, 2e-4, 2.5e-5, 0.6,
       "Host time per call outside a CUDA graph; nothing is shorter."},
      {"copy_bandwidth", &K::copy_bandwidth, U::bandwidth, 1e11, 2e13, 3e12, 0.5,
       "Outside a graph the buffer is copied first."},
      {"one_scale", &K::one_scale, U::number, 0.1, 10, 1, 0.7,
       "Largest one-shot buffer over the usual 512 KiB (up to four ranks) or 256 KiB."},
      {"own_limit", &K::own_limit, U::bytes, 1e6, 1e12, 1.2e7, 1,
       "Buffer beyond which the engine calls the vendor's library."},
      {"library_time", &K::library_time, U::number, 0.2, 5, 1, 0.3,
       "Time of that library as the engine starts it, over its own."},
  };
  return made;
}

template <>
std::span<const ModelConstant<StepModel>> model_constants() {
  static constexpr ModelConstant<S> made[] = {
      {"latency", &S::latency, U::seconds, 2e-7, 6e-5, 1.6e-6, 0.5, "Of a message to another node."},
      {"message_gap", &S::message_gap, U::seconds, 1e-8, 5e-6, 3e-7, 0.7,
       "Between messages that are sent at once."},
      {"bandwidth", &S::bandwidth, U::bandwidth, 2e9, 1e11, 1.5e10, 0.5, "Of one rank's messages."},
      {"rails", &S::rails, U::number, 1, 4, 1.5, 0.4, "NICs that one rank's large message is spread over."},
      {"cached_reduction", &S::cached_reduction, U::bandwidth, 1e9, 1e11, 1.2e10, 0.6,
       "Bytes reduced per second, in cache."},
      {"memory_reduction", &S::memory_reduction, U::bandwidth, 1e9, 1e11, 5.5e9, 0.4,
       "Bytes reduced per second, from memory."},
      {"copy_bandwidth", &S::copy_bandwidth, U::bandwidth, 1e9, 1e11, 1.5e10, 0.6, "Of a local copy."},
      {"fresh_bandwidth", &S::fresh_bandwidth, U::bandwidth, 3e8, 2e10, 2.5e9, 0.7,
       "Of memory that a reduce-scatter allocates anew: page faults and registration."},
  };
  return made;
}

template <>
std::span<const ModelConstant<ExchangeModel>> model_constants() {
  static constexpr ModelConstant<E> made[] = {
      {"base", &E::base, U::seconds, 3e-6, 2e-4, 2.5e-5, 1, "Launch, counts and notification."},
      {"node_level", &E::node_level, U::seconds, 1e-6, 2e-4, 3e-5, 0.7, "More, per doubling of the nodes."},
      {"expert_time", &E::expert_time, U::seconds, 1e-12, 1e-7, 1e-10, 1, "Per expert."},
      {"token_time", &E::token_time, U::seconds, 1e-12, 2e-6, 1e-8, 1,
       "Per token and chosen expert, on one multiprocessor."},
      {"ramp", &E::ramp, U::ramp, 1e-13, 1e-6, 5e-9, 1,
       "Per square root of a byte that a multiprocessor sends."},
      {"sm_bandwidth", &E::sm_bandwidth, U::bandwidth, 1e9, 2e11, 2e10, 1, "Of one multiprocessor."},
      {"bandwidth", &E::bandwidth, U::bandwidth, 2e10, 3e12, 5e11, 1, "Of all, in the node."},
      {"sm_node_bandwidth", &E::sm_node_bandwidth, U::bandwidth, 3e8, 1e11, 5e9, 0.7,
       "Of one multiprocessor, to other nodes."},
      {"node_bandwidth", &E::node_bandwidth, U::bandwidth, 5e9, 1e12, 5e10, 0.7, "Of all, to other nodes."},
  };
  return made;
}

}  // namespace aifsim
