// The collective models by hand, regime by regime.
#include <catch2/catch.hpp>
#include <cmath>

#include "collectives/cluster_time.hpp"
#include "collectives/node_time.hpp"
#include "collectives/step_time.hpp"

using namespace aifsim;

namespace {

CollectiveQuery query(MeasuredOp op, std::int64_t ranks, double bytes, const std::string& algorithm = "") {
  CollectiveQuery q;
  q.op = op;
  q.ranks = q.ranks_per_node = ranks;
  q.bytes = Bytes{bytes};
  q.algorithm = algorithm;
  return q;
}

CollectiveQuery mpi(MeasuredOp op, std::int64_t nodes, double bytes, const std::string& algorithm,
                    std::int64_t per_node = 1) {
  CollectiveQuery q = query(op, nodes * per_node, bytes, algorithm);
  q.ranks_per_node = per_node;
  q.mpi_library = "OMPI";
  q.gpu_buffers = false;
  return q;
}

NodeModel node() {
  NodeModel m;
  m.base = 8e-6;
  m.step = 1e-6;
  m.ramp = 1e-9;
  m.low_share = 0.5;
  m.switch_bytes = 1e6;
  m.late_base = 10e-6;
  m.late_step = 2e-6;
  m.bandwidth = 200e9;
  m.wide_ratio = 2;
  m.in_switch_gain = 1.5;
  m.narrow_time = 1.1;
  m.exchange_step = 0.5e-6;
  m.exchange_late = 3e-6;
  m.exchange_switch = 50e3;
  m.exchange_ramp = 4e-9;
  m.exchange_share = 0.8;
  return m;
}

// No hand-shake, no ramp, fast memory: a message of m bytes takes 2 us + m / 10 GB/s.
StepModel steps() {
  StepModel m;
  m.latency = 2e-6;
  m.message_gap = 0.5e-6;
  m.rendezvous_bytes = 1e18;
  m.bandwidth = 10e9;
  m.exchange_share = 0.5;
  m.cached_reduction = m.memory_reduction = 5e9;
  m.cache_bytes = 1;
  m.copy_bandwidth = 20e9;
  m.fresh_bandwidth = 1e9;
  m.fresh_bytes = 1e-3;
  m.local_latency = 0.5e-6;
  m.local_bandwidth = 8e9;
  return m;
}

double us(Seconds s) { return s.value * 1e6; }

}  // namespace

TEST_CASE("inside a node small buffers pay latency and the low protocol's bandwidth") {
  // 2 (4-1) = 6 steps; V = 2 * 3/4 * 4096 = 6144 B; four ranks: 200 GB/s * 2^(1/2), half of it
  const double expected = 8 + 6 + 1e-3 * std::sqrt(6144) + 6144 / (0.5 * 200e3 * std::sqrt(2.0));
  CHECK(us(node_time(node(), query(MeasuredOp::all_reduce, 4, 4096))) == Approx(expected).epsilon(1e-6));
}

TEST_CASE("inside a node large buffers pay the bandwidth protocol") {
  const double bytes = 1 << 30, volume = 2.0 * 3 / 4 * bytes;
  const double expected = 8 + 10 + 6 * 3 + volume / (200e3 * std::sqrt(2.0));
  CHECK(us(node_time(node(), query(MeasuredOp::all_reduce, 4, bytes))) == Approx(expected).epsilon(1e-4));
  CollectiveQuery narrow = query(MeasuredOp::all_reduce, 4, bytes);
  narrow.eight_bit = true;
  CHECK(us(node_time(node(), narrow)) == Approx(36 + 1.1 * volume / (200e3 * std::sqrt(2.0))).epsilon(1e-4));
}

TEST_CASE("a switch that sums serves eight ranks, and no 8-bit integers") {
  const double bytes = 1 << 30, volume = 2.0 * 7 / 8 * bytes;
  CHECK(us(node_time(node(), query(MeasuredOp::all_reduce, 8, bytes))) ==
        Approx(18 + 14 * 3 + volume / (400e3 * 1.5)).epsilon(1e-4));
  CHECK(us(node_time(node(), query(MeasuredOp::all_gather, 8, bytes))) ==
        Approx(18 + 7 * 3 + volume / 2 / 400e3).epsilon(1e-4));
}

