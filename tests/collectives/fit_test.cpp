// The fit of collective models: constants of made-up rows come back, groups left out are told, files hold.
#include "collectives/fit.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "collectives/cluster_time.hpp"
#include "collectives/node_time.hpp"
#include "collectives/predict.hpp"
#include "collectives/step_time.hpp"

using namespace aifsim;

namespace {

NodeModel truth() {
  NodeModel m;
  for (const auto& c : model_constants<NodeModel>()) m.*c.member = c.start;
  m.base = 12e-6;
  m.step = 2e-6;
  m.bandwidth = 150e9;
  m.wide_ratio = 1.6;
  m.late_base = 25e-6;
  return m;
}

PlatformDescription platform() {
  PlatformDescription p;
  p.name = "made_up";
  p.node.gpus.value = 8;
  p.node.nics.value = 4;
  p.node.wiring.resize(1);
  p.node.wiring[0].from = "gpu*";
  p.node.wiring[0].to = "nvswitch0";
  return p;
}

std::vector<CollectiveRow> node_rows(double noise) {
  std::vector<CollectiveRow> rows;
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  for (const MeasuredOp op : {MeasuredOp::all_reduce, MeasuredOp::all_gather, MeasuredOp::all_to_all})
    for (const int ranks : {2, 4, 8})
      for (double bytes = 1024; bytes < 1e9; bytes *= 2) {
        CollectiveRow row;
        row.platform = "made_up";
        row.query.op = op;
        row.query.ranks = row.query.ranks_per_node = ranks;
        row.query.bytes = Bytes{bytes};
        row.group = std::to_string(ranks);
        row.time = node_time(truth(), row.query) * std::exp(noise * normal(random));
        rows.push_back(row);
      }
  return rows;
}

// All-reduces of host buffers on 8 to 64 nodes, as `m` has them.
std::vector<CollectiveRow> step_rows(const StepModel& m, std::initializer_list<const char*> algorithms) {
  std::vector<CollectiveRow> rows;
  for (const char* algorithm : algorithms)
    for (const int nodes : {8, 16, 32, 64})
      for (double bytes = 256; bytes < 1e8; bytes *= 4) {
        CollectiveRow row;
        row.query.op = MeasuredOp::all_reduce;
        row.query.ranks = nodes;
        row.query.ranks_per_node = 1;
        row.query.bytes = Bytes{bytes};
        row.query.algorithm = algorithm;
        row.query.mpi_library = "OMPI";
        row.query.gpu_buffers = false;
        row.group = std::to_string(nodes);
        row.time = step_time(m, row.query, 4);
        rows.push_back(row);
      }
  return rows;
}

double constant(const CollectiveFit& fit, const std::string& key) {
  for (const auto& [name, value] : fit.constants)
    if (name == key) return value;
  return NAN;
}

}  // namespace

TEST_CASE("constants of made-up one-node collectives come back") {
  const CollectiveCalibration c =
      calibrate_collectives(platform(), node_rows(0.02), {0.3, "2026-11-25", "test"});
  REQUIRE(c.fits.size() == 1);
  const CollectiveFit& fit = c.fits[0];
  CHECK(fit.block == "node");
  CHECK(constant(fit, "base") == Approx(12e-6).epsilon(0.1));
  CHECK(constant(fit, "step") == Approx(2e-6).epsilon(0.1));
  CHECK(constant(fit, "bandwidth") == Approx(150e9).epsilon(0.05));
  CHECK(constant(fit, "wide_ratio") == Approx(1.6).epsilon(0.1));
  CHECK(fit.held_out.model.median < 4);
  // Each rank count left out in turn is met by the others, and the plain law does worse.
  REQUIRE(fit.groups.size() == 3);
  CHECK(fit.left_out.model.median < 8);
  CHECK(fit.left_out.control.median > 2 * fit.left_out.model.median);
}

