#include "factory/shared_fabric.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/quantity.hpp"
#include "factory/failures.hpp"
#include "metrics/time.hpp"

namespace aifsim {
namespace {

// With more jobs, pairs are not run one by one.
constexpr std::size_t most_for_pairs = 8;
constexpr double worth_telling = 1.001;

class SharedFabric {
 public:
  explicit SharedFabric(const FabricInputs& inputs) : inputs_(inputs), platform_(*inputs.platform) {
    options_.jitter = {inputs.jitter, inputs.seed};
    std::map<std::string, std::vector<char>> taken;  // by partition
    std::vector<std::vector<std::int64_t>> places(inputs.jobs.size());
    for (std::size_t j = 0; j < inputs.jobs.size(); ++j) {
      placed_.push_back(place(j, taken));
      for (const std::int64_t node : placed_.back().nodes)
        places[j].push_back(platform_of(j).topology.port(node, 0).node);
    }
    wired_ = platform_.topology.for_jobs(places);
    const Failures failures = read_failures(inputs.events, machine(), platform_.description.name);
    options_.changes = failures.changes;
    // The machine after each failure or repair; the plans of the jobs on it.
    for (const auto& [at, down] : failures.down) {
      damaged_.push_back(machine().without(down));
      options_.reroutings.push_back({at, nullptr});
    }
    for (std::size_t i = 0; i < damaged_.size(); ++i) options_.reroutings[i].machine = &damaged_[i];
    plans_.resize(placed_.size());
    problems_.resize(placed_.size());
    std::vector<std::string> too_large;
    for (std::size_t j = 0; j < placed_.size(); ++j) {
      try {
        plans_[j].push_back(plan(j, seen_by(j, machine())));
      } catch (const DoesNotFit& error) {
        too_large.push_back(prefix(j, "job ", ": ") + error.what());
        continue;
      }
      for (const Topology& left : damaged_) reroute(j, seen_by(j, left));
    }
    if (!too_large.empty()) throw DoesNotFit(fmt::format("{}", fmt::join(too_large, "; ")));
  }

  const Plan& plan_of(std::size_t j) const { return plans_[j].front(); }

  Seconds duration() const {
    const JobsTimeline together = run_subset(all_jobs());
    Seconds last = together.duration;
    for (std::size_t j = 0; j < placed_.size(); ++j)
      if (const JobDescription& job = description(j); kind_of(job).stands_for && !job.endless)
        last = std::max(last, job.start + step_of(j, together.jobs[j]) * static_cast<double>(job.steps));
    return last;
  }

  std::vector<Seconds> steps() const {
    const JobsTimeline together = run_subset(all_jobs());
    std::vector<Seconds> steps;
    for (std::size_t j = 0; j < placed_.size(); ++j)
      steps.push_back(description(j).traffic ? Seconds{} : step_of(j, together.jobs[j]));
    return steps;
  }

  std::int64_t transfers() const {
    std::int64_t sum = 0;
    for (std::size_t j = 0; j < plans_.size(); ++j)
      if (const JobDescription& job = description(j); !job.traffic)
        sum += transfers_of(plans_[j].front()) * (job.endless ? 1 : job.steps);
    return sum;
  }

  FabricRun run() {
    const JobsTimeline together = run_subset(all_jobs());
    result_.duration = together.duration;
    for (std::size_t j = 0; j < placed_.size(); ++j) add_job(j, together);
    if (placed_.size() > 1) {
      slowdowns(together);
      share_links(together);
    } else {
      result_.jobs.front().step_alone = step_of(0, together.jobs.front());
    }
    add_link_use(result_.timeline, together.carried, machine(), together.duration);
    result_.timeline.duration = together.duration;
    add_sites();
    tell_late_events(together.duration);
    return std::move(result_);
  }

