// Whole training steps, data-parallel over all ranks.
#include "cpu/bench.hpp"
#include "cpu/blas_device.hpp"

namespace real_runs::cpu {
namespace {

// The all-reduce weighs little in the first, more in the others.
constexpr StepShape kShapes[] = {
    {4, 256, 4, 2048, 128, 4}, {2, 512, 8, 1024, 64, 2}, {6, 192, 6, 512, 64, 2}};

}  // namespace

void step_cases(Bench& bench, bool run, const std::string& when) {
  if (!run) {
    bench.cases += std::size(kShapes);
    return;
  }
  for (const StepShape& s : kShapes) {
    bench.begin("training step " + s.name() + ", " + when);
    BlasDevice device;
    TrainingStep<BlasDevice> step(device, s, bench.ranks, 1);
    step.draw_batch(static_cast<unsigned>(10 + bench.rank));
    double first = 0, last = 0;
    const auto reduce = [](float* gradients, Size count) {
      MPI_Allreduce(MPI_IN_PLACE, gradients, static_cast<int>(count), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    };
    const Times times = bench.time_together(
        [&] {
          step.forward_backward(reduce);
          last = step.loss();
          if (first == 0) first = last;
          step.optimize();
        },
        bench.full ? 10 : 1.5, 7, 100);
    if (!(last < first)) fail("the loss does not fall: the training step is wrong");
    float sum = 0, same = 0;
    for (const float p : step.parameters()) sum += p;
    MPI_Allreduce(&sum, &same, 1, MPI_FLOAT, MPI_MAX, MPI_COMM_WORLD);
    if (same != sum && bench.rank != 0) fail("the replicas of the training step have come apart");
    Row row = bench.row("training_step");
    row.set("layer", s.name())
        .set("ranks", bench.ranks)
        .set("ranks_per_node", bench.ranks)
        .set("dtype", "fp32");
    row.set("batch", double(s.batch)).set("heads", double(s.heads)).set("seq_q", double(s.sequence));
    row.set("message_bytes", 4.0 * double(s.parameters())).set("algorithm", when);
    bench.print(row, times);
  }
}

}  // namespace real_runs::cpu
