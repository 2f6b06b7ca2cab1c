// A job that computes on its GPUs, then holds one of the platform's devices, over and over: an algorithm that asks a
// quantum computer. No model looks into the device.
//
//   step = compute + wait + time
//
// compute, time: as the scenario says; wait: until one of the `count` devices of that name is free, which jobs on the
// machine get first come, first served. Level analytical knows no other jobs: wait = 0. Assumption: what a device takes
// and gives back crosses no link that counts.
#include <fmt/format.h>

#include <algorithm>

#include "factory/job_kind.hpp"
#include "metrics/energy.hpp"

namespace aifsim {
namespace {

std::string asks_for(const JobInputs& job) {
  const DeviceJobDescription& d = *job.description.device;
  return fmt::format("holding {} for {:.4g} s", d.name, d.time.value);
}

Program program_that_holds(const DeviceJobDescription& d, std::int64_t ranks) {
  Role role{"ranks", {}, {{"compute", {}}}};
  if (d.compute.value > 0) role.streams[0].operations.push_back({TimedKernel{d.compute}, "compute"});
  role.streams[0].operations.push_back({HostWork{d.time, d.name}, d.name.c_str()});
  return {{Mesh({{"rank", ranks}})}, {}, {std::move(role)}, 0};
}

Plan plan_device(const PlacedJob& job, const Topology& machine, bool folded) {
  const Job on = on_its_nodes(job, machine, folded);
  return make_plan(program_that_holds(*job.inputs->description.device, on.gpus), on);
}

void measure_device(const PlacedJob& job, const Plan& plan, JobFigures& figures) {
  const DeviceJobDescription& d = *job.inputs->description.device;
  const double step = figures.metrics[Metric::step_time].or_zero();
  if (step > 0) {
    const double wait = std::max(0.0, step - d.time.value - d.compute.value);
    figures.note = fmt::format("holds {} for {:.3g} % of the time, waits {:.3g} s a step for it", d.name,
                               100 * d.time.value / step, wait < 1e-9 * step ? 0 : wait);
  }
  add_energy(figures.metrics, job.platform->gpu, plan);
  add_facility(figures.metrics, figures.energy, job.platform->description, job.platform->gpu,
               nodes_of_job(job, plan, figures.metrics), {});
}

}  // namespace

const JobKind shared_device_kind{"device", [](const JobDescription& job) { return job.device.has_value(); },
                                 asks_for, plan_device, measure_device};

}  // namespace aifsim