 private:
  const JobDescription& description(std::size_t j) const { return inputs_.jobs[j].description; }
  const Topology& machine() const { return wired_ ? *wired_ : platform_.topology; }
  const PlatformInstance& platform_of(std::size_t j) const {
    return inputs_.jobs[j].partition ? *inputs_.jobs[j].partition : platform_;
  }
  // A machine of all as a job on its partition sees it.
  const Topology& seen_by(std::size_t j, const Topology& machine) {
    const PlatformInstance& own = platform_of(j);
    if (&own == &platform_) return machine;
    if (&machine == &platform_.topology) return own.topology;
    return views_
        .try_emplace({&machine, own.description.partition}, machine.partition(own.description.partition))
        .first->second;
  }
  // Runs of the program in a step: several where it is a sample of what the job does.
  double stands_for(std::size_t j) const {
    const JobKind& kind = kind_of(description(j));
    return kind.stands_for ? kind.stands_for(placed_[j]) : 1;
  }
  Seconds step_of(std::size_t j, const Timeline& timeline) const {
    return mean_step(timeline, description(j).start) * stands_for(j);
  }
  // The only job of a scenario has no name.
  std::string prefix(std::size_t j, const char* word, const char* end) const {
    const std::string& name = description(j).name;
    return name.empty() ? "" : word + name + end;
  }

  std::vector<std::size_t> all_jobs() const {
    std::vector<std::size_t> all(plans_.size());
    std::iota(all.begin(), all.end(), 0);
    return all;
  }

  // `by_partition`: nodes that other jobs have.
  PlacedJob place(std::size_t j, std::map<std::string, std::vector<char>>& by_partition) const {
    const JobDescription& job = description(j);
    const Topology& topology = platform_of(j).topology;
    std::vector<char> taken;
    for (const Topology& part : topology.parts()) {
      std::vector<char>& own = by_partition[part.called()];
      own.resize(static_cast<std::size_t>(part.nodes()), 0);
      taken.insert(taken.end(), own.begin(), own.end());
    }
    PlacedJob placed{&platform_of(j), &inputs_.jobs[j], {}, inputs_.seed, j};
    const PlacementDescription where = training_kind.is(job) ? placement_of(training_job(placed))
                                       : collective_kind.is(job)
                                           ? in_segments(job.placement, job.gpus, 1, topology)
                                           : job.placement;
    try {
      placed.nodes = place_job(where, job.gpus, topology, inputs_.seed, taken);
    } catch (const CannotAnswer& error) {
      throw CannotAnswer(prefix(j, "job ", ": ") + error.what());
    }
    for (const std::int64_t node : placed.nodes) taken[static_cast<std::size_t>(node)] = 1;
    auto next = taken.begin();
    for (const Topology& part : topology.parts()) {
      std::copy_n(next, part.nodes(), by_partition[part.called()].begin());
      next += part.nodes();
    }
    return placed;
  }

  Plan plan(std::size_t j, const Topology& on_machine) const {
    return kind_of(description(j)).plan(placed_[j], on_machine, inputs_.jitter == 0);
  }

  void reroute(std::size_t j, const Topology& left) {
    try {
      plans_[j].push_back(plan(j, left));
      problems_[j].emplace_back();
    } catch (const CannotAnswer& error) {
      plans_[j].emplace_back();
      problems_[j].push_back(prefix(j, "job ", ": ") + error.what());
    }
  }

  JobsTimeline run_subset(const std::vector<std::size_t>& jobs) const {
    std::vector<JobRun> runs;
    for (const std::size_t j : jobs) {
      const JobDescription& job = description(j);
      JobRun& run = runs.emplace_back();
      run = {&plans_[j].front(), prefix(j, "", " "), job.start, job.traffic || job.endless ? 0 : job.steps};
      for (std::size_t i = 0; i < damaged_.size(); ++i) {
        const std::string& problem = problems_[j][i];
        run.rerouted.push_back({problem.empty() ? &plans_[j][i + 1] : nullptr, problem});
      }
    }
    return run_jobs(runs, machine(), inputs_.fidelity, options_);
  }

