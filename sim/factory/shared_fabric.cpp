#include "factory/shared_fabric.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "base/nearest_word.hpp"
#include "base/quantity.hpp"
#include "base/quote.hpp"
#include "engine/background.hpp"
#include "factory/failures.hpp"

namespace aifsim {
namespace {

// With more jobs, pairs are not run one by one.
constexpr std::size_t most_for_pairs = 8;
constexpr double worth_telling = 1.001;

CollectiveKind kind_of(const CollectiveJobDescription& c) {
  constexpr std::array kinds{CollectiveKind::all_reduce,      CollectiveKind::all_gather,
                             CollectiveKind::reduce_scatter,  CollectiveKind::all_to_all,
                             CollectiveKind::expert_dispatch, CollectiveKind::expert_combine,
                             CollectiveKind::broadcast,       CollectiveKind::reduce,
                             CollectiveKind::gather,          CollectiveKind::scatter};
  std::vector<std::string_view> names;
  for (const CollectiveKind kind : kinds) {
    if (c.kind == name_of(kind)) return kind;
    names.emplace_back(name_of(kind));
  }
  throw InputError(c.place, fmt::format("collective.kind: expected a collective, found {}{}", quote(c.kind),
                                        suggestion(c.kind, names)));
}

class SharedFabric {
 public:
  SharedFabric(const ScenarioDescription& scenario, const PlatformInstance& platform, const Catalog& catalog)
      : scenario_(scenario), platform_(platform), catalog_(catalog) {
    options_.jitter = {scenario.jitter, scenario.seed};
    std::vector<char> taken(static_cast<std::size_t>(platform.topology.nodes()), 0);
    std::vector<std::vector<std::int64_t>> nodes;
    for (const JobDescription& job : scenario.jobs) {
      result_.jobs.push_back(place(job, taken));
      nodes.push_back(result_.jobs.back().nodes);
    }
    wired_ = platform.topology.for_jobs(nodes);
    const Failures failures = read_failures(scenario.events, machine(), platform.description.name);
    options_.changes = failures.changes;
    // The machine after each failure or repair; the plans of the jobs on it.
    for (const auto& [at, down] : failures.down) {
      damaged_.push_back(machine().without(down));
      options_.reroutings.push_back({at, nullptr});
    }
    for (std::size_t i = 0; i < damaged_.size(); ++i) options_.reroutings[i].machine = &damaged_[i];
    plans_.resize(scenario.jobs.size());
    for (std::size_t j = 0; j < scenario.jobs.size(); ++j) {
      plans_[j].push_back(plan(j, machine()));
      for (const Topology& left : damaged_) reroute(j, left);
    }
    result_.platform = platform.description.name;
    result_.platform_title = platform.description.title;
  }

  Seconds duration() const { return run_subset(all_jobs()).duration; }

  std::int64_t transfers() const {
    std::int64_t sum = 0;
    for (std::size_t j = 0; j < plans_.size(); ++j) {
      const JobDescription& job = scenario_.jobs[j];
      if (!job.traffic) sum += transfers_of(plans_[j].front()) * (job.endless ? 1 : job.steps);
    }
    return sum;
  }

  FabricRun run() {
    const std::vector<std::size_t> all = all_jobs();
    const JobsTimeline together = run_subset(all);
    result_.duration = together.duration;
    for (const std::size_t j : all) fill(j, together, j);
    slowdowns(together);
    links(together);
    tracks(together);
    return std::move(result_);
  }

 private:
  std::vector<std::size_t> all_jobs() const {
    std::vector<std::size_t> all(plans_.size());
    std::iota(all.begin(), all.end(), 0);
    return all;
  }

  FabricJob place(const JobDescription& job, std::vector<char>& taken) const {
    FabricJob placed;
    placed.name = job.name;
    placed.gpus = job.gpus;
    placed.start = job.start;
    placed.endless = job.endless || job.traffic;
    try {
      placed.nodes = place_job(job.placement, job.gpus, platform_.topology, scenario_.seed, taken);
    } catch (const CannotAnswer& error) {
      throw CannotAnswer(fmt::format("job {}: {}", job.name, error.what()));
    }
    for (const std::int64_t node : placed.nodes) taken[static_cast<std::size_t>(node)] = 1;
    return placed;
  }

  const Topology& machine() const { return wired_ ? *wired_ : platform_.topology; }

