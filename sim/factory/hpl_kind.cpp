// High-Performance Linpack: its rate, power and energy on so many GPUs, from sampled panels.
//
//   t_f(m)  device  NB (t_p + t_s(8 m)) + sum over halves w of NB down to 64 of NB/(2 w) t(m, w, w) + t_s(8 w_0 m NB)
//           host    NB t_p + m NB^2 p / r + 2 (8 m NB) / b
//   T       = (N / NB) / K  T_K                    T_K: time of the sampled program, in one run of the engine
//   rate    = F / T,  peak share = rate / (P Q peak),  power = energy of the machine's account without cooling / T
//
//   t_p s  pivot: two rows of the panel exchanged at distances 1, 2, 4 .. of the process column, over the machine's
//          links and latencies and o = 1 us of MPI for each message     t s  FP64 product     t_s s  one pass over memory
//   w_0 1  32: columns that are swept one by one; each reads and writes half of them on average
//   r FLOP/s  rate of a node's cores together: 450 GFLOP/s      p 1  ranks of a node that factor at once
//   b B/s  host link of a GPU
//
// FP64 products take the GPU's block gemm.fp64, which holds the clock that settles under the power limit, since it
// stands on runs of HPL: they draw the limit, and a cap c slows them as in power.hpp, by ((c - i) / (1 - i))^(1/n). Where
// a model has none, a 16-bit block's share of the FP64 peak, at the clock and the power that power.hpp gives. Assumption: o is that of MPI between GPUs, a guess. The host's rate is one guess for all
// hosts, such that half of the panels of a Frontier node (p = 4) hide behind the update; p is 2 where there are several
// nodes: rocHPL shares a node's cores among the ranks of it that are in one process column, of a node's 2 x 4 (its
// paper, from memory). Energy as of other jobs (metrics/energy.hpp): what waits draws idle power.
#include <fmt/format.h>

#include <cmath>

#include "base/quantity.hpp"
#include "catalog/words.hpp"
#include "collectives/price.hpp"
#include "factory/job_kind.hpp"
#include "kernels/device.hpp"
#include "kernels/gemm.hpp"
#include "kernels/power.hpp"
#include "kernels/price.hpp"
#include "lowering/hpl/hpl.hpp"
#include "machine/power_bounds.hpp"
#include "metrics/energy.hpp"
#include "metrics/facility.hpp"
#include "metrics/time.hpp"
#include "program/memory.hpp"

namespace aifsim {
namespace {

constexpr double mpi_message = 1e-6;        // s
constexpr double host_rate = 450e9;         // FLOP/s of a node
constexpr std::int64_t local_rows = 2;      // ranks of a node in one process column, of several nodes
constexpr std::int64_t swept_columns = 32;  // of a panel, one after the other

HplShape hpl_shape_of(const PlacedJob& job) {
  const JobDescription& description = job.inputs->description;
  const Topology& machine = job.platform->topology;
  std::int64_t nodes = 0;  // in the first one's group
  for (const std::int64_t node : job.nodes)
    nodes += machine.group_of(node) == machine.group_of(job.nodes.front());
  return hpl_shape(*description.hpl, job.platform->gpu, description.gpus, nodes * machine.gpus_per_node());
}

std::string what_hpl(const JobInputs& job) {
  const HplDescription& hpl = *job.description.hpl;
  return hpl.order > 0 ? fmt::format("HPL of order {}", hpl.order)
                       : fmt::format("HPL, {:.0f} % of memory", 100 * hpl.memory);
}

class PanelFactorer {
 public:
  PanelFactorer(const HplDescription& hpl, const GpuDescription& gpu, const HplShape& shape,
                std::int64_t per_node, Seconds pivot)
      : gpu_(gpu),
        block_(shape.block),
        pivot_(pivot),
        on_host_(panels_on_host(hpl, gpu)),
        sharing_(
            static_cast<double>(std::min(shape.rows, shape.ranks() > per_node ? local_rows : per_node))) {}

  Seconds factor(std::int64_t m) const {
    const auto rows = static_cast<double>(m), nb = static_cast<double>(block_);
    const Seconds pivots = pivot_ * nb;
    if (on_host_) {
      Seconds copies;  // of the panel to the host and back, where its memory is another
      if (gpu_.host.link_bandwidth->value > 0)
        for (const HostPath way : {HostPath::to_host_pinned, HostPath::to_device_pinned})
          copies += price(gpu_, HostTransfer{way, Bytes{8 * rows * nb}}).time;
      return pivots + Seconds{rows * nb * nb * sharing_ / host_rate} + copies;
    }
    Seconds time = pivots + price(gpu_, Streaming{StreamKind::copy, Bytes{8 * rows}}).time * nb;
    for (std::int64_t w = block_ / 2; w >= 2 * swept_columns; w /= 2) {
      const double products = nb / (2 * static_cast<double>(w));
      time += price(gpu_, Gemm{m, w, w, 1, Dtype::fp64}).time * products;
    }
    const double swept = 8.0 * static_cast<double>(std::min(swept_columns, block_)) * rows * nb;
    return time + price(gpu_, Streaming{StreamKind::copy, Bytes{swept}}).time;
  }

