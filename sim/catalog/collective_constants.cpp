// The constants of each block of collective models, one line each: key, bounds and typical value of a fit,
// meaning. Typical values are medians over the machines fitted so far.
#include "catalog/collective_models.hpp"

namespace aifsim {
namespace {
using U = ModelUnit;
using N = NodeModel;
using K = KernelModel;
using S = StepModel;
using C = ClusterModel;
using E = ExchangeModel;
}  // namespace

template <>
std::span<const ModelConstant<NodeModel>> model_constants() {
  static constexpr ModelConstant<N> made[] = {
      {"base", &N::base, U::seconds, 5e-7, 1e-4, 8e-6, 1, "Launch and first message."},
      {"step", &N::step, U::seconds, 1e-8, 3e-5, 1e-6, 1, "Per message, one after the other, while small."},
      {"ramp", &N::ramp, U::ramp, 1e-13, 1e-6, 1e-9, 1, "Per square root of a byte, while small."},
      {"low_share", &N::low_share, U::number, 0.01, 3, 0.6, 0.7,
       "Share of the bandwidth that the low-latency protocol reaches."},
      {"switch_bytes", &N::switch_bytes, U::bytes, 5e4, 1e7, 1e6, 1,
       "Volume of one step from which on the bandwidth protocol is taken (times steps to the power 0.7)."},
      {"late_base", &N::late_base, U::seconds, 1e-8, 2e-4, 1.2e-5, 0.7,
       "What the bandwidth protocol adds once."},
      {"late_step", &N::late_step, U::seconds, 1e-8, 6e-5, 2.5e-6, 0.7,
       "What it adds per message, one after the other."},
      {"bandwidth", &N::bandwidth, U::bandwidth, 1e9, 5e12, 4e11, 9,
       "Volume of a rank per second, two ranks."},
      {"wide_ratio", &N::wide_ratio, U::number, 0.02, 2.5, 1.2, 0.5, "Bandwidth of eight ranks over two."},
      {"in_switch_gain", &N::in_switch_gain, U::number, 1, 3, 1.25, 0.3,
       "Bandwidth of an all-reduce of eight ranks that the switch sums, over that of a ring."},
      {"narrow_time", &N::narrow_time, U::number, 0.95, 1.5, 1.03, 0.2,
       "Transfer time of a reduction of 8-bit integers over that of 16-bit numbers."},
      {"exchange_step", &N::exchange_step, U::seconds, 1e-9, 3e-5, 5e-7, 1,
       "All-to-all: per peer, beside `base`."},
      {"exchange_late", &N::exchange_late, U::seconds, 1e-8, 5e-5, 2.5e-6, 0.7,
       "All-to-all: what the bandwidth protocol adds."},
      {"exchange_switch", &N::exchange_switch, U::bytes, 5e3, 1e6, 5e4, 0.5,
       "All-to-all: volume from which on it is taken."},
      {"exchange_ramp", &N::exchange_ramp, U::ramp, 1e-11, 1e-6, 4e-9, 0.5,
       "All-to-all: per square root of a byte."},
      {"exchange_share", &N::exchange_share, U::number, 0.2, 3, 1, 0.4,
       "All-to-all: its bandwidth over `bandwidth`."},
  };
  return made;
}

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
      {"latency", &S::latency, U::seconds, 2e-7, 3e-5, 1.5e-6, 0.5, "Of a message to another node."},
      {"hop_latency", &S::hop_latency, U::seconds, 1e-10, 2e-6, 2e-7, 1,
       "More, per doubling of the distance in nodes."},
      {"message_gap", &S::message_gap, U::seconds, 1e-8, 5e-6, 3e-7, 1,
       "Between messages that are sent at once."},
      {"rendezvous", &S::rendezvous, U::seconds, 1e-8, 6e-5, 2e-6, 1, "What the hand-shake adds."},
      {"rendezvous_bytes", &S::rendezvous_bytes, U::bytes, 512, 3e5, 6e3, 0.7,
       "Message from which on there is one."},
      {"bandwidth", &S::bandwidth, U::bandwidth, 2e9, 1e11, 1.5e10, 0.5, "Of one rank's messages."},
      {"rails", &S::rails, U::number, 1, 4, 1.4, 0.3, "NICs that one rank's large message is spread over."},
      {"exchange_share", &S::exchange_share, U::number, 0.3, 1, 0.7, 0.4,
       "Share of it, each way, when two ranks send to each other."},
      {"ramp", &S::ramp, U::ramp, 1e-11, 3e-7, 5e-9, 1, "Per square root of a byte of a message."},
      {"cached_reduction", &S::cached_reduction, U::bandwidth, 1e9, 1e11, 1.2e10, 0.6,
       "Bytes reduced per second, in cache."},
      {"memory_reduction", &S::memory_reduction, U::bandwidth, 1e9, 1e11, 6e9, 0.5,
       "Bytes reduced per second, from memory."},
      {"cache_bytes", &S::cache_bytes, U::bytes, 1e6, 3e8, 3e7, 1, "Where one passes into the other."},
      {"copy_bandwidth", &S::copy_bandwidth, U::bandwidth, 1e9, 1e11, 1e10, 0.6, "Of a local copy."},
      {"fresh_bandwidth", &S::fresh_bandwidth, U::bandwidth, 3e8, 2e10, 2e9, 0.7,
       "Of memory that a reduce-scatter allocates anew: page faults and registration."},
      {"fresh_bytes", &S::fresh_bytes, U::bytes, 2e5, 5e7, 4e6, 1, "Buffer from which on it does."},
      {"fresh_base", &S::fresh_base, U::seconds, 1e-6, 1e-2, 3e-4, 1, "Once, for each such allocation."},
      {"crowding", &S::crowding, U::number, 0.01, 1, 0.2, 1,
       "Exponent with which the ranks of a node slow each other's work in memory."},
      {"local_latency", &S::local_latency, U::seconds, 5e-8, 1e-5, 6e-7, 0.5, "Of a message in the node."},
      {"local_bandwidth", &S::local_bandwidth, U::bandwidth, 2e9, 1e11, 1e10, 0.5,
       "Of one rank's messages in the node."},
  };
  return made;
}

