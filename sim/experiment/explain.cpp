#include "experiment/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "base/packed.hpp"
#include "catalog/partitions.hpp"
#include "experiment/run_case.hpp"
#include "experiment/workers.hpp"

namespace aifsim {
namespace {

// What a lever changes.
struct Machine {
  PlatformDescription platform;
  GpuDescription gpu;
  StackDescription stack;
  TrainingDescription training;  // empty where nothing is trained
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

// `where`: " on a and b" of several sides: ranks of one job keep step, so GPUs are quicker everywhere or nowhere.
void add_gpu(LeverTable& table, const Machine& m, bool launches, const std::string& where) {
  table.add(LeverKind::gpu, "matrix units twice as fast" + where, "gpu.peak", [](Machine& to) {
    for (auto& [dtype, peak] : to.gpu.peak) scale(peak, 2);
  });
  table.add(LeverKind::gpu, "twice the memory bandwidth" + where, "gpu.memory_bandwidth",
            [](Machine& to) { scale(to.gpu.memory_bandwidth, 2); });
  if (launches && m.stack.launch != LaunchStyle::none)
    table.add(LeverKind::gpu, "kernels launched in half the time" + where, "gpu.host", [](Machine& to) {
      scale(to.gpu.host.eager_launch, 0.5);
      scale(to.gpu.host.compiled_launch, 0.5);
      scale(to.gpu.host.graph_launch, 0.5);
    });
  if (*m.platform.clock.sustained < 1)
    table.add(
        LeverKind::gpu, "half the clock's loss to power and heat" + where, "platform.clock.sustained",
        [](Machine& to) { to.platform.clock.sustained.value = (1 + *to.platform.clock.sustained) / 2; });
}

// Nodes of the job that are alike and stand together: all of them, or those of one of its partitions.
struct Side {
  std::string name;                    // "" where there is but one
  std::size_t partition = 0;           // among the platform's, where it has any
  std::optional<std::size_t> machine;  // among those that the fabric joins
  bool first = true;                   // whose keys are the platform's own

