#include <fmt/format.h>

#include <algorithm>

#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr Limits kMachineNodes{.min = 1, .max = 1e6, .whole = true};
constexpr Limits kPerNode{.min = 1, .max = 1024, .whole = true};
constexpr Limits kPerNodeOrNone{.min = 0, .max = 1024, .whole = true};

}  // namespace

template <>
struct TableOf<WiringRule> {
  static Table<WiringRule> make() {
    using T = WiringRule;
    return {{
                required("from", &T::from, "One device (cpu0) or all of a kind (gpu*)."),
                required("to", &T::to, "One device (cpu0) or all of a kind (gpu*)."),
                optional("pairing", &T::pairing, "Which pairs are linked: all, or those of the same index."),
                required("bandwidth", &T::bandwidth, kPositive, "Of each pair, per direction, full duplex."),
                required("latency", &T::latency, kNotNegative, "Of each pair."),
            },
            {}};
  }
};

template <>
struct TableOf<ScaleUpDescription> {
  static Table<ScaleUpDescription> make() {
    using T = ScaleUpDescription;
    return {{
                required("through", &T::through,
                         "Device of the wiring that the nodes have in common: nvswitch0."),
                required("nodes", &T::nodes, kMachineNodes, "Nodes in a row that share it."),
            },
            {}};
  }
};

namespace {

void check_node(Reader& reader, const Node& node, const NodeDescription& description) {
  if (description.gpus > 0 && description.gpu.empty())
    reader.missing_key(node, "gpu", "Id of the GPU model, a file in gpu_models/.");
  else if (description.gpus == 0 && !description.gpu.empty())
    reader.problem_in(node, "gpu", "the node has no GPUs, leave this key out");
  else
    check_wiring(reader, node, description);
}

}  // namespace

template <>
struct TableOf<NodeDescription> {
  static Table<NodeDescription> make() {
    using T = NodeDescription;
    return {
        {
            optional_at("gpu", &T::gpu, &T::gpu_place, {}, "Id of the GPU model, a file in gpu_models/."),
            required("gpus", &T::gpus, kPerNodeOrNone, "GPUs per node; 0 in a partition of CPUs alone."),
            required("nics", &T::nics, kPerNode, "Network interfaces per node."),
            required("cpus", &T::cpus, kPerNode, "CPU sockets per node."),
            required("memory", &T::memory, kPositive,
                     "Host memory per node. Described, not used in predictions."),
            required("wiring", &T::wiring, "Links between the devices of a node."),
            optional(
                "switch_reduction", &T::switch_reduction,
                "Whether the switches inside the node can sum, as NVSwitches since Hopper (NVLink SHARP)."),
            optional("scale_up", &T::scale_up,
                     "Nodes that share their scale-up switch, such as the trays of an NVL72 rack."),
            part("nvme", &T::nvme, "Drives of its own, which checkpoints and jobs name nvme."),
        },
        check_node};
  }
};

namespace {

void check_platform(Reader& reader, const Node& root, const PlatformDescription& platform) {
  const double places = places_for_nodes(platform.fabric, platform.node.nics);
  if (platform.nodes > places) {
    reader.problem_in(
        root, "nodes",
        fmt::format("the fabric has places for {} nodes only, found {}", places, platform.nodes.value));
  }
  check_joined(reader, root, platform.fabric);
  const Node* partitions = root.find("partitions");
  for (std::size_t i = 0; i < platform.partitions.size() && platform.fabric.kind != "joined"; ++i)
    if (!platform.partitions[i].machine.empty() && partitions)
      reader.problem(partitions->items[i].place_of("machine"),
                     fmt::format("partitions[{}].machine: belongs to machines that a fabric of kind joined "
                                 "joins; on fabric {} all partitions are of one",
                                 i, platform.fabric.kind));
  check_storage(reader, root, platform);
  if (platform.power && std::ranges::count(platform.power->cap_gpus_to, PowerBound::site) > 0 &&
      !(platform.facility && platform.facility->power->value > 0))
    reader.problem(platform.power->place,
                   "power.cap_gpus_to: site: what the site has for this machine is not said; "
                   "facility.power would say it");
}

}  // namespace

