#include "calibration/collective_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "calibration/least_squares.hpp"
#include "calibration/library_model.hpp"
#include "collectives/exchange_time.hpp"
#include "collectives/kernel_time.hpp"
#include "collectives/predict.hpp"
#include "collectives/step_time.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kFewest = 12, kMostRows = 4'000;  // of a block
constexpr double kLeaning = 0.3;  // weight of one standard deviation of a constant, beside a row's log error
constexpr double kReleaseWidth = 0.25, kReleaseBaseWidth = 0.4;

// A row, with its steps or schedules made once.
struct Sample {
  const CollectiveRow* row;
  std::vector<StepLoad> loads;                               // of MPI
  std::shared_ptr<const std::vector<CollectiveWork>> works;  // of the library
  Seconds library;                                           // of an engine's kernels: what it takes
};
using Samples = std::vector<const Sample*>;

Seconds quickest(const std::vector<CollectiveWork>& works, Bytes bytes, const LibraryConstants& constants) {
  Seconds least{std::numeric_limits<double>::infinity()};
  for (const CollectiveWork& work : works) least = std::min(least, price_of(work, bytes, constants).total);
  return least;
}

double seconds_of(const PlatformDescription&, const LibraryModel& model, const Sample& s) {
  return quickest(*s.works, s.row->query.bytes, model).value;
}
double seconds_of(const PlatformDescription&, const KernelModel& model, const Sample& s) {
  return time_of(model, s.row->query, s.library).value;
}
double seconds_of(const PlatformDescription&, const ExchangeModel& model, const Sample& s) {
  return exchange_time(model, s.row->query).value;
}
double seconds_of(const PlatformDescription& platform, const StepModel& model, const Sample& s) {
  return step_time(model, s.row->query, platform.node.nics, s.loads).value;
}

// What of a block moves beside its constants: a time factor and a base per release of an engine. Each has a
// typical value of 1 and a width.
struct Factor {
  double* at;
  double width;
};