  void reroute(std::size_t j, const Topology& left) {
    problems_.resize(plans_.size());
    try {
      plans_[j].push_back(plan(j, left));
      problems_[j].emplace_back();
    } catch (const CannotAnswer& error) {
      plans_[j].emplace_back();
      problems_[j].push_back(fmt::format("job {}: {}", scenario_.jobs[j].name, error.what()));
    }
  }

  Plan plan(std::size_t j, const Topology& on_machine) {
    const JobDescription& job = scenario_.jobs[j];
    FabricJob& placed = result_.jobs[j];
    const bool folded = scenario_.jitter == 0;
    if (!job.workload.empty()) {
      const WorkloadDescription workload = catalog_.workload(job.workload, job.workload_place);
      placed.what = "training " + job.workload;
      return make_training_plan(
          {&platform_, workload.model, workload.training, job.gpus, job.placement, scenario_.seed},
          placed.nodes, on_machine, folded);
    }
    Job on;
    on.machine = &on_machine;
    on.platform = &platform_.description;
    on.gpu = &platform_.gpu;
    on.nodes = placed.nodes;
    on.gpus = job.gpus;
    on.folded = folded;
    if (job.traffic) {
      placed.what =
          fmt::format("{} traffic at {:.0f} % load", name_of(job.traffic->pattern), 100 * job.traffic->load);
      return make_background(*job.traffic, on, scenario_.seed + j);
    }
    placed.what = fmt::format("{} of {}", job.collective->kind, print(job.collective->size));
    Program program;
    program.ranks = job.gpus;
    program.communicators = {{"job", job.gpus, 1}};
    const Collective collective{kind_of(*job.collective), 0, job.collective->size, job.collective->algorithm};
    program.roles.push_back({"rank", job.gpus, {{"collective", {{collective, placed.what}}}}});
    return make_plan(program, on);
  }

  JobsTimeline run_subset(const std::vector<std::size_t>& jobs) const {
    std::vector<JobRun> runs;
    for (const std::size_t j : jobs) {
      const JobDescription& job = scenario_.jobs[j];
      const bool traffic = job.traffic.has_value();
      JobRun& run = runs.emplace_back();
      run = {&plans_[j].front(), job.name + " ", job.start, traffic || job.endless ? 0 : job.steps};
      for (std::size_t i = 0; i < damaged_.size(); ++i) {
        const std::string& problem = problems_[j][i];
        run.rerouted.push_back({problem.empty() ? &plans_[j][i + 1] : nullptr, problem});
      }
    }
    return run_jobs(runs, machine(), scenario_.fidelity, options_);
  }

  static Seconds mean_step(const Timeline& t, Seconds start) {
    if (t.step_ends.empty()) return Seconds{0};
    return (t.step_ends.back() - start) / static_cast<double>(t.step_ends.size());
  }

  void fill(std::size_t j, const JobsTimeline& run, std::size_t at) {
    FabricJob& job = result_.jobs[j];
    const Timeline& t = run.jobs[at];
    job.steps = std::ssize(t.step_ends);
    job.end = t.step_ends.empty() ? run.duration : t.step_ends.back();
    job.step = mean_step(t, job.start);
  }

  // How quickly a job came on: a step's time, or for traffic the time per byte.
  double pace(std::size_t j, const JobsTimeline& run, std::size_t at) const {
    if (!scenario_.jobs[j].traffic) return mean_step(run.jobs[at], scenario_.jobs[j].start).value;
    double bytes = 0;
    for (const LinkUnits& link : run.carried[at])
      if (machine().link_class(link.link) == LinkClass::nic) bytes += link.units;
    const double time = (run.duration - scenario_.jobs[j].start).value;
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
      if (plans_.size() > most_for_pairs) continue;
      for (std::size_t other = 0; other < plans_.size(); ++other) {
        if (other == j) continue;
        const JobsTimeline pair = run_subset({j, other});
        const double factor = job.step_alone.value > 0 ? pace(j, pair, 0) / job.step_alone.value : 1;
        if (factor > worth_telling) job.by.push_back({scenario_.jobs[other].name, factor});
      }
      std::stable_sort(job.by.begin(), job.by.end(),
                       [](const SlowedBy& a, const SlowedBy& b) { return a.factor > b.factor; });
    }
  }

  // Mean over the run, with the events.
  BytesPerSecond capacity(LinkId link, Seconds duration) const {
    double factor = 1, sum = 0;
    Seconds since;
    for (const LinkChange& change : changes_in_order())
      if (change.link == link && change.at < duration) {
        sum += factor * (change.at - since).value;
        factor = change.factor;
        since = change.at;
      }
    sum += factor * (duration - since).value;
    return machine().capacity(link) * (sum / duration.value);
  }