TEST_CASE("what rows do not hold is not identified") {
  std::vector<CollectiveRow> rows;
  for (const CollectiveRow& row : node_rows(0.02))
    if (row.query.op == MeasuredOp::all_reduce && row.query.ranks == 4) rows.push_back(row);
  const CollectiveCalibration c = calibrate_collectives(platform(), rows, {0.3, "2026-11-25", "test"});
  const auto& unidentified = c.fits.at(0).unidentified;
  for (const char* key : {"exchange_step", "in_switch_gain", "narrow_time"})
    CHECK(std::find(unidentified.begin(), unidentified.end(), key) != unidentified.end());
  CHECK(std::find(unidentified.begin(), unidentified.end(), "bandwidth") == unidentified.end());
}

TEST_CASE("large all-reduces that engines hand to the library tell what its switches gain") {
  std::vector<CollectiveRow> rows;
  for (const CollectiveRow& row : node_rows(0.01))
    if (row.query.op != MeasuredOp::all_reduce || row.query.ranks < 8) rows.push_back(row);
  NodeModel gains = truth();
  gains.in_switch_gain = 1.6;
  for (const char* algorithm : {"custom:vLLM_custom_graph:", "custom:vLLM_custom_eager:"})
    for (double bytes = 1024; bytes < 2e9; bytes *= 2) {
      CollectiveRow row;
      row.query.ranks = row.query.ranks_per_node = 8;
      row.query.bytes = Bytes{bytes};
      row.query.algorithm = algorithm;
      row.query.software = "vllm-1";
      row.group = "8";
      row.time = node_time(gains, row.query);
      // Own kernels and the copies outside a graph are no concern of the library's block.
      if (bytes < 128e6) row.time = Seconds{1e-5};
      if (row.query.algorithm.find("eager") != std::string::npos) row.time = row.time * 3;
      rows.push_back(row);
    }
  const CollectiveCalibration c = calibrate_collectives(platform(), rows, {0.3, "2026-11-26", "test"});
  REQUIRE(c.fits.at(0).block == "node");
  CHECK(constant(c.fits[0], "in_switch_gain") == Approx(1.6).epsilon(0.1));
  CHECK(c.platform.collectives.node.at(0).fit.releases.empty());
  PlatformDescription plain = platform();
  plain.node.wiring[0].to = "pcie0";  // without a switch they stay the engines'
  const CollectiveCalibration apart = calibrate_collectives(plain, rows, {0.3, "2026-11-26", "test"});
  CHECK(apart.fits.at(0).rows == c.fits[0].rows - 4);
  // Where the library's fit has seen them they do not test the engine's block.
  REQUIRE(c.fits.at(1).block == "kernels.vllm");
  CHECK(c.fits[1].rows == apart.fits.at(1).rows);
  CHECK(c.fits[1].held_out.model.rows < apart.fits[1].held_out.model.rows);
}

TEST_CASE("a ring between nodes is not fitted wider than the NICs, unless a switch sums in the node") {
  ClusterModel m;
  for (const auto& c : model_constants<ClusterModel>()) m.*c.member = c.start;
  m.ring_bandwidth = 160e9;
  std::vector<CollectiveRow> rows;
  for (const int nodes : {2, 4, 8, 16})
    for (double bytes = 1024; bytes < 2e9; bytes *= 4) {
      CollectiveRow row;
      row.query.ranks = 8 * nodes;
      row.query.ranks_per_node = 8;
      row.query.bytes = Bytes{bytes};
      row.query.algorithm = "nccl-ring";
      row.query.software = "nccl-2.27";
      row.group = std::to_string(nodes);
      row.time = cluster_time(m, row.query);
      rows.push_back(row);
    }
  PlatformDescription p = platform();
  p.fabric.injection.value = BytesPerSecond{25e9};
  const CollectiveFitOptions options{0.3, "2026-11-26", "test"};
  const CollectiveCalibration with_switch = calibrate_collectives(p, rows, options);
  REQUIRE(with_switch.fits.at(0).block == "cluster");
  CHECK(constant(with_switch.fits[0], "ring_bandwidth") == Approx(160e9).epsilon(0.1));
  p.node.wiring[0].to = "gpu*";
  const CollectiveCalibration mesh = calibrate_collectives(p, rows, options);
  CHECK(constant(mesh.fits.at(0), "ring_bandwidth") <= 100e9 * (1 + 1e-9));
}