template <class T>
std::vector<Factor> factors(T& model, const Samples& samples) {
  model.fit.releases.clear();
  if constexpr (std::is_same_v<T, KernelModel>) {
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
  return made;
}

bool has_switch(const PlatformDescription& platform) {
  return std::any_of(platform.node.wiring.begin(), platform.node.wiring.end(), [](const WiringRule& rule) {
    return rule.from.rfind("nvswitch", 0) == 0 || rule.to.rfind("nvswitch", 0) == 0;
  });
}

// Constants of a class of path that no row takes stay as the platform has them.
template <class T>
std::vector<char> held_constants(const Samples& samples) {
  std::vector<char> held(model_constants<T>().size(), 0);
  if constexpr (std::is_same_v<T, LibraryModel>) {
    const auto any = [&](bool between) {
      return std::any_of(samples.begin(), samples.end(),
                         [&](const Sample* s) { return (s->works->front().nodes > 1) == between; });
    };
    const bool inside = any(false), between = any(true);
    for (std::size_t i = 0; i < held.size(); ++i)
      held[i] = !(is_between(model_constants<T>()[i]) ? between : inside);
  }
  return held;
}

// Whether an engine hands this all-reduce to the vendor's library: far beyond the limit of its own kernels.
// Outside a graph it copies the buffer first. Over PCIe the library's choices differ too much between
// engines: up to five times on L40S.
bool is_passed_on(const PlatformDescription& platform, const CollectiveQuery& q) {
  return has_switch(platform) && !engine_of(q).empty() && q.bytes.value >= 128e6 &&
         q.algorithm.find("eager") == std::string::npos;
}

// The rows of one block as cross_validation.hpp asks for them; T its constants.
template <class T>
class CollectiveProblem {
 public:
  using Constants = T;
  static constexpr bool concurrent = true;

  // `empty` has what the platform has.
  CollectiveProblem(const PlatformDescription& platform, const T& empty, const Samples& samples)
      : platform_(platform), empty_(empty), samples_(samples) {}
  std::size_t size() const { return samples_.size(); }
  const std::string& group(std::size_t i) const { return samples_[i]->row->group; }
  std::string case_of(std::size_t i) const {
    const CollectiveQuery& q = samples_[i]->row->query;
    return fmt::format("{} {} {} {} {} {} {} {} {} {}", name_of(q.op), q.algorithm, q.ranks, q.ranks_per_node,
                       q.bytes.value, q.tokens, q.hidden, q.topk, q.experts, q.multiprocessors);
  }
  // Rows that count for the library, too, were seen by its fit, on which the engine's rests.
  bool tests(std::size_t i) const {
    return !std::is_same_v<T, KernelModel> || !is_passed_on(platform_, samples_[i]->row->query);
  }
  std::size_t fewest() const { return kFewest; }
  T fit(const std::vector<std::size_t>& rows, const T* from) const {
    Samples chosen;
    for (const std::size_t i : rows) chosen.push_back(samples_[i]);
    return fit(chosen, from ? 1 : 2, nullptr);
  }
  T fit_all(std::vector<std::string>& unidentified) const { return fit(samples_, 2, &unidentified); }
  ErrorRow predict(const T& model, std::size_t i) const {
    const CollectiveRow& row = *samples_[i]->row;
    ErrorRow error;
    error.measured = row.time.value;
    error.predicted = seconds_of(platform_, model, *samples_[i]);
    error.control = alpha_beta_time(model.control, row.query).value;
    return error;
  }

 private:
  T fit(const Samples& samples, int starts, std::vector<std::string>* unidentified) const {
    T model = empty_;
    const auto constants = model_constants<T>();
    const std::vector<Factor> extra = factors(model, samples);
    std::vector<FitParameter> parameters;
    std::vector<double> width;
    const std::vector<char> held = held_constants<T>(samples);
    for (std::size_t i = 0; i < constants.size(); ++i) {
      const ModelConstant<T>& c = constants[i];
      const double start = held[i] ? std::clamp(empty_.*c.member, c.lower, c.upper) : c.start;
      parameters.push_back({c.lower, c.upper, start, c.width == 0 || held[i]});
      width.push_back(c.width);
    }
    for (const Factor& f : extra) {
      parameters.push_back({0.14, 7, 1});
      width.push_back(f.width);
    }
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
    const FitResult result = fit_log_times(parameters, times, measured, {.starts = starts});
    std::vector<double> now(measured.size()), moved(measured.size());
    times(result.parameters, now);
    if (unidentified) {
      for (std::size_t j = 0; j < constants.size(); ++j) {
        if (held[j]) unidentified->push_back(constants[j].key);
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

  static AlphaBeta law(const Samples& samples) {
    std::vector<double> measured;
    for (const Sample* s : samples) measured.push_back(s->row->time.value);
    const FitResult result = fit_log_times(
        {{1e-8, 1e-2, 5e-6}, {1e7, 1e13, 5e10}},
        [&](std::span<const double> v, std::span<double> out) {
          for (std::size_t i = 0; i < samples.size(); ++i)
            out[i] = alpha_beta_time({v[0], v[1]}, samples[i]->row->query).value;
        },
        measured);
    return {result.parameters[0], result.parameters[1]};
  }

  const PlatformDescription& platform_;
  const T& empty_;
  const Samples& samples_;
};

template <class T>
FittedBlock fit_block(const PlatformDescription& platform, const std::string& name, T& model,
                      const std::vector<Sample>& all, const FitOptions& options,
                      const std::vector<CollectiveRow>& rows, FitReport& report) {
  FittedBlock block;
  block.block = block.title = name;
  Samples samples;
  std::vector<double> times;
  for (const Sample& s : all) {
    samples.push_back(&s);
    times.push_back(s.row->time.value);
  }
  const T before = model;
  const CollectiveProblem<T> problem(platform, before, samples);
  const CrossValidation<T> validation = cross_validate(problem, options);
  block.problem = validation.problem;
  if (!block.problem.empty()) return block;
  model = problem.fit_all(block.unidentified);
  std::vector<ErrorRow> fitted;
  for (std::size_t i = 0; i < problem.size(); ++i) fitted.push_back(problem.predict(model, i));
  for (ErrorRow& row : fitted) row.set_band(validation.spread);
  block.errors = {report_of("held out", validation.held_out.errors), report_of("fitted", fitted)};
  block.left_out.push_back(
      report_of("groups left out", validation.left_out.errors, validation.groups.size()));
  if (validation.groups.size() > 1)
    block.left_out.insert(block.left_out.end(), validation.groups.begin(), validation.groups.end());
  block.groups_not_left_out = validation.groups_not_left_out;
  for (std::size_t k = 0; k < validation.left_out.rows.size(); ++k) {
    const CollectiveRow* row = samples[validation.left_out.rows[k]]->row;
    if (row >= rows.data() && row < rows.data() + rows.size())  // else it stands among them as an engine's
      report.unseen.emplace_back(static_cast<std::size_t>(row - rows.data()), validation.left_out.errors[k]);
  }
  const std::vector<char> held = held_constants<T>(samples);
  for (std::size_t i = 0; i < held.size(); ++i)
    if (const ModelConstant<T>& c = model_constants<T>()[i]; !held[i])
      block.constants.emplace_back(c.key, model.*c.member);
  model.fit.spread.value = validation.spread;
  model.fit.points = static_cast<std::int64_t>(samples.size());
  model.fit.date = options.date;
  model.fit.range = range_of("collectives", times);
  block.fit = model.fit;
  return block;
}

std::string block_or_none(const CollectiveRow& row) {
  try {
    return row.unsupported.empty() ? block_of(row.query) : "";
  } catch (const CannotAnswer&) {
    return "";
  }
}

// So that the work is bounded: at most so many of a block, drawn evenly; `left_out` counts the others.
std::vector<const CollectiveRow*> rows_to_fit(const std::vector<CollectiveRow>& rows,
                                              std::map<std::string, std::size_t>& left_out) {
  std::map<std::string, std::vector<const CollectiveRow*>> blocks;
  for (const CollectiveRow& row : rows) blocks[block_or_none(row)].push_back(&row);
  std::vector<const CollectiveRow*> kept;
  for (auto& [block, own] : blocks) {
    if (!block.empty() && own.size() > kMostRows) {
      left_out[fmt::format("as block \"{}\" takes {} rows at most, drawn evenly", block, kMostRows)] =
          own.size() - kMostRows;
      own = sample_of(std::move(own), kMostRows);
    }
    kept.insert(kept.end(), own.begin(), own.end());
  }
  std::sort(kept.begin(), kept.end());  // as the table has them
  return kept;
}

// The entry that `block` names, made where there is none.
template <class T, class Same>
T& entry(std::vector<T>& models, T made, Same same) {
  for (T& m : models)
    if (same(m)) return m;
  models.push_back(std::move(made));
  return models.back();
}

// The fitted constants in the platform's `communication`.
void put(const LibraryModel& model, CommunicationDescription& c) {
  c.launch.value = Seconds{model.launch};
  c.bulk_start.value = Seconds{model.bulk_start};
  c.low_latency_share.value = model.low_share;
  c.intra_node_low_step.value = Seconds{model.inside_low_step};
  c.intra_node_step.value = Seconds{model.inside_step};
  c.intra_node_efficiency.value = model.inside_share;
  c.loss_per_rank_doubling.value = model.inside_loss;
  c.intra_node_ramp.value = Seconds{model.inside_ramp};
  c.copy_bandwidth.value = BytesPerSecond{model.copy_bandwidth};
  c.in_switch_efficiency.value = model.in_switch_share;
  c.peer_gap.value = Seconds{model.peer_gap};
  c.inter_node_low_step.value = Seconds{model.between_low_step};
  c.inter_node_step.value = Seconds{model.between_step};
  c.inter_node_efficiency.value = model.between_share;
  c.loss_per_doubling.value = model.between_loss;
  c.inter_node_ramp.value = model.between_ramp;
  c.control = model.control;
  c.log_spread.value = model.fit.spread.value;
}

}  // namespace

CollectiveCalibration calibrate_collectives(const PlatformDescription& platform,
                                            const std::vector<CollectiveRow>& rows, const FitOptions& options,
                                            const LibraryWorks& works, const FitProgress& progress) {
  CollectiveCalibration calibration;
  FitReport& report = calibration.report;
  calibration.platform = platform;
  report.of = platform.name;
  report.rows = rows.size();
  std::map<std::string, std::vector<Sample>> blocks;
  std::deque<CollectiveRow> passed_on;  // a deque keeps its elements where they are
  for (const CollectiveRow* row : rows_to_fit(rows, report.left_out)) {
    if (!row->unsupported.empty()) {
      ++report.left_out[row->unsupported];
      continue;
    }
    try {
      Sample sample{row, {}, {}, {}};
      const std::string block = block_of(row->query);
      if (block.rfind("steps", 0) == 0) sample.loads = step_loads(row->query);
      if (block == "library") sample.works = works(row->query);
      if (block.rfind("kernels", 0) == 0) sample.works = works(as_library(row->query));
      blocks[block].push_back(std::move(sample));
      if (is_passed_on(platform, row->query)) {
        passed_on.push_back(*row);
        passed_on.back().query = as_library(row->query);
        blocks["library"].push_back({&passed_on.back(), {}, works(passed_on.back().query), {}});
      }
    } catch (const CannotAnswer& reason) {
      ++report.left_out[reason.what()];
    }
  }
  // An engine's kernels fall back on the library: its block comes first.
  std::vector<std::string> order;
  if (blocks.count("library")) order.emplace_back("library");
  for (const auto& [name, samples] : blocks)
    if (name != "library") order.push_back(name);
  std::size_t done = 0;
  CollectiveModels& models = calibration.platform.collectives;
  for (const std::string& name : order) {
    if (progress) progress(done++, order.size(), name);
    std::vector<Sample>& samples = blocks[name];
    const CollectiveQuery& q = samples.front().row->query;
    const auto run = [&](auto& model) {
      auto fitted = model;
      report.blocks.push_back(fit_block(calibration.platform, name, fitted, samples, options, rows, report));
      if (!report.blocks.back().problem.empty()) return false;
      model = fitted;
      return true;
    };
    // A block that cannot be fitted must not stay behind empty.
    const auto with = [&](auto& list, auto made, auto same) {
      const std::size_t before = list.size();
      if (!run(entry(list, std::move(made), same)) && list.size() > before) list.pop_back();
    };
    if (name == "library") {
      LibraryModel model;
      static_cast<LibraryConstants&>(model) = library_constants(calibration.platform.communication, false);
      if (run(model)) put(model, calibration.platform.communication);
    } else if (name.rfind("kernels.", 0) == 0) {
      const LibraryConstants library = library_constants(calibration.platform.communication, false);
      for (Sample& s : samples) s.library = quickest(*s.works, s.row->query.bytes, library);
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
