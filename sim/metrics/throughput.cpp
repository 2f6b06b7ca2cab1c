#include "metrics/throughput.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace aifsim {

void add_throughput(Metrics& metrics, const TrainedWork& work) {
  const double step = metrics[Metric::step_time].value;
  metrics[Metric::tokens_per_second].value = work.sequences * work.sequence / step;
  metrics[Metric::tokens_per_step].value = work.sequences * work.sequence;
  if (work.peak_of_gpu.value <= 0) return;
  const double mfu = work.flops_of_sequence.value * work.sequences /
                     (step * work.peak_of_gpu.value * static_cast<double>(work.gpus));
  if (!(mfu <= 1))
    throw CannotAnswer(fmt::format(
        "a step of {:.4g} s would have an MFU of {:.4g} %, more than the GPUs' peak: the descriptions or the "
        "models are wrong here",
        step, 100 * mfu));
  metrics[Metric::mfu].value = mfu;
}

void add_generation(Metrics& metrics, double tokens) {
  const double time = metrics[Metric::generation_time].or_zero();
  if (time > 0) metrics[Metric::generated_per_second].value = tokens / time;
}

void add_bandwidth(Metrics& metrics, Bytes buffer, double bus_factor) {
  const double step = metrics[Metric::step_time].or_zero();
  if (!(step > 0)) return;
  metrics[Metric::algorithm_bandwidth].value = buffer.value / step;
  metrics[Metric::bus_bandwidth].value = buffer.value / step * bus_factor;
}

}  // namespace aifsim