template <>
struct TableOf<NeighboursDescription> {
  static Table<NeighboursDescription> make() {
    using T = NeighboursDescription;
    return {{
                optional("delay", &T::delay, kNotNegative, "More time per message between nodes."),
                optional("leave", &T::leave, kShare, "Share of the bandwidth between nodes that they leave."),
            },
            {}};
  }
};

template <>
struct TableOf<CommunicationDescription> {
  static Table<CommunicationDescription> make() {
    using T = CommunicationDescription;
    return {
        {
            required("intra_node_efficiency", &T::intra_node_efficiency, kShare,
                     "Share of the links' rate that a collective inside a node or domain reaches."),
            required("intra_node_step", &T::intra_node_step, kNotNegative,
                     "Time per message inside, one after the other, beside the route's latency."),
            required("inter_node_efficiency", &T::inter_node_efficiency, kShare,
                     "Share of the links' rate that a collective over two nodes reaches."),
            required("loss_per_doubling", &T::loss_per_doubling, kShareLost,
                     "Share of it that each doubling of the nodes beyond two costs."),
            required("inter_node_step", &T::inter_node_step, kNotNegative,
                     "Time per message between nodes, one after the other, beside the route's latency."),
            optional("launch", &T::launch, kNotNegative, "Time that every collective takes once."),
            optional("bulk_start", &T::bulk_start, kNotNegative,
                     "Time that the library's protocol for large buffers takes once more."),
            optional("low_latency_share", &T::low_latency_share, kShare,
                     "Bandwidth of the library's protocol for small buffers, as a share of the other's; "
                     "where left out, there is none."),
            optional("intra_node_low_step", &T::intra_node_low_step, kNotNegative,
                     "Time per message inside, by the protocol for small buffers."),
            optional("inter_node_low_step", &T::inter_node_low_step, kNotNegative,
                     "Time per message between nodes, by the protocol for small buffers."),
            optional("intra_node_ramp", &T::intra_node_ramp, kNotNegative,
                     "Time per square root of a byte that a rank sends, by the protocol for small buffers."),
            optional("inter_node_ramp", &T::inter_node_ramp, kNotNegative,
                     "By that protocol, time over the geometric mean of latency between nodes and transfer."),
            optional("loss_per_rank_doubling", &T::loss_per_rank_doubling, kShareLost,
                     "Share of intra_node_efficiency that each doubling of the ranks beyond two costs."),
            optional(
                "copy_bandwidth", &T::copy_bandwidth, kNotNegative,
                "Rate at which a rank copies its own block into place; where left out, it takes no time."),
            optional(
                "in_switch_efficiency", &T::in_switch_efficiency, kShare,
                "Share of the links' rate that a sum inside a switch reaches; where left out, as others."),
            optional("peer_gap", &T::peer_gap, kNotNegative,
                     "Time between the messages of a rank to several others at once."),
            optional("log_spread", &T::log_spread, kNotNegative,
                     "Spread of log(measured / predicted) of collectives kept out of the fit."),
            optional("control", &T::control, "Alpha-beta law of the same collectives, to compare."),
            optional("neighbours", &T::neighbours,
                     "What other jobs on the fabric cost, fitted to training steps; counts in them alone."),
            optional("all_reduce", &T::all_reduce,
                     "Algorithm that the installed library uses for all-reduce, where it is known; automatic "
                     "takes the one with the least predicted time."),
        },
        {}};
  }
};

template <>
struct TableOf<ClockDescription> {
  static Table<ClockDescription> make() {
    using T = ClockDescription;
    return {{required(
                "sustained", &T::sustained, kShare,
                "Speed of all kernels in a whole training step over that of each alone, under power cap and "
                "cooling.")},
            {}};
  }
};

