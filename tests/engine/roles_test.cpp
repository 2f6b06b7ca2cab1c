// Programs of several roles: who meets whom costs the same however the ranks are written down, at every level.
#include <catch2/catch.hpp>
#include <numeric>

#include "../machine/machines.hpp"
#include "engine/engine.hpp"
#include "every_level.hpp"
#include "program/check.hpp"

namespace aifsim {
namespace {

struct EvenTree {
  PlatformDescription platform;
  GpuDescription gpu;
  Topology topology;
  EvenTree() : platform(describe()), topology(platform) {}

  static PlatformDescription describe() {
    PlatformDescription p = test::fat_tree(test::mesh_node(4), 16, {{"leaf", 4, 1}, {"core", 16, 1}});
    return test::at_full_rate(std::move(p));
  }
  Job job() const {
    Job j;
    j.machine = &topology;
    j.platform = &platform;
    j.gpu = &gpu;
    j.gpus = topology.gpus();
    j.nodes.resize(static_cast<std::size_t>(topology.nodes()));
    std::iota(j.nodes.begin(), j.nodes.end(), 0);
    return j;
  }
};

// 64 ranks in so many roles, each with host work of `late` seconds times its number before the sum.
Program in_roles(std::int64_t roles, double bytes, double late = 0) {
  Program p;
  p.meshes.emplace_back(std::vector<MeshAxis>{{"inner", 64 / roles}, {"outer", roles}});
  p.groups = {{"world", {{"inner"}, {"outer"}}}};
  for (std::int64_t r = 0; r < roles; ++r) {
    Role role{"role " + std::to_string(r), {{"outer", r, 1}}, {{"main", {}}}};
    auto& ops = role.streams[0].operations;
    ops.push_back({HostWork{Seconds{late * static_cast<double>(r)}}, "before"});
    ops.push_back({Collective{CollectiveKind::all_reduce, 0, Bytes{bytes}, Algorithm::ring}, "sum"});
    p.roles.push_back(std::move(role));
  }
  return p;
}

// Stages that pass `micro` activations on, each after `work` seconds on it.
Program pipeline(std::int64_t stages, std::int64_t micro, double work, double bytes) {
  Program p;
  p.meshes.emplace_back(std::vector<MeshAxis>{{"gpu", 64 / stages}, {"pp", stages}});
  p.events = static_cast<std::size_t>(2 * stages);
  for (std::int64_t s = 0; s < stages; ++s) {
    const auto came = static_cast<std::size_t>(2 * s), made = came + 1;
    Role role{"stage " + std::to_string(s), {{"pp", s, 1}}, {}};
    std::vector<Operation> work_body;
    if (s > 0) {
      role.streams.push_back(
          {"receive", {{Repeat{micro, {{Receive{"pp", 1, Bytes{bytes}}, "receive #"}, {Record{came}}}}}}});
      work_body.push_back({Wait{came}});
    }
    work_body.push_back({HostWork{Seconds{work}}, "work #"});
    work_body.push_back({Record{made}});
    role.streams.push_back({"work", {{Repeat{micro, work_body}}}});
    if (s + 1 < stages)
      role.streams.push_back(
          {"send", {{Repeat{micro, {{Wait{made}}, {Send{"pp", 1, Bytes{bytes}}, "send #"}}}}}});
    p.roles.push_back(std::move(role));
  }
  return p;
}

double time_at(const Program& p, Fidelity level) {
  static const EvenTree m;
  return run(make_plan(p, m.job()), m.topology, level).duration.value;
}

}  // namespace

TEST_CASE("the same all-reduce written as one, two or four roles takes one time", "[roles]") {
  for (const Fidelity level : levels)
    for (const double bytes : {65536.0, 1e9}) {
      const double one = time_at(in_roles(1, bytes), level);
      INFO(name_of(level) << ", " << bytes << " B: " << one << " s");
      CHECK(one > 0);
      CHECK(time_at(in_roles(2, bytes), level) == Approx(one).epsilon(1e-9));
      CHECK(time_at(in_roles(4, bytes), level) == Approx(one).epsilon(1e-9));
    }
}

TEST_CASE("a collective starts when the last of its roles has come, and the others' waiting is told",
          "[roles]") {
  const double alone = time_at(in_roles(4, 1e8), Fidelity::analytical);
  for (const Fidelity level : levels) {
    const double one = time_at(in_roles(4, 1e8), level);
    CHECK(time_at(in_roles(4, 1e8, 0.01), level) == Approx(one + 0.03).epsilon(1e-6));
  }
  const EvenTree m;
  const Timeline t = run(make_plan(in_roles(2, 1e8, 0.01), m.job()), m.topology, Fidelity::flow);
  const auto& first = t.roles[0].streams[0].spans;
  REQUIRE(first.size() == 3);  // work, waiting, the sum
  CHECK(first[1].kind == SpanKind::wait);
  CHECK((first[1].end - first[1].start).value == Approx(0.01));
  CHECK((first[2].end - first[2].start).value == Approx(alone).epsilon(0.01));
  CHECK(t.roles[1].streams[0].spans.size() == 2);
}

TEST_CASE("two stages with sends and receives agree with arithmetic", "[roles]") {
  // 16 GPUs of each of 2 stages send at once over NICs of their own: 12.5 GB/s each.
  const double bytes = 125e6, work = 0.05, latency = 3e-6;
  const EvenTree m;
  const double rate = m.topology.capacity(m.topology.nic_out(0, 0)).value /
                      static_cast<double>(m.topology.gpus_per_node() / m.topology.nics_per_node());
  const double route = m.topology.route_latency(0, 32).value, send = bytes / rate + latency + route;
  REQUIRE(problems_of(pipeline(2, 8, work, bytes)) == std::vector<std::string>{});
  for (const Fidelity level : levels) {
    INFO(name_of(level));
    // The slower of the stages' work and the link sets the pace; the first piece fills the pipe.
    const double pace = std::max(work, send);
    CHECK(time_at(pipeline(2, 8, work, bytes), level) == Approx(work + send + work + 7 * pace).epsilon(1e-3));
    CHECK(time_at(pipeline(4, 8, work, bytes), level) ==
          Approx(4 * work + 3 * send + 7 * pace).epsilon(1e-3));
    CHECK(time_at(pipeline(2, 8, work, 10 * bytes), level) ==
          Approx(2 * work + 8 * (send - latency - route) * 10 + 8 * (latency + route)).epsilon(1e-3));
  }
}

}  // namespace aifsim
