#include "report/headline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/statistics.hpp"
#include "factory/training_job.hpp"
#include "metrics/site_total.hpp"
#include "report/format.hpp"
#include "report/sweep.hpp"
#include "report/unequal_work.hpp"

namespace aifsim {
namespace {

constexpr double telling = 0.20;  // a relative change of MFU below this is called holding

std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string whole_percent(double ratio) { return fmt::format("{:.0f} %", 100 * ratio); }

// How the MFU of one sweep goes with the GPU count.
struct Trend {
  const Sweep* sweep;
  const Point* knee;  // the last point within 5 % of the best MFU
  const Point* last;
  double change() const { return knee->mfu() > 0 ? last->mfu() / knee->mfu() - 1 : 0; }
};

Trend trend_of(const Sweep& sweep) {
  double best = 0;
  for (const Point* p : sweep.answered) best = std::max(best, p->mfu());
  const auto knee = std::find_if(sweep.answered.rbegin(), sweep.answered.rend(),
                                 [best](const Point* p) { return p->mfu() >= 0.95 * best; });
  return {&sweep, *knee, sweep.answered.back()};
}

// "full sharding on X falls from 57 % to 30 % MFU between 64 and 256 GPUs; hybrid sharding holds 49 %"
std::string trend_sentence(const std::vector<Trend>& trends) {
  std::string text;
  const Trend& lead = trends.front();
  for (const Trend& t : trends) {
    const bool first = &t == &lead;
    const std::string who =
        first ? fmt::format("{} on {}", t.sweep->variant, t.sweep->title) : t.sweep->variant;
    const Point* start = t.sweep->answered.front();
    if (!first) text += "; ";
    if (t.change() <= -telling) {
      text +=
          fmt::format("{} falls from {} to {} MFU between {} and {} GPUs", who, whole_percent(t.knee->mfu()),
                      whole_percent(t.last->mfu()), t.knee->gpus, t.last->gpus);
    } else if (start->mfu() > 0 && t.last->mfu() / start->mfu() - 1 >= telling) {
      text +=
          fmt::format("{} rises from {} to {} MFU between {} and {} GPUs", who, whole_percent(start->mfu()),
                      whole_percent(t.last->mfu()), start->gpus, t.last->gpus);
    } else {
      text += fmt::format("{} holds {}", who, whole_percent(t.last->mfu()));
      if (first || lead.last->gpus != t.last->gpus) text += fmt::format(" MFU up to {} GPUs", t.last->gpus);
    }
  }
  return capitalised(text) + ".";
}

void add_trends(std::vector<std::string>& out, const std::vector<Sweep>& sweeps) {
  std::vector<std::string> platforms;
  for (const Sweep& s : sweeps) {
    if (std::find(platforms.begin(), platforms.end(), s.platform) == platforms.end())
      platforms.push_back(s.platform);
  }
  std::vector<std::vector<Trend>> by_platform;
  for (const std::string& platform : platforms) {
    std::vector<Trend> trends;
    for (const Sweep& s : sweeps) {
      if (s.platform == platform && s.answered.front()->gpus < s.answered.back()->gpus)
        trends.push_back(trend_of(s));
    }
    if (trends.empty()) continue;
    std::stable_sort(trends.begin(), trends.end(),
                     [](const Trend& a, const Trend& b) { return a.change() < b.change(); });
    by_platform.push_back(std::move(trends));
  }
  // The steepest fall comes first.
  std::stable_sort(by_platform.begin(), by_platform.end(),
                   [](const auto& a, const auto& b) { return a.front().change() < b.front().change(); });
  constexpr std::size_t most = 4;  // sentences, and variants in one
  for (std::size_t i = 0; i < std::min(most, by_platform.size()); ++i)
    out.push_back(trend_sentence(
        {by_platform[i].begin(), by_platform[i].begin() + std::min(most, by_platform[i].size())}));
}

std::string name_of(const Point& p) { return fmt::format("{} on {}", label_of(p), title_of(p)); }

// Tokens per second at the ends of the band of the step time.
double slowest(const Point& p) { return p.tokens_per_second() * (p.step_time() / p.step_time_p90()); }
double quickest(const Point& p) { return p.tokens_per_second() * (p.step_time() / p.step_time_p10()); }

void add_fastest(std::vector<std::string>& out, const std::vector<const Point*>& points) {
  const auto by_gpus = [](const Point* a, const Point* b) { return a->gpus < b->gpus; };
  const std::int64_t most = (*std::max_element(points.begin(), points.end(), by_gpus))->gpus;
  std::vector<const Point*> rivals;
  for (const Point* p : points)
    if (p->gpus == most) rivals.push_back(p);
  std::stable_sort(rivals.begin(), rivals.end(), [](const Point* a, const Point* b) {
    return a->tokens_per_second() > b->tokens_per_second();
  });
  const Point& best = *rivals.front();
  std::vector<std::string> alike;  // whose bands meet that of the best
  for (std::size_t i = 1; i < rivals.size(); ++i)
    if (quickest(*rivals[i]) >= slowest(best)) alike.push_back(name_of(*rivals[i]));
  const bool fastest = rivals.size() > 1 && alike.empty();
  out.push_back(fmt::format("At {} GPUs, {}{} trains {} tokens/s at {} MFU; a step takes {} (80 % band {}).",
                            most, fastest ? "the fastest, " : "", name_of(best) + (fastest ? "," : ""),
                            human_count(best.tokens_per_second()), whole_percent(best.mfu()),
                            human_time(best.step_time()), band(best.step_time_p10(), best.step_time_p90())));
  if (best.energy().value > 0)
    out.push_back(fmt::format("Its GPU boards draw {:.0f} W each, {} for a token over all of them.",
                              gpu_power(best).value, human_energy(energy_per_token(best))));
  if (alike.empty()) return;
  constexpr std::size_t named = 3;
  const std::size_t more = alike.size() > named ? alike.size() - named : 0;
  alike.resize(alike.size() - more);
  out.push_back(fmt::format("{} is not told apart from {}{}: their 80 % bands overlap.",
                            capitalised(name_of(best)), fmt::join(alike, "; "),
                            more > 0 ? fmt::format(" and {} more", more) : ""));
}

void add_bottleneck(std::vector<std::string>& out, const std::vector<const Point*>& points) {
  const Point* worst = *std::max_element(points.begin(), points.end(), [](const Point* a, const Point* b) {
    return exposed_share(*a) < exposed_share(*b);
  });
  if (exposed_share(*worst) < 0.10) return;
  std::string text = fmt::format("Communication holds up {} most: {} of the step at {} GPUs", name_of(*worst),
                                 whole_percent(exposed_share(*worst)), worst->gpus);
  if (!worst->timeline.links.empty()) {
    const LinkUse& link = worst->timeline.links.front();
    text += fmt::format(", with {} the busiest at {}", link.name, whole_percent(link.utilisation));
  }
  out.push_back(text + ".");
}

void add_memory(std::vector<std::string>& out, const std::vector<const Point*>& points) {
  const auto fill = [](const Point* p) {
    return p->memory.capacity.value > 0 ? p->memory.total() / p->memory.capacity : 0;
  };
  const Point* fullest = *std::max_element(points.begin(), points.end(),
                                           [&](const Point* a, const Point* b) { return fill(a) < fill(b); });
  if (!is_tight(fullest->memory.total(), fullest->memory.capacity)) return;
  out.push_back(fmt::format("Memory is tight for {} at {} GPUs: {} of {} per GPU.", name_of(*fullest),
                            fullest->gpus, gibibytes(fullest->memory.total()),
                            gibibytes(fullest->memory.capacity)));
}

void add_agreement(std::vector<std::string>& out, const std::vector<const Point*>& points) {
  std::vector<double> errors;
  for (const Point* p : points) {
    if (p->measured) errors.push_back(std::abs(p->step_time() / *p->measured - 1));
  }
  if (errors.empty()) return;
  if (errors.size() == 1) {
    out.push_back(
        fmt::format("The one measured step time cited here differs from its prediction by {:.1f} %.",
                    100 * errors.front()));
    return;
  }
  out.push_back(fmt::format(
      "Against the {} measured step times cited here, predictions are off by {:.1f} % in the "
      "median and {:.1f} % at most.",
      errors.size(), 100 * median(errors), 100 * *std::max_element(errors.begin(), errors.end())));
}

// The first site that has less power than its jobs draw, and in how many runs one has.
void add_sites(std::vector<std::string>& out, const Result& result) {
  std::size_t over = 0;
  std::string first;
  for (const JobsRun& run : result.runs) {
    for (const SiteTotal& total : run.run.sites) {
      const std::string note =
          site_power_note(total, run.run.jobs.size() > 1 ? "all jobs together draw" : "the job draws");
      if (note.empty()) continue;
      if (first.empty()) first = fmt::format("{}: {}", total.site, note);
      ++over;
      break;
    }
  }
  if (over == 0) return;
  out.push_back(fmt::format("More power than there is at {}{}.", first,
                            over > 1 ? fmt::format("; so in {} of {} runs", over, result.runs.size()) : ""));
}

}  // namespace

std::vector<std::string> headline(const Result& result) {
  if (result.points.empty()) return {"This result holds no points."};
  std::vector<const Point*> answered;
  std::size_t unanswered = 0;
  for (const Point& p : result.points) {
    if (!p.problem.empty())
      ++unanswered;
    else if (p.metrics.has(Metric::tokens_per_second))
      answered.push_back(&p);
  }
  std::vector<std::string> out;
  if (const std::string work = unequal_work(result); !work.empty()) out.push_back(work);
  if (!answered.empty()) {
    std::vector<Sweep> sweeps = sweeps_of(result);
    std::erase_if(sweeps,
                  [](const Sweep& s) { return !s.answered.front()->metrics.has(Metric::tokens_per_second); });
    add_trends(out, sweeps);
    add_fastest(out, answered);
    add_bottleneck(out, answered);
    add_memory(out, answered);
    add_agreement(out, answered);
  }
  add_sites(out, result);
  if (unanswered > 0) {
    out.push_back(fmt::format("{} of {} {} no answer; the table says why.", unanswered,
                              plural(result.points.size(), "point"), unanswered == 1 ? "has" : "have"));
  }
  return out;
}

}  // namespace aifsim
