#include "calibration/hpl_validation.hpp"

#include <algorithm>
#include <cmath>

#include "base/statistics.hpp"
#include "factory/shared_fabric.hpp"
#include "lowering/hpl/hpl.hpp"
#include "machine/machine_figures.hpp"

namespace aifsim {
namespace {

struct HplMachine {
  std::string name;
  std::unique_ptr<PlatformInstance> platform;
  double devices = 0, peak = 0, limit = 0;  // of the run: FLOP/s, W with all parts at their limits
  const PublishedDescription& said() const { return *platform->description.published; }
};

double figure_named(const MachineFigures& figures, const std::string& name) {
  for (const ComparedFigure& one : figures.figures)
    if (one.name == name) return one.derived;
  return 0;
}

std::vector<HplMachine> machines_with_rmax(const Catalog& catalog) {
  std::vector<HplMachine> found;
  for (const CatalogEntry& entry : catalog.entries(CatalogKind::platform)) {
    if (!entry.shipped) continue;
    for (PlatformDescription& platform : catalog.partitions(entry.name)) {
      if (!platform.partition.empty() || platform.node.gpu.empty() || !platform.published) continue;
      const Figure<FlopsPerSecond>& rmax = platform.published->rmax;
      if (rmax->value <= 0 || rmax.confidence == Confidence::announced) continue;
      GpuDescription gpu = catalog.gpu(platform.node.gpu, platform.node.gpu_place);
      HplMachine& one = found.emplace_back();
      one.name = entry.name;
      one.devices = static_cast<double>(hpl_devices(platform));
      const MachineFigures figures = machine_figures(platform, gpu, false);
      const double share = one.devices / figure_named(figures, "devices");
      one.peak = 1e15 * share * figure_named(figures, "fp64");
      one.limit = 1e6 * share * figure_named(figures, "power");
      one.platform = std::make_unique<PlatformInstance>(std::move(platform), std::move(gpu));
    }
  }
  return found;
}

double median_or_zero(const std::vector<double>& values) { return values.empty() ? 0 : median(values); }

void add_controls(HplRow& row, const HplMachine& own, const std::vector<HplMachine>& all) {
  std::vector<double> shares, of_limit;
  for (const HplMachine& other : all) {
    if (other.name == own.name) continue;
    if (other.peak > 0) shares.push_back(other.said().rmax->value / other.peak);
    if (other.limit > 0 && other.said().power->value > 0)
      of_limit.push_back(other.said().power->value / other.limit);
  }
  row.rate.control = median_or_zero(shares) * own.peak;
  row.power.control = median_or_zero(of_limit) * own.limit;
}

void predict_hpl(HplRow& row, const HplMachine& own, Fidelity fidelity) {
  FabricInputs inputs;
  inputs.platform = own.platform.get();
  inputs.fidelity = fidelity;
  JobInputs& job = inputs.jobs.emplace_back();
  job.description.hpl = own.said().hpl.value_or(HplDescription{});
  job.description.gpus = row.devices;
  try {
    row.order = hpl_shape(*job.description.hpl, own.platform->gpu, row.devices).order;
    const Metrics metrics = run_on_fabric(inputs).jobs.front().figures.metrics;
    const Measure& rate = metrics[Metric::floating_rate];
    row.rate.predicted = rate.or_zero();
    row.p10 = rate.p10;
    row.p90 = rate.p90;
    row.power.predicted = metrics[Metric::machine_power].or_zero();
  } catch (const CannotAnswer& error) {
    row.problem = error.what();
  }
}

HplValidation::Summary hpl_summary_of(const std::vector<HplRow>& rows, HplFigure HplRow::*figure) {
  HplValidation::Summary sum;
  std::vector<double> errors, controls;
  for (const HplRow& row : rows) {
    const auto off = (row.*figure).off(), control = (row.*figure).control_off();
    if (!off) continue;
    ++sum.rows;
    errors.push_back(std::abs(*off));
    if (control) controls.push_back(std::abs(*control));
    sum.within_tenth += std::abs(*off) <= 0.1;
    sum.within_band += row.rate.published >= row.p10 && row.rate.published <= row.p90;
  }
  if (errors.empty()) return sum;
  sum.largest = *std::max_element(errors.begin(), errors.end());
  sum.median = median_or_zero(errors);
  if (controls.empty()) return sum;
  sum.control_largest = *std::max_element(controls.begin(), controls.end());
  sum.control_median = median_or_zero(controls);
  return sum;
}

std::optional<double> hpl_off(double value, double published) {
  if (!(value > 0) || !(published > 0)) return std::nullopt;
  return value / published - 1;
}

}  // namespace

std::optional<double> HplFigure::off() const { return hpl_off(predicted, published); }
std::optional<double> HplFigure::control_off() const { return hpl_off(control, published); }

HplValidation validate_hpl(
    const Catalog& catalog, const std::vector<std::string>& platforms, Fidelity fidelity,
    const std::function<void(std::size_t, std::size_t, const std::string&)>& progress) {
  const std::vector<HplMachine> all = machines_with_rmax(catalog);
  for (const std::string& name : platforms)
    if (std::none_of(all.begin(), all.end(), [&](const HplMachine& one) { return one.name == name; })) {
      std::string known;
      for (const HplMachine& one : all) known += (known.empty() ? "" : ", ") + one.name;
      throw InputError(Place{},
                       "PLATFORM: expected one whose Rmax was published (" + known + "), found " + name);
    }
  HplValidation found;
  std::size_t done = 0;
  for (const HplMachine& one : all) {
    if (!platforms.empty() && std::find(platforms.begin(), platforms.end(), one.name) == platforms.end())
      continue;
    if (progress) progress(done++, platforms.empty() ? all.size() : platforms.size(), one.name);
    HplRow& row = found.rows.emplace_back();
    row.platform = one.name;
    row.devices = static_cast<std::int64_t>(one.devices);
    row.rate.published = one.said().rmax->value;
    row.power.published = one.said().power->value;
    add_controls(row, one, all);
    predict_hpl(row, one, fidelity);
  }
  found.rate = hpl_summary_of(found.rows, &HplRow::rate);
  found.power = hpl_summary_of(found.rows, &HplRow::power);
  return found;
}

}  // namespace aifsim