  void add_job(std::size_t j, const JobsTimeline& together) {
    const JobDescription& given = description(j);
    const Plan& plan = plans_[j].front();
    Timeline timeline = together.jobs[j];
    // Level analytical tells no tracks of several jobs, which do not see each other there.
    if (inputs_.fidelity == Fidelity::analytical) timeline.roles = run_analytical(plan, machine()).roles;
    FabricJob& job = result_.jobs.emplace_back();
    job.name = given.name;
    job.what = kind_of(given).what(inputs_.jobs[j]);
    job.gpus = given.gpus;
    job.nodes = placed_[j].nodes;
    job.start = given.start;
    job.end = timeline.step_ends.empty() ? together.duration : timeline.step_ends.back();
    job.endless = given.endless || given.traffic;
    job.steps = std::ssize(timeline.step_ends);
    add_step_times(job.figures.metrics, timeline, given.start);
    if (training_kind.is(given))
      job.figures.account = step_account(timeline, mean_step(timeline, given.start));
    kind_of(given).measure(placed_[j], plan, job.figures);
    if (const double times = stands_for(j); times > 1) {
      job.end = given.start + (job.end - given.start) * times;
      if (!job.endless) result_.duration = std::max(result_.duration, job.end);
    }
    for (RoleTrack& role : timeline.roles) {
      role.name = prefix(j, "", " ") + role.name;
      result_.timeline.roles.push_back(std::move(role));
    }
  }

  // What the jobs draw together, and whether each site has it; told of the only job as its own.
  void add_sites() {
    std::vector<JobDraws> jobs;
    for (FabricJob& job : result_.jobs) {
      const std::vector<SiteDraw>& draws = job.figures.energy.sites;
      jobs.push_back({job.name, job.start, job.start + time_of(job, result_.duration), &draws});
      if (const std::string note = several_sites(draws); !note.empty()) add_note(job, note);
    }
    std::vector<SiteDraw> machine;
    for (std::size_t j = 0; j < placed_.size(); ++j)
      for (SiteDraw& one : idle_draws(platform_of(j).description, platform_of(j).gpu))
        if (std::none_of(machine.begin(), machine.end(),
                         [&](const SiteDraw& known) { return known.partition == one.partition; }))
          machine.push_back(std::move(one));
    result_.sites = site_totals(jobs, machine, result_.duration);
    if (result_.jobs.size() > 1) return;
    for (const SiteTotal& total : result_.sites)
      if (const std::string note = site_power_note(total); !note.empty())
        add_note(result_.jobs.front(), note);
  }

  // "draws 0.36 MW at CINECA, Bologna and 0.37 MW at HLRS, Stuttgart", or "" where it draws from one.
  static std::string several_sites(const std::vector<SiteDraw>& draws) {
    std::string text;
    std::set<std::string> sites;
    for (const SiteDraw& draw : draws) {
      sites.insert(draw.site);
      text += fmt::format(
          "{}{} at {}", text.empty() ? "draws " : " and ",
          draw.known() ? fmt::format("{:.4g} MW", draw.power.value / 1e6) : "what is not known", draw.site);
    }
    return sites.size() > 1 ? text + ", each by its own PUE, carbon and price" : "";
  }

  static void add_note(FabricJob& job, const std::string& text) {
    std::string& note = job.figures.note;
    note += (note.empty() ? "" : "; ") + text;
  }

  // What was to change a machine on which nothing ran any more; with the job that ended last.
  void tell_late_events(Seconds simulated) {
    std::string& note = std::max_element(result_.jobs.begin(), result_.jobs.end(),
                                         [](const FabricJob& a, const FabricJob& b) { return a.end < b.end; })
                            ->figures.note;
    for (const LinkEventDescription& event : inputs_.events) {
      if (event.at < simulated) continue;
      note += note.empty() ? "" : "; ";
      note += event.at < result_.duration
                  ? fmt::format("the event at {} changed nothing: {} are simulated and stand for the job",
                                print(event.at), print(simulated))
                  : fmt::format("the event at {} changed nothing: all jobs had ended at {}", print(event.at),
                                print(result_.duration));
    }
  }

