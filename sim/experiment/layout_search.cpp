#include "experiment/layout_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/packed.hpp"
#include "engine/engine.hpp"
#include "experiment/outcome.hpp"
#include "experiment/workers.hpp"
#include "factory/layout_bound.hpp"
#include "factory/training_job.hpp"
#include "lowering/training/layout_memory.hpp"
#include "metrics/energy.hpp"

namespace aifsim {
namespace {

constexpr double none = std::numeric_limits<double>::infinity();

// Less is better: memory that is not tight, then the objective, then what decides between equals.
using Rank = std::tuple<bool, double, double>;

struct Candidate {
  LayoutChoice choice;
  double memory = 0;
  double least_step = 0, least_energy = 0;
  double step = none, energy = 0;  // once simulated
  bool out = false;                // has no answer
};

class Search {
 public:
  Search(const LayoutSearch& search, const SearchProgress& progress) : s_(search), progress_(progress) {
    result_.global_batch = search.workload.training.global_batch;
    result_.usable = *search.platform->gpu.memory * *search.platform->gpu.usable_memory;
  }

  SearchResult run() {
    list();
    check_memory_and_bound();
    simulate();
    find_front();
    rerun_best();
    return std::move(result_);
  }

 private:
  TrainingJob job_of(const LayoutChoice& choice) const {
    TrainingJob job;
    job.platform = s_.platform;
    job.model = s_.workload.model;
    job.training = with_layout(s_.workload.training, choice);
    job.stack = s_.stack;
    job.gpus = choice.gpus;
    job.beyond_memory = true;  // what does not fit is out before anything is planned
    return job;
  }

  // Of machines with GPUs for none of the counts no layout is asked.
  void check_machine() const {
    const Topology& machine = s_.platform->topology;
    const std::int64_t gpus = machine.nodes() * machine.gpus_per_node();
    if (*std::min_element(s_.gpus.begin(), s_.gpus.end()) > gpus)
      throw CannotAnswer(fmt::format("{} GPUs are more than the {} of {}", fmt::join(s_.gpus, ", "), gpus,
                                     s_.platform->description.name));
  }

  void list() {
    check_machine();
    LayoutQuestion question;
    question.model = &s_.workload.model;
    question.training = s_.workload.training;
    question.stack = &s_.stack;
    question.gpus = s_.gpus;
    question.gpus_per_node = s_.platform->topology.gpus_per_node();
    question.kept = s_.kept;
    question.offload = s_.offload;
    for (const LayoutChoice& choice : layouts_of(question)) all_.push_back({choice});
    result_.layouts = all_.size();
    if (all_.empty())
      throw CannotAnswer(
          fmt::format("no layout of {} on {} GPUs divides the job, the model and a global batch of {}{}",
                      s_.workload.name, fmt::join(s_.gpus, ", "), result_.global_batch, kept_text()));
  }

  // "; kept as given: sharding, tensor_parallel, shard_group 12"
  std::string kept_text() const {
    if (s_.kept.empty()) return "";
    const std::int64_t group = s_.workload.training.shard_group;
    return fmt::format("; kept as given: {}{}", fmt::join(s_.kept, ", "),
                       group > 0 ? fmt::format(", shard_group {}", group) : "");
  }

  // What leaves the GPUs makes no step shorter: layouts that leave memory without it are not asked again.
  bool fits_without(LayoutChoice choice) const {
    if (!choice.offload || *choice.offload == OffloadChoice{}) return false;
    choice.offload = OffloadChoice{};
    const Bytes memory =
        layout_memory(s_.workload.model, with_answers_that_fit(job_of(choice)), s_.stack, choice.gpus)
            .total();
    return memory <= result_.usable && !is_tight(memory, result_.usable);
  }

  void tell(const char* phase, std::size_t done, std::size_t count) const {
    if (progress_) progress_(phase, done, count);
  }