  std::vector<LinkChange> changes_in_order() const {
    std::vector<LinkChange> changes = options_.changes;
    std::stable_sort(changes.begin(), changes.end(),
                     [](const LinkChange& a, const LinkChange& b) { return a.at < b.at; });
    return changes;
  }

  void links(const JobsTimeline& together) {
    const Topology& machine = this->machine();
    std::map<LinkId, std::vector<double>> bytes;  // by job
    for (std::size_t j = 0; j < together.carried.size(); ++j)
      for (const auto& [link, carried] : together.carried[j]) {
        auto& of_jobs = bytes[link];
        of_jobs.resize(together.carried.size(), 0);
        of_jobs[j] += carried;
      }
    struct Found {
      LinkId link;
      double utilisation;
    };
    std::map<std::string, Found> busiest;  // by class
    std::vector<Found> of_job(together.carried.size(), {0, 0});
    std::map<LinkId, std::string> class_names;
    for (const auto& [link, of_jobs] : bytes) {
      if (std::count_if(of_jobs.begin(), of_jobs.end(), [](double b) { return b > 0; }) < 2) continue;
      const double total = std::accumulate(of_jobs.begin(), of_jobs.end(), 0.0);
      const double use = total / (capacity(link, together.duration).value * together.duration.value);
      Found& of_class = busiest.try_emplace(machine.link(link).class_name, Found{link, 0}).first->second;
      if (use > of_class.utilisation) of_class = {link, use};
      for (std::size_t j = 0; j < of_jobs.size(); ++j)
        if (of_jobs[j] > 0 && use > of_job[j].utilisation) of_job[j] = {link, use};
    }
    for (std::size_t j = 0; j < of_job.size(); ++j)
      if (of_job[j].utilisation > 0) result_.jobs[j].bottleneck = machine.link(of_job[j].link).name;
    for (const auto& [name, found] : busiest) {
      SharedLink shared{machine.link(found.link).name,
                        name,
                        capacity(found.link, together.duration),
                        found.utilisation,
                        {}};
      const auto& of_jobs = bytes[found.link];
      const double total = std::accumulate(of_jobs.begin(), of_jobs.end(), 0.0);
      for (std::size_t j = 0; j < of_jobs.size(); ++j)
        if (of_jobs[j] > 0) shared.shares.emplace_back(scenario_.jobs[j].name, of_jobs[j] / total);
      result_.shared.push_back(std::move(shared));
    }
    std::stable_sort(result_.shared.begin(), result_.shared.end(),
                     [](const auto& a, const auto& b) { return a.utilisation > b.utilisation; });
    add_link_use(result_.timeline, together.carried, machine, together.duration);
  }

  void tracks(const JobsTimeline& together) {
    result_.timeline.duration = together.duration;
    for (std::size_t j = 0; j < together.jobs.size(); ++j)
      for (RoleTrack role : together.jobs[j].roles) {
        role.name = scenario_.jobs[j].name + " " + role.name;
        result_.timeline.roles.push_back(std::move(role));
      }
  }

  const ScenarioDescription& scenario_;
  const PlatformInstance& platform_;
  const Catalog& catalog_;
  RunOptions options_;
  std::optional<Topology> wired_;                   // with optical circuits for these jobs
  std::vector<Topology> damaged_;                   // after each failure or repair
  std::vector<std::vector<Plan>> plans_;            // by job: on the whole machine, then on those
  std::vector<std::vector<std::string>> problems_;  // by job: why one of the latter is missing
  FabricRun result_;
};

}  // namespace

FabricRun run_on_fabric(const ScenarioDescription& scenario, const PlatformInstance& platform,
                        const Catalog& catalog) {
  try {
    return SharedFabric(scenario, platform, catalog).run();
  } catch (const CannotAnswer& error) {
    FabricRun none;
    none.platform = platform.description.name;
    none.platform_title = platform.description.title;
    none.problem = error.what();
    return none;
  }
}

Seconds duration_on_fabric(const ScenarioDescription& scenario, const PlatformInstance& platform,
                           const Catalog& catalog) {
  return SharedFabric(scenario, platform, catalog).duration();
}

std::int64_t transfers_on_fabric(const ScenarioDescription& scenario, const PlatformInstance& platform,
                                 const Catalog& catalog) {
  return SharedFabric(scenario, platform, catalog).transfers();
}

}  // namespace aifsim