template <>
struct TableOf<CalibrationDescription> {
  static Table<CalibrationDescription> make() {
    using T = CalibrationDescription;
    return {
        {
            required("log_residual_sd", &T::log_residual_sd, kNotNegative,
                     "Standard deviation of log(measured / predicted) of whole steps kept out of the fit, of "
                     "dense models."),
            optional("experts_log_residual_sd", &T::experts_log_residual_sd, kNotNegative,
                     "The same of models with experts, where it is larger."),
            optional("adapters_log_residual_sd", &T::adapters_log_residual_sd, kNotNegative,
                     "The same where adapters alone are trained."),
            optional("networks_log_residual_sd", &T::networks_log_residual_sd, kNotNegative,
                     "The same of networks that are no transformers of tokens."),
            optional("rollouts_log_residual_sd", &T::rollouts_log_residual_sd, kNotNegative,
                     "The same of steps that generate answers."),
            required("rows", &T::rows, kCountOrZero, "How many measured steps are behind it."),
            required("smallest_job", &T::smallest_job, kCountOrZero,
                     "GPUs of the smallest measured job; 0 for none."),
            required("largest_job", &T::largest_job, kCountOrZero,
                     "GPUs of the largest measured job; 0 for none."),
            optional("shardings", &T::shardings,
                     "How the measured jobs sharded their state: others are told that no run checks them."),
            optional("most_micro_batches", &T::most_micro_batches, kCount,
                     "Micro-batches of the measured step that had most; 1 where it is left out."),
        },
        {}};
  }
};

namespace {

// Of each its name and place: the catalogue reads the rest, as that of a platform.
Field<PlatformDescription> partitions_field(const std::vector<Field<PlatformDescription>>& of_platform) {
  Field<PlatformDescription> field;
  Shape one{.kind = Shape::Kind::object};
  one.properties = {
      {"name",
       "The platform is named with it: leonardo:booster.",
       true,
       "",
       "",
       false,
       {Codec<std::string>::shape({})}},
      {"first_place",
       "Place on the fabric of its first node, counted from 0; where left out, after the partition before.",
       false,
       "",
       "",
       false,
       {Codec<std::int64_t>::shape(kCountOrZero)}},
      {"include",
       "A platform's file whose keys it takes over, of the fabric those of NICs.",
       false,
       "",
       "",
       false,
       {Codec<std::string>::shape({})}}};
  for (const Field<PlatformDescription>& own : of_platform) {
    Property property = own.property;
    if (property.name == "kind") continue;
    property.required = false;
    if (property.name == "fabric") property.doc = "Of its NICs: injection and nic_latency.";
    one.properties.push_back(std::move(property));
  }
  for (Property& property : one.properties)
    if (property.name == "fabric") {
      Shape& fabric = property.shape.front();
      std::erase_if(fabric.properties,
                    [](const Property& p) { return p.name != "injection" && p.name != "nic_latency"; });
      fabric.all_optional = true;
    }
  field.property = {"partitions",
                    "Nodes of several kinds on one fabric; each says what differs from the machine.",
                    false,
                    "",
                    "",
                    true,
                    {{.kind = Shape::Kind::list, .element = {std::move(one)}}}};
  field.read = [](Reader& reader, const Node& list, PlatformDescription& out) {
    if (!reader.expect_list(list, false)) return;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const Reader::Step step(reader, i);
      const Node& item = list.items[i];
      if (!reader.expect_map(item)) continue;
      PartitionDescription& partition = out.partitions.emplace_back();
      partition.place = item.place;
      if (const Node* name = item.find("name")) {
        const Reader::Step name_step(reader, "name");
        reader.text(*name, partition.name);
        if (std::any_of(out.partitions.begin(), out.partitions.end() - 1,
                        [&](const PartitionDescription& other) { return other.name == partition.name; }))
          reader.problem(name->place, "is the name of a partition before");
        if (partition.name.find_first_of(":/+ ") != std::string::npos)
          reader.problem(name->place, "a name without colon, slash, plus and blank would be right");
      } else {
        reader.missing_key(item, "name", "The platform is named with it: leonardo:booster.");
      }
      if (const Node* machine = item.find("machine")) partition.machine = machine->text;
      if (const Node* place = item.find("first_place")) {
        const Reader::Step place_step(reader, "first_place");
        reader.whole(*place, kCountOrZero, partition.first_place);
      }
    }
  };
  return field;
}