  // In pieces, so that neighbours share what the bound has measured.
  void check_memory_and_bound() {
    constexpr std::size_t piece = 256;
    const std::size_t pieces = (all_.size() + piece - 1) / piece;
    LayoutBound bound(job_of(all_.front().choice));
    double nearest = none;
    std::string refused;  // of the first that cannot be
    std::size_t done = 0;
    std::vector<Candidate> fitting;
    run_in_workers(
        pieces, {.workers = s_.workers},
        [&](std::size_t number) {
          Packer answers;
          std::string why;
          for (std::size_t i = number * piece; i < std::min(all_.size(), (number + 1) * piece); ++i) {
            Candidate c = all_[i];
            try {
              const TrainingDescription training = with_layout(s_.workload.training, c.choice);
              c.memory = layout_memory(s_.workload.model, with_answers_that_fit(job_of(c.choice)), s_.stack,
                                       c.choice.gpus)
                             .total()
                             .value;
              c.out = fits_without(c.choice);
              if (!c.out && c.memory <= result_.usable.value) {
                check_expressible(job_of(c.choice));
                const LayoutBound::Least least = bound(training, c.choice.gpus);
                c.least_step = least.step.value;
                c.least_energy = least.energy.value;
              }
            } catch (const CannotAnswer& error) {
              c.out = true;
              if (why.empty()) why = error.what();
            }
            answers.add(c.memory, c.least_step, c.least_energy, c.out);
          }
          answers.add(why);
          return answers.take();
        },
        [&](std::size_t number, TaskEnd&& end) {
          if (!end.died.empty()) throw std::runtime_error("a search's " + end.died);
          Unpacker answers(end.bytes);
          for (std::size_t i = number * piece; i < std::min(all_.size(), (number + 1) * piece); ++i) {
            Candidate& c = all_[i];
            answers.get(c.memory, c.least_step, c.least_energy, c.out);
          }
          if (const auto why = answers.get<std::string>(); refused.empty()) refused = why;
          tell("memory", ++done, pieces);
        });
    for (Candidate& c : all_) {
      if (c.out) continue;
      nearest = std::min(nearest, c.memory);
      if (c.memory <= result_.usable.value) fitting.push_back(c);
    }
    all_ = std::move(fitting);
    result_.fitting = all_.size();
    if (all_.empty() && !(nearest < none) && !refused.empty())
      throw CannotAnswer(fmt::format("none of {} layouts can be: {}", result_.layouts, refused));
    if (all_.empty())
      throw CannotAnswer(fmt::format(
          "none of {} layouts fits in memory: the one that needs least takes {:.1f} GiB per GPU, "
          "{:.1f} GiB are "
          "usable on {}; more GPUs, a smaller global batch{} or a shorter sequence would lower it",
          result_.layouts, nearest / gib, result_.usable.value / gib, s_.platform->gpu.name,
          s_.offload.empty() ? ", state in host memory (`search --offload host`)" : ""));
  }

  static constexpr Rank last{true, none, none};
  Rank rank(double step, double energy, double memory, const LayoutChoice& choice) const {
    if (!(step < none) || (s_.within && step > s_.within->value)) return last;
    const bool tight = is_tight(Bytes{memory}, result_.usable);
    const auto gpus = static_cast<double>(choice.gpus);
    switch (s_.objective) {
      case SearchObjective::step_time:
        return {tight, step, gpus};
      case SearchObjective::energy:
        return {tight, energy, step};
      case SearchObjective::gpus:
        return {tight, gpus, step};
    }
    return {tight, step, 0};
  }
  Rank least(const Candidate& c) const { return rank(c.least_step, c.least_energy, c.memory, c.choice); }
  Rank found(const Candidate& c) const { return rank(c.step, c.energy, c.memory, c.choice); }

