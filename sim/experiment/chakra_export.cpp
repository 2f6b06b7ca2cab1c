// Field numbers: github.com/mlcommons/chakra, schema/protobuf/et_def.proto.
#include "experiment/chakra_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "engine/engine.hpp"
#include "plan/cursor.hpp"

namespace aifsim {
namespace {

using protozero::pbf_writer;

constexpr std::size_t most_nodes = 10'000'000;

namespace node_field {
constexpr protozero::pbf_tag_type id = 1, name = 2, type = 3, ctrl_deps = 4, data_deps = 5, duration = 7,
                                  attr = 10;
}
namespace attr_field {
constexpr protozero::pbf_tag_type name = 1, int64_value = 9, bool_value = 27, string_value = 29;
}
namespace metadata_field {
constexpr protozero::pbf_tag_type version = 1;
}
enum NodeType : std::int32_t { comp = 4, send = 5, receive = 6, collective = 7 };

// Number in Chakra's CollectiveCommType.
std::int64_t chakra_number(CollectiveKind kind) {
  switch (kind) {
    case CollectiveKind::all_reduce:
      return 0;
    case CollectiveKind::reduce:
      return 1;
    case CollectiveKind::all_gather:
      return 2;
    case CollectiveKind::gather:
      return 3;
    case CollectiveKind::scatter:
      return 4;
    case CollectiveKind::broadcast:
      return 5;
    case CollectiveKind::all_to_all:
    case CollectiveKind::expert_dispatch:
    case CollectiveKind::expert_combine:
      return 6;
    case CollectiveKind::reduce_scatter:
      return 7;
    case CollectiveKind::barrier:
      return 9;
    case CollectiveKind::send_receive:
      break;
  }
  throw std::logic_error("no collective of Chakra");
}

// How long each step of each stream takes, in order.
class Durations : public Listener {
 public:
  void ended(const StepEvent& event) override {
    if (!event.waited) times_[{event.role, event.stream}].push_back(event.end - event.start);
  }
  const std::vector<Seconds>& of(std::size_t role, std::size_t stream) { return times_[{role, stream}]; }

 private:
  std::map<std::pair<std::size_t, std::size_t>, std::vector<Seconds>> times_;
};

// What all ranks of a role have in common of a node.
struct RoleNode {
  NodeType type = comp;
  std::string name;
  std::uint64_t micros = 0;
  bool host = false;
  std::size_t stream = 0;
  const PlannedCollective* collective = nullptr;
  std::size_t meeting = 0;
  std::vector<std::uint64_t> before, after;  // nodes of the same stream, and of others, that it waits for
};

class RoleNodes {
 public:
  RoleNodes(const PlanRole& role, std::size_t number, const Plan& plan, Durations& durations)
      : role_(role), number_(number), plan_(plan), durations_(durations) {}

  std::vector<RoleNode> make() {
    for (std::size_t s = 0; s < role_.streams.size(); ++s) add_stream(s);
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      std::set<std::uint64_t> all;
      for (const Mark& mark : waits_[n]) resolve(mark, all);
      for (const std::uint64_t known : nodes_[n].before) all.erase(known);
      nodes_[n].after.assign(all.begin(), all.end());
    }
    return std::move(nodes_);
  }

 private:
  using Mark = std::pair<std::size_t, std::int64_t>;  // event, and which of its records
  struct Recorded {
    std::vector<std::uint64_t> nodes;
    std::vector<Mark> marks;
  };

