#include "program/program.hpp"

#include <catch2/catch.hpp>

#include "program/check.hpp"
#include "program/memory.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

using Ranks = std::vector<std::int64_t>;

// tp 2, dp 3, pp 4: rank = tp + 2 dp + 6 pp.
Program stages() {
  Program p;
  p.meshes.emplace_back(std::vector<MeshAxis>{{"tp", 2}, {"dp", 3}, {"pp", 4}});
  p.groups = {{"tensor", {{"tp"}}},
              {"data", {{"dp"}}},
              {"embedding", {{"pp", 0, 2, 3}}},
              {"world", {{"tp"}, {"dp"}, {"pp"}}}};
  for (std::int64_t stage = 0; stage < 4; ++stage)
    p.roles.push_back({"stage " + std::to_string(stage), {{"pp", stage, 1}}, {{"main", {}}}});
  return p;
}

std::vector<Operation>& main_of(Program& p, std::size_t role) { return p.roles[role].streams[0].operations; }

Operation reduce(std::size_t group, double bytes = 8) {
  return {Collective{CollectiveKind::all_reduce, group, Bytes{bytes}}, "sum"};
}

std::string first_problem(const Program& p) {
  const auto problems = problems_of(p);
  return problems.empty() ? "" : problems.front();
}

}  // namespace

TEST_CASE("groups of a role: members along their axes, bases along the others inside its slice",
          "[program]") {
  const Program p = stages();
  CHECK(ranks_of(p, p.roles[1]).ranks() == Ranks{6, 7, 8, 9, 10, 11});
  const GroupRanks tensor = groups_of(p, p.groups[0], p.roles[1]);
  CHECK(tensor.members.ranks() == Ranks{0, 1});
  CHECK(tensor.bases.ranks() == Ranks{6, 8, 10});
  const GroupRanks data = groups_of(p, p.groups[1], p.roles[1]);
  CHECK(data.members.ranks() == Ranks{0, 2, 4});
  CHECK(data.bases.ranks() == Ranks{6, 7});
  // The first and the last stage alone, whichever role asks.
  const GroupRanks ends = groups_of(p, p.groups[2], p.roles[3]);
  CHECK(ends.members.ranks() == Ranks{0, 18});
  CHECK(ends.bases.ranks() == Ranks{0, 1, 2, 3, 4, 5});
  CHECK(groups_of(p, p.groups[3], p.roles[0]).members.directions.size() == 1);  // joined: 24 ranks in a row
}

TEST_CASE("a send goes to the next coordinate, the last one's to the first", "[program]") {
  const Program p = stages();
  const GroupRanks on = pairs_of(p, {"pp", 1, Bytes{1}}, p.roles[0]);
  CHECK(on.bases.ranks() == Ranks{0, 1, 2, 3, 4, 5});
  CHECK(on.members.ranks() == Ranks{0, 6});
  CHECK(pairs_of(p, {"pp", 1, Bytes{1}}, p.roles[3]).members.ranks() == Ranks{0, -18});
  CHECK(pairs_to(p, {"pp", 1, Bytes{1}}, p.roles[1]) == on);
  CHECK(pairs_to(p, {"pp", -1, Bytes{1}}, p.roles[3]) == pairs_of(p, {"pp", -1, Bytes{1}}, p.roles[0]));
}

TEST_CASE("repeats run their body in place, nested ones too", "[program]") {
  std::vector<Operation> ops;
  ops.push_back({Record{0}, "a"});
  ops.push_back({Repeat{2, {{Record{1}, {"b #", 5, -1}}, {Repeat{2, {{Record{2}, {"c #"}}}}}}}});
  ops.push_back({Repeat{0, {{Record{3}, "never"}}}});
  ops.push_back({Record{4}, "d"});
  std::string order;
  for (Walk walk(ops); !walk.ended(); walk.next()) order += walk.operation().label.str(walk.run()) + ",";
  CHECK(order == "a,b 5,c 0,c 1,b 4,c 0,c 1,d,");
  std::int64_t count = 0;
  for_each_operation(ops, [&](const Operation&, std::int64_t times) { count += times; });
  CHECK(count == 8);
}