TEST_CASE("an all-to-all has its own step, ramp and bandwidth") {
  const double bytes = 1 << 28, volume = bytes / 2;
  CHECK(us(node_time(node(), query(MeasuredOp::all_to_all, 2, bytes))) ==
        Approx(8 + 0.5 + 3 + 4e-3 * std::sqrt(volume) + volume / (0.8 * 200e3)).epsilon(1e-4));
}

TEST_CASE("an engine's kernel: one shot, two shots, the library, and eager calls") {
  KernelModel k;
  k.base = 4e-6;
  k.step = 0.1e-6;
  k.one_bandwidth = 100e9;
  k.two_base = 3e-6;
  k.two_bandwidth = 200e9;
  k.wide_ratio = 1;
  k.eager_floor = 25e-6;
  k.copy_bandwidth = 2e12;
  k.one_scale = 1;
  k.own_limit = 32e6;
  const Seconds library{1e-3};
  CHECK(us(kernel_time(k, query(MeasuredOp::all_reduce, 4, 4096), library)) ==
        Approx(4.3 + 3 * 4096 / 100e3).epsilon(1e-4));
  CHECK(us(kernel_time(k, query(MeasuredOp::all_reduce, 4, 4e6), library)) ==
        Approx(7.3 + 2.0 * 3 / 4 * 4e6 / 200e3).epsilon(1e-3));
  CHECK(us(kernel_time(k, query(MeasuredOp::all_reduce, 2, 4e6), library)) ==
        Approx(4.1 + 4e6 / 100e3).epsilon(1e-3));
  CHECK(us(kernel_time(k, query(MeasuredOp::all_reduce, 4, 1e9), library)) == Approx(1000).epsilon(1e-3));
  // A release's factor is on the engine's own kernels, the library's on the library.
  k.library_time = 1.5;
  CHECK(us(kernel_time(k, query(MeasuredOp::all_reduce, 4, 1e9), library, 2)) == Approx(1500).epsilon(1e-3));
  CHECK(us(kernel_time(k, query(MeasuredOp::all_reduce, 4, 4096), library, 2)) ==
        Approx(2 * (4.3 + 3 * 4096 / 100e3)).epsilon(1e-4));
  CHECK(us(kernel_time(k, query(MeasuredOp::all_reduce, 4, 4096, "custom:vLLM_custom_eager:"), library)) ==
        Approx(25 + 2 * 4096 / 2e6));
}

TEST_CASE("MPI rings, doubling, halving and trees step by step") {
  const StepModel m = steps();
  const double s = 1e6;  // bytes; 1 MB at 10 GB/s is 100 us
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 4, s, "ring_ompi"), 4)) == Approx(3 * (2 + 25)));
  // 1/4 then 1/2 of the buffer, between pairs at half the bandwidth
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 4, s, "recursive_doubling_over"), 4)) ==
        Approx(2 + 50 + 2 + 100));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_reduce, 4, s, "recursive_doubling_ompi"), 4)) ==
        Approx(2 * (2 + 200 + 200) + 50));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_reduce, 4, s, "rabenseifner_ompi"), 4)) ==
        Approx(4 * 2 + 2 * (100 + 50) + (100 + 50) + 50));
  // sends at once share the link: one transfer in the first round, two in the second
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 4, s, "binomial_ompi"), 4)) ==
        Approx((2 + 100) + (2 + 0.5 + 200)));
  CHECK(us(step_time(m, mpi(MeasuredOp::reduce, 4, s, "linear_ompi"), 4)) ==
        Approx(2 + 2 * 0.5 + 3 * 100 + 3 * 200));
  CHECK(us(step_time(m, mpi(MeasuredOp::reduce_scatter, 4, s, "ring_ompi"), 4)) ==
        Approx(3 * (2 + 25 + 50) + 50 + 1000 / (1 + std::pow(33.554432, 4))));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_to_all, 4, s, "pairwise_ompi"), 4)) == Approx(3 * (2 + 25)));
}

// Sixteen ranks, 100 us per transfer: a rank of the radix-4 tree has three children per level below it.
TEST_CASE("the deepest path of a tree waits for the transfers of all children of its ranks") {
  const StepModel m = steps();
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 16, 1e6, "knomial_ompi"), 4)) ==
        Approx((2 + 5 * 0.5 + 6 * 100) + (2 + 2 * 0.5 + 3 * 100)));
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 16, 1e6, "bine_lat_i_new_over"), 4)) ==
        Approx(4 * 2 + 6 * 0.5 + 10 * 100));
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 16, 1e6, "bine_lat_new_over"), 4)) ==
        Approx(4 * (2 + 100)));
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 16, 1e6, "split_binary_ompi"), 4)) ==
        Approx(4 * (2 + 0.5 + 100) + 2 + 100));
}

