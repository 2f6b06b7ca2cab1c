#include "collectives/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <set>

#include "base/hash.hpp"
#include "base/least_squares.hpp"
#include "base/statistics.hpp"
#include "collectives/node_time.hpp"
#include "collectives/predict.hpp"
#include "collectives/step_time.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kFewest = 12;
constexpr double kLeaning = 0.3;  // weight of one standard deviation of a constant, beside a row's log error
constexpr double kBand = 1.2816;
constexpr double kReleaseWidth = 0.25, kReleaseBaseWidth = 0.4, kLatencyWidth = 0.4, kTransferWidth = 0.3;
constexpr double kOwnLatencyWidth = 0.3, kOwnByteWidth = 0.2;  // of implementations

// A row, with its steps made once.
struct Sample {
  const CollectiveRow* row;
  std::vector<StepLoad> loads;
  std::string implementation;  // of MPI
};
using Samples = std::vector<const Sample*>;

template <class T>
double seconds_of(const PlatformDescription& platform, const T& model, const Sample& s) {
  return time_of(platform, model, s.row->query).value;
}
template <>
double seconds_of(const PlatformDescription& platform, const StepModel& model, const Sample& s) {
  return step_time(model, s.row->query, platform.node.nics, s.loads,
                   find_implementation(model, s.row->query.op, s.implementation))
      .value;
}

CollectiveErrors errors(const std::vector<double>& ratios) {
  std::vector<double> absolute, relative;
  for (const double ratio : ratios) {
    relative.push_back((ratio - 1) * 100);
    absolute.push_back(std::abs(ratio - 1) * 100);
  }
  if (absolute.empty()) return {};
  return {absolute.size(), median(absolute), quantile(absolute, 0.9), median(relative)};
}

// What of a block moves beside its constants: a time factor and a base per release, two factors per campaign
// and per implementation. Each has a typical value of 1 and a width.
struct Factor {
  double* at;
  double width;
  int group = -1;  // of rows that it acts on alone
};

template <class T>
std::vector<Factor> factors(T& model, const Samples& samples) {
  model.fit.releases.clear();
  if constexpr (std::is_same_v<T, NodeModel> || std::is_same_v<T, KernelModel>) {
    std::set<std::string> releases;
    for (const Sample* s : samples)
      if (const auto r = release_of_library(s->row->query.software); !r.empty()) releases.emplace(r);
    if (releases.size() > 1)
      for (const std::string& r : releases) model.fit.releases.push_back({r, 1, {}, {}});
  }
  std::vector<Factor> made;
  for (ReleaseFactor& r : model.fit.releases) {
    made.push_back({&r.time_factor, kReleaseWidth});
    made.push_back({&r.fixed_time.value, kReleaseBaseWidth});  // over the block's base, until the end
  }
  if constexpr (std::is_same_v<T, StepModel>) {
    std::set<std::array<std::int64_t, 3>> shapes;
    for (const Sample* s : samples) {
      const CollectiveQuery& q = s->row->query;
      shapes.insert({q.ranks / q.ranks_per_node, q.ranks_per_node, q.rails});
    }
    model.campaigns.clear();
    for (const auto& [nodes, per_node, rails] : shapes) model.campaigns.push_back({nodes, per_node, rails});
    for (Campaign& c : model.campaigns) {
      made.push_back({&c.latency_factor, kLatencyWidth});
      made.push_back({&c.transfer_factor, kTransferWidth});
    }
    std::set<std::pair<MeasuredOp, std::string>> found;
    for (const Sample* s : samples) found.emplace(s->row->query.op, s->implementation);
    model.implementations.clear();
    for (const auto& [op, name] : found) model.implementations.push_back({op, name, 1, 1});
    for (std::size_t i = 0; i < model.implementations.size(); ++i) {
      Implementation& own = model.implementations[i];
      made.push_back({&own.latency_factor, kOwnLatencyWidth, static_cast<int>(i)});
      made.push_back({&own.byte_factor, kOwnByteWidth, static_cast<int>(i)});
    }
  }
  return made;
}

bool has_switch(const PlatformDescription& platform) {
  return std::any_of(platform.node.wiring.begin(), platform.node.wiring.end(), [](const WiringRule& rule) {
    return rule.from.rfind("nvswitch", 0) == 0 || rule.to.rfind("nvswitch", 0) == 0;
  });
}