  // No simulated one is as quick, as small and on as few GPUs; equal ones come first come, first served.
  bool may_be_on_front(const Candidate& c, double step) const {
    return std::none_of(front_.begin(), front_.end(), [&](std::size_t i) {
      const Candidate& other = all_[i];
      return other.step <= step && other.memory <= c.memory && other.choice.gpus <= c.choice.gpus;
    });
  }
  bool needless(const Candidate& c) const {
    if (s_.exhaustive) return false;
    return best_.size() >= rerun() && least(c) > found(all_[best_.back()]) &&
           !(s_.front && may_be_on_front(c, c.least_step));
  }

  // As many as are run again: what contends with what may turn their order.
  std::size_t rerun() const { return s_.again > 0 ? s_.again : 3 * s_.top; }

  void keep(std::size_t i) {
    const Candidate& c = all_[i];
    if (c.out) return;
    if (found(c) < last) {
      const auto better = [&](std::size_t a, std::size_t b) {
        return std::tuple(found(all_[a]), all_[a].choice) < std::tuple(found(all_[b]), all_[b].choice);
      };
      best_.insert(std::upper_bound(best_.begin(), best_.end(), i, better), i);
      if (best_.size() > rerun()) best_.pop_back();
    }
    if (!s_.front || !may_be_on_front(c, c.step)) return;
    std::erase_if(front_, [&](std::size_t other) {
      const Candidate& o = all_[other];
      return c.step <= o.step && c.memory <= o.memory && c.choice.gpus <= o.choice.gpus;
    });
    front_.push_back(i);
  }

  void simulate() {
    std::stable_sort(all_.begin(), all_.end(), [&](const Candidate& a, const Candidate& b) {
      return std::tuple(least(a), a.choice) < std::tuple(least(b), b.choice);
    });
    if (s_.within && !all_.empty() && !(least(all_.front()) < last)) {
      double quickest = none;
      for (const Candidate& c : all_) quickest = std::min(quickest, c.least_step);
      throw CannotAnswer(
          fmt::format("none of {} layouts that fit takes {:.4g} s or less: each takes {:.4g} s at least",
                      result_.fitting, s_.within->value, quickest));
    }
    std::size_t done = 0;
    std::string refused;  // the first that has no answer
    WorkerOptions options{.workers = s_.workers};
    options.needless = [&](std::size_t i) { return needless(all_[i]); };
    run_in_workers(
        all_.size(), options,
        [&](std::size_t i) {
          const Candidate& c = all_[i];
          Packer answer;
          try {
            TrainingJob job = job_of(c.choice);
            job.checked = true;
            const Plan plan = make_training_plan(job);
            Metrics metrics;
            metrics[Metric::step_time].value = analytical_duration(plan).value;
            add_energy(metrics, job.platform->gpu, plan);
            answer.add(metrics[Metric::step_time].value, metrics[Metric::energy].or_zero());
            answer.add(std::string());
          } catch (const CannotAnswer& error) {
            answer.add(none, 0.0, std::string(error.what()));
          }
          return answer.take();
        },
        [&](std::size_t i, TaskEnd&& end) {
          if (!end.died.empty()) throw std::runtime_error("a search's " + end.died);
          ++done;
          if (!end.bytes.empty()) {
            Unpacker answer(end.bytes);
            answer.get(all_[i].step, all_[i].energy);
            if (const auto why = answer.get<std::string>(); refused.empty()) refused = why;
            ++result_.simulated;
          }
          all_[i].out = !(all_[i].step < none);
          keep(i);
          tell("layouts", done, all_.size());
        });
    if (!best_.empty()) return;
    double quickest = none;
    for (const Candidate& c : all_) quickest = std::min(quickest, c.step);
    throw CannotAnswer(
        s_.within && quickest < none
            ? fmt::format("none of {} layouts that fit takes {:.4g} s or less: the quickest takes {:.4g} s",
                          result_.fitting, s_.within->value, quickest)
            : fmt::format("none of {} layouts that fit has an answer; first reason: {}", result_.fitting,
                          refused));
  }

  FoundLayout told(const Candidate& c) const {
    return {c.choice, Bytes{c.memory}, Seconds{c.step}, Joules{c.energy}, {}};
  }

