#include "records/training_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/quote.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kWarmUpWindow = 64;       // logged iterations that are looked at for warm-up
constexpr std::size_t kRecent = 64;             // numbers of iterations, to know lines of other ranks
constexpr std::size_t kTrainingRunFacts = 512;  // that one log may tell
constexpr double kWarm = 1.1;                   // times the steady median

// Needed by `validate training`; whichever of the last three is there will do.
constexpr const char* kNeeded[] = {"platform",     "gpu",         "gpus",     "layers",   "hidden",
                                   "heads",        "ffn_hidden",  "vocab",    "seq_len",  "precision",
                                   "global_batch", "micro_batch", "sharding", "recompute"};

std::string stem_of(const std::string& name) {
  std::filesystem::path file = std::filesystem::path(name).filename();
  if (file.extension() == ".gz") file = file.stem();
  const std::string stem = file.stem().string();
  return stem.empty() ? "run" : stem;
}

std::string rounded(double value) { return fmt::format("{:.6g}", value); }

}  // namespace

TrainingRun::TrainingRun(const Input& input, Sink& sink, const char* stack, StepFigure figure,
                         std::function<void(TrainingRun&)> conclude)
    : name_(input.name()), sink_(sink), stack_(stack), figure_(figure), conclude_(std::move(conclude)) {}

void TrainingRun::Totals::add(const Kept& step) {
  period.add(step.period * 1e6);
  if (step.tflops > 0) tflops.add(step.tflops);
  if (step.tokens > 0) tokens.add(step.tokens);
}

void TrainingRun::say(const std::string& name, std::string_view value) {
  if (value.empty() || (said_.size() >= kTrainingRunFacts && said_.find(name) == said_.end())) return;
  std::string& cell = said_[name];
  if (cell.empty()) cell = std::string(value.substr(0, 200));
}

void TrainingRun::say(const std::string& name, double value) {
  if (std::isfinite(value) && value > 0) say(name, fmt::format("{}", value));
}

void TrainingRun::correct(const std::string& name, std::string_view value) {
  said_[name] = std::string(value.substr(0, 200));
}

std::string TrainingRun::said(const std::string& name) const {
  const auto found = said_.find(name);
  return found == said_.end() ? "" : found->second;
}

double TrainingRun::number(const std::string& name) const { return as_number(said(name)).value_or(0); }

void TrainingRun::at_least(const std::string& name, double value) {
  if (std::isfinite(value) && value > number(name)) correct(name, rounded(value));
}

void TrainingRun::unusable(const Place& place, const std::string& what) {
  sink_.skip("iterations whose figures cannot be used", Problem{place, what});
}

// Other ranks log the same iteration; a number that falls behind is a run that began again from a checkpoint.
bool TrainingRun::repeated(std::int64_t iteration) {
  if (iteration < 0) return false;
  if (std::find(recent_.begin(), recent_.end(), iteration) != recent_.end()) return true;
  if (!recent_.empty() && iteration < recent_.back()) {
    pause();
    recent_.clear();
    sink_.note("iterations begin again at a smaller number: the run was started anew within the log");
  }
  if (recent_.size() == kRecent) recent_.erase(recent_.begin());
  recent_.push_back(iteration);
  return false;
}

// Batches that grow during a run: only iterations at the largest count.
bool TrainingRun::of_this_batch(double batch) {
  constexpr auto reason = "iterations at a smaller global batch";
  if (batch <= 0 || batch == batch_) return true;
  if (batch < batch_) {
    sink_.skip(reason);
    return false;
  }
  if (batch_ > 0) {
    sink_.skip(reason, first_.size() + later_.period.count() + after_pause_.period.count());
    first_.clear();
    later_ = after_pause_ = {};
  }
  batch_ = batch;
  return true;
}

void TrainingRun::step(const LoggedStep& step, const Place& place) {
  if (!(step.value > 1e-6 && step.value < (figure_ == StepFigure::seconds ? 1e6 : 1e9)))
    return unusable(place, fmt::format("{} is no time or rate of an iteration", step.value));
  if (repeated(step.iteration)) {
    sink_.skip("lines of other ranks on the same iteration");
    return;
  }
  if (!of_this_batch(step.batch)) return;
  ++logged_;
  Kept kept{step.iteration, figure_ == StepFigure::seconds ? step.value : 1 / step.value, step.tflops_per_gpu,
            step.tokens_per_second_and_gpu};
  if (figure_ == StepFigure::tokens_per_second_and_gpu) kept.tokens = step.value;
  if (paused_) {
    paused_ = false;
    after_pause_.add(kept);
  } else if (first_.size() < kWarmUpWindow) {
    first_.push_back(kept);
  } else {
    later_.add(kept);
  }
}

// The run's very first iteration, and the first logged ones as long as they take a tenth longer than the median of
// the later half.
std::size_t TrainingRun::warm_up() const {
  if (first_.size() < 2) return 0;
  double steady = later_.period.count() ? later_.period.quantile(0.5) : 0;
  if (steady == 0) {
    Durations half;
    for (std::size_t i = first_.size() / 2; i < first_.size(); ++i) half.add(first_[i].period * 1e6);
    steady = half.quantile(0.5);
  }
  std::size_t warm = 0;
  const auto is_first = [](const Kept& step) { return step.iteration == 0 || step.iteration == 1; };
  while (warm + 1 < first_.size() &&
         ((warm == 0 && is_first(first_[0])) || first_[warm].period * 1e6 > kWarm * steady))
    ++warm;
  return warm;
}

