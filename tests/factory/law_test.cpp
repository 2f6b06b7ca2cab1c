// One law for a collective: what `aifsim collective` says is what `aifsim validate collectives` says.
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "collectives/law.hpp"
#include "collectives/predict.hpp"
#include "factory/collective_run.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

PlatformInstance instance(const char* name) {
  static const Catalog catalog{std::filesystem::path(test_root())};
  PlatformDescription description = catalog.platform(name);
  const GpuDescription gpu = catalog.gpu(description.node.gpu);
  return {std::move(description), gpu};
}

CollectiveQuery query(MeasuredOp op, std::int64_t ranks, std::int64_t per_node, double bytes) {
  CollectiveQuery q;
  q.op = op;
  q.ranks = ranks;
  q.ranks_per_node = per_node;
  q.bytes = Bytes{bytes};
  return q;
}

double seconds(const PlatformInstance& platform, CollectiveKind kind, std::int64_t ranks, double bytes,
               Fidelity fidelity = Fidelity::flow) {
  const CollectiveQuestion q{kind, Bytes{bytes}, ranks, 0, fidelity};
  return run_collective(platform, q, chosen_algorithm(platform, q)).time.value;
}

}  // namespace

TEST_CASE("in a node the library's choice takes what the fitted block says, at every size") {
  for (const char* name : {"dgx_h100", "selene", "gb200_nvl72", "l40s_pcie8"}) {
    const PlatformInstance platform = instance(name);
    const auto per_node = platform.topology.gpus_per_domain();
    for (const std::int64_t ranks : {2, 4, 8})
      for (double bytes = 1024; bytes < 1e9; bytes *= 16) {
        INFO(name << ", " << ranks << " ranks, " << bytes << " B");
        // Switches that can sum do so from eight ranks on, in the block's fit; elsewhere the gain is 1.
        const auto law = predict(platform.description, query(MeasuredOp::all_reduce, ranks, per_node, bytes));
        CHECK(seconds(platform, CollectiveKind::all_reduce, ranks, bytes) ==
              Approx(law.time.value).epsilon(1e-3));
        const auto gather =
            predict(platform.description, query(MeasuredOp::all_gather, ranks, per_node, bytes));
        CHECK(seconds(platform, CollectiveKind::all_gather, ranks, bytes) ==
              Approx(gather.time.value).epsilon(1e-3));
        const auto exchange =
            predict(platform.description, query(MeasuredOp::all_to_all, ranks, per_node, bytes));
        CHECK(seconds(platform, CollectiveKind::all_to_all, ranks, bytes) ==
              Approx(exchange.time.value).epsilon(1e-3));
      }
  }
}

TEST_CASE("over nodes the library's choice takes what the fitted block says") {
  const PlatformInstance mn5 = instance("mn5_acc");
  for (const std::int64_t ranks : {16, 64, 256})
    for (double bytes = 1024; bytes < 1e9; bytes *= 16) {
      INFO(ranks << " ranks, " << bytes << " B");
      const auto law = predict(mn5.description, query(MeasuredOp::all_reduce, ranks, 4, bytes));
      CHECK(seconds(mn5, CollectiveKind::all_reduce, ranks, bytes) == Approx(law.time.value).epsilon(1e-3));
    }
}

TEST_CASE("message keeps to the law as flow does") {
  const PlatformInstance h100 = instance("dgx_h100"), mn5 = instance("mn5_acc");
  for (const double bytes : {64e6, 1e9}) {
    CHECK(seconds(h100, CollectiveKind::all_gather, 8, bytes, Fidelity::message) ==
          Approx(seconds(h100, CollectiveKind::all_gather, 8, bytes)).epsilon(0.03));
    CHECK(seconds(mn5, CollectiveKind::all_gather, 16, bytes, Fidelity::message) ==
          Approx(seconds(mn5, CollectiveKind::all_gather, 16, bytes)).epsilon(0.03));
  }
  CHECK(seconds(h100, CollectiveKind::all_gather, 8, 65536, Fidelity::message) ==
        Approx(seconds(h100, CollectiveKind::all_gather, 8, 65536)).epsilon(0.1));
}

TEST_CASE("a rack of NVLink is one node to a collective") {
  const PlatformInstance rack = instance("gb200_nvl72");
  CHECK(world_shape(rack.topology, 72).nodes() == 1);
  CHECK(world_shape(rack.topology, 144).nodes() == 2);
  const CollectiveQuestion q{CollectiveKind::all_reduce, Bytes{1e9}, 72};
  const CollectiveAnswer answer = run_collective(rack, q, Algorithm::ring);
  CHECK(answer.bottleneck.find("nvswitch") != std::string::npos);
}

TEST_CASE("switches that cannot sum are not offered for it") {
  const PlatformInstance a100 = instance("selene"), h100 = instance("dgx_h100");
  const auto offers = [](const PlatformInstance& p) {
    const auto all = algorithms_on(p, CollectiveKind::all_reduce, 8);
    return std::find(all.begin(), all.end(), Algorithm::nvls) != all.end();
  };
  CHECK_FALSE(offers(a100));
  CHECK(offers(h100));
  CHECK_THROWS_AS(run_collective(a100, {CollectiveKind::all_reduce, Bytes{1e6}, 8}, Algorithm::nvls),
                  CannotAnswer);
}

TEST_CASE("no block, no law; kinds that nobody measured have none") {
  PlatformDescription platform = instance("dgx_h100").description;
  const GroupShape node{8, 8};
  CHECK(law_of(platform, CollectiveKind::all_reduce, Algorithm::ring, node, Bytes{1e6}, true));
  CHECK_FALSE(law_of(platform, CollectiveKind::gather, Algorithm::linear, node, Bytes{1e6}, true));
  CHECK_FALSE(law_of(platform, CollectiveKind::all_reduce, Algorithm::tree, node, Bytes{1e6}, true));
  CHECK_FALSE(law_of(platform, CollectiveKind::all_reduce, Algorithm::ring, {16, 4}, Bytes{1e6}, false));
  platform.collectives = {};
  CHECK_FALSE(law_of(platform, CollectiveKind::all_reduce, Algorithm::ring, node, Bytes{1e6}, true));
}

}  // namespace aifsim