template <class T>
class BlockFitter {
 public:
  BlockFitter(const PlatformDescription& platform, const T& empty)
      : platform_(platform), empty_(empty), has_switch_(has_switch(platform)) {}

  T fit(const Samples& samples, int starts, std::vector<std::string>* unidentified = nullptr) const {
    T model = empty_;
    const auto constants = model_constants<T>();
    const std::vector<Factor> extra = factors(model, samples);
    std::vector<FitParameter> parameters;
    std::vector<double> width;
    for (const ModelConstant<T>& c : constants) {
      const bool no_switch = std::string_view(c.key) == "in_switch_gain" && !has_switch_;
      const double upper = std::min(c.upper, most(c));
      parameters.push_back(
          {c.lower, upper, no_switch ? 1 : std::min(c.start, 0.9 * upper), c.width == 0 || no_switch});
      width.push_back(c.width);
    }
    std::vector<int> groups;
    if constexpr (std::is_same_v<T, StepModel>)
      for (const Sample* s : samples)
        groups.push_back(static_cast<int>(find_implementation(model, s->row->query.op, s->implementation) -
                                          model.implementations.data()));
    for (const Factor& f : extra) {
      const bool own = f.group >= 0;
      parameters.push_back({0.14, 7, 1, false, own ? ActsOn::group : ActsOn::all_rows, f.group});
      width.push_back(f.width);
    }
    if (!groups.empty())  // of the leanings
      for (const FitParameter& p : parameters) groups.push_back(p.group);
    std::vector<double> measured;
    for (const Sample* s : samples) measured.push_back(s->row->time.value);
    measured.resize(samples.size() + parameters.size(), 1);
    const FitModel times = [&](std::span<const double> values, std::span<double> out) {
      for (std::size_t i = 0; i < constants.size(); ++i) model.*constants[i].member = values[i];
      for (std::size_t i = 0; i < extra.size(); ++i) *extra[i].at = values[constants.size() + i];
      if constexpr (requires { model.base; })
        for (ReleaseFactor& r : model.fit.releases) r.fixed_time = r.fixed_time * model.base;
      for (std::size_t i = 0; i < samples.size(); ++i) out[i] = seconds_of(platform_, model, *samples[i]);
      for (std::size_t i = 0; i < parameters.size(); ++i)
        out[samples.size() + i] =
            width[i] > 0 ? std::pow(values[i] / parameters[i].start, kLeaning / width[i]) : 1;
    };
    const FitResult result = fit_log_times(parameters, times, measured, starts, groups);
    std::vector<double> now(measured.size()), moved(measured.size());
    times(result.parameters, now);
    if (unidentified) {
      for (std::size_t j = 0; j < constants.size(); ++j) {
        if (parameters[j].held) continue;
        std::vector<double> values = result.parameters;
        values[j] *= 1.01;
        times(values, moved);
        double information = 0;
        for (std::size_t i = 0; i < samples.size(); ++i)
          information += std::pow(std::log(moved[i] / now[i]) / std::log(1.01), 2);
        if (information < std::pow(kLeaning / width[j], 2)) unidentified->push_back(constants[j].key);
      }
      times(result.parameters, now);
    }
    model.control = law(samples);
    return model;
  }

  CollectiveSlice slice(const std::string& name, const T& model, const Samples& samples) const {
    std::vector<double> ratios, control;
    for (const Sample* s : samples) {
      ratios.push_back(seconds_of(platform_, model, *s) / s->row->time.value);
      control.push_back(alpha_beta_time(model.control, s->row->query).value / s->row->time.value);
    }
    return {name, errors(ratios), errors(control)};
  }

  std::vector<double> log_residuals(const T& model, const Samples& samples) const {
    std::vector<double> made;
    for (const Sample* s : samples)
      made.push_back(std::abs(std::log(seconds_of(platform_, model, *s) / s->row->time.value)));
    return made;
  }

