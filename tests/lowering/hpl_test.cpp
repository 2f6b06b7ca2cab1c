// The shape of a run of HPL and its program.
#include "lowering/hpl/hpl.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "program/check.hpp"
#include "program/memory.hpp"

namespace aifsim {
namespace {

GpuDescription device(const std::string& vendor = "NVIDIA", const std::string& architecture = "Hopper") {
  GpuDescription gpu;
  gpu.vendor = vendor;
  gpu.architecture = architecture;
  gpu.memory.value = Bytes{80e9};
  return gpu;
}

}  // namespace

TEST_CASE("the matrix fills the share of memory that is asked for, in whole panels", "[lowering][hpl]") {
  HplDescription hpl;
  const HplShape shape = hpl_shape(hpl, device(), 4480);
  CHECK(shape.rows == 64);
  CHECK(shape.columns == 70);
  CHECK(shape.block == 1024);
  CHECK(shape.order % shape.block == 0);
  CHECK(shape.matrix().value <= 0.85 * 80e9);
  CHECK(shape.matrix().value > 0.849 * 80e9);
  hpl.order = 100000;
  hpl.block = 300;
  CHECK(hpl_shape(hpl, device(), 8).order == 99900);
  CHECK(hpl_shape(hpl, device(), 8).flops().value ==
        Approx(2.0 / 3 * 99900. * 99900. * 99900.).epsilon(1e-4));
}

TEST_CASE("a grid is near-square and leaves hardly a rank out", "[lowering][hpl]") {
  const auto near_square = [] {
    const auto ranks = *rc::gen::inRange<std::int64_t>(1, 40000);
    const HplShape shape = hpl_shape({}, device(), ranks);
    RC_ASSERT(shape.rows <= shape.columns);
    RC_ASSERT(shape.columns <= std::max<std::int64_t>(2 * shape.rows, 1));
    RC_ASSERT(shape.ranks() <= ranks);
    RC_ASSERT(static_cast<double>(shape.ranks()) >= 0.66 * static_cast<double>(ranks));
    if (ranks > 1000) RC_ASSERT(static_cast<double>(shape.ranks()) >= 0.99 * static_cast<double>(ranks));
  };
  CHECK(rc::check(near_square));
  CHECK(hpl_shape({}, device(), 23328).ranks() == 23328);  // LUMI-G's
}

TEST_CASE("a grid or an order that does not fit is refused", "[lowering][hpl]") {
  HplDescription hpl;
  hpl.rows = 3;
  hpl.columns = 3;
  CHECK_THROWS_WITH(hpl_shape(hpl, device(), 8),
                    Catch::Contains("3 x 3 processes are more than the job's 8 GPUs"));
  hpl.columns = 0;
  CHECK(hpl_shape(hpl, device(), 8).columns == 2);
  hpl.order = 100;
  CHECK_THROWS_WITH(hpl_shape(hpl, device(), 8),
                    Catch::Contains("order 100 has not one panel of 1024 columns"));
}

TEST_CASE("rocHPL factors panels on the host", "[lowering][hpl]") {
  CHECK(panels_on_host({}, device("AMD", "CDNA 2")));
  CHECK_FALSE(panels_on_host({}, device("AMD", "Zen 3")));
  CHECK_FALSE(panels_on_host({}, device()));
  HplDescription hpl;
  hpl.panels = HplPanels::host;
  CHECK(panels_on_host(hpl, device()));
}

TEST_CASE("the program of HPL is well formed and does the operations that HPL counts", "[lowering][hpl]") {
  const HplShape shape = hpl_shape({}, device(), 64);
  const std::vector<HplPanel> panels = hpl_panels(shape);
  const Program program = lower_hpl(shape, panels);
  CHECK(problems_of(program).empty());
  CHECK(peak_memory(program).total().value > shape.matrix().value);
  double flops = 0;
  for (const Operation& op : program.roles.front().streams.front().operations)
    if (const auto* kernel = std::get_if<Kernel>(&op.what))
      if (const auto* gemm = std::get_if<Gemm>(&kernel->op))
        flops +=
            2.0 * static_cast<double>(gemm->m) * static_cast<double>(gemm->n) * static_cast<double>(gemm->k);
  flops *= times_each(shape) * static_cast<double>(shape.ranks());
  // The triangular solves are extra work of the ranks beside the owner's; factoring the panels is not in it.
  CHECK(flops == Approx(shape.flops().value).epsilon(0.03));
}

}  // namespace aifsim
