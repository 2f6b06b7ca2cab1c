#include "experiment/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/packed.hpp"
#include "experiment/run_case.hpp"
#include "experiment/workers.hpp"

namespace aifsim {
namespace {

// What a lever changes.
struct Machine {
  PlatformDescription platform;
  GpuDescription gpu;
  StackDescription stack;
};
using Change = std::function<void(Machine&)>;

template <class T>
void scale(Figure<T>& figure, double factor) {
  figure.value = figure.value * factor;
}

struct LeverTable {
  std::vector<std::pair<Lever, Change>> all;
  void add(LeverKind kind, std::string what, std::string path, Change change) {
    all.emplace_back(Lever{kind, std::move(what), std::move(path), {}, {}}, std::move(change));
  }
};

void add_gpu(LeverTable& table, const Machine& m, bool launches) {
  table.add(LeverKind::gpu, "matrix units twice as fast", "gpu.peak", [](Machine& to) {
    for (auto& [dtype, peak] : to.gpu.peak) scale(peak, 2);
  });
  table.add(LeverKind::gpu, "twice the memory bandwidth", "gpu.memory_bandwidth",
            [](Machine& to) { scale(to.gpu.memory_bandwidth, 2); });
  if (launches && m.stack.launch != LaunchStyle::none)
    table.add(LeverKind::gpu, "kernels launched in half the time", "gpu.host", [](Machine& to) {
      scale(to.gpu.host.eager_launch, 0.5);
      scale(to.gpu.host.compiled_launch, 0.5);
      scale(to.gpu.host.graph_launch, 0.5);
    });
  if (*m.platform.clock.sustained < 1)
    table.add(
        LeverKind::gpu, "half the clock's loss to power and heat", "platform.clock.sustained",
        [](Machine& to) { to.platform.clock.sustained.value = (1 + *to.platform.clock.sustained) / 2; });
}

void add_node(LeverTable& table, const Machine& m) {
  for (std::size_t i = 0; i < m.platform.node.wiring.size(); ++i) {
    const WiringRule& rule = m.platform.node.wiring[i];
    table.add(LeverKind::node, fmt::format("twice the bandwidth from {} to {}", rule.from, rule.to),
              fmt::format("platform.node.wiring[{}].bandwidth", i),
              [i](Machine& to) { scale(to.platform.node.wiring[i].bandwidth, 2); });
  }
  table.add(LeverKind::node, "half the latency inside nodes", "platform.communication.intra_node_step",
            [](Machine& to) {
              scale(to.platform.communication.intra_node_step, 0.5);
              scale(to.platform.communication.intra_node_low_step, 0.5);
            });
}

// Of a figure of the fabric's topology.
template <class T, class Member>
Change twice(Member figure) {
  return [figure](Machine& to) { scale(std::get<T>(to.platform.fabric.topology).*figure, 2); };
}
void halve_oversubscription(Figure<double>& over) { over.value = std::max(1.0, over.value / 2); }

// Links between switches, class by class.
void add_switches(LeverTable& table, const FabricDescription& fabric) {
  const auto bandwidth = [&](const std::string& what, const std::string& key, Change change) {
    table.add(LeverKind::fabric, "twice the bandwidth of " + what, "platform.fabric." + key,
              std::move(change));
  };
  const auto above_leaves = [&]<class T>(const T& topology) {
    if (*topology.oversubscription > 1)
      bandwidth("links above leaf switches", "oversubscription", [](Machine& to) {
        halve_oversubscription(std::get<T>(to.platform.fabric.topology).oversubscription);
      });
  };
  if (const auto* tree = std::get_if<FatTreeDescription>(&fabric.topology)) {
    for (std::size_t i = 0; i + 1 < tree->levels.size(); ++i)
      if (*tree->levels[i].oversubscription > 1)
        bandwidth(fmt::format("links above {} switches", tree->levels[i].name),
                  fmt::format("levels[{}].oversubscription", i), [i](Machine& to) {
                    auto& topology = std::get<FatTreeDescription>(to.platform.fabric.topology);
                    halve_oversubscription(topology.levels[i].oversubscription);
                  });
  } else if (std::holds_alternative<LeafSpineDescription>(fabric.topology)) {
    using T = LeafSpineDescription;
    bandwidth("links between leaf and spine switches", "spine_bandwidth", twice<T>(&T::spine_bandwidth));
  } else if (const auto* rails = std::get_if<RailTreeDescription>(&fabric.topology)) {
    above_leaves(*rails);
  } else if (const auto* planes = std::get_if<MultiPlaneDescription>(&fabric.topology)) {
    above_leaves(*planes);
  } else if (std::holds_alternative<DragonflyPlusDescription>(fabric.topology)) {
    using T = DragonflyPlusDescription;
    bandwidth("links between leaf and spine switches", "leaf_spine_bandwidth",
              twice<T>(&T::leaf_spine_bandwidth));
    bandwidth("links between cells", "global_bandwidth", twice<T>(&T::global_bandwidth));
  } else if (std::holds_alternative<DragonflyDescription>(fabric.topology)) {
    using T = DragonflyDescription;
    bandwidth("links inside groups", "local_bandwidth", twice<T>(&T::local_bandwidth));
    bandwidth("links between groups", "global_bandwidth", twice<T>(&T::global_bandwidth));
  } else if (std::holds_alternative<TorusDescription>(fabric.topology)) {
    using T = TorusDescription;
    bandwidth("links between switches", "link_bandwidth", twice<T>(&T::link_bandwidth));
  } else if (std::holds_alternative<HyperXDescription>(fabric.topology)) {
    using T = HyperXDescription;
    bandwidth("links between switches", "link_bandwidth", twice<T>(&T::link_bandwidth));
  } else if (std::holds_alternative<OpticalDescription>(fabric.topology)) {
    using T = OpticalDescription;
    bandwidth("optical circuits", "port_bandwidth", twice<T>(&T::port_bandwidth));
  } else if (std::holds_alternative<GraphDescription>(fabric.topology)) {
    bandwidth("links between switches", "edges", [](Machine& to) {
      for (GraphEdge& edge : std::get<GraphDescription>(to.platform.fabric.topology).edges)
        scale(edge.bandwidth, 2);
    });
  } else if (const auto* sites = std::get_if<SitesDescription>(&fabric.topology)) {
    if (!sites->wan.empty())
      bandwidth("links between sites", "wan", [](Machine& to) {
        for (WanLink& link : std::get<SitesDescription>(to.platform.fabric.topology).wan) {
          scale(link.rate, 2);
          scale(link.window, 2);
        }
      });
  } else if (const auto* joined = std::get_if<JoinedDescription>(&fabric.topology)) {
    bandwidth("uplinks of machines", "machines", [](Machine& to) {
      for (JoinedMachine& machine : std::get<JoinedDescription>(to.platform.fabric.topology).machines)
        scale(machine.uplink, 2);
    });
    if (!joined->wan.empty())
      bandwidth("links between sites", "wan", [](Machine& to) {
        for (WanLink& link : std::get<JoinedDescription>(to.platform.fabric.topology).wan) {
          scale(link.rate, 2);
          scale(link.window, 2);
        }
      });
  }
}

void add_fabric(LeverTable& table, const Machine& m) {
  table.add(LeverKind::fabric, "twice the bandwidth of NICs", "platform.fabric.injection",
            [](Machine& to) { scale(to.platform.fabric.injection, 2); });
  add_switches(table, m.platform.fabric);
  table.add(LeverKind::fabric, "half the latency between nodes", "platform.fabric.hop_latency",
            [](Machine& to) {
              scale(to.platform.fabric.hop_latency, 0.5);
              scale(to.platform.fabric.nic_latency, 0.5);
              scale(to.platform.communication.inter_node_step, 0.5);
              scale(to.platform.communication.inter_node_low_step, 0.5);
            });
  const NeighboursDescription& neighbours = m.platform.communication.neighbours;
  if (neighbours.delay->value > 0 || *neighbours.leave < 1)
    table.add(LeverKind::fabric, "no neighbours on the fabric", "platform.communication.neighbours",
              [](Machine& to) { to.platform.communication.neighbours = {}; });
}

void add_software(LeverTable& table, const Machine& m) {
  const StackDescription& s = m.stack;
  const auto halved = [&](const char* what, const char* key, double value, auto member) {
    if (value > 0)
      table.add(LeverKind::software, what, fmt::format("stack.{}", key),
                [member](Machine& to) { scale(to.stack.*member, 0.5); });
  };
  halved("half the host's work of a step", "host_per_step", s.host_per_step->value,
         &StackDescription::host_per_step);
  halved("half the host's work of a layer", "host_per_layer", s.host_per_layer->value,
         &StackDescription::host_per_layer);
  halved("half the host's work of a layer with experts", "host_per_expert_layer",
         s.host_per_expert_layer->value, &StackDescription::host_per_expert_layer);
  halved("kernels slowed half as much by communication", "compute_slowdown", *s.compute_slowdown,
         &StackDescription::compute_slowdown);
  const auto nearer = [&](const char* what, const char* key, double value, auto member) {
    if (value > 1)
      table.add(LeverKind::software, what, fmt::format("stack.{}", key),
                [member](Machine& to) { (to.stack.*member).value = (1 + (to.stack.*member).value) / 2; });
  };
  nearer("element-wise kernels half as far from fused ones", "elementwise_passes", *s.elementwise_passes,
         &StackDescription::elementwise_passes);
  nearer("passes around experts half as far from fused ones", "expert_passes", *s.expert_passes,
         &StackDescription::expert_passes);
}

// Does a trace leave any kernel's time to the GPU?
bool prices_kernels(const Program& trace) {
  for (const Role& role : trace.roles)
    for (const Stream& stream : role.streams)
      for (const Operation& op : stream.operations)
        if (std::holds_alternative<Kernel>(op.what)) return true;
  return false;
}

}  // namespace

const char* name_of(LeverKind kind) {
  static constexpr const char* names[] = {"GPU", "node", "fabric", "software"};
  return names[static_cast<std::size_t>(kind)];
}

Explanation explain(const Case& c, InputReader& read, std::size_t workers,
                    const std::function<void(std::size_t, std::size_t)>& progress) {
  const std::vector<JobDescription>& jobs = c.scenario->jobs;
  const bool trains = jobs.empty();
  if (!trains && (jobs.size() > 1 || !jobs.front().trace))
    throw InputError(
        c.scenario->place,
        "explain is for scenarios of one job that trains or has a `trace`, this one has other `jobs`");
  Explanation found;
  found.outcome = run_case(c, read);
  if (!found.outcome.problem.empty()) throw CannotAnswer(found.outcome.problem);
  const CaseInputs inputs = read(c);
  const Machine machine{inputs.platform->description, inputs.platform->gpu, inputs.fabric.jobs.front().stack};
  LeverTable table;
  if (trains || prices_kernels(*inputs.fabric.jobs.front().program)) add_gpu(table, machine, trains);
  add_node(table, machine);
  add_fabric(table, machine);
  if (trains) add_software(table, machine);
  std::size_t done = 0;
  run_in_workers(
      table.all.size(), {.workers = workers},
      [&](std::size_t i) {
        Machine changed = machine;
        table.all[i].second(changed);
        const PlatformInstance platform(std::move(changed.platform), std::move(changed.gpu));
        FabricInputs fabric = inputs.fabric;
        fabric.platform = &platform;
        fabric.jobs.front().stack = std::move(changed.stack);
        Packer answer;
        try {
          answer.add(steps_on_fabric(fabric).front().value, std::string());
        } catch (const CannotAnswer& error) {
          answer.add(0.0, std::string(error.what()));
        }
        return answer.take();
      },
      [&](std::size_t i, TaskEnd&& end) {
        Lever& lever = table.all[i].first;
        if (end.died.empty()) {
          Unpacker answer(end.bytes);
          answer.get(lever.step.value, lever.problem);
        } else {
          lever.problem = end.died;
        }
        if (progress) progress(++done, table.all.size());
      });
  for (auto& [lever, change] : table.all) found.levers.push_back(std::move(lever));
  std::stable_sort(found.levers.begin(), found.levers.end(), [](const Lever& a, const Lever& b) {
    return std::pair(!a.problem.empty(), a.step) < std::pair(!b.problem.empty(), b.step);
  });
  return found;
}

}  // namespace aifsim
