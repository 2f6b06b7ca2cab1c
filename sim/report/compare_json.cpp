// The comparison of proposals as JSON.
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/board_links.hpp"
#include "report/compare_report.hpp"
#include "report/json_values.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;

Json proposal_json(const ProposalComparison& c, std::size_t i) {
  const Proposal& p = c.proposals[i];
  Json one{{"number", i + 1},
           {"title", p.title},
           {"platform", p.at.platform_label},
           {"variant", text_or_null(p.at.variant_label)}};
  Json sweep = Json::object();
  for (const auto& [path, value] : p.at.point->values) sweep[path] = value;
  one["sweep"] = std::move(sweep);
  one["gpus_searched"] = p.sizes;
  if (p.bought)
    one["bought"] = {{"gpus", p.bought->gpus},
                     {"nodes", p.bought->nodes},
                     {"capital_eur", p.bought->capital.value},
                     {"power_w", p.bought->power.value}};
  one["kept"] = p.kept;
  one["problem"] = text_or_null(p.problem);
  if (!p.problem.empty()) return one;
  one["layouts"] = p.layouts;
  one["fitting"] = p.fitting;
  one["gpus"] = p.best.choice.gpus;
  one["words"] = words_of(p.best.choice);
  Json layout = Json::object();
  for (const auto& [key, value] : settings_of(p.best.choice)) layout[key] = value;
  one["layout"] = std::move(layout);
  one["memory_bytes"] = p.best.memory.value;
  one["usable_memory_bytes"] = p.usable.value;
  for (std::size_t m = 0; m < metric_count; ++m) {
    const MetricInfo& info = about(static_cast<Metric>(m));
    const Measure& measure = p.best.figures.metrics[static_cast<Metric>(m)];
    one[info.name] = number_or_null(measure.value);
    if (*info.p10) one[info.p10] = number_or_null(measure.p10);
    if (*info.p90) one[info.p90] = number_or_null(measure.p90);
  }
  Json goes = Json::object();
  for (const auto& [part, time] : longest_parts(p.best.figures.account)) goes[key_of(part)] = time.value;
  one["time_goes"] = std::move(goes);
  one["links"] = proposal_links_json(p);
  one["traffic_between"] = {{"groups", p.traffic.names}, {"bytes", p.traffic.bytes}};
  one["note"] = text_or_null(p.best.figures.note);
  return one;
}

}  // namespace

std::string compare_json(const ProposalComparison& c) {
  Json works = Json::array();
  for (std::size_t w = 0; w < c.works.size(); ++w) {
    const ProposalWork& work = c.works[w];
    const std::vector<std::size_t> ranking = ranked(c, w);
    Json proposals = Json::array();
    for (const std::size_t i : ranking) proposals.push_back(proposal_json(c, i));
    const Proposal& first = c.proposals[ranking.front()];
    Json alike = Json::array();
    for (const std::size_t i : ranking)
      if (first.problem.empty() && i != ranking.front() && c.proposals[i].problem.empty() &&
          bands_meet(first, c.proposals[i]))
        alike.push_back(i + 1);
    const std::string sentence = compare_sentence(c, w);
    works.push_back({{"workload", work.workload},
                     {"tokens", work.tokens},
                     {"global_batch", work.global_batch},
                     {"sequence", work.sequence},
                     {"answer", text_or_null(sentence)},
                     {"not_told_apart", std::move(alike)},
                     {"proposals", std::move(proposals)}});
  }
  const Json all{{"scenario", c.scenario},   {"title", c.title},       {"question", c.question},
                 {"version", c.version},     {"fidelity", c.fidelity}, {"seed", c.seed},
                 {"works", std::move(works)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace aifsim