 private:
  // What the wires allow: a ring's volume, and the hierarchical forms', leave each node. Where a node's switch
  // sums, two nodes exchange the buffer once, and exceed it.
  double most([[maybe_unused]] const ModelConstant<T>& c) const {
    if constexpr (std::is_same_v<T, ClusterModel>) {
      const double wires = platform_.fabric.injection->value * platform_.node.nics;
      if (!has_switch_ && wires > 0 &&
          (c.member == &ClusterModel::ring_bandwidth || c.member == &ClusterModel::wide_bandwidth))
        return wires;
    }
    return std::numeric_limits<double>::infinity();
  }
  static AlphaBeta law(const Samples& samples) {
    std::vector<double> measured;
    for (const Sample* s : samples) measured.push_back(s->row->time.value);
    const FitResult result = fit_log_times(
        {{1e-8, 1e-2, 5e-6}, {1e7, 1e13, 5e10}},
        [&](std::span<const double> v, std::span<double> out) {
          for (std::size_t i = 0; i < samples.size(); ++i)
            out[i] = alpha_beta_time({v[0], v[1]}, samples[i]->row->query).value;
        },
        measured, 3);
    return {result.parameters[0], result.parameters[1]};
  }

  const PlatformDescription& platform_;
  T empty_;
  bool has_switch_;
};

// Whether an engine hands this all-reduce to the vendor's library: far beyond the limit of its own kernels.
// Outside a graph it copies the buffer first. Over PCIe the library's choices differ too much between
// engines: up to five times on L40S.
bool is_passed_on(const PlatformDescription& platform, const CollectiveQuery& q) {
  return has_switch(platform) && !engine_of(q).empty() && q.bytes.value >= 128e6 &&
         q.algorithm.find("eager") == std::string::npos;
}

template <class T>
CollectiveFit fit_block(const PlatformDescription& platform, const std::string& name, T& model,
                        const std::vector<Sample>& all, const CollectiveFitOptions& options) {
  CollectiveFit fit;
  fit.block = name;
  // Rows that count for the library, too, were seen by its fit, on which the engine's rests.
  const auto tests = [&](const Sample& s) {
    return !std::is_same_v<T, KernelModel> || !is_passed_on(platform, s.row->query);
  };
  Samples samples, seen, unseen;
  for (const Sample& s : all) {
    samples.push_back(&s);
    const CollectiveQuery& q = s.row->query;
    const std::string key =
        fmt::format("{} {} {} {} {} {} {} {} {} {}", name_of(q.op), q.algorithm, q.ranks, q.ranks_per_node,
                    q.bytes.value, q.tokens, q.hidden, q.topk, q.experts, q.multiprocessors);
    const double place = uniform_of(key);
    if (place >= options.holdout) {
      seen.push_back(&s);
    } else if (tests(s)) {
      unseen.push_back(&s);
    }
  }
  fit.rows = samples.size();
  if (seen.size() < kFewest) {
    fit.problem = fmt::format("{} rows are too few to fit; {} are needed", seen.size(), kFewest);
    return fit;
  }
  const BlockFitter<T> fitter(platform, model);
  const T trial = fitter.fit(seen, 2);
  fit.held_out = fitter.slice("held out", trial, unseen);
  double spread = unseen.empty() ? 0 : quantile(fitter.log_residuals(trial, unseen), 0.8) / kBand;
  std::map<std::string, Samples> groups;
  for (const Sample* s : samples) groups[s->row->group].push_back(s);
  std::vector<double> left, left_control;
  for (const auto& [group, all_own] : groups) {
    Samples own, others;
    std::copy_if(all_own.begin(), all_own.end(), std::back_inserter(own),
                 [&](const Sample* s) { return tests(*s); });
    for (const Sample* s : samples)
      if (s->row->group != group) others.push_back(s);
    if (own.empty() || others.size() < kFewest) continue;
    const T without = fitter.fit(others, 1);
    fit.groups.push_back(fitter.slice(group, without, own));
    for (const Sample* s : own) {
      left.push_back(seconds_of(platform, without, *s) / s->row->time.value);
      left_control.push_back(alpha_beta_time(without.control, s->row->query).value / s->row->time.value);
    }
  }
  fit.left_out = {"groups left out", errors(left), errors(left_control)};
  model = fitter.fit(samples, 2, &fit.unidentified);
  fit.fitted = fitter.slice("fitted", model, samples);
  for (const ModelConstant<T>& c : model_constants<T>()) fit.constants.emplace_back(c.key, model.*c.member);
  model.fit.spread.value = spread;
  model.fit.points = static_cast<std::int64_t>(samples.size());
  model.fit.date = options.date;
  double least = samples.front()->row->time.value, most = least;
  for (const Sample* s : samples) {
    least = std::min(least, s->row->time.value);
    most = std::max(most, s->row->time.value);
  }
  model.fit.range = fmt::format("collectives of {:.3g} us to {:.3g} ms", least * 1e6, most * 1e3);
  return fit;
}