 private:
  const GpuDescription& gpu_;
  std::int64_t block_;
  Seconds pivot_;
  bool on_host_;
  double sharing_;  // ranks that share the cores of a node
};

// On the first nodes.
Seconds time_of_pivot(const HplShape& shape, Job on) {
  if (shape.rows < 2) return {};
  const std::int64_t per_node = on.machine->gpus_per_node();
  on.gpus = shape.rows;
  on.nodes.resize(static_cast<std::size_t>((on.gpus + per_node - 1) / per_node));
  on.router = {};
  const Plan plan = make_plan(lower_pivot(shape), on);
  const PlannedCollective& one = plan.collectives.front();
  LibraryConstants mpi;
  mpi.inside_step = mpi.between_step = mpi_message;
  return price_of(one.choices.front().routed->work, one.bytes, mpi).total;
}

bool has_products(const GpuDescription& gpu) { return gpu.gemm.contains(Dtype::fp64); }

// The GPU without its cap, which clock_of holds.
GpuDescription uncapped(const GpuDescription& gpu) {
  GpuDescription free = gpu;
  if (has_products(gpu)) free.power_cap.value = 1;
  return free;
}

// Over that of the prices.
double clock_of(const GpuDescription& gpu, const HplShape& shape) {
  if (has_products(gpu)) {
    const double cap = gpu.power_cap, idle = gpu.power.idle;
    if (cap >= 1 || gpu.power.clock_exponent <= 0) return 1;
    if (cap <= idle)
      throw CannotAnswer(fmt::format("power_cap of {}: {:.0f} % of the limit is no more than it draws idle",
                                     gpu.name, 100 * cap));
    return 1 / slowing_of(1 - idle, cap - idle, gpu.power.clock_exponent);
  }
  const Gemm update{shape.order / shape.rows, shape.order / shape.columns, shape.block, 1, Dtype::fp64};
  return price(gpu, update).time / price(gpu, update, {.software = {}, .sustained = true}).time;
}

// Products at a clock that settled under the limit, or the cap, draw all of it.
void draw_limit(Plan& plan, const GpuDescription& gpu) {
  for (PlanRole& role : plan.roles)
    for (PlanStream& stream : role.streams)
      for (PlanStep& step : stream.steps)
        if (step.by_class[static_cast<std::size_t>(KernelClass::product)].value > 0)
          step.energy = *gpu.power_limit * gpu.power_cap * step.burst;
}

void check_hpl_memory(const PlacedJob& job, const HplShape& shape, const Program& program) {
  const GpuDescription& gpu = job.platform->gpu;
  const Bytes use = peak_memory(program).total(), usable = *gpu.memory * gpu.usable_memory;
  if (use <= usable) return;
  throw DoesNotFit(
      fmt::format("a matrix of order {} takes {:.1f} GiB of each of {} GPUs, with the panels; {:.1f} "
                  "are usable",
                  shape.order, use.value / 1073741824, shape.ranks(), usable.value / 1073741824));
}

Plan plan_hpl(const PlacedJob& job, const Topology& machine, bool folded) {
  const HplShape shape = hpl_shape_of(job);
  peak_of(job.platform->gpu, Dtype::fp64);
  Job on = on_its_nodes(job, machine, folded);
  on.gpus = shape.ranks();
  const std::int64_t per_node = machine.gpus_per_node();
  on.nodes.resize(static_cast<std::size_t>((on.gpus + per_node - 1) / per_node));
  if (&machine == &job.platform->topology) on.router = job.platform->routers.of(machine, on.nodes, folded);
  const GpuDescription gpu = uncapped(job.platform->gpu);
  on.gpu = &gpu;
  const PanelFactorer made(*job.inputs->description.hpl, gpu, shape, per_node, time_of_pivot(shape, on));
  std::vector<HplPanel> panels = hpl_panels(shape);
  for (HplPanel& panel : panels) panel.factor = made.factor(panel.m);
  const Program program = lower_hpl(shape, panels);
  check_hpl_memory(job, shape, program);
  Plan plan = make_plan(program, on);
  set_constants(plan, job.platform->description.communication, clock_of(job.platform->gpu, shape), 0);
  if (has_products(gpu)) draw_limit(plan, job.platform->gpu);
  return plan;
}

std::string compared(double here, double published, double unit, const char* name) {
  return fmt::format("{:.4g} {} ({:+.1f} %)", published / unit, name, 100 * (here / published - 1));
}

std::string hpl_note(const PlacedJob& job, const HplShape& shape, const Metrics& metrics) {
  const double rate = metrics[Metric::floating_rate].value, power = metrics[Metric::machine_power].or_zero();
  std::string note =
      fmt::format("HPL of order {} in panels of {} on {} x {}: {}, {:.0f} % of the FP64 peak", shape.order,
                  shape.block, shape.rows, shape.columns, print_quantity(rate, Dimension::compute_rate),
                  100 * metrics[Metric::peak_share].value);
  if (const std::int64_t idle = job.inputs->description.gpus - shape.ranks(); idle > 0)
    note += fmt::format("; {} of the job's {} GPUs idle, as no near-square grid takes more", idle,
                        job.inputs->description.gpus);
  if (power > 0) note += fmt::format(", {:.4g} MW, {:.1f} GFLOP/s/W", power / 1e6, rate / power / 1e9);
  const GpuDescription& gpu = job.platform->gpu;
  if (const std::string held = cap_note(job.platform->description, gpu); !held.empty()) note += "; " + held;
  if (!has_products(gpu))
    note += fmt::format("; no FP64 products of {} stand behind it: those of {} at their share of the peak",
                        gpu.name, name_of(block_of(gpu, Dtype::fp64).dtype));
  const PlatformDescription& platform = job.platform->description;
  if (!platform.published || job.inputs->description.gpus != hpl_devices(platform)) return note;
  const PublishedDescription& said = *platform.published;
  std::string text;
  if (said.rmax->value > 0) text += compared(rate, said.rmax->value, 1e15, "PFLOP/s");
  if (said.rmax->value > 0 && said.power->value > 0 && power > 0)
    text += ", " + compared(power, said.power->value, 1e6, "MW");
  if (text.empty()) return note;
  const bool elsewhere =
      said.hpl && panels_on_host(*said.hpl, gpu) != panels_on_host(*job.inputs->description.hpl, gpu);
  return fmt::format(
      "{}; published{}: {}", note,
      elsewhere ? fmt::format(", panels factored on the {}", catalog::word_of(said.hpl->panels)) : "", text);
}

void add_hpl_bands(Metrics& metrics, double log_sd) {
  add_band(metrics, log_sd);
  const Measure& step = metrics[Metric::step_time];
  for (const Metric rate : {Metric::floating_rate, Metric::peak_share, Metric::flops_per_joule}) {
    Measure& m = metrics[rate];
    m.p10 = m.value * (step.value / step.p90);
    m.p90 = m.value * (step.value / step.p10);
  }
}

double panels_for_one(const PlacedJob& job) { return times_each(hpl_shape_of(job)); }

void measure_hpl(const PlacedJob& job, const Plan& plan, JobFigures& figures) {
  Metrics& metrics = figures.metrics;
  if (!metrics.has(Metric::step_time)) return;
  const HplShape shape = hpl_shape_of(job);
  const GpuDescription& gpu = job.platform->gpu;
  add_energy(metrics, gpu, plan);
  const NodesOfJob nodes = nodes_of_job(job, plan, metrics);
  for (const Metric sampled : {Metric::step_time, Metric::compute_time, Metric::communication_time,
                               Metric::exposed_communication, Metric::energy})
    metrics[sampled].value *= times_each(shape);
  add_facility(metrics, figures.energy, job.platform->description, gpu, nodes, {});
  const Seconds time{metrics[Metric::step_time].value};
  const FlopsPerSecond rate = shape.flops() / time;
  metrics[Metric::floating_rate].value = rate.value;
  metrics[Metric::peak_share].value =
      rate.value / (peak_of(gpu, Dtype::fp64) * static_cast<double>(shape.ranks()));
  const Joules machine = figures.energy.total() - figures.energy.of(EnergyPart::cooling) -
                         figures.energy.of(EnergyPart::file_systems);
  if (machine.value > 0) {
    metrics[Metric::machine_power].value = machine.value / time.value;
    metrics[Metric::flops_per_joule].value = shape.flops().value / machine.value;
  }
  const Gemm update{shape.order / shape.rows, shape.order / shape.columns, shape.block, 1, Dtype::fp64};
  add_hpl_bands(metrics, price(gpu, update).spread);
  figures.memory.parameters = shape.matrix();
  const std::vector<HplPanel> panels = hpl_panels(shape);
  figures.memory.buffers = peak_memory(lower_hpl(shape, panels)).buffers;
  figures.memory.capacity = *gpu.memory * gpu.usable_memory;
  figures.note = hpl_note(job, shape, metrics);
}

}  // namespace

const JobKind hpl_kind{"hpl",         [](const JobDescription& job) { return job.hpl.has_value(); },
                       what_hpl,      plan_hpl,
                       measure_hpl,   nullptr,
                       panels_for_one};

}  // namespace aifsim