template <>
std::span<const ModelConstant<ClusterModel>> model_constants() {
  static constexpr ModelConstant<C> made[] = {
      {"tree_base", &C::tree_base, U::seconds, 1e-6, 6e-5, 1e-5, 1, "Tree: once."},
      {"tree_level", &C::tree_level, U::seconds, 1e-6, 4e-5, 7e-6, 0.7, "Tree: per level to the power 1.3."},
      {"tree_ramp", &C::tree_ramp, U::ramp, 1e-10, 1e-6, 1e-8, 0.7, "Tree: per square root of a byte."},
      {"tree_bandwidth", &C::tree_bandwidth, U::bandwidth, 2e9, 3e12, 1e11, 1,
       "Tree: volume of a rank per second, two nodes."},
      {"tree_loss", &C::tree_loss, U::number, 1e-4, 0.3, 0.03, 1, "Lost at each doubling of the nodes."},
      {"tree_late", &C::tree_late, U::seconds, 1e-7, 3e-4, 3e-5, 0.7,
       "Tree: what the bandwidth protocol adds."},
      {"tree_switch", &C::tree_switch, U::bytes, 5e3, 1e6, 4e4, 0.7, "Buffer at which it does."},
      {"ring_base", &C::ring_base, U::seconds, 1e-6, 1e-4, 1e-5, 1, "Ring: once."},
      {"ring_step", &C::ring_step, U::seconds, 1e-7, 1e-5, 1.4e-6, 0.7,
       "Ring: per message, one after the other."},
      {"ring_ramp", &C::ring_ramp, U::ramp, 1e-10, 1e-6, 1.4e-8, 0.7, "Ring: per square root of a byte."},
      {"ring_bandwidth", &C::ring_bandwidth, U::bandwidth, 2e9, 3e12, 1e11, 1,
       "Ring: volume of a rank per second, two nodes."},
      {"ring_loss", &C::ring_loss, U::number, 1e-4, 0.3, 0.03, 1, "Lost at each doubling of the nodes."},
      {"ring_late", &C::ring_late, U::seconds, 1e-7, 5e-4, 3e-5, 0.7,
       "Ring: what the bandwidth protocol adds."},
      {"ring_switch", &C::ring_switch, U::bytes, 1e4, 1e7, 1.5e5, 0.7, "Buffer at which it does."},
      {"ramp_growth", &C::ramp_growth, U::number, 1e-3, 10, 1, 1, "Growth of the ramps per level."},
      {"tree_limit", &C::tree_limit, U::bytes, 1e5, 1e9, 2e7, 0.7,
       "Buffer beyond which the library leaves the tree, on 64 GPUs; it grows with their number."},
      {"wide_base", &C::wide_base, U::seconds, 1e-6, 2e-4, 1e-5, 0.7, "MPI hierarchical, wide: once."},
      {"wide_level", &C::wide_level, U::seconds, 1e-6, 1e-4, 3.5e-5, 0.7, "Per level."},
      {"wide_ramp", &C::wide_ramp, U::ramp, 1e-10, 1e-6, 1e-8, 0.7, "Per square root of a byte."},
      {"wide_bandwidth", &C::wide_bandwidth, U::bandwidth, 5e9, 5e11, 1e11, 0.7, "Volume per second."},
      {"short_base", &C::short_base, U::seconds, 1e-6, 3e-4, 1e-5, 0.7, "MPI hierarchical, short: once."},
      {"short_level", &C::short_level, U::seconds, 1e-6, 1e-4, 3.5e-5, 0.7, "Per level."},
      {"short_ramp", &C::short_ramp, U::ramp, 1e-10, 1e-6, 8e-8, 0.7, "Per square root of a byte."},
      {"short_bandwidth", &C::short_bandwidth, U::bandwidth, 3e9, 5e11, 9e10, 0.7,
       "Bytes per second and level."},
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
