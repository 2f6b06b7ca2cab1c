#include "engine/account.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>

namespace aifsim {
namespace {

PlanStep step_of(StepKind kind, std::size_t event = 0) {
  PlanStep step;
  step.kind = kind;
  step.event = event;
  return step;
}

struct Happened {
  std::size_t stream;
  double start, end;
  bool waited = false;
};

// Streams of a stage: kernels, sums of tensor parallelism (event 0), what comes from the stage before (event 1).
PlanRole stage() {
  PlanRole role{"stage 1", 4, {{"compute", {}}, {"tensor", {}}, {"receive_forward", {}}}};
  role.streams[1].steps = {step_of(StepKind::collective), step_of(StepKind::record, 0)};
  role.streams[2].steps = {step_of(StepKind::collective), step_of(StepKind::record, 1)};
  return role;
}

double part(const RoleTimes& times, StepPart p) { return times.parts[static_cast<std::size_t>(p)]; }

}  // namespace

TEST_CASE("waits are charged to what ends them, a wait for a partner to the bubble", "[engine]") {
  Accountant account(stage());
  PlanStep kernel = step_of(StepKind::compute);
  kernel.burst = Seconds{2};
  kernel.time = Seconds{2.5};  // at the sustained clock
  kernel.by_class[static_cast<std::size_t>(KernelClass::attention)] = Seconds{0.5};
  kernel.by_class[static_cast<std::size_t>(KernelClass::product)] = Seconds{1.5};
  const PlanStep exchange = step_of(StepKind::collective);
  const auto happened = [&](const Happened& h) {
    account.ended({0, 0, h.stream, nullptr, h.stream == 0 ? &kernel : &exchange, 0, h.waited,
                   Seconds{h.start}, Seconds{h.end}});
  };
  // The stage before sends from 3 to 4; a kernel is slowed by 0.5 s; a sum from 7 to 9 of which one second is hidden.
  happened({2, 0, 3, true});
  happened({2, 3, 4});
  account.blocked({0, 0, 0, 1, Seconds{0}, Seconds{4}});
  happened({0, 4, 7});
  happened({1, 6, 9});
  account.blocked({0, 0, 0, 0, Seconds{7}, Seconds{9}});
  const RoleTimes times = account.take(1, Seconds{9});
  CHECK(part(times, StepPart::bubble) == 3);
  CHECK(part(times, StepPart::stages) == 1);
  CHECK(part(times, StepPart::attention) == Approx(0.625));
  CHECK(part(times, StepPart::products) == Approx(1.875));
  CHECK(part(times, StepPart::slowed) == Approx(0.5));
  CHECK(part(times, StepPart::tensor) == 2);
  CHECK(times.compute.value == 3);
  CHECK(times.communication.value == 4);
  CHECK(times.exposed.value == 3);
}

TEST_CASE("exposed communication is what no compute hides, each moment once", "[engine]") {
  Accountant account(stage());
  PlanStep kernel = step_of(StepKind::compute);
  const PlanStep exchange = step_of(StepKind::collective);
  for (const Happened& h :
       std::initializer_list<Happened>{{0, 0, 4}, {1, 3, 6}, {2, 4, 7}, {0, 5, 8}, {1, 9, 10}})
    account.ended({0, 0, h.stream, nullptr, h.stream == 0 ? &kernel : &exchange, 0, false, Seconds{h.start},
                   Seconds{h.end}});
  const RoleTimes times = account.take(1, Seconds{10});
  CHECK(times.compute.value == 7);
  CHECK(times.communication.value == 5);  // 3-7 and 9-10
  CHECK(times.exposed.value == 2);        // 4-5 and 9-10
}

}  // namespace aifsim
