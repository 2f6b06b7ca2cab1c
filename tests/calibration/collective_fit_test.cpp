// The fit of collective models: constants of made-up rows come back, groups left out are told, files hold.
#include "calibration/collective_fit.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <random>

#include "calibration/library_model.hpp"
#include "calibration/platform_file.hpp"
#include "collectives/predict.hpp"
#include "collectives/step_time.hpp"

using namespace aifsim;

namespace {

LibraryModel truth() {
  LibraryModel m;
  for (const auto& c : model_constants<LibraryModel>()) m.*c.member = c.start;
  m.launch = 12e-6;
  m.inside_step = 2e-6;
  m.inside_share = 0.6;
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

// Rings and exchanges behind a switch of 200 GB/s a port.
std::shared_ptr<const std::vector<CollectiveWork>> works(const CollectiveQuery& q) {
  const auto n = static_cast<double>(q.ranks);
  const bool exchange = q.op == MeasuredOp::all_to_all;
  PhaseWork phase;
  phase.hops_inside = exchange ? 1 : n - 1;
  phase.extra_messages = exchange ? n - 2 : 0;
  phase.whole = (n - 1) / n / 200e9;
  phase.busiest = {{phase.whole, 0}};
  CollectiveWork work{kind_of(q), q.ranks, q.ranks, 1, {phase}};
  if (q.op == MeasuredOp::all_reduce) work.phases.push_back(phase);
  return std::make_shared<const std::vector<CollectiveWork>>(1, work);
}

Seconds library_time(const CollectiveQuery& q) { return price_of(works(q)->front(), q.bytes, truth()).total; }

CollectiveCalibration calibrated(const std::vector<CollectiveRow>& rows,
                                 const FitOptions& options = {0.3, true, "2026-11-25", "test"}) {
  return calibrate_collectives(platform(), rows, options, works);
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
        row.time = library_time(row.query) * std::exp(noise * normal(random));
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

double constant(const FittedBlock& fit, const std::string& key) {
  for (const auto& [name, value] : fit.constants)
    if (name == key) return value;
  return NAN;
}

}  // namespace

TEST_CASE("constants of made-up collectives of a library come back") {
  const CollectiveCalibration c = calibrated(node_rows(0.02));
  REQUIRE(c.report.blocks.size() == 1);
  const FittedBlock& fit = c.report.blocks[0];
  CHECK(fit.block == "library");
  CHECK(constant(fit, "launch") == Approx(12e-6).epsilon(0.1));
  CHECK(constant(fit, "intra_node_step") == Approx(2e-6).epsilon(0.3));
  CHECK(constant(fit, "intra_node_efficiency") == Approx(0.6).epsilon(0.05));
  CHECK(c.platform.communication.launch->value == constant(fit, "launch"));
  CHECK(fit.errors.at(0).median_ape < 4);
  // Each rank count left out in turn is met by the others, and the plain law does worse.
  REQUIRE(fit.left_out.size() == 4);  // all together, then each
  CHECK(fit.left_out[0].groups == 3);
  CHECK(fit.left_out[0].median_ape < 8);
  CHECK(fit.left_out[0].control_median_ape > 2 * fit.left_out[0].median_ape);
  CHECK(fit.left_out[0].within_band > 50);
  CHECK(c.report.unseen.size() == node_rows(0).size());
}

TEST_CASE("what rows do not hold is not identified") {
  std::vector<CollectiveRow> rows;
  for (const CollectiveRow& row : node_rows(0.02))
    if (row.query.op == MeasuredOp::all_reduce && row.query.ranks == 4) rows.push_back(row);
  const auto unidentified = calibrated(rows).report.blocks.at(0).unidentified;
  for (const char* key : {"peer_gap", "inter_node_efficiency", "inter_node_step", "in_switch_efficiency"})
    CHECK(std::find(unidentified.begin(), unidentified.end(), key) != unidentified.end());
  CHECK(std::find(unidentified.begin(), unidentified.end(), "intra_node_efficiency") == unidentified.end());
}

TEST_CASE("large all-reduces that engines hand to the library are rows of the library, too") {
  std::vector<CollectiveRow> rows = node_rows(0.01);
  const auto before = static_cast<std::int64_t>(rows.size());
  for (const char* algorithm : {"custom:vLLM_custom_graph:", "custom:vLLM_custom_eager:"})
    for (double bytes = 1024; bytes < 2e9; bytes *= 2) {
      CollectiveRow row;
      row.query.ranks = row.query.ranks_per_node = 8;
      row.query.bytes = Bytes{bytes};
      row.query.algorithm = algorithm;
      row.query.software = "vllm-1";
      row.group = "8";
      row.time = bytes < 128e6 ? Seconds{1e-5} : library_time(as_library(row.query));
      rows.push_back(row);
    }
  const CollectiveCalibration c = calibrated(rows);
  REQUIRE(c.report.blocks.at(0).block == "library");
  CHECK(c.report.blocks[0].fit.points == before + 4);  // 128 MiB to 1 GiB in graphs
  REQUIRE(c.report.blocks.at(1).block == "kernels.vllm");
  CHECK(c.report.blocks[1].fit.points == static_cast<std::int64_t>(rows.size()) - before);
  PlatformDescription plain = platform();
  plain.node.wiring[0].to = "pcie0";  // without a switch they stay the engines'
  const CollectiveCalibration apart =
      calibrate_collectives(plain, rows, {0.3, true, "2026-11-26", "test"}, works);
  CHECK(apart.report.blocks.at(0).fit.points == before);
  // Where the library's fit has seen them they do not test the engine's block.
  CHECK(c.report.blocks[1].errors.at(0).rows < apart.report.blocks.at(1).errors.at(0).rows);
}

TEST_CASE("too few rows are no fit, and leave the platform as it was") {
  std::vector<CollectiveRow> rows = node_rows(0);
  rows.resize(5);
  const CollectiveCalibration c = calibrated(rows, {});
  // Those held out are named: no row is lost.
  CHECK(c.report.blocks.at(0).problem ==
        "3 of 5 rows are too few to fit (2 held out to tell the error, --holdout); 12 are needed");
  CHECK(why_nothing_fitted(c.report) == "library: " + c.report.blocks.at(0).problem);
  CHECK(why_nothing_fitted(calibrated(node_rows(0), {}).report).empty());
  CHECK(c.platform.communication.launch->value == 0);
}

TEST_CASE("constants of made-up MPI steps come back") {
  StepModel m;
  for (const auto& c : model_constants<StepModel>()) m.*c.member = c.start;
  m.latency = 3e-6;
  m.bandwidth = 8e9;
  m.library = "OMPI";
  const CollectiveCalibration c =
      calibrated(step_rows(m, {"ring_ompi", "recursive_doubling_ompi", "rabenseifner_ompi"}));
  REQUIRE(c.report.blocks.at(0).problem.empty());
  CHECK(c.report.blocks[0].errors.at(1).median_ape < 3);
  const StepModel& fitted = c.platform.collectives.steps.at(0);
  CHECK(fitted.bandwidth == Approx(8e9).epsilon(0.1));
  CHECK(fitted.latency == Approx(3e-6).epsilon(0.1));
}

TEST_CASE("fits are written as a file that a platform includes") {
  const FitOptions options{0.3, true, "2026-11-25", "src"};
  const std::string text = collectives_file(calibrated(node_rows(0.01), options), options);
  CHECK(text.rfind("kind: platform\ncommunication:\n  source: \"src; 180 rows", 0) != std::string::npos);
  CHECK(text.find("  intra_node_efficiency: 0.") != std::string::npos);
  CHECK(text.find("GB/s") != std::string::npos);
  CHECK(text.find("collectives:") == std::string::npos);
}

TEST_CASE("a table beyond bounds is drawn from evenly, and says so") {
  std::vector<CollectiveRow> rows;
  for (int i = 0; i < 6'000; ++i) {
    CollectiveRow row = node_rows(0)[static_cast<std::size_t>(i % 90)];
    row.query.bytes = Bytes{1e6 + i};
    row.time = library_time(row.query);
    rows.push_back(row);
  }
  const CollectiveCalibration c = calibrated(rows, {0.3, false, "2026-11-25", "test"});
  CHECK(c.report.blocks.at(0).fit.points == 4'000);
  REQUIRE(c.report.left_out.size() == 1);
  CHECK(c.report.left_out.begin()->second == 2'000);
}