  void find_front() {
    for (const std::size_t i : front_) result_.front.push_back(told(all_[i]));
    std::sort(result_.front.begin(), result_.front.end(), [](const FoundLayout& a, const FoundLayout& b) {
      return std::tuple(a.choice.gpus, a.step, a.memory, a.choice) <
             std::tuple(b.choice.gpus, b.step, b.memory, b.choice);
    });
  }

  void rerun_best() {
    std::size_t done = 0;
    for (const std::size_t i : best_) result_.best.push_back(told(all_[i]));
    std::vector<Rank> ran;  // in order
    WorkerOptions options{.workers = s_.workers};
    options.needless = [&](std::size_t number) {
      const Candidate& c = all_[best_[number]];
      return !s_.exhaustive && ran.size() >= s_.top &&
             rank(nearer * c.step, nearer * c.energy, c.memory, c.choice) > ran[s_.top - 1];
    };
    run_in_workers(
        best_.size(), options,
        [&](std::size_t number) {
          const LayoutChoice& choice = result_.best[number].choice;
          FabricInputs inputs;
          inputs.platform = s_.platform;
          inputs.fidelity = s_.fidelity;
          inputs.seed = s_.seed;
          JobInputs& job = inputs.jobs.emplace_back();
          job.description.workload = s_.workload.name;
          job.description.gpus = choice.gpus;
          job.description.placement = s_.placement;
          job.workload = s_.workload;
          job.workload.training = with_layout(s_.workload.training, choice);
          job.stack = s_.stack;
          Outcome outcome;
          try {
            outcome.run = run_on_fabric(inputs);
            std::vector<LinkHeat> links = std::move(outcome.run.timeline.heat);
            outcome.run.timeline = {};
            outcome.run.timeline.heat = std::move(links);
          } catch (const CannotAnswer& error) {
            outcome.problem = error.what();
          }
          return to_bytes(outcome);
        },
        [&](std::size_t number, TaskEnd&& end) {
          FoundLayout& one = result_.best[number];
          tell(name_of(s_.fidelity), ++done, best_.size());
          Outcome outcome;
          if (end.died.empty() && end.bytes.empty())
            outcome.problem = "behind the best";  // which are enough: it is not told
          else if (end.died.empty())
            outcome = outcome_from(end.bytes);
          else
            outcome.problem = end.died;
          one.problem = outcome.problem;
          if (one.problem.empty()) {
            one.figures = std::move(outcome.run.jobs.front().figures);
            one.links = std::move(outcome.run.timeline.heat);
          }
          ran.insert(std::upper_bound(ran.begin(), ran.end(), again(one)), again(one));
        });
    std::stable_sort(result_.best.begin(), result_.best.end(),
                     [&](const FoundLayout& a, const FoundLayout& b) { return again(a) < again(b); });
    if (result_.best.size() > s_.top) result_.best.resize(s_.top);
  }
  Rank again(const FoundLayout& l) const {
    if (!l.problem.empty()) return last;
    return rank(l.figures.metrics[Metric::step_time].value, l.figures.metrics[Metric::energy].or_zero(),
                l.memory.value, l.choice);
  }

  static constexpr double gib = 1024.0 * 1024 * 1024;
  static constexpr double nearer = 0.9;  // levels of a layout differ by less, but for one in ten
  const LayoutSearch& s_;
  const SearchProgress& progress_;
  std::vector<Candidate> all_;
  std::vector<std::size_t> best_, front_;  // of all_
  SearchResult result_;
};

}  // namespace

void take_layout(JobInputs& job, const LayoutChoice& choice) {
  job.description.gpus = choice.gpus;
  job.workload.training.gradient_accumulation = 1;  // follows from the global batch
  job.workload.training = with_layout(job.workload.training, choice);
}

SearchResult search_layouts(const LayoutSearch& search, const SearchProgress& progress) {
  return Search(search, progress).run();
}

}  // namespace aifsim