  std::string before(const std::string& what) const { return name.empty() ? what : name + ": " + what; }
  std::string path(const std::string& key) const {
    return name.empty() ? "platform." + key : fmt::format("platform.partitions.{}.{}", name, key);
  }
};

std::vector<Side> sides_of(const PlatformDescription& platform) {
  if (platform.partitions.empty()) return {Side{}};
  const auto* joined = std::get_if<JoinedDescription>(&platform.fabric.topology);
  const std::vector<std::string> names = parts_of_partition(platform.partition);
  std::vector<Side> sides;
  for (const std::string& part : names) {
    Side side{names.size() > 1 ? part : "", 0, {}, sides.empty()};
    while (platform.partitions[side.partition].name != part) ++side.partition;
    for (std::size_t m = 0; joined && m < joined->machines.size(); ++m)
      if (joined->machines[m].name == platform.partitions[side.partition].machine) side.machine = m;
    sides.push_back(std::move(side));
  }
  return sides;
}

// The side's nodes and NICs, wherever they stand.
template <class Scale>
Change of_nodes(const Side& side, Scale change) {
  return [side, change](Machine& to) {
    PlatformDescription& p = to.platform;
    if (side.first) change(p.node, p.fabric.injection, p.fabric.nic_latency);
    if (p.partitions.empty()) return;
    PartitionDescription& own = p.partitions[side.partition];
    change(own.node, own.injection, own.nic_latency);
  };
}
using Rate = Figure<BytesPerSecond>;
using Latency = Figure<Seconds>;

// Like wires between devices of the same kinds, which one would buy together.
struct Wires {
  std::string from, to;
  std::vector<std::size_t> rules;
};

std::vector<Wires> wires_of(const NodeDescription& node) {
  const auto kind = [](const std::string& device) {
    return device.substr(0, device.find_last_not_of("0123456789*") + 1) + "*";
  };
  std::map<std::tuple<std::string, std::string, double>, Wires> alike;
  for (std::size_t i = 0; i < node.wiring.size(); ++i) {
    const WiringRule& rule = node.wiring[i];
    Wires& wires = alike[{kind(rule.from), kind(rule.to), rule.bandwidth->value}];
    const bool first = wires.rules.empty();
    wires.from = first ? rule.from : kind(rule.from);
    wires.to = first ? rule.to : kind(rule.to);
    wires.rules.push_back(i);
  }
  std::vector<Wires> all;
  for (auto& [key, wires] : alike) all.push_back(std::move(wires));
  return all;
}

// Ascending numbers: "0..3, 7".
std::string runs_of(const std::vector<std::size_t>& numbers) {
  std::string text;
  for (std::size_t i = 0, end = 0; i < numbers.size(); i = end) {
    for (end = i + 1; end < numbers.size() && numbers[end] == numbers[end - 1] + 1;) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", numbers[i]);
    if (end > i + 1) text += fmt::format("..{}", numbers[end - 1]);
  }
  return text;
}

void add_node(LeverTable& table, const Machine& m, const std::vector<Side>& sides) {
  for (const Side& side : sides) {
    const auto doubled = [&](const std::string& what, const std::vector<std::size_t>& rules) {
      table.add(LeverKind::node, side.before("twice the bandwidth " + what),
                side.path(fmt::format("node.wiring[{}].bandwidth", runs_of(rules))),
                of_nodes(side, [rules](NodeDescription& node, Rate&, Latency&) {
                  for (const std::size_t i : rules) scale(node.wiring[i].bandwidth, 2);
                }));
    };
    const std::vector<Wires> all = wires_of(m.platform.node);
    for (const Wires& wires : all) doubled(fmt::format("from {} to {}", wires.from, wires.to), wires.rules);
    if (all.size() < 2) continue;
    std::vector<std::size_t> every(m.platform.node.wiring.size());
    std::iota(every.begin(), every.end(), 0);
    doubled("of all wires inside nodes", every);  // in a chain of like wires none helps alone
  }
  table.add(LeverKind::node, "half the latency inside nodes",
            "platform.communication.intra_node_step and intra_node_low_step", [](Machine& to) {
              scale(to.platform.communication.intra_node_step, 0.5);
              scale(to.platform.communication.intra_node_low_step, 0.5);
            });
}

// A fabric that a lever changes: the platform's, or that of one of the machines that it joins.
using FabricOf = std::function<FabricDescription&(Machine&)>;

// Of a figure of the fabric's topology.
template <class T, class Member>
Change twice(const FabricOf& of, Member figure) {
  return [of, figure](Machine& to) { scale(std::get<T>(of(to).topology).*figure, 2); };
}
void halve_oversubscription(Figure<double>& over) { over.value = std::max(1.0, over.value / 2); }
void double_links(std::vector<WanLink>& wan) {
  for (WanLink& link : wan) {
    scale(link.rate, 2);
    scale(link.window, 2);
  }
}

// Between sites.
template <class WanOf>
void add_wan(LeverTable& table, const std::string& path, WanOf of) {
  table.add(LeverKind::fabric, "twice the bandwidth of links between sites", path,
            [of](Machine& to) { double_links(of(to)); });
  table.add(LeverKind::fabric, "half the round trip between sites", path + ".round_trip", [of](Machine& to) {
    for (WanLink& link : of(to)) scale(link.round_trip, 0.5);
  });
}

// Links between switches, class by class.
void add_switches(LeverTable& table, const FabricDescription& fabric, const FabricOf& of,
                  const std::string& before, const std::string& path) {
  const auto bandwidth = [&](const std::string& what, const std::string& key, Change change) {
    table.add(LeverKind::fabric, before + "twice the bandwidth of " + what, path + key, std::move(change));
  };
  const auto above_leaves = [&]<class T>(const T& topology) {
    if (*topology.oversubscription > 1)
      bandwidth("links above leaf switches", "oversubscription",
                [of](Machine& to) { halve_oversubscription(std::get<T>(of(to).topology).oversubscription); });
  };
  if (const auto* tree = std::get_if<FatTreeDescription>(&fabric.topology)) {
    for (std::size_t i = 0; i + 1 < tree->levels.size(); ++i)
      if (*tree->levels[i].oversubscription > 1)
        bandwidth(fmt::format("links above {} switches", tree->levels[i].name),
                  fmt::format("levels[{}].oversubscription", i), [of, i](Machine& to) {
                    auto& topology = std::get<FatTreeDescription>(of(to).topology);
                    halve_oversubscription(topology.levels[i].oversubscription);
                  });
  } else if (std::holds_alternative<LeafSpineDescription>(fabric.topology)) {
    using T = LeafSpineDescription;
    bandwidth("links between leaf and spine switches", "spine_bandwidth", twice<T>(of, &T::spine_bandwidth));
  } else if (const auto* rails = std::get_if<RailTreeDescription>(&fabric.topology)) {
    above_leaves(*rails);
  } else if (const auto* planes = std::get_if<MultiPlaneDescription>(&fabric.topology)) {
    above_leaves(*planes);
  } else if (std::holds_alternative<DragonflyPlusDescription>(fabric.topology)) {
    using T = DragonflyPlusDescription;
    bandwidth("links between leaf and spine switches", "leaf_spine_bandwidth",
              twice<T>(of, &T::leaf_spine_bandwidth));
    bandwidth("links between cells", "global_bandwidth", twice<T>(of, &T::global_bandwidth));
  } else if (std::holds_alternative<DragonflyDescription>(fabric.topology)) {
    using T = DragonflyDescription;
    bandwidth("links inside groups", "local_bandwidth", twice<T>(of, &T::local_bandwidth));
    bandwidth("links between groups", "global_bandwidth", twice<T>(of, &T::global_bandwidth));
  } else if (std::holds_alternative<TorusDescription>(fabric.topology)) {
    using T = TorusDescription;
    bandwidth("links between switches", "link_bandwidth", twice<T>(of, &T::link_bandwidth));
  } else if (std::holds_alternative<HyperXDescription>(fabric.topology)) {
    using T = HyperXDescription;
    bandwidth("links between switches", "link_bandwidth", twice<T>(of, &T::link_bandwidth));
  } else if (std::holds_alternative<OpticalDescription>(fabric.topology)) {
    using T = OpticalDescription;
    bandwidth("optical circuits", "port_bandwidth", twice<T>(of, &T::port_bandwidth));
  } else if (std::holds_alternative<GraphDescription>(fabric.topology)) {
    bandwidth("links between switches", "edges", [of](Machine& to) {
      for (GraphEdge& edge : std::get<GraphDescription>(of(to).topology).edges) scale(edge.bandwidth, 2);
    });
  } else if (const auto* sites = std::get_if<SitesDescription>(&fabric.topology)) {
    if (!sites->wan.empty())
      add_wan(
          table, path + "wan", [of](Machine & to) -> auto& {
            return std::get<SitesDescription>(of(to).topology).wan;
          });
  }
  if (routing_of(fabric) != Routing::adaptive)
    table.add(LeverKind::fabric, before + "transfers spread over all parallel links (adaptive routing)",
              path + "routing", [of](Machine& to) { of(to).routing = Routing::adaptive; });
}

// Machines that the fabric joins: their own fabrics, their uplinks, and what lies between their sites.
void add_joined(LeverTable& table, const JoinedDescription& joined, const std::vector<Side>& sides) {
  std::set<std::size_t> known;  // partitions may be of one machine
  for (const Side& side : sides) {
    const std::size_t m = *side.machine;
    if (!known.insert(m).second) continue;
    const JoinedMachine& machine = joined.machines[m];
    const std::string before = sides.size() > 1 ? machine.name + ": " : "";
    const auto of_machine = [m](Machine& to) -> JoinedMachine& {
      return std::get<JoinedDescription>(to.platform.fabric.topology).machines[m];
    };
    const std::string path = fmt::format("platform.machines.{}.", machine.name);
    add_switches(
        table, machine.fabric,
        [of_machine](Machine& to) -> FabricDescription& { return of_machine(to).fabric; }, before,
        path + "fabric.");
    table.add(LeverKind::fabric, before + "twice the bandwidth of the uplink to the site's router",
              path + "uplink", [of_machine](Machine& to) { scale(of_machine(to).uplink, 2); });
  }
  if (!joined.wan.empty())
    add_wan(
        table, "platform.fabric.wan",
        [](Machine & to) -> auto& { return std::get<JoinedDescription>(to.platform.fabric.topology).wan; });
}

void add_fabric(LeverTable& table, const Machine& m, const std::vector<Side>& sides) {
  for (const Side& side : sides)
    table.add(LeverKind::fabric, side.before("twice the bandwidth of NICs"), side.path("fabric.injection"),
              of_nodes(side, [](NodeDescription&, Rate& injection, Latency&) { scale(injection, 2); }));
  if (const auto* joined = std::get_if<JoinedDescription>(&m.platform.fabric.topology))
    add_joined(table, *joined, sides);
  else
    add_switches(
        table, m.platform.fabric, [](Machine& to) -> FabricDescription& { return to.platform.fabric; }, "",
        "platform.fabric.");
  table.add(LeverKind::fabric, "half the latency between nodes",
            "platform.communication.inter_node_step and inter_node_low_step, platform.fabric.hop_latency",
            [sides](Machine& to) {
              scale(to.platform.fabric.hop_latency, 0.5);
              for (const Side& side : sides) {
                of_nodes(side, [](NodeDescription&, Rate&, Latency& nic) { scale(nic, 0.5); })(to);
                if (side.machine)
                  scale(std::get<JoinedDescription>(to.platform.fabric.topology)
                            .machines[*side.machine]
                            .fabric.hop_latency,
                        0.5);
              }
              scale(to.platform.communication.inter_node_step, 0.5);
              scale(to.platform.communication.inter_node_low_step, 0.5);
            });
  const NeighboursDescription& neighbours = m.platform.communication.neighbours;
  if (neighbours.delay->value > 0 || *neighbours.leave < 1)
    table.add(LeverKind::fabric, "no neighbours on the fabric", "platform.communication.neighbours",
              [](Machine& to) { to.platform.communication.neighbours = {}; });
}

void add_software(LeverTable& table, const Machine& m, const TrainingDescription& training) {
  const StackDescription& s = m.stack;
  const auto halved = [&](const std::string& what, const char* key, double value, auto member) {
    if (value > 0)
      table.add(LeverKind::software, what, fmt::format("stack.{}", key),
                [member](Machine& to) { scale(to.stack.*member, 0.5); });
  };
  struct Host {
    const char *of, *key;
    Figure<Seconds> StackDescription::*member;
  };
  for (const Host& host :
       {Host{"a step", "host_per_step", &StackDescription::host_per_step},
        {"a layer", "host_per_layer", &StackDescription::host_per_layer},
        {"a layer with experts", "host_per_expert_layer", &StackDescription::host_per_expert_layer},
        {"a layer's shard", "host_per_layer_shard", &StackDescription::host_per_layer_shard},
        {"tensor-parallel ranks in a pipeline", "host_per_tensor_rank",
         &StackDescription::host_per_tensor_rank},
        {"exchanges of tensor-parallel ranks over nodes", "host_per_tensor_exchange",
         &StackDescription::host_per_tensor_exchange}})
    halved(fmt::format("half the host's work of {}", host.of), host.key, (s.*host.member)->value,
           host.member);
  halved("kernels slowed half as much by communication", "compute_slowdown", *s.compute_slowdown,
         &StackDescription::compute_slowdown);
  struct Overlap {
    const char *what, *key;
    bool StackDescription::*member;
    bool matters;
  };
  const bool sharded = training.sharding == Sharding::zero1 || training.sharding == Sharding::zero2;
  for (const Overlap& one : {Overlap{"exchanges with experts beside another micro-batch", "overlaps_experts",
                                     &StackDescription::overlaps_experts, training.expert_parallel > 1},
                             {"tokens once to each node of their experts", "forwards_tokens",
                              &StackDescription::forwards_tokens, training.expert_parallel > 1},
                             {"sums of tensor parallelism beside their products", "overlaps_tensor",
                              &StackDescription::overlaps_tensor, training.tensor_parallel > 1},
                             {"transfers between stages beside kernels", "overlaps_stages",
                              &StackDescription::overlaps_stages, training.pipeline_parallel > 1},
                             {"parameters gathered beside the next forward pass", "overlaps_parameters",
                              &StackDescription::overlaps_parameters, sharded}})
    if (one.matters && !(s.*one.member))
      table.add(LeverKind::software, one.what, fmt::format("stack.{}", one.key),
                [member = one.member](Machine& to) { to.stack.*member = true; });
  if (std::ranges::count(s.reduces_after_backward, training.sharding) > 0)
    table.add(LeverKind::software, "gradients reduced while the backward pass goes on",
              "stack.reduces_after_backward", [](Machine& to) { to.stack.reduces_after_backward.clear(); });
  if (s.broadcasts_parameters && sharded)
    table.add(LeverKind::software, "parameters gathered at once, not sent by one rank after the other",
              "stack.broadcasts_parameters", [](Machine& to) { to.stack.broadcasts_parameters = false; });
  if (s.optimizer_kernels == OptimizerKernels::foreach)
    table.add(LeverKind::software, "an optimizer of fused kernels", "stack.optimizer_kernels",
              [](Machine& to) { to.stack.optimizer_kernels = OptimizerKernels::fused; });
  if (training.sharding == Sharding::zero3 || training.sharding == Sharding::hsdp)
    table.add(LeverKind::software, "twice as many layers gathered ahead",
              "stack.prefetch and max_gathers_in_flight", [](Machine& to) {
                to.stack.prefetch *= 2;
                to.stack.max_gathers_in_flight *= 2;
              });
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

// What the state and the data of a step cross: the link to the host, drives, tiers of the platform's storage.
void add_state(LeverTable& table, const Machine& m, const TrainingDescription& t,
               const std::vector<Side>& sides, const std::string& where) {
  const bool drives = t.offload.optimizer == OffloadTo::nvme || t.offload.activations == OffloadTo::nvme;
  const bool copies = drives || t.offload.optimizer == OffloadTo::host ||
                      t.offload.activations == OffloadTo::host ||
                      (t.checkpoint.steps > 0 && (t.checkpoint.asynchronous || !t.checkpoint.tier.empty())) ||
                      (t.rollouts && t.rollouts->offload);
  if (copies)
    table.add(LeverKind::gpu, "twice the bandwidth of the link to the host" + where,
              "gpu.host.link_bandwidth", [](Machine& to) { scale(to.gpu.host.link_bandwidth, 2); });
  if (t.offload.optimizer != OffloadTo::none)
    table.add(LeverKind::software, "hosts that update the optimizer twice as fast",
              "stack.host_optimizer_rate", [](Machine& to) { scale(to.stack.host_optimizer_rate, 2); });
  if (t.loader_tokens_per_second > 0)
    table.add(LeverKind::software, "a data loader twice as fast", "training.loader_tokens_per_second",
              [](Machine& to) { to.training.loader_tokens_per_second *= 2; });
  if (t.checkpoint.steps > 0 && t.checkpoint.rate.value > 0)
    table.add(LeverKind::fabric, "checkpoints written twice as fast", "training.checkpoint.rate",
              [](Machine& to) { to.training.checkpoint.rate = to.training.checkpoint.rate * 2; });
  std::set<std::string> tiers;
  if (drives) tiers.insert(node_drives);
  if (t.checkpoint.steps > 0) tiers.insert({t.checkpoint.tier, t.checkpoint.then});
  if (t.data) tiers.insert(t.data->tier);
  for (const Side& side : sides)
    if (tiers.contains(node_drives) && m.platform.node.nvme)
      table.add(LeverKind::node, side.before("twice the rate of the nodes' drives"),
                side.path("node.nvme.read and write"),
                of_nodes(side, [](NodeDescription& node, Rate&, Latency&) {
                  if (!node.nvme) return;
                  scale(node.nvme->read, 2);
                  scale(node.nvme->write, 2);
                }));
  for (std::size_t i = 0; i < m.platform.storage.size(); ++i)
    if (const std::string& name = m.platform.storage[i].name; tiers.contains(name))
      table.add(LeverKind::fabric,
                fmt::format("twice the {} servers of {}", *m.platform.storage[i].servers, name),
                fmt::format("platform.storage.{}: servers, read, write, opens and creates", name),
                [i](Machine& to) {
                  StorageTierDescription& tier = to.platform.storage[i];
                  for (auto* figure : {&tier.servers, &tier.opens, &tier.creates}) scale(*figure, 2);
                  for (auto* rate : {&tier.read, &tier.write}) scale(*rate, 2);
                });
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
  const JobInputs& job = inputs.fabric.jobs.front();
  const Machine machine{inputs.platform->description, inputs.platform->gpu, job.stack, job.workload.training};
  LeverTable table;
  const std::vector<Side> sides = sides_of(machine.platform);
  std::string where;
  for (const Side& side : sides)
    if (!side.name.empty()) where += (side.first ? " on " : " and ") + side.name;
  if (trains || prices_kernels(*inputs.fabric.jobs.front().program)) add_gpu(table, machine, trains, where);
  add_node(table, machine, sides);
  add_fabric(table, machine, sides);
  if (trains) {
    const TrainingDescription& training = inputs.fabric.jobs.front().workload.training;
    add_state(table, machine, training, sides, where);
    add_software(table, machine, training);
  }
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
        fabric.jobs.front().workload.training = std::move(changed.training);
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
