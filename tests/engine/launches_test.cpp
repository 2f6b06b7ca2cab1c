#include "plan/launches.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "catalog/catalog.hpp"
#include "engine/engine.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

PlanStep piece(double seconds, std::int64_t kernels) {
  PlanStep s;
  s.time = s.burst = Seconds{seconds};
  s.kernels = kernels;
  s.label = "layer";
  return s;
}

Plan plan_of_steps(std::vector<PlanStep> steps) {
  Plan plan;
  plan.roles.push_back({"rank", 1, {{"compute", std::move(steps)}}});
  return plan;
}

double duration(Plan plan, double per_kernel) {
  static const Catalog catalog{std::filesystem::path(test_root())};
  static const Topology machine{catalog.platform("mn5_acc")};
  for (PlanRole& role : plan.roles) plan.events = add_launches(role, Seconds{per_kernel}, plan.events);
  const double analytical = run_analytical(plan, machine).duration.value;
  CHECK(run_flow(plan, machine).duration.value == Approx(analytical));
  return analytical;
}

}  // namespace

TEST_CASE("short kernels wait for the host, long ones do not", "[plan]") {
  // 10 kernels of 1 us each at 8 us a launch: the second piece starts at 80 us, the third at 160 us.
  const Plan small = plan_of_steps({piece(10e-6, 10), piece(10e-6, 10), piece(10e-6, 10)});
  CHECK(duration(small, 8e-6) == Approx(240e-6));  // the host's last launches outlast the device
  CHECK(duration(small, 1e-6) == Approx(30e-6));
  CHECK(duration(small, 0) == Approx(30e-6));
}

TEST_CASE("a host that ran ahead during a long kernel is not waited for", "[plan]") {
  // 100 us of device work while the host launches ten more kernels in 80 us.
  const Plan plan = plan_of_steps({piece(100e-6, 1), piece(10e-6, 10), piece(10e-6, 1)});
  CHECK(duration(plan, 8e-6) == Approx(120e-6));
  // Twelve times as slow, it is: the third piece starts after 11 launches, and its own launch ends last.
  CHECK(duration(plan, 96e-6) == Approx(12 * 96e-6));
}

TEST_CASE("a role whose device never outruns the host keeps its streams", "[plan]") {
  Plan plan = plan_of_steps({piece(100e-6, 2), piece(100e-6, 2)});
  CHECK(add_launches(plan.roles[0], Seconds{8e-6}, 3) == 3);
  CHECK(plan.roles[0].streams.size() == 1);
  Plan other = plan_of_steps({piece(1e-6, 2), piece(100e-6, 2)});
  CHECK(add_launches(other.roles[0], Seconds{8e-6}, 3) == 5);
  REQUIRE(other.roles[0].streams.size() == 2);
  CHECK(other.roles[0].streams[1].name == "host");
  CHECK(other.roles[0].streams[0].steps.size() == 4);
}

}  // namespace aifsim