  // How quickly a job came on: a step's time, or for traffic the time per byte.
  double pace(std::size_t j, const JobsTimeline& run, std::size_t at) const {
    if (!description(j).traffic) return mean_step(run.jobs[at], description(j).start).value;
    double bytes = 0;
    for (const LinkUnits& link : run.carried[at])
      if (machine().link_class(link.link) == LinkClass::nic) bytes += link.units;
    const double time = (run.duration - description(j).start).value;
    return bytes > 0 && time > 0 ? time / bytes : 0;
  }

  // Traffic alone has nobody to wait for; what it would deliver is what it offers, if its own links hold it.
  void slowdowns(const JobsTimeline& together) {
    for (std::size_t j = 0; j < plans_.size(); ++j) {
      FabricJob& job = result_.jobs[j];
      if (job.endless) continue;
      const JobsTimeline alone = run_subset({j});
      job.step_alone = Seconds{pace(j, alone, 0)};
      if (job.step_alone.value > 0) job.slowdown = pace(j, together, j) / job.step_alone.value;
      const double alone_ran = std::exchange(job.step_alone.value, job.step_alone.value * stands_for(j));
      if (plans_.size() > most_for_pairs) continue;
      for (std::size_t other = 0; other < plans_.size(); ++other) {
        if (other == j) continue;
        const JobsTimeline pair = run_subset({j, other});
        const double factor = alone_ran > 0 ? pace(j, pair, 0) / alone_ran : 1;
        if (factor > worth_telling) job.by.push_back({description(other).name, factor});
      }
      std::stable_sort(job.by.begin(), job.by.end(),
                       [](const SlowedBy& a, const SlowedBy& b) { return a.factor > b.factor; });
    }
  }

  void share_links(const JobsTimeline& together) {
    std::vector<std::string> names;
    for (const JobInputs& job : inputs_.jobs) names.push_back(job.description.name);
    LinkSharing sharing = link_sharing(together, names, machine(), options_.changes);
    for (std::size_t j = 0; j < placed_.size(); ++j)
      result_.jobs[j].bottleneck = std::move(sharing.bottlenecks[j]);
    result_.shared = std::move(sharing.links);
  }

  const FabricInputs& inputs_;
  const PlatformInstance& platform_;
  RunOptions options_;
  std::vector<PlacedJob> placed_;
  std::optional<Topology> wired_;                                      // with optical circuits for these jobs
  std::vector<Topology> damaged_;                                      // after each failure or repair
  std::map<std::pair<const Topology*, std::string>, Topology> views_;  // of those two, by partition
  std::vector<std::vector<Plan>> plans_;            // by job: on the whole machine, then on those
  std::vector<std::vector<std::string>> problems_;  // by job: why one of the latter is missing
  FabricRun result_;
};

}  // namespace

Seconds time_of(const FabricJob& job, Seconds duration) {
  return (job.endless ? duration : job.end) - job.start;
}

FabricRun run_on_fabric(const FabricInputs& inputs) { return SharedFabric(inputs).run(); }

void with_plan(const FabricInputs& inputs, std::size_t job, const std::function<void(const Plan&)>& use) {
  const SharedFabric fabric(inputs);
  use(fabric.plan_of(job));
}

Seconds duration_on_fabric(const FabricInputs& inputs) { return SharedFabric(inputs).duration(); }

std::vector<Seconds> steps_on_fabric(const FabricInputs& inputs) { return SharedFabric(inputs).steps(); }

std::int64_t transfers_on_fabric(const FabricInputs& inputs) { return SharedFabric(inputs).transfers(); }

}  // namespace aifsim
