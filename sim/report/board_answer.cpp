#include "report/board_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "report/board_influence.hpp"
#include "report/format.hpp"
#include "report/site_units.hpp"

namespace aifsim {
namespace {

double value_of(const Proposal& p, Metric metric) { return p.best.figures.metrics[metric].value; }

std::string text_of(Metric metric, double value) {
  if (metric == Metric::run_time) return human_days(value);
  return metric == Metric::run_carbon ? human_grams(value) + " CO2e" : human_euros(value);
}

// "a", "a and b", "a, b and c"
std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

class Sentences {
 public:
  explicit Sentences(const ProposalComparison& c) : c_(c) {}

  std::string time() const {
    const std::string text = best(Metric::run_time);
    if (text.empty()) return "No proposal has an answer.";
    std::vector<std::string> without;
    for (std::size_t w = 0; w < c_.works.size(); ++w)
      if (standing(c_, w, Metric::run_time).order.empty()) without.push_back(c_.works[w].title);
    return "Soonest is " + text + (without.empty() ? "" : "; no proposal can train " + listed(without)) + ".";
  }

  std::string carbon_and_cost() const {
    const std::string carbon = best(Metric::run_carbon), cost = best(Metric::run_cost);
    if (carbon.empty() && cost.empty())
      return "Carbon and cost are not told: the platforms lack the figures of site or price.";
    if (cost.empty()) return "The least carbon has " + carbon + "; cost is not told.";
    if (carbon.empty()) return "The least cost has " + cost + "; carbon is not told.";
    return "The least carbon has " + carbon + "; the least cost has " + cost + ".";
  }

  // How many figures alone turn each answer, and which turns it furthest.
  std::string deciding() const {
    const InfluenceStudy& study = c_.influence;
    std::vector<std::string> turned;
    std::string furthest;
    bool any = false;
    for (const auto& [metric, what] : {std::pair{Metric::run_time, "who is soonest"},
                                       {Metric::run_carbon, "the least carbon"},
                                       {Metric::run_cost, "the least cost"}}) {
      std::set<std::size_t> rows;
      std::vector<std::string> by_work;
      double least = 0;
      std::string of_metric;
      for (std::size_t w = 0; w < c_.works.size(); ++w) {
        const std::optional<Tornado> t = tornado(c_, w, metric);
        if (!t || t->best == t->next) continue;
        any = true;
        by_work.push_back(fmt::format("{} for {}", t->turning == 0 ? "none" : std::to_string(t->turning),
                                      c_.works[w].title));
        for (const InfluenceBar& bar : t->bars) {
          if (!bar.turns()) continue;
          rows.insert(bar.row);
          const double lead = std::min(bar.low.value_or(-1), bar.high.value_or(-1));
          if (lead >= least) continue;
          least = lead;
          const Influence& row = study.rows[bar.row];
          of_metric = fmt::format("{} of {} ({}, {})", figure_words(row.path), subjects(row), row.value,
                                  row.confidence);
          if (!bar.low || !bar.high)
            of_metric += fmt::format(", at one end of which {} has no answer", title(t->best));
        }
      }
      if (rows.empty()) continue;
      const bool each = several() && metric == Metric::run_time && by_work.size() > 1;
      turned.push_back(fmt::format("{} {}{}", rows.size(), what, each ? " (" + listed(by_work) + ")" : ""));
      if (furthest.empty()) furthest = of_metric;
    }
    if (!any) return limits();
    const std::string moved =
        fmt::format("Of {} guesses and main inputs, each moved over its range and run again,", study.moved);
    if (turned.empty()) return moved + " none alone turns the answer on time, carbon or cost.";
    turned.front().insert(turned.front().find(' '),
                          turned.front().starts_with("1 ") ? " alone turns" : " alone turn");
    return fmt::format("{} {}; first of all the {}.", moved, listed(turned), furthest);
  }

  static std::string subjects(const Influence& row) {
    std::vector<std::string> names;
    for (const std::string& object : row.objects) names.push_back(object.substr(object.find(' ') + 1));
    return listed(names);
  }

  std::string limits() const {
    std::vector<std::string> parts;
    for (std::size_t w = 0; w < c_.works.size(); ++w) {
      const Standing time = standing(c_, w, Metric::run_time);
      if (time.order.empty()) continue;
      const Proposal& first = c_.proposals[time.order.front()];
      parts.push_back(fmt::format("{}{}", several() ? "for " + c_.works[w].title + " " : "",
                                  in_a_line(first.best.figures.account)));
    }
    if (parts.empty()) return "Each proposal's reason stands in the table.";
    return "A step of the soonest spends its time so: " + fmt::format("{}", fmt::join(parts, "; ")) + ".";
  }

 private:
  bool several() const { return c_.works.size() > 1; }
  std::string title(std::size_t i) const { return short_title(c_.proposals[i].title); }