// The entry that `block` names, made where there is none.
template <class T, class Same>
T& entry(std::vector<T>& models, T made, Same same) {
  for (T& m : models)
    if (same(m)) return m;
  models.push_back(std::move(made));
  return models.back();
}

}  // namespace

CollectiveCalibration calibrate_collectives(
    const PlatformDescription& platform, const std::vector<CollectiveRow>& rows,
    const CollectiveFitOptions& options,
    const std::function<void(std::size_t, std::size_t, const std::string&)>& progress) {
  CollectiveCalibration calibration;
  calibration.platform = platform;
  std::map<std::string, std::vector<Sample>> blocks;
  std::deque<CollectiveRow> passed_on;  // a deque keeps its elements where they are
  for (const CollectiveRow& row : rows) {
    if (!row.unsupported.empty()) {
      ++calibration.left_out[row.unsupported];
      continue;
    }
    try {
      Sample sample{&row, {}, {}};
      const std::string block = block_of(row.query);
      if (block.rfind("steps", 0) == 0) {
        sample.loads = step_loads(row.query);
        sample.implementation = implementation_of(row.query);
      }
      // Refuses what the block does not model.
      if (block == "node") time_of(platform, NodeModel{}, row.query);
      if (block == "cluster") time_of(platform, ClusterModel{}, row.query);
      blocks[block].push_back(std::move(sample));
      if (is_passed_on(platform, row.query)) {
        passed_on.push_back(row);
        passed_on.back().query.algorithm.clear();
        passed_on.back().query.software.clear();
        blocks["node"].push_back({&passed_on.back(), {}, {}});
      }
    } catch (const CannotAnswer& reason) {
      ++calibration.left_out[reason.what()];
    }
  }
  // An engine's kernels fall back on the library: its block comes first.
  std::vector<std::string> order;
  if (blocks.count("node")) order.emplace_back("node");
  for (const auto& [name, samples] : blocks)
    if (name != "node") order.push_back(name);
  std::size_t done = 0;
  CollectiveModels& models = calibration.platform.collectives;
  for (const std::string& name : order) {
    if (progress) progress(done++, order.size(), name);
    const std::vector<Sample>& samples = blocks[name];
    const CollectiveQuery& q = samples.front().row->query;
    const auto any = [](const auto&) { return true; };
    const auto run = [&](auto& model) {
      auto fitted = model;
      CollectiveFit fit = fit_block(calibration.platform, name, fitted, samples, options);
      if (fit.problem.empty()) model = fitted;
      calibration.fits.push_back(std::move(fit));
      return calibration.fits.back().problem.empty();
    };
    // A block that cannot be fitted must not stay behind empty.
    const auto with = [&](auto& list, auto made, auto same) {
      const std::size_t before = list.size();
      if (!run(entry(list, std::move(made), same)) && list.size() > before) list.pop_back();
    };
    if (name == "node") {
      with(models.node, NodeModel{}, any);
    } else if (name == "cluster") {
      with(models.cluster, ClusterModel{}, any);
    } else if (name.rfind("kernels.", 0) == 0) {
      if (models.node.empty()) {
        CollectiveFit fit;
        fit.block = name;
        fit.problem = "the vendor's library has no block \"node\", which these kernels fall back on";
        calibration.fits.push_back(std::move(fit));
        continue;
      }
      KernelModel made;
      made.engine = name.substr(8);
      with(models.kernels, made, [&](const KernelModel& m) { return m.engine == made.engine; });
    } else if (name.rfind("steps.", 0) == 0) {
      StepModel made;
      made.library = q.mpi_library;
      made.gpu_buffers = q.gpu_buffers;
      with(models.steps, made,
           [&](const StepModel& m) { return m.library == q.mpi_library && m.gpu_buffers == q.gpu_buffers; });
    } else {
      ExchangeModel made;
      made.kernel = q.low_latency ? ExchangeKernel::low_latency : ExchangeKernel::normal;
      made.half = q.op == MeasuredOp::dispatch ? ExchangeHalf::dispatch : ExchangeHalf::combine;
      with(models.experts, made,
           [&](const ExchangeModel& m) { return m.kernel == made.kernel && m.half == made.half; });
    }
  }
  return calibration;
}

}  // namespace aifsim
