#include "report/compare_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/atomic_folder.hpp"
#include "base/text_table.hpp"
#include "catalog/words.hpp"
#include "catalog/yaml_text.hpp"
#include "report/board_answer.hpp"
#include "report/format.hpp"
#include "report/site_units.hpp"

namespace aifsim {
namespace {

const Metrics& metrics_of(const Proposal& p) { return p.best.figures.metrics; }
double of(const Proposal& p, Metric metric) { return metrics_of(p)[metric].value; }

// "41.6 d (30.2 d to 57.3 d)"
std::string run_with_band(const Proposal& p) {
  const Measure& m = metrics_of(p)[Metric::run_time];
  if (std::isnan(m.p10)) return human_days(m.value);
  return fmt::format("{} ({} to {})", human_days(m.value), human_days(m.p10), human_days(m.p90));
}

// "7.78-14.8 d", in the unit of the upper end.
std::string run_band(const Measure& run) {
  const bool hours = run.p90 < 48 * 3600.0;
  const double unit = hours ? 3600 : 86400;
  return fmt::format("{}-{} {}", three_digits(run.p10 / unit), three_digits(run.p90 / unit),
                     hours ? "h" : "d");
}

// The one with the least of a metric, where two or more have it.
const Proposal* least(const ProposalComparison& c, const std::vector<std::size_t>& ranking, Metric metric) {
  const Proposal* best = nullptr;
  std::size_t known = 0;
  for (const std::size_t i : ranking) {
    const Proposal& p = c.proposals[i];
    if (!p.problem.empty() || !metrics_of(p).has(metric)) continue;
    ++known;
    if (!best || of(p, metric) < of(*best, metric)) best = &p;
  }
  return known > 1 ? best : nullptr;
}

std::vector<std::string> alike(const ProposalComparison& c, const std::vector<std::size_t>& ranking) {
  std::vector<std::string> found;
  const Proposal& first = c.proposals[ranking.front()];
  for (std::size_t i = 1; i < ranking.size(); ++i)
    if (const Proposal& other = c.proposals[ranking[i]]; other.problem.empty() && bands_meet(first, other))
      found.push_back(other.title);
  return found;
}

std::string number(std::size_t proposal) { return std::to_string(proposal + 1); }

std::string bound_by(const Proposal& p) { return in_a_line(p.best.figures.account); }

bool tight(const Proposal& p) { return is_tight(p.best.memory, p.usable); }

template <class Text>
std::string cell(const Proposal& p, Metric metric, Text text, double scale = 1) {
  return metrics_of(p).has(metric) ? text(of(p, metric) * scale) : "-";
}

void put_time_table(std::string& out, const ProposalComparison& c, const std::vector<std::size_t>& ranking,
                    std::size_t width) {
  TextTable table(
      {{""}, {"GPUs"}, {"step"}, {"80 % band"}, {"MFU"}, {"run"}, {"80 % band"}, {"GPU h"}, {"time"}}, 1);
  const Proposal& first = c.proposals[ranking.front()];
  for (const std::size_t i : ranking) {
    const Proposal& p = c.proposals[i];
    table.heading(shortened(p.title, width == 0 ? 1000 : width));
    if (!p.problem.empty()) {
      table.remark({number(i)}, "no answer: " + p.problem);
      continue;
    }
    const Measure &step = metrics_of(p)[Metric::step_time], &run = metrics_of(p)[Metric::run_time];
    const bool banded = !std::isnan(step.p10);
    table.row({number(i), std::to_string(p.best.choice.gpus), human_time(Seconds{step.value}),
               banded ? band(Seconds{step.p10}, Seconds{step.p90}) : "-", percent(of(p, Metric::mfu)),
               human_days(run.value), banded ? run_band(run) : "-",
               cell(p, Metric::run_gpu_hours, human_count),
               &p == &first ? "first" : signed_percent(run.value / of(first, Metric::run_time) - 1)});
  }
  out += table.str(width, 1);
}

void put_meter_table(std::string& out, const ProposalComparison& c, const std::vector<std::size_t>& ranking,
                     const ProposalWork& work, std::size_t width) {
  TextTable table(
      {{""}, {"energy"}, {"CO2e"}, {"electricity"}, {"cost"}, {"GPU h"}, {"kWh"}, {"g CO2e"}, {"EUR"}}, 1);
  bool any = false;
  const double per_million = 1e6 / work.tokens;
  for (const std::size_t i : ranking) {
    const Proposal& p = c.proposals[i];
    if (!p.problem.empty() || !metrics_of(p).has(Metric::run_energy)) continue;
    any = true;
    table.row({number(i), cell(p, Metric::run_energy, human_kwh), cell(p, Metric::run_carbon, human_grams),
               cell(p, Metric::run_electricity, human_euros), cell(p, Metric::run_cost, human_euros),
               cell(p, Metric::cost_per_gpu_hour, human_euros),
               cell(p, Metric::run_energy, three_digits, per_million / 3.6e6),
               cell(p, Metric::run_carbon, three_digits, per_million),
               cell(p, Metric::run_cost, three_digits, per_million)});
    if (is_electricity_alone(c, p))
      table.remark({""}, "CO2e of the electricity alone: what making its machine took is not told");
  }
  if (!any) return;
  out += "\n" + wrapped(fmt::format("The whole run at the meter, machine included in CO2e and cost; of a GPU "
                                    "hour; last three columns: "
                                    "for a million {}",
                                    work.samples ? "samples" : "tokens"),
                        width, 1);
  out += table.str(width, 1);
}

void put_purchases(std::string& out, const ProposalComparison& c, const std::vector<std::size_t>& ranking,
                   std::size_t width) {
  const auto buys = [&](std::size_t i) { return c.proposals[i].bought.has_value(); };
  if (!c.budget || std::none_of(ranking.begin(), ranking.end(), buys)) return;
  out += "\n" + wrapped(fmt::format("A budget of {} buys, of which the best layout uses what stands above:",
                                    text_of(*c.budget)),
                        width, 1);
  for (const std::size_t i : ranking)
    if (const auto& bought = c.proposals[i].bought)
      out += wrapped(fmt::format("{}: {}", number(i), text_of(*bought)), width, 1);
}

}  // namespace

std::string tokens_text(double tokens) {
  if (tokens >= 1e12) return three_digits(tokens / 1e12) + "T";
  return tokens >= 1e9 ? three_digits(tokens / 1e9) + "B" : human_count(tokens);
}

std::string work_line(const ProposalWork& work) {
  std::string text = fmt::format("{}: {} {}, global batch {}", work.title, tokens_text(work.tokens),
                                 work.samples ? "samples" : "tokens", work.global_batch);
  if (!work.samples) text += fmt::format(" of {} tokens", work.sequence);
  return text;
}

std::string compare_sentence(const ProposalComparison& c, std::size_t work) {
  const std::vector<std::size_t> ranking = ranked(c, work);
  const Proposal& first = c.proposals[ranking.front()];
  if (!first.problem.empty()) return "";
  std::string text = fmt::format("Soonest is {}: {}", first.title, run_with_band(first));
  if (metrics_of(first).has(Metric::run_carbon))
    text += fmt::format(", {} CO2e", human_grams(of(first, Metric::run_carbon)));
  if (metrics_of(first).has(Metric::run_cost))
    text += fmt::format(", {}", human_euros(of(first, Metric::run_cost)));
  if (std::vector<std::string> others = alike(c, ranking); !others.empty()) {
    constexpr std::size_t named = 3;
    const std::size_t more = others.size() > named ? others.size() - named : 0;
    others.resize(others.size() - more);
    text += fmt::format("; not told apart from {}{}, as their 80 % bands overlap", fmt::join(others, "; "),
                        more > 0 ? fmt::format(" and {} more", more) : "");
  }
  for (const auto& [metric, what] : {std::pair{Metric::run_carbon, "carbon"}, {Metric::run_cost, "cost"}})
    if (const Proposal* best = least(c, ranking, metric); best && best != &first)
      text += fmt::format(
          "; least {}: {}, {}{}", what, best->title,
          metric == Metric::run_cost ? human_euros(of(*best, metric)) : human_grams(of(*best, metric)),
          metric == Metric::run_carbon && is_electricity_alone(c, *best) ? " of the electricity alone" : "");
  return text + ".";
}

std::string compare_table(const ProposalComparison& c, std::size_t width) {
  std::string out = wrapped(c.title, width) + wrapped(c.question, width);
  for (std::size_t w = 0; w < c.works.size(); ++w) {
    const std::vector<std::size_t> ranking = ranked(c, w);
    out += "\n" + wrapped(work_line(c.works[w]), width) + "\n";
    put_time_table(out, c, ranking, width);
    put_meter_table(out, c, ranking, c.works[w], width);
    put_purchases(out, c, ranking, width);
    const auto answered = [&](std::size_t i) { return c.proposals[i].problem.empty(); };
    if (std::any_of(ranking.begin(), ranking.end(), answered)) out += "\n Best layouts:\n";
    std::vector<std::pair<std::string, std::string>> layouts;  // numbers, and what they have in common
    for (const std::size_t i : ranking) {
      if (!answered(i)) continue;
      const Proposal& p = c.proposals[i];
      std::string words = fmt::format("{}{}; {}", words_of(p.best.choice), tight(p) ? " *" : "", bound_by(p));
      const auto known =
          std::find_if(layouts.begin(), layouts.end(), [&](const auto& l) { return l.second == words; });
      if (known == layouts.end())
        layouts.emplace_back(number(i), std::move(words));
      else
        known->first += ", " + number(i);
    }
    for (const auto& [numbers, words] : layouts)
      out += wrapped(fmt::format("{}: {}", numbers, words), width, 1);
    if (std::any_of(ranking.begin(), ranking.end(),
                    [&](std::size_t i) { return answered(i) && tight(c.proposals[i]); }))
      out += wrapped("* above 95 % of the memory that a framework can use", width, 1);
    if (const std::string sentence = compare_sentence(c, w); !sentence.empty())
      out += "\n" + wrapped(sentence, width);
  }
  return out;
}

std::string proposal_scenario(const ProposalComparison& c, std::size_t proposal) {
  const Proposal& p = c.proposals[proposal];
  const ScenarioDescription& s = *p.at.scenario;
  const auto quoted = [](const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  std::string out = fmt::format(
      "# Written by `aifsim compare`: the best layout of one proposal.\nkind: scenario\ntitle: {}\nquestion: "
      "What does this proposal deliver?\nplatforms: [{}]\nworkload: {}\ngpus: [{}]\nfidelity: {}\nseed: {}\n",
      quoted(p.title), quoted(p.platform), quoted(p.workload), p.best.choice.gpus, c.fidelity, s.seed);
  out += fmt::format("placement: {{policy: {}", catalog::word_of(s.placement.policy));
  if (!s.placement.nodes.empty()) out += fmt::format(", nodes: [{}]", fmt::join(s.placement.nodes, ", "));
  if (s.placement.segment > 0) out += fmt::format(", segment: {}", s.placement.segment);
  out += "}\nvariants:\n  - label: " + quoted(words_of(p.best.choice)) + "\n    training:\n";
  for (const auto& [key, value] : p.training) out += fmt::format("      {}: {}\n", key, value);
  for (const auto& [key, value] : settings_of(p.best.choice))
    out += fmt::format("      {}: {}\n", key, value);
  std::string sweep;
  const auto add = [&](const char* root, const Settings& settings) {
    for (const Setting& one : settings)
      sweep += fmt::format("  {}.{}: [{}]\n", root, one.path, yaml_of(*one.value));
  };
  add("platform", p.at.point->platform);
  add("gpu", p.at.point->gpu);
  add("workload", p.at.point->workload);
  add("stack", p.at.point->stack);
  if (!sweep.empty()) out += "sweep:\n" + sweep;
  return out;
}

void write_comparison(const ProposalComparison& c, const std::filesystem::path& folder) {
  std::vector<std::pair<std::string, std::string>> files{{"result.json", compare_json(c)},
                                                         {"report.html", compare_html(c)}};
  std::vector<std::string> ours{"result.json", "report.html"};
  constexpr std::size_t earlier = 100;  // proposals of an earlier comparison, whose files go
  for (std::size_t i = 0; i < std::max(earlier, c.proposals.size()); ++i) {
    ours.push_back(fmt::format("best-{}.yaml", i + 1));
    if (i < c.proposals.size() && c.proposals[i].problem.empty())
      files.emplace_back(ours.back(), proposal_scenario(c, i));
  }
  write_folder(folder, files, ours);
}

}  // namespace aifsim