void TrainingRun::begin() {
  if (has_steps() || !said("run_time_s").empty()) write();
}

void TrainingRun::finish() {
  if (has_steps() || !said("run_time_s").empty()) return write();
  if (runs_ == 0)
    throw InputError(Place{name_}, fmt::format("no iteration of a training run by {} in this log", stack_));
}

void TrainingRun::fill_from_user() {
  const Given& given = sink_.given();
  const auto fill = [&](const char* column, std::optional<std::int64_t> value, const char* option) {
    if (!value) return;
    const std::string told = said(column);
    say(column, static_cast<double>(*value));
    if (!told.empty() && number(column) != static_cast<double>(*value))
      sink_.note(fmt::format("{} {} is not used: the log says {}", option, *value, told));
  };
  fill("gpus", given.ranks, "--ranks");
  fill("gpus_per_node", given.ranks_per_node, "--ranks-per-node");
  for (const auto& [column, value] : given.columns) correct(column, value);
  double ways = 1;
  for (const char* axis : {"tp", "pp", "cp"}) ways *= std::max(1.0, number(axis));
  if (said("gpus").empty()) say("gpus", number("dp") * ways);
  if (said("gpu").empty() || !given.gpu.empty()) correct("gpu", given.gpu);
  if (!given.platform.empty()) correct("platform", given.platform);
  sink_.complete_from_platform(said_);
}

double TrainingRun::seconds_per_period() const {
  if (figure_ == StepFigure::seconds) return 1;
  if (figure_ == StepFigure::samples_per_second) return number("global_batch");
  return number("gpus") > 0 ? number("global_batch") * number("seq_len") / number("gpus") : 0;
}

void TrainingRun::name_missing_columns() {
  std::vector<std::string> missing;
  for (const char* column : kNeeded)
    if (said(column).empty()) missing.emplace_back(column);
  if (!missing.empty())
    sink_.note(fmt::format(
        "the log does not tell {}: fill these columns in before `aifsim validate training`, or import with "
        "--platform, --gpu, --ranks (GPUs) or --set COLUMN=VALUE",
        fmt::join(missing, ", ")));
  if (said("step_time_s").empty() && !has_steps())
    sink_.note("the log tells the time of the whole run, but of no step: fill in step_time_s");
  std::vector<std::string> taken;
  for (const char* column : {"tp", "pp", "cp", "ep"})
    if (said(column).empty()) taken.emplace_back(column);
  if (!taken.empty())
    sink_.note(fmt::format("the log does not tell {}: an empty cell counts as 1", fmt::join(taken, ", ")));
}

void TrainingRun::write() {
  ++runs_;
  if (batch_ > 0) correct("global_batch", fmt::format("{}", batch_));
  if (conclude_) conclude_(*this);
  correct("id", stem_of(name_) + (runs_ > 1 ? fmt::format("-{}", runs_) : ""));
  if (!sink_.given().software.empty()) correct("stack", sink_.given().software);
  say("stack", stack_);
  fill_from_user();

  if (has_steps()) summarise();
  name_missing_columns();

  RecordRow row;
  for (const std::string& column : training_columns()) {
    // Where the user says another recompute, the log's modules are none.
    if (column == "recompute_modules" && said("recompute") != "selective") continue;
    const std::string value = said(column);
    if (!value.empty()) row.set(column, value);
  }
  sink_.training(std::move(row));

  said_.clear();
  first_.clear();
  later_ = after_pause_ = {};
  recent_.clear();
  logged_ = 0;
  batch_ = 0;
  paused_ = false;
}

// The steady iterations in a few figures.
void TrainingRun::summarise() {
  const std::size_t warm = warm_up();
  Totals totals = later_;
  for (std::size_t i = warm; i < first_.size(); ++i) totals.add(first_[i]);
  sink_.skip("warm-up: the very first iteration, and those after it a tenth slower than the median", warm);
  if (totals.period.count() == 0) {
    totals = after_pause_;
    sink_.note("every logged iteration follows an evaluation or a checkpoint, whose end may be in its time");
  } else {
    sink_.skip("iterations right after an evaluation or a checkpoint", after_pause_.period.count());
  }

  const double median = totals.period.quantile(0.5) * 1e-6, scale = seconds_per_period();
  correct("steps", fmt::format("{}", totals.period.count()));
  if (scale > 0) {
    correct("step_time_s", rounded(median * scale));
    if (totals.period.count() > 1) {
      correct("step_time_min_s", rounded(totals.period.smallest() * 1e-6 * scale));
      correct("step_time_p90_s", rounded(totals.period.quantile(0.9) * 1e-6 * scale));
    }
  }
  if (figure_ == StepFigure::samples_per_second) correct("samples_per_s", rounded(1 / median));
  if (totals.tokens.count()) correct("tokens_per_s_per_gpu", rounded(totals.tokens.quantile(0.5)));
  if (totals.tflops.count()) correct("tflops_per_gpu", rounded(totals.tflops.quantile(0.5)));
}

}  // namespace aifsim::records