// Each with its name, site, uplink and fabric: what else stands there has become partitions and storage (machines.hpp).
Field<PlatformDescription> machines_field(const std::vector<Field<PlatformDescription>>& of_platform) {
  Field<PlatformDescription> field;
  Shape one = object_shape<JoinedMachine>();
  std::erase_if(one.properties, [](const Property& p) { return p.name == "fabric"; });
  one.properties.push_back({"include",
                            "Its platform's file. One that has `machines` itself brings those, and has "
                            "nothing else beside it here.",
                            false,
                            "",
                            "",
                            false,
                            {Codec<std::string>::shape({})}});
  for (Property& property : one.properties) property.required = false;
  for (const Field<PlatformDescription>& own : of_platform) {
    if (own.property.name == "kind") continue;
    one.properties.push_back(own.property);
    one.properties.back().required = false;
  }
  field.property = {
      "machines",
      "Machines with fabrics of their own, joined by a fabric of kind joined: each with any key of a "
      "platform, its partitions become this one's.",
      false,
      "",
      "",
      true,
      {{.kind = Shape::Kind::list, .element = {std::move(one)}}}};
  field.read = [](Reader& reader, const Node& list, PlatformDescription& out) {
    if (!std::holds_alternative<JoinedDescription>(out.fabric.topology))
      out.fabric.topology = JoinedDescription{};
    std::vector<JoinedMachine>& machines = std::get<JoinedDescription>(out.fabric.topology).machines;
    Codec<std::vector<JoinedMachine>>::read(reader, list, machines, {});
    for (std::size_t i = 0; i < machines.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (machines[i].name == machines[j].name)
          reader.problem(machines[i].place,
                         fmt::format("{} is the name of a machine before", machines[i].name));
  };
  return field;
}

}  // namespace

Table<SharedDeviceDescription> TableOf<SharedDeviceDescription>::make() {
  using T = SharedDeviceDescription;
  return {{
              required("name", &T::name, "Jobs name it: qpu."),
              optional("count", &T::count, kCount, "So many jobs hold one at a time."),
          },
          {}};
}

Table<PlatformDescription> TableOf<PlatformDescription>::make() {
  using T = PlatformDescription;
  Table<T> made{
      {
          kind_field<T>({"platform"}, nullptr, "The kind of this file."),
          required("title", &T::title, "Name for people."),
          required("site", &T::site, "Where the machine stands."),
          required("nodes", &T::nodes, kMachineNodes, "Nodes of the machine."),
          required("node", &T::node, "What a node holds."),
          required("fabric", &T::fabric, "The network between the nodes."),
          optional("file_systems", &T::file_systems,
                   "Kinds of file systems that the tiers of its storage name as their software."),
          optional("storage", &T::storage, "File systems, by tier, with their servers on the fabric."),
          optional("devices", &T::devices,
                   "What jobs hold in turn, first come, first served, and no model looks into: a quantum "
                   "computer."),
          required("communication", &T::communication, "How collectives behave on this machine."),
          optional("collectives", &T::collectives, "What libraries were measured to take in collectives."),
          required("clock", &T::clock, "The clock at which its GPUs settle in whole training steps."),
          required("calibration", &T::calibration, "How well predictions met measured training steps."),
          part("facility", &T::facility, "The site around it: cooling, electricity, carbon, access."),
          part("power", &T::power, "Power of what is no GPU."),
          part("cost", &T::cost, "What the machine costs."),
          part("published", &T::published,
               "What was published of the whole machine, to compare with what follows from its parts."),
      },
      check_platform};
  Field<PlatformDescription> partitions = partitions_field(made.fields),
                             machines = machines_field(made.fields);
  made.fields.push_back(std::move(partitions));
  made.fields.push_back(std::move(machines));
  return made;
}

}  // namespace aifsim::catalog
