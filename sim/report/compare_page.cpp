// The comparison of proposals as JSON and as a page.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/account_chart.hpp"
#include "report/chart.hpp"
#include "report/compare_report.hpp"
#include "report/format.hpp"
#include "report/page_assets.hpp"
#include "report/site_units.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(double value) { return std::isnan(value) ? Json(nullptr) : Json(value); }

Json proposal_json(const ProposalComparison& c, std::size_t i) {
  const Proposal& p = c.proposals[i];
  Json one{{"number", i + 1},
           {"title", p.title},
           {"platform", p.at.platform_label},
           {"variant", p.at.variant_label.empty() ? Json(nullptr) : Json(p.at.variant_label)}};
  Json sweep = Json::object();
  for (const auto& [path, value] : p.at.point->values) sweep[path] = value;
  one["sweep"] = std::move(sweep);
  one["gpus_searched"] = p.sizes;
  one["kept"] = p.kept;
  one["problem"] = p.problem.empty() ? Json(nullptr) : Json(p.problem);
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
  one["note"] = p.best.figures.note.empty() ? Json(nullptr) : Json(p.best.figures.note);
  return one;
}

std::string cell(const Proposal& p, Metric metric, std::string (*text)(double)) {
  const Measure& m = p.best.figures.metrics[metric];
  if (!m.known()) return "-";
  if (std::isnan(m.p10)) return text(m.value);
  return fmt::format("{} <small>{} to {}</small>", text(m.value), text(m.p10), text(m.p90));
}

std::string step_text(double seconds) { return human_time(Seconds{seconds}); }

void put_table(std::string& out, const ProposalComparison& c, const std::vector<std::size_t>& ranking,
               const ProposalWork& work) {
  out += fmt::format(
      "<div class=\"scroll\"><table "
      "class=\"points\"><thead><tr><th>#</th><th>proposal</th><th>GPUs</th><th>step"
      "</th><th>MFU</th><th>whole run</th><th>GPU hours</th><th>energy</th><th>CO2e</th><th>electricity</th>"
      "<th>cost</th><th>kWh, g, EUR for a million {}</th></tr></thead><tbody>\n",
      work.samples ? "samples" : "tokens");
  const double per = 1e6 / work.tokens;
  for (const std::size_t i : ranking) {
    const Proposal& p = c.proposals[i];
    out += fmt::format("<tr><td>{}</td><td>{}</td>", i + 1, escape(p.title));
    if (!p.problem.empty()) {
      out += fmt::format("<td colspan=\"10\">no answer: {}</td></tr>\n", escape(p.problem));
      continue;
    }
    const Metrics& m = p.best.figures.metrics;
    const auto per_million = [&](Metric metric, double scale) {
      return m.has(metric) ? three_digits(m[metric].value * per * scale) : "-";
    };
    const Metric money = m.has(Metric::run_cost) ? Metric::run_cost : Metric::run_electricity;
    out += fmt::format(
        "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{}, {}, {}</td></tr>\n",
        p.best.choice.gpus, cell(p, Metric::step_time, step_text), percent(m[Metric::mfu].value),
        cell(p, Metric::run_time, human_days), human_count(m[Metric::run_gpu_hours].value),
        m.has(Metric::run_energy) ? human_kwh(m[Metric::run_energy].value) : "-",
        m.has(Metric::run_carbon) ? human_grams(m[Metric::run_carbon].value) : "-",
        m.has(Metric::run_electricity) ? human_euros(m[Metric::run_electricity].value) : "-",
        cell(p, Metric::run_cost, human_euros), per_million(Metric::run_energy, 1 / 3.6e6),
        per_million(Metric::run_carbon, 1), per_million(money, 1));
  }
  out += "</tbody></table></div>\n";
}

// The band of each run as a bar, its median as a mark.
std::string bands_chart(const ProposalComparison& c, const std::vector<std::size_t>& ranking) {
  BarChart chart{.title = "Days of the whole run, with its 80 % band",
                 .parts = {{"to the quick end of the band", 7}, {"80 % band", 0}},
                 .mark_name = "expected",
                 .text = human_days};
  for (const std::size_t i : ranking) {
    const Proposal& p = c.proposals[i];
    if (!p.problem.empty()) continue;
    const Measure& run = p.best.figures.metrics[Metric::run_time];
    const bool banded = !std::isnan(run.p10);
    BarRow row{.label = fmt::format("{} {}", i + 1, p.title),
               .parts = {banded ? run.p10 : run.value, banded ? run.p90 - run.p10 : 0},
               .mark = run.value,
               .note = human_days(run.value)};
    if (p.best.figures.metrics.has(Metric::run_carbon))
      row.note += ", " + human_grams(p.best.figures.metrics[Metric::run_carbon].value) + " CO2e";
    chart.rows.push_back(std::move(row));
  }
  return bars_svg(chart);
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
                     {"answer", sentence.empty() ? Json(nullptr) : Json(sentence)},
                     {"not_told_apart", std::move(alike)},
                     {"proposals", std::move(proposals)}});
  }
  const Json all{{"scenario", c.scenario},   {"title", c.title},       {"question", c.question},
                 {"version", c.version},     {"fidelity", c.fidelity}, {"seed", c.seed},
                 {"works", std::move(works)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string compare_html(const ProposalComparison& c) {
  std::string out;
  put_page_head(out, c.title);
  out += fmt::format(
      "<header><p class=\"brand\">aifsim compare</p><h1>{}</h1><p class=\"question\">{}</p>\n<ul "
      "class=\"facts\"><li>proposals <b>{}</b></li><li>fidelity <b>{}</b></li>"
      "<li>aifsim <b>{}</b></li></ul></header>\n<main>\n",
      escape(c.title), escape(c.question), c.proposals.size(), escape(c.fidelity), escape(c.version));
  for (std::size_t w = 0; w < c.works.size(); ++w) {
    const ProposalWork& work = c.works[w];
    const std::vector<std::size_t> ranking = ranked(c, w);
    out += fmt::format("<section><h2>{}: {} {}, global batch {}</h2>", escape(work.title),
                       tokens_text(work.tokens), work.samples ? "samples" : "tokens", work.global_batch);
    if (const std::string sentence = compare_sentence(c, w); !sentence.empty())
      out += "<p>" + escape(sentence) + "</p>";
    put_table(out, c, ranking, work);
    out += "<div class=\"scroll\">" + bands_chart(c, ranking) + "</div></section>\n";
    AccountChart accounts;
    std::string layouts;
    for (const std::size_t i : ranking) {
      const Proposal& p = c.proposals[i];
      if (!p.problem.empty()) continue;
      accounts.add(fmt::format("{}", i + 1), p.best.figures.account);
      layouts += fmt::format("<li value=\"{}\">{}: {}; {} layouts, {} fit in memory{}{}</li>\n", i + 1,
                             escape(p.title), escape(words_of(p.best.choice)), p.layouts, p.fitting,
                             p.best.figures.note.empty() ? "" : "; ", escape(p.best.figures.note));
    }
    if (layouts.empty()) continue;
    out +=
        "<section><h2>Where the time of a step goes</h2><p class=\"hint\">By number of the proposal, with "
        "its "
        "best layout.</p><div class=\"scroll\">" +
        accounts.svg() + "</div><ol>\n" + layouts + "</ol></section>\n";
  }
  put_page_end(out, fmt::format("Made by aifsim {}: <code>aifsim compare</code> of {}. The same as data: "
                                "result.json; each best layout as a scenario: best-1.yaml and on.",
                                escape(c.version), escape(c.scenario)));
  return out;
}

}  // namespace aifsim
