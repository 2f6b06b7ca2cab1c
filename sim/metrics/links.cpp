#include "metrics/links.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace aifsim {
namespace {

// Mean over the run; `changes` in order of time.
BytesPerSecond mean_capacity(LinkId link, const Topology& machine, const std::vector<LinkChange>& changes,
                             Seconds duration) {
  double factor = 1, sum = 0;
  Seconds since;
  for (const LinkChange& change : changes)
    if (change.link == link && change.at < duration) {
      sum += factor * (change.at - since).value;
      factor = change.factor;
      since = change.at;
    }
  sum += factor * (duration - since).value;
  return machine.capacity(link) * (sum / duration.value);
}

struct Found {
  LinkId link = 0;
  double utilisation = 0;
};

}  // namespace

LinkSharing link_sharing(const JobsTimeline& run, std::span<const std::string> names, const Topology& machine,
                         std::span<const LinkChange> given) {
  std::vector<LinkChange> changes(given.begin(), given.end());
  std::stable_sort(changes.begin(), changes.end(),
                   [](const LinkChange& a, const LinkChange& b) { return a.at < b.at; });
  const std::size_t jobs = run.carried.size();
  std::map<LinkId, std::vector<double>> bytes;  // by job
  for (std::size_t j = 0; j < jobs; ++j)
    for (const auto& [link, carried] : run.carried[j]) {
      auto& of_jobs = bytes[link];
      of_jobs.resize(jobs, 0);
      of_jobs[j] += carried;
    }
  std::map<std::string, Found> busiest;  // by class
  std::vector<Found> of_job(jobs);
  for (const auto& [link, of_jobs] : bytes) {
    if (std::count_if(of_jobs.begin(), of_jobs.end(), [](double b) { return b > 0; }) < 2) continue;
    const double total = std::accumulate(of_jobs.begin(), of_jobs.end(), 0.0);
    const double use =
        total / (mean_capacity(link, machine, changes, run.duration).value * run.duration.value);
    Found& of_class = busiest.try_emplace(machine.link(link).class_name, Found{link, 0}).first->second;
    if (use > of_class.utilisation) of_class = {link, use};
    for (std::size_t j = 0; j < jobs; ++j)
      if (of_jobs[j] > 0 && use > of_job[j].utilisation) of_job[j] = {link, use};
  }
  LinkSharing sharing;
  for (const Found& found : of_job)
    sharing.bottlenecks.push_back(found.utilisation > 0 ? machine.link(found.link).name : "");
  for (const auto& [name, found] : busiest) {
    SharedLink shared{machine.link(found.link).name,
                      name,
                      mean_capacity(found.link, machine, changes, run.duration),
                      found.utilisation,
                      {}};
    const auto& of_jobs = bytes[found.link];
    const double total = std::accumulate(of_jobs.begin(), of_jobs.end(), 0.0);
    for (std::size_t j = 0; j < jobs; ++j)
      if (of_jobs[j] > 0) shared.shares.emplace_back(names[j], of_jobs[j] / total);
    sharing.links.push_back(std::move(shared));
  }
  std::stable_sort(sharing.links.begin(), sharing.links.end(),
                   [](const auto& a, const auto& b) { return a.utilisation > b.utilisation; });
  return sharing;
}

}  // namespace aifsim