TEST_CASE("memory is the most that a role holds at once, through repeats", "[program]") {
  const auto hold = [](double b) { return Operation{Hold{MemoryPurpose::activations, Bytes{b}}}; };
  const auto drop = [](double b) { return Operation{Drop{MemoryPurpose::activations, Bytes{b}}}; };
  Role role{"rank", {}, {{"main", {}}}};
  auto& ops = role.streams[0].operations;
  ops.push_back({Hold{MemoryPurpose::parameters, Bytes{100}}});
  ops.push_back({Repeat{10, {hold(7), drop(4)}}});  // peak 9 * 3 + 7
  CHECK(peak_memory(role).total().value == 100 + 34);
  ops.push_back(hold(50));
  CHECK(peak_memory(role).activations.value == 30 + 50);
  ops.push_back({Repeat{5, {drop(16)}}});
  CHECK(peak_memory(role).total().value == 180);
  CHECK(peak_memory(role).parameters.value == 100);
}

TEST_CASE("a well-formed pipeline passes, with everybody's calls", "[program]") {
  Program p = stages();
  for (std::size_t s = 0; s < 4; ++s) {
    auto& ops = main_of(p, s);
    std::vector<Operation> step;
    if (s > 0) step.push_back({Receive{"pp", 1, Bytes{64}}});
    step.push_back(reduce(0));
    if (s < 3) step.push_back({Send{"pp", 1, Bytes{64}}});
    ops.push_back({Repeat{4, step}});
    ops.push_back(reduce(1));
    if (s == 0 || s == 3) ops.push_back(reduce(2));
    ops.push_back(reduce(3));
  }
  CHECK(problems_of(p) == std::vector<std::string>{});
}

TEST_CASE("what cannot run is found before it does", "[program]") {
  Program p = stages();
  p.roles[1].at = {{"pp", 0, 1}};
  CHECK(first_problem(p) == "rank 0 is in role stage 1 and in another");
  p = stages();
  p.roles.pop_back();
  CHECK(first_problem(p) == "rank 18 is in no role");
  p = stages();
  p.roles[3].at = {{"pp", 4, 1}};
  CHECK(first_problem(p) == "role stage 3: coordinates 4 to 4 of pp, which has 4");
  p = stages();
  p.meshes.emplace_back(std::vector<MeshAxis>{{"ep", 6}, {"pp", 2}, {"other", 2}});
  CHECK(first_problem(p) == "role stage 0 is a slice along pp, which not all meshes have alike");
  p = stages();
  for (std::size_t s = 0; s < 3; ++s) main_of(p, s).push_back(reduce(3));
  CHECK(first_problem(p) == "not all roles in group world call it, or not on the same ranks");
  main_of(p, 3).push_back(reduce(3, 16));
  CHECK(first_problem(p) == "roles stage 0 and stage 3 do not make the same calls on group world");
  p = stages();
  main_of(p, 0).push_back({Send{"pp", 1, Bytes{8}}});
  CHECK(first_problem(p) == "sends and receives do not match");
  main_of(p, 1).push_back({Receive{"pp", 1, Bytes{9}}});
  CHECK(first_problem(p) == "sends and receives do not match");
  p = stages();
  main_of(p, 0).push_back({Receive{"pp", -1, Bytes{8}}, "from the next"});
  main_of(p, 0).push_back({Send{"pp", 1, Bytes{8}}});
  main_of(p, 1).push_back({Receive{"pp", 1, Bytes{8}}});
  main_of(p, 1).push_back({Send{"pp", -1, Bytes{8}}});
  CHECK(first_problem(p) == "role stage 0 never gets past: from the next");  // both wait to receive
  std::swap(main_of(p, 1)[0], main_of(p, 1)[1]);
  CHECK(problems_of(p) == std::vector<std::string>{});
  std::swap(main_of(p, 0)[0], main_of(p, 0)[1]);
  CHECK(first_problem(p) == "role stage 0 never gets past: ");  // both wait to send
  p = stages();
  p.events = 1;
  main_of(p, 0).push_back({Record{0}});
  main_of(p, 0).push_back({Repeat{2, {{Wait{0}}}}});
  CHECK(first_problem(p) == "role stage 0, stream main waits 2 times for event 0, which is recorded 1 times");
  p = stages();
  main_of(p, 2).push_back({Drop{MemoryPurpose::buffers, Bytes{5}}, "late"});
  CHECK(first_problem(p) == "role stage 2 drops memory that it does not hold: late");
}

}  // namespace aifsim