  void add_stream(std::size_t s) {
    std::vector<std::uint64_t> last;
    std::vector<Mark> pending;
    std::map<std::size_t, std::int64_t> waited;
    std::size_t step_number = 0;
    double now = 0;
    std::uint64_t told = 0;
    for (StreamCursor cursor(role_.streams[s]); !cursor.ended(); cursor.next()) {
      const PlanStep& step = cursor.step();
      if (step.kind == StepKind::wait) {
        pending.emplace_back(step.event, waited[step.event]++);
        continue;
      }
      if (step.kind == StepKind::record) {
        recorded_[{step.event, records_[step.event]++}] = {last, pending};
        continue;
      }
      RoleNode node;
      node.name = step.label.str(cursor.run());
      node.host = step.kind == StepKind::host;
      node.stream = s;
      node.before = last;
      const Seconds time = durations_.of(number_, s).at(step_number++);
      node.host = node.host || step.storage;  // the schema has no files: as time of the host
      if (step.kind == StepKind::collective && !step.storage) {
        node.collective = &plan_.collectives[step.collective];
        node.meeting = step.meeting;
        node.type = !step.pair ? collective : step.party == 0 ? send : receive;
      } else {
        now += time.value;
        node.micros = static_cast<std::uint64_t>(std::llround(now * 1e6)) - told;
        told += node.micros;
      }
      last.clear();
      const bool ring = node.collective && node.collective->kind == CollectiveKind::send_receive;
      if (ring) node.type = send;
      for (int half = 0; half < (ring ? 2 : 1); ++half) {
        if (half == 1) node.type = receive;
        last.push_back(nodes_.size());
        nodes_.push_back(node);
        waits_.push_back(pending);
      }
      pending.clear();
    }
  }

  void resolve(const Mark& mark, std::set<std::uint64_t>& into) const {
    std::vector<Mark> open{mark};
    std::set<Mark> seen{mark};
    while (!open.empty()) {
      const auto found = recorded_.find(open.back());
      open.pop_back();
      if (found == recorded_.end()) continue;
      into.insert(found->second.nodes.begin(), found->second.nodes.end());
      for (const Mark& next : found->second.marks)
        if (seen.insert(next).second) open.push_back(next);
    }
  }

  const PlanRole& role_;
  const std::size_t number_;
  const Plan& plan_;
  Durations& durations_;
  std::vector<RoleNode> nodes_;
  std::vector<std::vector<Mark>> waits_;  // by node
  std::map<Mark, Recorded> recorded_;
  std::map<std::size_t, std::int64_t> records_;
};

// Communicators by number: 0 and "" mean all ranks to ASTRA-sim, so they count from 1.
class Communicators {
 public:
  std::size_t number(std::size_t meeting, std::vector<std::int64_t> ranks) {
    return numbers_.try_emplace({meeting, std::move(ranks)}, numbers_.size() + 1).first->second;
  }
  std::string json() const {
    std::map<std::size_t, const std::vector<std::int64_t>*> sorted;
    for (const auto& [key, number] : numbers_) sorted[number] = &key.second;
    nlohmann::ordered_json all = nlohmann::ordered_json::object();
    for (const auto& [number, ranks] : sorted) all[std::to_string(number)] = *ranks;
    return all.dump() + "\n";
  }

 private:
  std::map<std::pair<std::size_t, std::vector<std::int64_t>>, std::size_t> numbers_;
};

void put_message(std::string& out, const std::string& message) {
  protozero::add_varint_to_buffer(&out, message.size());
  out += message;
}

void put_attr(pbf_writer& node, const char* name, std::int64_t value) {
  pbf_writer attr{node, node_field::attr};
  attr.add_string(attr_field::name, name);
  attr.add_int64(attr_field::int64_value, value);
}

class RankWriter {
 public:
  RankWriter(std::int64_t rank, Communicators& communicators) : rank_(rank), communicators_(communicators) {
    std::string metadata;
    pbf_writer{metadata}.add_string(metadata_field::version, "0.0.4");
    put_message(file_, metadata);
  }

  std::string write(const std::vector<RoleNode>& nodes) {
    for (std::size_t n = 0; n < nodes.size(); ++n) put_message(file_, message(nodes[n], n));
    return std::move(file_);
  }

 private:
  std::string message(const RoleNode& node, std::size_t id) {
    std::string text;
    pbf_writer out{text};
    out.add_uint64(node_field::id, id);
    out.add_string(node_field::name, node.name);
    out.add_enum(node_field::type, node.type);
    out.add_packed_uint64(node_field::ctrl_deps, node.before.begin(), node.before.end());
    out.add_packed_uint64(node_field::data_deps, node.after.begin(), node.after.end());
    if (node.micros > 0) out.add_uint64(node_field::duration, node.micros);
    {
      pbf_writer attr{out, node_field::attr};
      attr.add_string(attr_field::name, "is_cpu_op");
      attr.add_bool(attr_field::bool_value, node.host);
    }
    if (node.type == comp)
      put_attr(out, node.host ? "tid" : "stream", static_cast<std::int64_t>(node.stream));
    else if (node.type == collective)
      put_collective(out, node);
    else
      put_peer(out, node);
    return text;
  }

