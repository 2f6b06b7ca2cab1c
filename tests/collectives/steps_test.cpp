// The step loads of MPI's classical algorithms against the schedules of the same algorithms, which are proved:
// as many steps one after the other, as many bytes sent (or received) and summed by the busiest rank.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "collectives/schedule.hpp"
#include "collectives/step_time.hpp"

namespace aifsim {
namespace {

constexpr double bytes = 1 << 20;

struct Sum {
  double steps = 0, moved = 0, reduced = 0;
};

// What the busiest rank of each step does, over all steps.
Sum of_schedule(const Schedule& s) {
  Sum sum;
  Sends sends;
  for (const Phase& phase : s.phases)
    for (std::int64_t step = 0; step < phase.steps; ++step) {
      std::vector<double> sent(static_cast<std::size_t>(s.group.ranks), 0), received = sent, reduced = sent;
      for (std::int64_t rank = 0; rank < s.group.ranks; ++rank) {
        sends.clear();
        phase.sends(step, rank, sends);
        for (const Sends::Send& send : sends.all()) {
          const double part = send.volume / static_cast<double>(s.cells) * bytes;
          sent[static_cast<std::size_t>(rank)] += part;
          received[static_cast<std::size_t>(send.to)] += part;
          if (send.work == Work::add) reduced[static_cast<std::size_t>(send.to)] += part;
        }
      }
      sum.steps += 1;
      sum.moved += std::max(*std::max_element(sent.begin(), sent.end()),
                            *std::max_element(received.begin(), received.end()));
      sum.reduced += *std::max_element(reduced.begin(), reduced.end());
    }
  return sum;
}

Sum of_loads(const std::vector<StepLoad>& loads) {
  Sum sum;
  for (const StepLoad& load : loads) {
    if (load.messages == 0) continue;  // local work
    sum.steps += load.repetitions;
    sum.moved += load.repetitions * load.messages * load.bytes;
    sum.reduced += load.repetitions * load.reduced;
  }
  return sum;
}

struct Pair {
  MeasuredOp op;
  const char* name;  // as tables have it
  CollectiveKind kind;
  Algorithm algorithm;
};

}  // namespace

TEST_CASE("step loads move and sum what the proved schedules do") {
  using Op = MeasuredOp;
  using Kind = CollectiveKind;
  constexpr Pair pairs[] = {
      {Op::all_gather, "ring_ompi", Kind::all_gather, Algorithm::ring},
      {Op::all_gather, "neighbor_ompi", Kind::all_gather, Algorithm::neighbor_exchange},
      {Op::all_gather, "recursive_doubling_ompi", Kind::all_gather, Algorithm::recursive_doubling},
      {Op::all_gather, "brucks_mpich", Kind::all_gather, Algorithm::bruck},
      {Op::all_gather, "sparbit_over", Kind::all_gather, Algorithm::sparbit},
      {Op::all_gather, "bine_permute_over", Kind::all_gather, Algorithm::bine},
      {Op::reduce_scatter, "ring_ompi", Kind::reduce_scatter, Algorithm::ring},
      {Op::reduce_scatter, "pairwise_mpich", Kind::reduce_scatter, Algorithm::pairwise},
      {Op::reduce_scatter, "recursive_halving_ompi", Kind::reduce_scatter, Algorithm::recursive_halving},
      {Op::reduce_scatter, "recursive_distance_doubling_over", Kind::reduce_scatter,
       Algorithm::distance_doubling},
      {Op::all_reduce, "ring_ompi", Kind::all_reduce, Algorithm::ring},
      {Op::all_reduce, "recursive_doubling_ompi", Kind::all_reduce, Algorithm::recursive_doubling},
      {Op::all_reduce, "rabenseifner_ompi", Kind::all_reduce, Algorithm::rabenseifner},
      {Op::all_reduce, "bine_lat_over", Kind::all_reduce, Algorithm::bine},
      {Op::all_reduce, "bine_bdw_remap_over", Kind::all_reduce, Algorithm::bine_bandwidth},
      {Op::broadcast, "scatter_allgather_ompi", Kind::broadcast, Algorithm::scatter_allgather},
      {Op::broadcast, "scatter_allgather_ring_ompi", Kind::broadcast, Algorithm::scatter_ring},
      {Op::reduce, "binomial_ompi", Kind::reduce, Algorithm::binomial},
      {Op::reduce, "linear_ompi", Kind::reduce, Algorithm::linear},
      {Op::gather, "linear_ompi", Kind::gather, Algorithm::linear},
      {Op::scatter, "linear_ompi", Kind::scatter, Algorithm::linear},
      {Op::scatter, "binomial_ompi", Kind::scatter, Algorithm::binomial},
      {Op::all_to_all, "pairwise_ompi", Kind::all_to_all, Algorithm::pairwise},
      {Op::all_to_all, "linear_ompi", Kind::all_to_all, Algorithm::linear},
      {Op::all_to_all, "modified_bruck_ompi", Kind::all_to_all, Algorithm::bruck},
  };
  for (const Pair& pair : pairs)
    for (const std::int64_t ranks : {2, 3, 4, 5, 8, 12, 16, 31, 32, 64}) {
      const auto schedule = find_schedule(pair.kind, pair.algorithm, {ranks, 1});
      if (!schedule) continue;
      CollectiveQuery q;
      q.op = pair.op;
      q.ranks = ranks;
      q.bytes = Bytes{bytes};
      q.algorithm = pair.name;
      q.mpi_library = "OMPI";
      const Sum proved = of_schedule(*schedule), loads = of_loads(step_loads(q));
      INFO(name_of(pair.op) << " by " << pair.name << ", " << ranks << " ranks");
      CHECK(loads.steps == Approx(proved.steps));
      CHECK(loads.moved == Approx(proved.moved));
      CHECK(loads.reduced == Approx(proved.reduced));
    }
}

}  // namespace aifsim
