// aifsim calibrate training FILE: constants of platforms from measured training steps, and how well they hold
// on rows left out.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/statistics.hpp"
#include "base/text_table.hpp"
#include "base/user_file.hpp"
#include "cli/calibrate.hpp"
#include "cli/context.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"
#include "factory/training_fit.hpp"

namespace aifsim {
namespace {

constexpr std::ptrdiff_t kMostRows =
    20'000;  // in some ten kilobytes each, and the fit looks at each again and again

struct Options {
  std::string file, leave_out = "gpus";
  bool json = false;
};

struct Errors {
  std::string platform;
  std::size_t n = 0;
  double median_fit = 0, p90_fit = 0, median_out = 0,
         p90_out = 0;                              // absolute error in %, on fitted and on left-out rows
  double log_sd = 0;                               // of left-out rows
  std::int64_t smallest_job = 0, largest_job = 0;  // GPUs
  double coverage = 0;  // share of left-out rows inside the 80 % band of the other groups, in %
};

double spread(const std::vector<double>& log_errors) {
  double squares = 0;
  for (const double x : log_errors) squares += x * x;
  return std::sqrt(squares / static_cast<double>(log_errors.size()));
}

// Share of the left-out rows inside an 80 % band made from the left-out rows of the other groups, in %.
double coverage(const std::vector<std::pair<std::string, double>>& left_out) {
  std::size_t inside = 0, tried = 0;
  for (const auto& [group, error] : left_out) {
    std::vector<double> others;
    for (const auto& [other, log_error] : left_out)
      if (other != group) others.push_back(log_error);
    if (others.empty()) continue;
    ++tried;
    inside += std::abs(error) <= 1.2815515655446004 * spread(others);
  }
  return 100.0 * static_cast<double>(inside) / static_cast<double>(tried);
}

Errors errors_of(const std::string& platform, const TrainingFitter& fitter, const std::vector<double>& fitted,
                 const std::vector<double>& left_out) {
  std::vector<double> fit_ape, out_ape, out_log;
  std::vector<std::pair<std::string, double>> by_group;
  std::vector<std::int64_t> gpus;
  for (std::size_t i = 0; i < fitter.size(); ++i) {
    if (fitter.row(i).job->platform->description.name != platform) continue;
    fit_ape.push_back(std::abs(std::expm1(fitted[i])) * 100);
    gpus.push_back(fitter.row(i).gpus);
    if (!std::isfinite(left_out[i])) continue;  // no row of its platform remains: nothing to predict it from
    out_ape.push_back(std::abs(std::expm1(left_out[i])) * 100);
    out_log.push_back(left_out[i]);
    by_group.emplace_back(fitter.row(i).group, left_out[i]);
  }
  Errors e;
  e.platform = platform;
  e.n = fit_ape.size();
  e.median_fit = median(fit_ape);
  e.p90_fit = quantile(fit_ape, 0.9);
  e.median_out = median(out_ape);
  e.p90_out = quantile(out_ape, 0.9);
  e.log_sd = spread(out_log);
  e.smallest_job = *std::min_element(gpus.begin(), gpus.end());
  e.largest_job = *std::max_element(gpus.begin(), gpus.end());
  e.coverage = coverage(by_group);
  return e;
}

nlohmann::ordered_json json_of(const TrainingFit& fit, const std::vector<Errors>& errors,
                               const std::string& column) {
  nlohmann::ordered_json j;
  j["shared"] = {{"compute_slowdown", fit.shared.compute_slowdown},
                 {"host_per_step_s", fit.shared.host_per_step},
                 {"at_bound", fit.at_bound}};
  j["left_out_by"] = column;
  for (std::size_t p = 0; p < fit.platforms.size(); ++p) {
    const auto& c = fit.platforms[p].constants;
    const Errors& e = errors[p];
    j["platforms"].push_back({{"platform", fit.platforms[p].platform},
                              {"rows", e.n},
                              {"smallest_job", e.smallest_job},
                              {"largest_job", e.largest_job},
                              {"sustained_speed", c.sustained_speed},
                              {"neighbours_leave", c.leave},
                              {"neighbours_delay_s", c.delay},
                              {"at_bound", fit.platforms[p].at_bound},
                              {"median_ape", e.median_fit},
                              {"p90_ape", e.p90_fit},
                              {"left_out_median_ape", e.median_out},
                              {"left_out_p90_ape", e.p90_out},
                              {"log_residual_sd", e.log_sd},
                              {"band_80_coverage_percent", e.coverage}});
  }
  return j;
}

// "2.7 / 10.4", or "-" where no row could be left out.
std::string two(double a, double b) { return std::isfinite(a) ? fmt::format("{:.1f} / {:.1f}", a, b) : "-"; }

std::string text_of(const TrainingFit& fit, const std::vector<Errors>& errors, const std::string& column) {
  TextTable table(
      {{"platform", true}, {"rows"}, {"fitted med/p90 %"}, {"left out by " + column + " %"}, {"80 % band"}});
  for (const Errors& e : errors)
    table.row({e.platform, std::to_string(e.n), two(e.median_fit, e.p90_fit), two(e.median_out, e.p90_out),
               std::isfinite(e.coverage) ? fmt::format("{:.0f} %", e.coverage) : "-"});
  std::string out = table.str(output_width());
  out += fmt::format("\n# the stack of these runs\nhost_per_step: {:.2f}ms\ncompute_slowdown: {:.4f}\n",
                     fit.shared.host_per_step * 1e3, fit.shared.compute_slowdown);
  for (std::size_t p = 0; p < fit.platforms.size(); ++p) {
    const auto& c = fit.platforms[p].constants;
    out += fmt::format(
        "\n# {}\ncommunication:\n  neighbours:\n    delay: {:.2f}us\n    leave: {:.1f}%\n"
        "clock:\n  sustained: {:.4f}\ncalibration:\n  log_residual_sd: {:.4f}\n "
        " rows: {}\n  smallest_job: "
        "{}\n  largest_job: {}\n",
        fit.platforms[p].platform, c.delay * 1e6, c.leave * 100, c.sustained_speed, errors[p].log_sd,
        errors[p].n, errors[p].smallest_job, errors[p].largest_job);
    if (!fit.platforms[p].at_bound.empty())
      out += fmt::format("# at a bound, so not identified by these rows: {}\n",
                         fmt::join(fit.platforms[p].at_bound, ", "));
  }
  return out;
}

void calibrate(const Catalog& catalog, const Options& options) {
  const UserFile file = UserFile::open(options.file, "a CSV table of measured training runs");
  const auto in = file.stream();
  PlatformShelf shelf(catalog);
  const std::vector<MeasuredRow> rows = read_training_table(*in, file.name(), options.leave_out, shelf);
  if (std::count_if(rows.begin(), rows.end(), [](const MeasuredRow& row) { return row.job != nullptr; }) >
      kMostRows)
    throw InputError(Place{file.name()}, fmt::format("more than {} runs that can be expressed; a fit needs a "
                                                     "few hundred, so give a sample of them",
                                                     kMostRows));
  const TrainingFitter fitter(rows);
  if (fitter.size() == 0)
    throw CannotAnswer("no row of " + options.file + " can be expressed, so there is nothing to fit");
  const TrainingFit fit = fitter.fit(std::vector<bool>(fitter.size(), true));

  std::set<std::string> groups;
  for (std::size_t i = 0; i < fitter.size(); ++i) groups.insert(fitter.row(i).group);
  std::vector<double> fitted(fitter.size()), left_out(fitter.size());
  {
    Progress progress;
    std::size_t done = 0;
    for (const std::string& group : groups) {
      progress.show(done++, groups.size(), options.leave_out + " " + group + " left out");
      std::vector<bool> use;
      for (std::size_t i = 0; i < fitter.size(); ++i) use.push_back(fitter.row(i).group != group);
      const TrainingFit without = fitter.fit(use);
      for (std::size_t i = 0; i < fitter.size(); ++i)
        if (!use[i]) left_out[i] = fitter.log_error(i, without);
    }
  }
  for (std::size_t i = 0; i < fitter.size(); ++i) fitted[i] = fitter.log_error(i, fit);
  std::vector<Errors> errors;
  for (const PlatformFit& p : fit.platforms)
    errors.push_back(errors_of(p.platform, fitter, fitted, left_out));
  std::cout << (options.json ? json_of(fit, errors, options.leave_out).dump(2) + "\n"
                             : text_of(fit, errors, options.leave_out));
}

}  // namespace

void add_calibrate_training(const Command& calibrate_command, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command =
      calibrate_command.add_subcommand("training",
                                       "A platform's clock and neighbours, and the stack, from measured "
                                       "training steps (same table as validate)");
  command->add_option("FILE", options->file, "CSV table of measured runs")->required()->type_name("FILE");
  command->add_option("--leave-out", options->leave_out, "Column whose values are left out in turn")
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example:\n  aifsim calibrate training runs.csv --leave-out gpus");
  command->callback([options, &context] { calibrate(context.catalog(), *options); });
}

}  // namespace aifsim
