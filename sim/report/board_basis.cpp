// What stands behind the first page: curves, which guess decides, inputs, machines.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "report/board_answer.hpp"
#include "report/board_data.hpp"
#include "report/board_influence.hpp"
#include "report/drawing/draw.hpp"
#include "report/format.hpp"
#include "report/input_groups.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;

constexpr Metric judged[] = {Metric::run_time, Metric::run_carbon, Metric::run_cost};

const char* word_of(Metric metric) {
  return metric == Metric::run_time ? "time" : metric == Metric::run_carbon ? "carbon" : "cost";
}

Json optional_number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::vector<Tornado> tornados(const ProposalComparison& c) {
  std::vector<Tornado> all;
  for (std::size_t w = 0; w < c.works.size(); ++w)
    for (const Metric metric : judged)
      if (std::optional<Tornado> t = tornado(c, w, metric)) all.push_back(std::move(*t));
  return all;
}

std::string lead_text(const std::optional<double>& lead) {
  return lead ? signed_percent(*lead) : "no answer";
}

}  // namespace

// Proposals that differ in their GPU counts alone.
Json board_curves(const ProposalComparison& c) {
  std::map<std::string, std::vector<std::size_t>> groups;
  std::vector<std::string> order;
  for (std::size_t i = 0; i < c.proposals.size(); ++i) {
    const Proposal& p = c.proposals[i];
    if (!p.problem.empty()) continue;
    std::string key = fmt::format("{}|{}|{}", p.work, p.at.platform_label, p.at.variant);
    for (const auto& [path, value] : p.at.point->values)
      if (path != "gpus") key += fmt::format("|{} {}", path, value);
    if (groups[key].empty()) order.push_back(key);
    groups[key].push_back(i);
  }
  Json curves = Json::array();
  for (const std::string& key : order) {
    std::vector<std::size_t>& group = groups[key];
    if (group.size() < 2) continue;
    std::sort(group.begin(), group.end(), [&](std::size_t a, std::size_t b) {
      return c.proposals[a].best.choice.gpus < c.proposals[b].best.choice.gpus;
    });
    Json numbers = Json::array();
    for (const std::size_t i : group) numbers.push_back(i + 1);
    std::string title = c.proposals[group.front()].title;
    const std::string size = fmt::format(", {} GPUs", c.proposals[group.front()].at.gpus);
    if (title.ends_with(size)) title.resize(title.size() - size.size());
    curves.push_back({{"work", c.proposals[group.front()].work}, {"title", title}, {"proposals", numbers}});
  }
  return curves;
}

Json board_tornados(const ProposalComparison& c) {
  Json all = Json::array();
  constexpr std::size_t most = 12;
  for (const Tornado& t : tornados(c)) {
    Json bars = Json::array();
    for (std::size_t b = 0; b < std::min(most, t.bars.size()); ++b) {
      const InfluenceBar& bar = t.bars[b];
      bars.push_back({{"row", bar.row},
                      {"low", optional_number(bar.low)},
                      {"high", optional_number(bar.high)},
                      {"text", lead_text(bar.low) + " / " + lead_text(bar.high)},
                      {"turns", bar.turns()},
                      {"turns_to", short_title(bar.turns_to)}});
    }
    const bool alone = t.best == t.next;
    all.push_back({{"work", t.work},
                   {"metric", word_of(t.metric)},
                   {"best", short_title(c.proposals[t.best].title)},
                   {"next", alone ? Json(nullptr) : Json(short_title(c.proposals[t.next].title))},
                   {"lead", t.lead},
                   {"lead_text", percent(t.lead)},
                   {"moving", t.bars.size()},
                   {"turning", t.turning},
                   {"bars", std::move(bars)}});
  }
  return all;
}

// Each moved figure that changes something, with what it does to the answers, the most influential first.
Json board_moved(const ProposalComparison& c) {
  const auto& rows = c.influence.rows;
  std::vector<double> span(rows.size(), 0);
  std::vector<std::string> effect(rows.size());
  std::vector<bool> turns(rows.size(), false);
  for (const Metric metric : judged) {
    std::vector<double> widest(rows.size(), 0);
    std::vector<std::string> text(rows.size());
    for (std::size_t w = 0; w < c.works.size(); ++w) {
      const std::optional<Tornado> t = tornado(c, w, metric);
      if (!t) continue;
      for (const InfluenceBar& bar : t->bars) {
        turns[bar.row] = turns[bar.row] || (bar.turns() && t->best != t->next);
        if (bar.span <= std::max(widest[bar.row], 5e-4)) continue;
        widest[bar.row] = bar.span;
        text[bar.row] = fmt::format("{}: {} / {}{}", word_of(metric), lead_text(bar.low), lead_text(bar.high),
                                    c.works.size() > 1 ? " (" + c.works[w].title + ")" : "");
      }
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
      span[r] = std::max(span[r], widest[r]);
      if (!text[r].empty()) effect[r] += (effect[r].empty() ? "" : "; ") + text[r];
    }
  }
  Json all = Json::array();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Influence& row = rows[r];
    all.push_back({{"objects", row.objects},
                   {"path", row.path},
                   {"words", figure_words(row.path)},
                   {"value", row.value},
                   {"low", row.low.value},
                   {"high", row.high.value},
                   {"range", fmt::format("{:.0f} %", 100 * row.range)},
                   {"source", row.source},
                   {"confidence", row.confidence},
                   {"effect", effect[r]},
                   {"turns", static_cast<bool>(turns[r])},
                   {"span", span[r]}});
  }
  return all;
}

Json board_inputs(const ProposalComparison& c) {
  Json all = Json::array();
  for (const InputGroup& group : input_groups(c.inputs)) {
    Json rows = Json::array();
    for (const InputRow& row : group.rows) {
      Json figures = Json::array();
      for (const auto& [path, value] : row.figures) figures.push_back({path, value});
      rows.push_back(
          {{"figures", std::move(figures)}, {"confidence", row.confidence}, {"source", row.source}});
    }
    all.push_back({{"object", group.object},
                   {"title", group.title.empty() ? group.object : group.title},
                   {"fitted", group.fitted},
                   {"rows", std::move(rows)}});
  }
  return all;
}

Json board_machines(const ProposalComparison& c) {
  Json all = Json::array();
  for (const ComparedMachine& machine : c.machines) {
    Json numbers = Json::array();
    for (const std::size_t i : machine.proposals) numbers.push_back(i + 1);
    all.push_back({{"title", machine.platform.title},
                   {"proposals", std::move(numbers)},
                   {"svg", draw_svg(machine.partitions)}});
  }
  return all;
}

}  // namespace aifsim
