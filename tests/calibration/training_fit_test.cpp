#include "calibration/training_fit.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <sstream>

#include "calibration/platform_file.hpp"
#include "calibration/training_validation.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

// Steps made by the model itself with other constants, on both machines.
std::vector<MeasuredRow> planted_steps(const TrainingConstants& truth) {
  static const Catalog catalog{std::filesystem::path(test_root())};
  static PlatformShelf shelf(catalog);
  std::string rows =
      "id,platform,gpu,gpus,model,moe,task,params_b,layers,hidden,heads,kv_heads,ffn_hidden,vocab,seq_len,"
      "precision,global_batch,micro_batch,tp,pp,cp,ep,sharding,shard_group,recompute,step_time_s,stack\n";
  for (const char* machine : {"leonardo_booster,a100_sxm_64gb_custom", "mn5_acc,h100_sxm_64gb_custom"})
    for (const int gpus : {8, 32, 128, 512})
      for (const int micro : {1, 2})
        for (const char* sharding : {"zero3,", "hsdp,4"})
          rows += std::string("r,") + machine + "," + std::to_string(gpus) +
                  ",GPT,,pretrain,2.7,32,2560,32,32,10240,50304,4096,bf16," + std::to_string(gpus * micro) +
                  "," + std::to_string(micro) + ",1,1,1,1," + sharding + ",none,1,\n";
  std::istringstream in(rows);
  std::vector<MeasuredRow> measured = read_training_table(in, "t.csv", "gpus", shelf);
  const TrainingProblem shapes(measured);
  REQUIRE(shapes.size() == measured.size());
  for (std::size_t i = 0; i < measured.size(); ++i)
    measured[i].measured = Seconds{shapes.predict(truth, i).predicted};
  return measured;
}

TrainingConstants true_constants() {
  TrainingConstants c;
  c.compute_slowdown = 0.2;
  c.host_per_step = 0.02;
  c.platforms = {{"leonardo_booster", {0.9, 0.9, 60e-6}}, {"mn5_acc", {0.7, 0.7, 15e-6}}};
  return c;
}

const std::vector<MeasuredRow>& all_steps() {
  static const std::vector<MeasuredRow> made = planted_steps(true_constants());
  return made;
}

const FitOptions& step_options() {
  static const FitOptions made{.date = "2026-11-29", .source = "planted steps"};
  return made;
}

TEST_CASE("a few rows leave the width of predictions as the platform had it", "[calibration]") {
  const std::vector<MeasuredRow>& all = all_steps();
  const auto width = [](const std::vector<MeasuredRow>& rows) {
    return calibrate_training(rows, step_options()).platforms.front().log_residual_sd;
  };
  const double before = *all.front().job->platform->description.calibration.log_residual_sd;
  REQUIRE(before > 0.01);
  CHECK_THROWS_WITH(width({all[0]}), "planted steps: 1 rows are too few to fit; 2 are needed");
  CHECK(width(std::vector<MeasuredRow>(6, all[0])) == Approx(before));  // none is left out
  CHECK(width({all.begin(), all.begin() + 16}) < 0.5 * before);         // all are predicted right
}

const TrainingCalibration& calibration() {
  static const TrainingCalibration made = calibrate_training(all_steps(), step_options());
  return made;
}

}  // namespace

TEST_CASE("the fit finds planted constants again", "[calibration]") {
  const TrainingConstants& fit = calibration().constants;
  const PlatformConstants &leonardo = fit.platforms.at("leonardo_booster"),
                          &mn5 = fit.platforms.at("mn5_acc");
  CHECK(leonardo.sustained_speed == Approx(0.9).epsilon(0.03));
  CHECK(mn5.sustained_speed == Approx(0.7).epsilon(0.03));
  CHECK(leonardo.delay == Approx(60e-6).epsilon(0.1));
  CHECK(mn5.delay == Approx(15e-6).epsilon(0.1));
  CHECK(mn5.leave == Approx(0.7).epsilon(0.1));
  CHECK(fit.compute_slowdown == Approx(0.2).margin(0.05));
  REQUIRE(calibration().report.blocks.size() == 3);  // two platforms and the stack
  for (const FittedBlock& block : calibration().report.blocks) {
    CHECK(block.errors.at(0).p90_ape < 1);
    CHECK(block.left_out.at(0).groups == 4);
    CHECK(block.left_out.at(0).p90_ape < 15);
  }
  CHECK(calibration().platforms.at(0).smallest_job == 8);
  CHECK(calibration().platforms.at(0).largest_job == 512);
  CHECK(calibration().platforms.at(0).shardings == std::set{Sharding::zero3, Sharding::hsdp});
  CHECK(calibration().platforms.at(0).most_micro_batches == 1);
}

TEST_CASE("a platform without rows is not predicted from a fit that never saw it", "[calibration]") {
  const TrainingProblem problem(all_steps());
  std::vector<std::size_t> one_machine;
  for (std::size_t i = 0; i < problem.size(); ++i)
    if (problem.platform(i) == "mn5_acc") one_machine.push_back(i);
  const TrainingConstants fit = problem.fit(one_machine, nullptr);
  CHECK(std::isnan(problem.predict(fit, 0).predicted));
  CHECK(problem.predict(fit, one_machine.front()).error() == Approx(0).margin(2));
}

TEST_CASE("a validation by fits without the row's group has bands and control as others have",
          "[calibration]") {
  const Validation v = validate_training_left_out(all_steps());
  CHECK(v.summary.covered == all_steps().size());
  CHECK(v.summary.groups == 4);
  CHECK(v.summary.median_ape < 5);
  CHECK(std::isfinite(v.summary.within_band));
  CHECK(std::isfinite(v.summary.control_median_ape));
}

TEST_CASE("fitted constants go into the files of platforms and stacks", "[calibration]") {
  const std::string platform =
      with_training("kind: platform\nnode:\n  gpus: 4\nclock:\n  source: old\n  sustained: 0.5\n# last\n",
                    calibration().platforms.at(1), step_options(), calibration());
  CHECK(platform.find("kind: platform\nnode:\n  gpus: 4\nclock:\n  source: \"fitted by `aifsim calibrate "
                      "training` (2026-11-29) on planted steps\"\n  confidence: fitted\n  sustained: 0.7") ==
        0);
  CHECK(platform.find("# last\n") != std::string::npos);
  CHECK(platform.find("old") == std::string::npos);
  CHECK(platform.find("communication:\n  neighbours:\n    source: \"fitted") != std::string::npos);
  CHECK(platform.find("  largest_job: 512\n") != std::string::npos);
  const std::string stack = with_stack(
      "# head\nkind: stack\nsource: old\nhost_per_step: 1ms\nlaunch: eager\n", calibration(), step_options());
  CHECK(stack.find("# head\nkind: stack\nsource: \"fitted by") == 0);
  CHECK(stack.find("launch: eager\n") != std::string::npos);
  CHECK(stack.find("1ms\n") == std::string::npos);
}

}  // namespace aifsim