TEST_CASE("too few rows are no fit, and leave no empty block") {
  std::vector<CollectiveRow> rows = node_rows(0);
  rows.resize(5);
  const CollectiveCalibration c = calibrate_collectives(platform(), rows, {});
  CHECK(c.fits.at(0).problem.find("too few") != std::string::npos);
  CHECK(c.platform.collectives.node.empty());
}

TEST_CASE("constants of made-up MPI steps come back, with the campaign that was slow") {
  StepModel m;
  for (const auto& c : model_constants<StepModel>()) m.*c.member = c.start;
  m.latency = 3e-6;
  m.bandwidth = 8e9;
  m.library = "OMPI";
  m.campaigns = {{64, 1, 0, 2.0, 1.0}};
  const auto rows = step_rows(m, {"ring_ompi", "recursive_doubling_ompi", "rabenseifner_ompi"});
  const CollectiveCalibration c = calibrate_collectives(platform(), rows, {0.3, "2026-11-25", "test"});
  REQUIRE(c.fits.at(0).problem.empty());
  CHECK(c.fits[0].fitted.model.median < 3);
  const StepModel& fitted = c.platform.collectives.steps.at(0);
  CHECK(fitted.bandwidth == Approx(8e9).epsilon(0.2));
  double slow = 0, usual = 0;
  for (const Campaign& campaign : fitted.campaigns)
    (campaign.nodes == 64 ? slow : usual) = campaign.latency_factor;
  CHECK(slow / usual == Approx(2).epsilon(0.2));
}

TEST_CASE("a program's own version of an algorithm that is slow is found, and the others stay near 1") {
  StepModel m;
  for (const auto& c : model_constants<StepModel>()) m.*c.member = c.start;
  m.implementations = {{MeasuredOp::all_reduce, "ring_over", 1.8, 1.0}};
  const auto rows = step_rows(m, {"ring_ompi", "ring_over", "recursive_doubling_ompi", "rabenseifner_ompi"});
  const CollectiveFitOptions options{0.3, "2026-11-25", "test"};
  const CollectiveCalibration c = calibrate_collectives(platform(), rows, options);
  REQUIRE(c.fits.at(0).problem.empty());
  CHECK(c.fits[0].held_out.model.median < 3);
  const std::vector<Implementation>& found = c.platform.collectives.steps.at(0).implementations;
  REQUIRE(found.size() == 4);
  for (const Implementation& own : found) {
    INFO(own.algorithm);
    const double expected = own.algorithm == "ring_over" ? 1.8 : 1;
    CHECK(own.latency_factor == Approx(expected).epsilon(0.15));
    CHECK(own.byte_factor == Approx(1).epsilon(0.15));
  }
  CHECK(collectives_yaml(c.platform, options).find("{collective: all_reduce, algorithm: ring_over,") !=
        std::string::npos);
}

TEST_CASE("the key collectives is put in place of the old one") {
  const CollectiveCalibration c =
      calibrate_collectives(platform(), node_rows(0.01), {0.3, "2026-11-25", "test"});
  const std::string text = with_collectives("a: 1\ncollectives:\n  node:\n    - old: 1\nb: 2\n", c.platform,
                                            {0.3, "2026-11-25", "src"});
  CHECK(text.find("old") == std::string::npos);
  CHECK(text.rfind("a: 1\nb: 2\ncollectives:\n  node:\n    - source: \"src\"\n", 0) == 0);
  CHECK(text.find("GB/s") != std::string::npos);
}