  // Ranks of the group that this rank is in.
  std::vector<std::int64_t> members(const RoutedGroup& group) const {
    for (const std::int64_t base : group.bases)
      if (std::find(group.members.begin(), group.members.end(), rank_ - base) != group.members.end()) {
        std::vector<std::int64_t> ranks = group.members;
        for (std::int64_t& rank : ranks) rank += base;
        return ranks;
      }
    throw std::logic_error(fmt::format("rank {} is in no group of its collective", rank_));
  }

  void put_collective(pbf_writer& out, const RoleNode& node) {
    const CollectiveKind kind = node.collective->kind;
    std::vector<std::int64_t> ranks = members(*node.collective->group);
    double bytes = node.collective->bytes.value;
    if (kind == CollectiveKind::all_gather || kind == CollectiveKind::gather)
      bytes /= static_cast<double>(ranks.size());
    put_attr(out, "comm_type", chakra_number(kind));
    put_attr(out, "comm_size", std::llround(bytes));
    pbf_writer attr{out, node_field::attr};
    attr.add_string(attr_field::name, "pg_name");
    attr.add_string(attr_field::string_value,
                    std::to_string(communicators_.number(node.meeting, std::move(ranks))));
  }

  // Of a pair the first sends; of a ring every rank sends to the next one.
  void put_peer(pbf_writer& out, const RoleNode& node) const {
    const bool sends = node.type == send;
    std::int64_t peer = 0;
    if (node.collective->kind == CollectiveKind::send_receive) {
      const std::vector<std::int64_t> ring = members(*node.collective->group);
      const std::size_t n = ring.size();
      const auto at = static_cast<std::size_t>(std::find(ring.begin(), ring.end(), rank_) - ring.begin());
      peer = ring[(at + (sends ? 1 : n - 1)) % n];
    } else {
      const std::vector<std::int64_t>& pair = node.collective->group->members;
      peer = sends ? rank_ + pair[1] : rank_ - pair[1];
    }
    put_attr(out, "comm_size", std::llround(node.collective->bytes.value));
    put_attr(out, "comm_src", sends ? rank_ : peer);
    put_attr(out, "comm_dst", sends ? peer : rank_);
    put_attr(out, "comm_tag", static_cast<std::int64_t>(node.meeting));
  }

  const std::int64_t rank_;
  Communicators& communicators_;
  std::string file_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> chakra_files(const Plan& plan) {
  Durations durations;
  analytical_duration(plan, &durations);
  std::vector<std::vector<RoleNode>> nodes;
  std::size_t count = 0;
  for (std::size_t r = 0; r < plan.roles.size(); ++r) {
    nodes.push_back(RoleNodes(plan.roles[r], r, plan, durations).make());
    count += nodes.back().size() * static_cast<std::size_t>(plan.roles[r].ranks);
  }
  if (count > most_nodes)
    throw CannotAnswer(
        fmt::format("{} nodes for {} ranks are more than the {} that are written; fewer GPUs, layers "
                    "or micro-batches make fewer",
                    count, plan.gpus, most_nodes));
  std::vector<std::pair<std::string, std::string>> files(static_cast<std::size_t>(plan.gpus));
  Communicators communicators;
  for (std::size_t r = 0; r < plan.roles.size(); ++r)
    for (const std::int64_t rank : plan.roles[r].members.ranks())
      files[static_cast<std::size_t>(rank)] = {fmt::format("{}.{}.et", chakra_prefix, rank),
                                               RankWriter(rank, communicators).write(nodes[r])};
  files.emplace_back(chakra_groups, communicators.json());
  return files;
}

}  // namespace aifsim
