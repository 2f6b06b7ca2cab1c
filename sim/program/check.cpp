#include "program/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "program/memory.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

class Check {
 public:
  explicit Check(const Program& program) : program_(program) {}

  std::vector<std::string> run() {
    meshes();
    if (problems_.empty()) roles();
    if (problems_.empty()) groups();
    if (!problems_.empty()) return problems_;
    events();
    memory();
    calls();
    if (problems_.empty()) order();
    return problems_;
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  void meshes() {
    if (program_.meshes.empty()) return add("the program has no mesh");
    for (const Mesh& mesh : program_.meshes)
      if (mesh.ranks() != program_.ranks())
        add("a mesh of {} ranks beside one of {}", mesh.ranks(), program_.ranks());
  }

  void slice(const AxisSlice& s, const Mesh& mesh, const std::string& of) {
    const auto axis = mesh.find(s.axis);
    if (!axis) return add("{} is a slice along {}, which its mesh lacks", of, s.axis);
    const std::int64_t size = mesh.axes()[*axis].size, count = s.count > 0 ? s.count : size;
    if (s.first < 0 || s.step < 1 || s.first + (count - 1) * s.step >= size)
      add("{}: coordinates {} to {} of {}, which has {}", of, s.first, s.first + (count - 1) * s.step, s.axis,
          size);
  }

  void roles() {
    std::vector<char> taken(static_cast<std::size_t>(program_.ranks()), 0);
    for (const Role& role : program_.roles) {
      for (const AxisSlice& at : role.at) {
        slice(at, program_.meshes.front(), "role " + role.name);
        same_axis(at.axis, role.name);
      }
      if (!problems_.empty()) return;
      for (const std::int64_t rank : ranks_of(program_, role).ranks())
        if (taken[static_cast<std::size_t>(rank)]++)
          return add("rank {} is in role {} and in another", rank, role.name);
    }
    if (const auto none = std::find(taken.begin(), taken.end(), 0); none != taken.end())
      add("rank {} is in no role", none - taken.begin());
  }

  void same_axis(const std::string& axis, const std::string& role) {
    const auto shape = [&](const Mesh& mesh) {
      const auto at = mesh.find(axis);
      return at ? std::pair(mesh.axes()[*at].size, mesh.stride(*at))
                : std::pair<std::int64_t, std::int64_t>(0, 0);
    };
    for (const Mesh& mesh : program_.meshes)
      if (shape(mesh) != shape(program_.meshes.front()))
        add("role {} is a slice along {}, which not all meshes have alike", role, axis);
  }

  void groups() {
    for (const Group& group : program_.groups) {
      if (group.mesh >= program_.meshes.size())
        return add("group {} is of a mesh that is not there", group.name);
      for (const AxisSlice& over : group.over)
        slice(over, program_.meshes[group.mesh], "group " + group.name);
    }
  }

  void events() {
    struct Count {
      std::int64_t records = 0;
      std::set<std::size_t> roles;
    };
    std::vector<Count> counts(program_.events);
    const auto known = [&](std::size_t event) {
      if (event < counts.size()) return true;
      add("event {} of {}", event, counts.size());
      return false;
    };
    for (std::size_t r = 0; r < program_.roles.size(); ++r)
      for (const Stream& stream : program_.roles[r].streams)
        for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
          if (const auto* record = std::get_if<Record>(&op.what); record && known(record->event)) {
            counts[record->event].records += times;
            counts[record->event].roles.insert(r);
          } else if (const auto* wait = std::get_if<Wait>(&op.what); wait && known(wait->event)) {
            counts[wait->event].roles.insert(r);
          }
        });
    if (!problems_.empty()) return;
    for (std::size_t e = 0; e < counts.size(); ++e)
      if (counts[e].roles.size() > 1) add("event {} is of several roles", e);
    for (const Role& role : program_.roles)
      for (const Stream& stream : role.streams) {
        std::map<std::size_t, std::int64_t> waits;
        for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
          if (const auto* wait = std::get_if<Wait>(&op.what)) waits[wait->event] += times;
        });
        for (const auto& [event, times] : waits)
          if (times > counts[event].records)
            add("role {}, stream {} waits {} times for event {}, which is recorded {} times", role.name,
                stream.name, times, event, counts[event].records);
      }
  }

  void memory() {
    for (const Role& role : program_.roles) {
      std::size_t holding = 0;
      for (const Stream& stream : role.streams) {
        MemoryAccount held;
        bool holds = false;
        for (Walk walk(stream.operations); !walk.ended(); walk.next()) {
          if (const auto* hold = std::get_if<Hold>(&walk.operation().what)) {
            holds = true;
            held[hold->purpose] += hold->bytes;
          } else if (const auto* drop = std::get_if<Drop>(&walk.operation().what)) {
            held[drop->purpose] -= drop->bytes;
            if (held[drop->purpose].value < -1e-6 * drop->bytes.value) {
              add("role {} drops memory that it does not hold: {}", role.name,
                  walk.operation().label.str(walk.run()));
              break;
            }
          }
        }
        holding += holds;
      }
      if (holding > 1) add("role {} holds memory in {} streams", role.name, holding);
    }
  }

  // What meets what: a collective on a group, or a send with its receive.
  using Meeting = std::tuple<std::size_t, GroupRanks, std::int64_t>;
  struct Call {
    CollectiveKind kind;
    double bytes;
    Algorithm algorithm;
    bool operator==(const Call&) const = default;
  };
  static constexpr std::size_t pairs = static_cast<std::size_t>(-1);

  std::optional<std::pair<Meeting, Call>> call_of(const Operation& op, const Role& role) {
    if (const auto* c = std::get_if<Collective>(&op.what)) {
      if (c->group >= program_.groups.size()) {
        add("role {} calls group {} of {}", role.name, c->group, program_.groups.size());
        return std::nullopt;
      }
      return std::pair(Meeting{c->group, groups_of(program_, program_.groups[c->group], role), 0},
                       Call{c->kind, c->bytes.value, c->algorithm});
    }
    return std::nullopt;
  }

  void calls() {
    // By group: the calls of each role that it touches.
    std::map<std::pair<std::size_t, GroupRanks>, std::map<std::size_t, std::vector<Call>>> collectives;
    std::map<std::tuple<GroupRanks, std::int64_t>, std::vector<double>> sent, received;
    for (std::size_t r = 0; r < program_.roles.size(); ++r) {
      const Role& role = program_.roles[r];
      std::set<std::pair<std::size_t, std::size_t>> callers;  // group and stream
      for (std::size_t s = 0; s < role.streams.size(); ++s)
        for (Walk walk(role.streams[s].operations); !walk.ended(); walk.next()) {
          const Operation& op = walk.operation();
          if (const auto* c = std::get_if<Collective>(&op.what)) {
            if (c->group >= program_.groups.size())
              return add("role {} calls group {} of {}", role.name, c->group, program_.groups.size());
            callers.insert({c->group, s});
            collectives[{c->group, groups_of(program_, program_.groups[c->group], role)}][r].push_back(
                {c->kind, c->bytes.value, c->algorithm});
          } else if (const auto* send = std::get_if<Send>(&op.what)) {
            if (!program_.meshes.front().find(send->axis))
              return add("role {} sends along {}", role.name, send->axis);
            sent[{pairs_of(program_, *send, role), send->channel}].push_back(send->bytes.value);
          } else if (const auto* receive = std::get_if<Receive>(&op.what)) {
            if (!program_.meshes.front().find(receive->axis))
              return add("role {} receives along {}", role.name, receive->axis);
            received[{pairs_to(program_, *receive, role), receive->channel}].push_back(receive->bytes.value);
          }
        }
      for (std::size_t g = 0; g < program_.groups.size(); ++g)
        if (touched(program_.groups[g], role) > 1 &&
            std::count_if(callers.begin(), callers.end(), [&](const auto& c) { return c.first == g; }) > 1)
          add("role {} calls group {} from several streams, and other roles are in it", role.name,
              program_.groups[g].name);
    }
    for (const auto& [key, by_role] : collectives) {
      const Group& group = program_.groups[key.first];
      const auto first = by_role.begin();
      if (by_role.size() != touched(group, program_.roles[first->first]))
        add("not all roles in group {} call it, or not on the same ranks", group.name);
      for (const auto& [r, calls] : by_role)
        if (calls != first->second)
          add("roles {} and {} do not make the same calls on group {}", program_.roles[first->first].name,
              program_.roles[r].name, group.name);
    }
    if (sent != received) add("sends and receives do not match");
  }

  // Roles with a rank in the groups that `role` is in.
  std::size_t touched(const Group& group, const Role& role) {
    const auto [known, isnew] = touched_.try_emplace(groups_of(program_, group, role), 0);
    if (!isnew) return known->second;
    std::vector<char> in(static_cast<std::size_t>(program_.ranks()), 0);
    const auto members = known->first.members.ranks();
    for (const std::int64_t base : known->first.bases.ranks())
      for (const std::int64_t member : members) in[static_cast<std::size_t>(base + member)] = 1;
    for (const Role& other : program_.roles) {
      const auto all = ranks_of(program_, other).ranks();
      known->second += std::any_of(all.begin(), all.end(),
                                   [&](std::int64_t rank) { return in[static_cast<std::size_t>(rank)]; });
    }
    return known->second;
  }

  // Without time: whatever can go on does.
  void order() {
    struct Here {
      std::size_t role = 0;
      Walk walk;
      std::map<std::size_t, std::int64_t> waits = {};
      std::optional<std::pair<Meeting, std::int64_t>> at = {};  // a meeting, and which of its calls
    };
    std::vector<Here> streams;
    for (std::size_t r = 0; r < program_.roles.size(); ++r)
      for (const Stream& s : program_.roles[r].streams) streams.push_back({r, Walk(s.operations)});
    std::vector<std::int64_t> recorded(program_.events, 0);
    std::map<Meeting, std::map<int, std::int64_t>>
        called;  // by role, or -1 for a sender and -2 for its receiver
    const auto parties = [&](const Meeting& m, std::size_t role) {
      return std::get<0>(m) == pairs ? 2 : touched(program_.groups[std::get<0>(m)], program_.roles[role]);
    };
    for (bool moved = true; moved;) {
      moved = false;
      for (Here& here : streams)
        while (!here.walk.ended()) {
          const Operation& op = here.walk.operation();
          const Role& role = program_.roles[here.role];
          if (const auto* wait = std::get_if<Wait>(&op.what)) {
            if (recorded[wait->event] <= here.waits[wait->event]) break;
            ++here.waits[wait->event];
          } else if (const auto* record = std::get_if<Record>(&op.what)) {
            ++recorded[record->event];
          } else if (!here.at) {
            std::optional<std::pair<Meeting, int>> meeting;
            if (const auto* send = std::get_if<Send>(&op.what))
              meeting = {{pairs, pairs_of(program_, *send, role), send->channel}, -1};
            else if (const auto* receive = std::get_if<Receive>(&op.what))
              meeting = {{pairs, pairs_to(program_, *receive, role), receive->channel}, -2};
            else if (const auto found = call_of(op, role))
              meeting = {found->first, static_cast<int>(here.role)};
            if (meeting) {
              here.at = {meeting->first, ++called[meeting->first][meeting->second]};
              moved = true;
            }
          }
          if (here.at) {
            const auto& [meeting, number] = *here.at;
            const auto& calls = called[meeting];
            if (calls.size() < parties(meeting, here.role) ||
                std::any_of(calls.begin(), calls.end(),
                            [&, n = number](const auto& c) { return c.second < n; }))
              break;
            here.at.reset();
          }
          here.walk.next();
          moved = true;
        }
    }
    for (const Here& here : streams)
      if (!here.walk.ended())
        add("role {} never gets past: {}", program_.roles[here.role].name,
            here.walk.operation().label.str(here.walk.run()));
  }

  const Program& program_;
  std::map<GroupRanks, std::size_t> touched_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> problems_of(const Program& program) { return Check(program).run(); }

}  // namespace aifsim
