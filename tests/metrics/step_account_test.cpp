#include "metrics/step_account.hpp"

#include <catch2/catch.hpp>

namespace aifsim {

TEST_CASE("an account is the mean over ranks, and its parts make the step", "[metrics]") {
  Timeline t;
  t.roles = {{"stage 0", 6, {}, {}}, {"stage 1", 2, {}, {}}};
  const auto part = [&](std::size_t role, StepPart p, double time) {
    t.roles[role].times.steps = 2;
    t.roles[role].times.parts[static_cast<std::size_t>(p)] = time;
  };
  part(0, StepPart::products, 12);
  part(1, StepPart::products, 4);
  part(1, StepPart::tensor, 8);
  const StepAccount account = step_account(t, Seconds{8});
  CHECK(account.share(StepPart::products) * 8 == Approx((6 * 6 + 2 * 2) / 8.0));
  CHECK(account.share(StepPart::tensor) * 8 == Approx(2 * 4 / 8.0));
  CHECK(account.share(StepPart::bubble) * 8 == Approx(8 - 5 - 1));
  CHECK(in_a_line(account) == "matrix products 62 %, pipeline bubble 25 %, tensor-parallel exchanges 12 %");
  CHECK(step_account({}, Seconds{8}).step.value == 0);
}

}  // namespace aifsim