TEST_CASE("ranks of a node that send together share its NICs, which one message is spread over") {
  StepModel m = steps();
  m.rails = 2;
  // Four ranks on two nodes, both of a node send to the other node: 8 MB at 10 GB/s on all four NICs.
  const double alone = us(step_time(m, mpi(MeasuredOp::all_to_all, 2, 8e6, "pairwise_ompi", 2), 4));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_to_all, 2, 8e6, "pairwise_ompi", 2), 2)) - alone ==
        Approx(3 * 200));
  // A root sends alone.
  CHECK(us(step_time(m, mpi(MeasuredOp::scatter, 2, 8e6, "linear_nb_ompi", 2), 4)) ==
        Approx(us(step_time(m, mpi(MeasuredOp::scatter, 2, 8e6, "linear_nb_ompi", 2), 1))));
}

TEST_CASE("a ring over nodes of four pays the mean of its hops, and the wire's bandwidth") {
  const StepModel m = steps();
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 2, 8e6, "ring_ompi", 4), 4)) ==
        Approx(7 * (2 * 0.25 + 0.5 * 0.75 + std::max(1e6 / 10e3, 1e6 / 8e3))));
}

TEST_CASE("a hand-shake is paid by large messages") {
  StepModel m = steps();
  m.rendezvous = 3e-6;
  m.rendezvous_bytes = 8192;
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 2, 2 * 4096, "ring"), 1)) ==
        Approx(2 + 3 * 0.25 + 4096 / 10e3));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 2, 2e6, "ring"), 1)) == Approx(2 + 3 + 100));
}

TEST_CASE("a campaign scales its own job shape only") {
  StepModel m = steps();
  m.campaigns = {{4, 1, 0, 2.0, 1.5}};
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 4, 1e6, "ring"), 1)) == Approx(3 * (4 + 37.5)));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 8, 1e6, "ring"), 1)) == Approx(7 * (2 + 12.5)));
  // A job that set the NICs per message is another campaign.
  CollectiveQuery four_rails = mpi(MeasuredOp::all_gather, 4, 1e6, "ring");
  four_rails.rails = 4;
  CHECK(us(step_time(m, four_rails, 1)) == Approx(3 * (2 + 25)));
  m.campaigns.push_back({4, 1, 4, 1.0, 3.0});
  CHECK(us(step_time(m, four_rails, 1)) == Approx(3 * (2 + 75)));
}

TEST_CASE("every second step of a neighbour exchange leaves a node of four") {
  const StepModel m = steps();
  // Eight ranks: a step of one part within the node, and three of two parts, at half the wire's bandwidth.
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 2, 8e6, "neighbor_ompi", 4), 4)) ==
        Approx((0.5 + 1e6 / 8e3) + 3 * (0.5 * 2 + 0.5 * 0.5 + 2e6 / 5e3)));
}

TEST_CASE("memory that is new costs a base and its bytes, from a threshold on") {
  StepModel m = steps();
  m.fresh_base = 300e-6;
  m.fresh_bytes = 1e6;
  const auto more = [&](double bytes) {
    const CollectiveQuery q = mpi(MeasuredOp::reduce_scatter, 4, bytes, "recursive_halving_ompi");
    StepModel none = m;
    none.fresh_base = 0;
    none.fresh_bandwidth = 1e30;
    return us(step_time(m, q, 4)) - us(step_time(none, q, 4));
  };
  CHECK(more(1e8) == Approx(300 + 1e8 / (m.fresh_bandwidth / 1e6)).epsilon(1e-6));
  CHECK(more(1e6) == Approx((300 + 1e6 / (m.fresh_bandwidth / 1e6)) / 2).epsilon(1e-6));
  CHECK(more(1e5) < 0.1);
}

