// The collective models by hand, regime by regime.
#include <catch2/catch.hpp>
#include <cmath>

#include "collectives/exchange_time.hpp"
#include "collectives/kernel_time.hpp"
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

// A message of m bytes to the next node takes l + m / 10 GB/s + ramp(m).
StepModel steps() {
  StepModel m;
  m.latency = 2e-6;
  m.message_gap = 0.5e-6;
  m.bandwidth = 10e9;
  m.cached_reduction = m.memory_reduction = 5e9;
  m.copy_bandwidth = 20e9;
  m.fresh_bandwidth = 1e9;
  return m;
}
constexpr double l = 2 + 0.26 + 1.6, local = 0.8;  // us, with the hop and the hand-shake of large messages
double ramp(double bytes) { return 1.45e-2 * std::sqrt(bytes); }
// Hops to farther nodes take a little more.
Approx about(double us) { return Approx(us).epsilon(0.01); }

double us(Seconds s) { return s.value * 1e6; }

}  // namespace

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
  const double s = 1e6, half = ramp(s / 2), quarter = ramp(s / 4);  // 1 MB at 10 GB/s is 100 us
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 4, s, "ring_ompi"), 4)) == about(3 * (l + 25 + quarter)));
  // 1/4 then 1/2 of the buffer, between pairs at 0.7 of the bandwidth
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 4, s, "recursive_doubling_over"), 4)) ==
        about(l + 25 / 0.7 + quarter + l + 50 / 0.7 + half));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_reduce, 4, s, "recursive_doubling_ompi"), 4)) ==
        about(2 * (l + 100 / 0.7 + ramp(s) + 200)));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_reduce, 4, s, "rabenseifner_ompi"), 4)) ==
        about(4 * l + 2 * (50 + 25) / 0.7 + 2 * (half + quarter) + 100 + 50));
  // sends at once share the link: one transfer in the first round, two in the second
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 4, s, "binomial_ompi"), 4)) ==
        about((l + 100 + ramp(s)) + (l + 0.5 + 200 + ramp(s))));
  CHECK(us(step_time(m, mpi(MeasuredOp::reduce, 4, s, "linear_ompi"), 4)) ==
        about(l + 2 * 0.5 + 3 * 100 + 3 * 200 + ramp(s)));
  CHECK(us(step_time(m, mpi(MeasuredOp::reduce_scatter, 4, s, "ring_ompi"), 4)) ==
        about(3 * (l + 25 + quarter + 50)));
  CHECK(us(step_time(m, mpi(MeasuredOp::all_to_all, 4, s, "pairwise_ompi"), 4)) ==
        about(3 * (l + 25 + quarter)));
}

// Sixteen ranks, 100 us per transfer: a rank of the radix-4 tree has three children per level below it.
TEST_CASE("the deepest path of a tree waits for the transfers of all children of its ranks") {
  const StepModel m = steps();
  const double s = 1e6, one = l + ramp(s);
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 16, s, "knomial_ompi"), 4)) ==
        about((one + 5 * 0.5 + 6 * 100) + (one + 2 * 0.5 + 3 * 100)));
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 16, s, "bine_lat_i_new_over"), 4)) ==
        about(4 * one + 6 * 0.5 + 10 * 100));
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 16, s, "bine_lat_new_over"), 4)) ==
        about(4 * (one + 100)));
  CHECK(us(step_time(m, mpi(MeasuredOp::broadcast, 16, s, "split_binary_ompi"), 4)) ==
        about(4 * (l + ramp(s / 2) + 0.5 + 100) + l + ramp(s / 2) + 50 / 0.7));
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
        about(7 * (l * 0.25 + local * 0.75 + 1e6 / 9e3 + ramp(1e6))));
}

TEST_CASE("every second step of a neighbour exchange leaves a node of four") {
  const StepModel m = steps();
  // Eight ranks: a step of one part within the node, and three of two parts, at 0.7 of the wire's bandwidth.
  CHECK(us(step_time(m, mpi(MeasuredOp::all_gather, 2, 8e6, "neighbor_ompi", 4), 4)) ==
        about((local + 1e6 / 9e3 + ramp(1e6)) + 3 * (0.5 * l + 0.5 * local + 2e6 / 7e3 + ramp(2e6))));
}

TEST_CASE("an unknown algorithm is refused with its name") {
  CHECK_THROWS_WITH(step_loads(mpi(MeasuredOp::all_gather, 4, 64, "teleport")),
                    Catch::Contains("teleport") && Catch::Contains("all_gather"));
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