  // "30.0 d (25.0 d to 36.0 d)"
  std::string with_band(std::size_t i, Metric metric) const {
    const Measure& m = c_.proposals[i].best.figures.metrics[metric];
    const std::string alone = of_electricity(i, metric);
    if (std::isnan(m.p10)) return text_of(metric, m.value) + alone;
    return fmt::format("{} ({} to {}){}", text_of(metric, m.value), text_of(metric, m.p10),
                       text_of(metric, m.p90), alone);
  }

  std::string of_electricity(std::size_t i, Metric metric) const {
    return metric == Metric::run_carbon && is_electricity_alone(c_, c_.proposals[i])
               ? " of the electricity alone"
               : "";
  }

  std::string apart(const Standing& s, bool names) const {
    constexpr std::size_t most = 3;
    if (s.order.size() == 1)
      return several()  ? ""
             : s.untold ? ", the only one of which it is told"
                        : ", the only one with an answer";
    if (s.alike.empty())
      return several() && !names ? ", told apart"
                                 : ", ahead of the next, " + title(s.order[1]) + ", told apart";
    if (s.alike.size() + 1 == s.order.size() && s.alike.size() > 1)
      return s.untold ? ", not told apart from any other of which it is told"
                      : ", not told apart from any other";
    if (!names || s.alike.size() > most)
      return fmt::format(", not told apart from {}", plural(s.alike.size(), "other"));
    std::vector<std::string> all;
    for (const std::size_t i : s.alike) all.push_back(title(i));
    return ", not told apart from " + listed(all);
  }

  // Of one work "X with 30.0 d (25 d to 36 d), not told apart from Y"; of several, by who is best: "X for A (30.0 d,
  // told apart) and B (...)".
  std::string best(Metric metric) const {
    struct Winner {
      std::string title;
      std::vector<std::string> works;
    };
    std::vector<Winner> winners;
    for (std::size_t w = 0; w < c_.works.size(); ++w) {
      const Standing s = standing(c_, w, metric);
      if (s.order.empty()) continue;
      const std::size_t first = s.order.front();
      if (!several())
        return fmt::format("{} with {}{}", title(first), with_band(first, metric), apart(s, true));
      auto known = std::find_if(winners.begin(), winners.end(),
                                [&](const Winner& winner) { return winner.title == title(first); });
      if (known == winners.end()) known = winners.insert(winners.end(), {title(first), {}});
      known->works.push_back(
          fmt::format("{} ({}{})", c_.works[w].title,
                      text_of(metric, value_of(c_.proposals[first], metric)) + of_electricity(first, metric),
                      apart(s, c_.works.size() == 2)));
    }
    std::vector<std::string> all;
    for (const Winner& winner : winners) all.push_back(winner.title + " for " + listed(winner.works));
    return fmt::format("{}", fmt::join(all, "; "));
  }

  const ProposalComparison& c_;
};

}  // namespace

bool is_electricity_alone(const ProposalComparison& c, const Proposal& p) {
  const auto told = [](const Proposal& of) { return of.best.figures.metrics.has(Metric::run_embodied); };
  return !told(p) && p.best.figures.metrics.has(Metric::run_carbon) &&
         std::any_of(c.proposals.begin(), c.proposals.end(),
                     [&](const Proposal& other) { return other.work == p.work && told(other); });
}

Standing standing(const ProposalComparison& c, std::size_t work, Metric metric) {
  Standing s;
  for (std::size_t i = 0; i < c.proposals.size(); ++i)
    if (const Proposal& p = c.proposals[i]; p.work == work && p.problem.empty()) {
      if (p.best.figures.metrics.has(metric))
        s.order.push_back(i);
      else
        s.untold = true;
    }
  std::stable_sort(s.order.begin(), s.order.end(), [&](std::size_t a, std::size_t b) {
    return value_of(c.proposals[a], metric) < value_of(c.proposals[b], metric);
  });
  for (std::size_t i = 1; i < s.order.size(); ++i)
    if (bands_meet(c.proposals[s.order.front()], c.proposals[s.order[i]], metric))
      s.alike.push_back(s.order[i]);
  return s;
}

bool on_front(const ProposalComparison& c, std::size_t proposal) {
  const Proposal& mine = c.proposals[proposal];
  if (!mine.problem.empty()) return false;
  for (const Proposal& other : c.proposals) {
    if (other.work != mine.work || !other.problem.empty()) continue;
    bool better = false, worse = false;
    for (const Metric metric : {Metric::run_time, Metric::run_carbon, Metric::run_cost}) {
      if (!mine.best.figures.metrics.has(metric) || !other.best.figures.metrics.has(metric)) continue;
      better |= value_of(other, metric) < value_of(mine, metric);
      worse |= value_of(other, metric) > value_of(mine, metric);
    }
    if (better && !worse) return false;
  }
  return true;
}

std::string short_title(const std::string& title) {
  const std::size_t at = title.rfind(" (");
  return at == std::string::npos || !title.ends_with(')') ? title : title.substr(0, at);
}

std::vector<std::string> board_answer(const ProposalComparison& c) {
  const Sentences say(c);
  return {say.time(), say.carbon_and_cost(), c.influence.asked ? say.deciding() : say.limits()};
}

}  // namespace aifsim