TEST_CASE("an implementation scales its own algorithm of its own collective only") {
  StepModel m = steps();
  m.implementations = {{MeasuredOp::all_gather, "ring_ompi", 2.0, 1.5}};
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 4, 1e6, "ring_ompi"), 1)) == Approx(3 * (4 + 37.5)));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 4, 1e6, "ring_over"), 1)) == Approx(3 * (2 + 25)));
  CHECK(step_time(m, mpi(MeasuredOp::all_reduce, 4, 1e6, "ring_ompi"), 1).value ==
        step_time(steps(), mpi(MeasuredOp::all_reduce, 4, 1e6, "ring_ompi"), 1).value);
}

TEST_CASE("a library's default is its own version of the algorithm that it takes") {
  CHECK(implementation_of(mpi(MeasuredOp::gather, 4, 1e6, "default_ompi")) == "binomial_ompi");
  CHECK(implementation_of(mpi(MeasuredOp::gather, 4, 1e6, "bine_over")) == "bine_over");
  CollectiveQuery q = mpi(MeasuredOp::reduce_scatter, 4, 1e3, "non_blocking_mpich");
  q.mpi_library = "CRAY_MPICH";
  CHECK(implementation_of(q) == "recursive_halving_mpich");
}

TEST_CASE("ranks of a node slow each other's copies") {
  StepModel m = steps();
  m.copy_bandwidth = 10e9;
  m.crowding = 0.5;
  m.latency = m.local_latency = 0;
  m.bandwidth = m.local_bandwidth = 1e18;
  const auto copies = [&](int per_node) {  // Bruck's copies its buffer once
    return us(step_time(m, mpi(MeasuredOp::all_gather, 4, 8e6, "brucks_ompi", per_node), 1));
  };
  CHECK(copies(4) == Approx(2 * copies(1)).epsilon(0.01));
}

TEST_CASE("an unknown algorithm is refused with its name") {
  CHECK_THROWS_WITH(step_loads(mpi(MeasuredOp::all_gather, 4, 64, "teleport")),
                    Catch::Contains("teleport") && Catch::Contains("all_gather"));
  CHECK_THROWS_AS(cluster_form(query(MeasuredOp::all_gather, 8, 64)), CannotAnswer);
}

TEST_CASE("over several nodes the library takes the quicker form, and the ring when large") {
  ClusterModel m;
  m.tree_base = m.ring_base = 10e-6;
  m.tree_level = 5e-6;
  m.ring_step = 1e-6;
  m.tree_bandwidth = 50e9;
  m.ring_bandwidth = 100e9;
  m.tree_switch = m.ring_switch = 1e18;
  m.tree_limit = 1e7;
  CollectiveQuery q = query(MeasuredOp::all_reduce, 16, 1024);
  q.ranks_per_node = 4;
  const double tree = 10 + 5 * std::pow(2, 1.3) + 2 * 1024 / 50e3;
  CHECK(us(cluster_time(m, q)) == Approx(tree));
  q.algorithm = "allreduce_nccl_ring";
  CHECK(us(cluster_time(m, q)) == Approx(10 + 30 + 2 * 15 / 16.0 * 1024 / 100e3));
  q.algorithm = "";
  q.bytes = Bytes{1e9};
  CHECK(us(cluster_time(m, q)) == Approx(10 + 30 + 2 * 15 / 16.0 * 1e9 / 100e3));
  // The largest tree grows with the GPUs: 10 MB on 64, 80 MB on 512.
  q.bytes = Bytes{5e7};
  q.ranks = 64;
  CHECK(us(cluster_time(m, q)) == Approx(10 + 126 + 2 * 63 / 64.0 * 5e7 / 100e3));
  q.ranks = 512;
  m.ring_step = 5e-6;
  CHECK(us(cluster_time(m, q)) == Approx(10 + 5 * std::pow(7, 1.3) + 2 * 5e7 / 50e3));
}

TEST_CASE("expert exchange sends a token once to each distinct rank") {
  ExchangeModel m;
  m.base = 20e-6;
  m.sm_bandwidth = 10e9;
  m.bandwidth = m.sm_node_bandwidth = m.node_bandwidth = 1e15;
  CollectiveQuery q = query(MeasuredOp::dispatch, 8, 0);
  q.tokens = 1000;
  q.hidden = 1000;
  q.topk = 1;
  q.multiprocessors = 10;
  CHECK(us(exchange_time(m, q)) == Approx(20 + 2e6 / 100e3));
  q.topk = 2;  // 8 (1 - (7/8)^2) = 1.875 distinct ranks
  CHECK(us(exchange_time(m, q)) == Approx(20 + 1.875 * 2e6 / 100e3));
}
