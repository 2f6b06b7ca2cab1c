#include "report/board_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "report/account_chart.hpp"
#include "report/board_answer.hpp"
#include "report/board_evidence.hpp"
#include "report/board_links.hpp"
#include "report/compare_report.hpp"
#include "report/format.hpp"
#include "report/json_values.hpp"
#include "report/site_units.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;

std::string whole(double value) { return human_count(value); }

struct Shown {
  const char* key;
  Metric metric;
  std::string (*text)(double);
};
const Shown kShown[] = {
    {"time", Metric::run_time, human_days},      {"energy", Metric::run_energy, human_kwh},
    {"carbon", Metric::run_carbon, human_grams}, {"electricity", Metric::run_electricity, human_euros},
    {"cost", Metric::run_cost, human_euros},     {"gpu_hours", Metric::run_gpu_hours, whole}};

Json measure(const Measure& m, std::string (*text)(double)) {
  if (!m.known()) return nullptr;
  const bool banded = !std::isnan(m.p10);
  return {{"value", m.value},
          {"p10", number_or_null(m.p10)},
          {"p90", number_or_null(m.p90)},
          {"text", text(m.value)},
          {"band", banded ? text(m.p10) + " to " + text(m.p90) : ""}};
}

// Parts of a whole, with what each is of `all`.
class Parts {
 public:
  Parts(double all, std::string (*text)(double)) : all_(all), text_(text) {}
  void add(const std::string& name, double share) {
    parts_.push_back(
        {{"name", name}, {"value", share * all_}, {"share", share}, {"text", text_(share * all_)}});
  }
  Json take() { return std::move(parts_); }

 private:
  double all_;
  std::string (*text_)(double);
  Json parts_ = Json::array();
};

Json time_parts(const Proposal& p) {
  const JobFigures& f = p.best.figures;
  if (!(f.account.step.value > 0)) return Json::array();
  Parts parts(f.metrics[Metric::run_time].value, human_days);
  const std::vector<BarPart> names = account_bar_parts();
  const std::vector<double> seconds = account_bar(f.account);
  for (std::size_t i = 0; i < names.size(); ++i) parts.add(names[i].name, seconds[i] / f.account.step.value);
  return parts.take();
}

Json energy_parts_of(const Proposal& p) {
  const JobFigures& f = p.best.figures;
  const double total = f.energy.total().value;
  if (!(total > 0) || !f.metrics.has(Metric::run_energy)) return Json::array();
  Parts parts(f.metrics[Metric::run_energy].value, human_kwh);
  for (std::size_t i = 0; i < energy_parts; ++i) {
    const auto part = static_cast<EnergyPart>(i);
    parts.add(name_of(part), f.energy.of(part).value / total);
  }
  return parts.take();
}

// "first", "not told apart (+8.3 %)", "+57.0 %".
std::string against_first(const ProposalComparison& c, const Standing& s, std::size_t i) {
  if (s.order.empty() || !c.proposals[i].problem.empty()) return "";
  if (i == s.order.front()) return "first";
  const auto time = [&](std::size_t k) {
    return c.proposals[k].best.figures.metrics[Metric::run_time].value;
  };
  const std::string more = signed_percent(time(i) / time(s.order.front()) - 1);
  const bool alike = std::find(s.alike.begin(), s.alike.end(), i) != s.alike.end();
  return alike ? fmt::format("{}, not told apart", more) : more;
}

std::string standing_of(const Standing& s, std::size_t i) {
  if (s.order.empty() || std::find(s.order.begin(), s.order.end(), i) == s.order.end()) return "none";
  if (i == s.order.front()) return "first";
  return std::find(s.alike.begin(), s.alike.end(), i) != s.alike.end() ? "alike" : "behind";
}

Json proposal(const ProposalComparison& c, std::size_t i, const Standing& time) {
  const Proposal& p = c.proposals[i];
  Json one{{"number", i + 1},
           {"title", p.title},
           {"short", short_title(p.title)},
           {"work", p.work},
           {"problem", text_or_null(p.problem)},
           {"reason", p.problem.substr(0, p.problem.find_first_of(":;"))},
           {"standing", standing_of(time, i)},
           {"against_first", against_first(c, time, i)}};
  if (!p.problem.empty()) return one;
  const JobFigures& f = p.best.figures;
  one["gpus"] = p.best.choice.gpus;
  one["layout"] = words_of(p.best.choice);
  one["layouts"] = p.layouts;
  one["fitting"] = p.fitting;
  one["note"] = p.bought ? fmt::format("bought: {}. {}", text_of(*p.bought), f.note) : f.note;
  one["mfu"] = percent(f.metrics[Metric::mfu].or_zero());
  one["step"] = human_time(Seconds{f.metrics[Metric::step_time].value});
  for (const Shown& s : kShown) one[s.key] = measure(f.metrics[s.metric], s.text);
  const double per = 1e6 / c.works[p.work].tokens;
  for (const auto& [key, metric, scale] : {std::tuple{"million_kwh", Metric::run_energy, per / 3.6e6},
                                           {"million_g", Metric::run_carbon, per},
                                           {"million_eur", Metric::run_cost, per}})
    one[key] = f.metrics.has(metric) ? three_digits(f.metrics[metric].value * scale) : "-";
  one["front"] = on_front(c, i);
  one["time_parts"] = time_parts(p);
  one["energy_parts"] = energy_parts_of(p);
  one["links"] = board_links(p);
  return one;
}

}  // namespace

Json board_data(const ProposalComparison& c) {
  Json works = Json::array(), proposals = Json::array();
  for (std::size_t w = 0; w < c.works.size(); ++w) {
    const ProposalWork& work = c.works[w];
    const Standing time = standing(c, w, Metric::run_time);
    works.push_back(
        {{"title", work.title}, {"line", work_line(work)}, {"unit", work.samples ? "samples" : "tokens"}});
    for (const std::size_t i : ranked(c, w)) proposals.push_back(proposal(c, i, time));
  }
  Json evidence = Json::array();
  for (const EvidenceRow& row : board_evidence(c))
    evidence.push_back({{"machine", row.machine},
                        {"what", row.what},
                        {"how", row.how},
                        {"band", row.band},
                        {"source", row.source}});
  return {{"scenario", c.scenario},
          {"command", c.command},
          {"title", c.title},
          {"question", c.question},
          {"version", c.version},
          {"fidelity", c.fidelity},
          {"seed", c.seed},
          {"answer", board_answer(c)},
          {"works", std::move(works)},
          {"proposals", std::move(proposals)},
          {"curves", board_curves(c)},
          {"influence", c.influence.asked ? Json{{"moved", c.influence.moved},
                                                 {"runs", c.influence.runs},
                                                 {"rows", board_moved(c)},
                                                 {"tornados", board_tornados(c)}}
                                          : Json(nullptr)},
          {"evidence", std::move(evidence)},
          {"machines", board_machines(c)},
          {"inputs", board_inputs(c)}};
}

}  // namespace aifsim
