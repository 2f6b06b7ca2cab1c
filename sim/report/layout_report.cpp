#include "report/layout_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/atomic_folder.hpp"
#include "base/text_table.hpp"
#include "report/account_chart.hpp"
#include "report/chart.hpp"
#include "report/format.hpp"
#include "report/json_values.hpp"
#include "report/page_assets.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;

// "[a, b]" and "{a: b, c: d}".
Json in_brackets(const std::string& text) {
  Json all = text.front() == '[' ? Json::array() : Json::object();
  for (std::size_t from = 1; from < text.size();) {
    const std::size_t end = std::min(text.find(", ", from), text.size() - 1), colon = text.find(": ", from);
    if (text.front() == '[')
      all.push_back(text.substr(from, end - from));
    else
      all[text.substr(from, colon - from)] = text.substr(colon + 2, end - colon - 2);
    from = end + 2;
  }
  return all;
}

Json layout_of(const LayoutChoice& choice) {
  Json all{{"gpus", choice.gpus}};
  for (const auto& [key, value] : settings_of(choice)) {
    if (value == "true" || value == "false")
      all[key] = value == "true";
    else if (value.find_first_not_of("0123456789") == std::string::npos)
      all[key] = std::stoll(value);
    else if (value.front() == '[' || value.front() == '{')
      all[key] = in_brackets(value);
    else
      all[key] = value;
  }
  return all;
}

Json one(const FoundLayout& l) {
  Json all{{"layout", layout_of(l.choice)},
           {"words", words_of(l.choice)},
           {"memory_bytes", l.memory.value},
           {"analytical_step_time_s", l.step.value}};
  if (l.energy.value > 0) all["analytical_energy_per_step_j"] = l.energy.value;
  return all;
}

std::string counted(std::size_t n) {
  if (n < 1000) return std::to_string(n);
  return fmt::format("{},{:03}", counted(n / 1000), n % 1000);
}

std::string gpus_text(const LayoutReport& r) { return fmt::format("{}", fmt::join(r.search.gpus, ", ")); }

std::string counts_line(const LayoutReport& r) {
  return fmt::format("{} layouts divide the job, {} of them fit in memory", counted(r.result.layouts),
                     counted(r.result.fitting));
}

bool tight(const LayoutReport& r, const FoundLayout& l) { return is_tight(l.memory, r.result.usable); }

bool several_sizes(const LayoutReport& r) { return r.search.gpus.size() > 1; }

// What bound it: the longest parts of the step.
// A sample of a network counts as a token.
std::string unit_of(const LayoutReport& r) { return r.search.workload.model.network ? "sample" : "token"; }

std::string bound_by(const FoundLayout& l) {
  return l.problem.empty() ? in_a_line(l.figures.account) : "no answer: " + l.problem;
}

}  // namespace

const char* name_of(SearchObjective objective) {
  switch (objective) {
    case SearchObjective::step_time:
      return "step_time";
    case SearchObjective::energy:
      return "energy";
    case SearchObjective::gpus:
      break;
  }
  return "gpus";
}

std::string layout_table(const LayoutReport& r, std::size_t width) {
  std::string out =
      fmt::format("{} on {} GPUs of {}, global batch {}: {}\n\n", r.search.workload.title, gpus_text(r),
                  r.search.platform->description.title, r.result.global_batch, counts_line(r));
  TextTable table({{""},
                   {"GPUs"},
                   {"step"},
                   {unit_of(r) + "s/s"},
                   {"MFU"},
                   {"J/" + unit_of(r)},
                   {"memory"},
                   {"layout", true}},
                  2);
  std::size_t number = 0;
  for (const FoundLayout& l : r.result.best) {
    const Metrics& m = l.figures.metrics;
    const std::string place = std::to_string(++number), gpus = std::to_string(l.choice.gpus);
    if (!l.problem.empty()) {
      table.remark({place, gpus}, "no answer: " + l.problem);
      continue;
    }
    table.row({place, gpus, human_time(Seconds{m[Metric::step_time].value}),
               human_count(m[Metric::tokens_per_second].or_zero()), percent(m[Metric::mfu].or_zero()),
               m.has(Metric::energy_per_token) ? three_digits(m[Metric::energy_per_token].value) : "-",
               gibibytes(l.memory) + (tight(r, l) ? " *" : ""), words_of(l.choice)});
  }
  out += table.str(width);
  if (std::any_of(r.result.best.begin(), r.result.best.end(), [&](const auto& l) { return tight(r, l); }))
    out += fmt::format("* above 95 % of the {} that a framework can use: the allocator may slow the step\n",
                       gibibytes(r.result.usable));
  out += "\nWhere the time goes:\n";
  number = 0;
  for (const FoundLayout& l : r.result.best)
    out += wrapped(fmt::format("  {:>2}  {}", ++number, bound_by(l)), width, 6);
  if (r.result.front.size() > 1) {
    out += fmt::format(
        "\nPareto front (level analytical): no other layout has a shorter step in as little memory{}\n\n",
        several_sizes(r) ? " on as few GPUs" : "");
    TextTable front({{"GPUs"}, {"step"}, {"memory"}, {"layout", true}}, 1);
    constexpr std::size_t most = 12;
    const std::size_t count = r.result.front.size(), step = (count + most - 1) / most;
    for (std::size_t i = 0; i < count; i += step) {
      const FoundLayout& l = r.result.front[i];
      front.row({std::to_string(l.choice.gpus), human_time(l.step), gibibytes(l.memory), words_of(l.choice)});
    }
    out += front.str(width);
    if (step > 1) out += fmt::format("These are some of the {} layouts on it; the report has all.\n", count);
  }
  return out;
}

std::string layout_json(const LayoutReport& r) {
  Json best = Json::array(), front = Json::array();
  for (const FoundLayout& l : r.result.best) {
    Json entry = one(l);
    entry["problem"] = text_or_null(l.problem);
    for (std::size_t i = 0; i < metric_count; ++i) {
      const auto metric = static_cast<Metric>(i);
      if (l.problem.empty() && l.figures.metrics.has(metric))
        entry[about(metric).name] = number_or_null(l.figures.metrics[metric].value);
    }
    Json parts = Json::object();
    for (const auto& [part, time] : longest_parts(l.figures.account)) parts[key_of(part)] = time.value;
    entry["time_goes"] = std::move(parts);
    best.push_back(std::move(entry));
  }
  for (const FoundLayout& l : r.result.front) front.push_back(one(l));
  const Json all{{"workload", r.workload},
                 {"platform", r.platform},
                 {"version", r.version},
                 {"stack", r.search.stack.name},
                 {"gpus", r.search.gpus},
                 {"global_batch", r.result.global_batch},
                 {"objective", name_of(r.search.objective)},
                 {"within_s", r.search.within ? Json(r.search.within->value) : Json(nullptr)},
                 {"kept", r.search.kept},
                 {"fidelity", name_of(r.search.fidelity)},
                 {"usable_memory_bytes", r.result.usable.value},
                 {"layouts", r.result.layouts},
                 {"fitting", r.result.fitting},
                 {"best", std::move(best)},
                 {"front", std::move(front)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string layout_html(const LayoutReport& r) {
  std::string out;
  const std::string title =
      fmt::format("Layouts of {} on {}", r.search.workload.title, r.search.platform->description.title);
  put_page_head(out, title);
  out += fmt::format(
      "<header><p class=\"brand\">aifsim search</p><h1>{}</h1><p class=\"question\">{}.</p>\n<ul "
      "class=\"facts\"><li>GPUs <b>{}</b></li><li>global batch <b>{}</b></li><li>objective <b>{}</b></li>"
      "<li>stack <b>{}</b></li><li>aifsim <b>{}</b></li></ul></header>\n<main>\n",
      escape(title), escape(counts_line(r)), gpus_text(r), r.result.global_batch, name_of(r.search.objective),
      escape(r.search.stack.title), escape(r.version));
  out += fmt::format(
      "<section><h2>The best, at level {}</h2><div class=\"scroll\"><table><thead><tr><th>#</th>"
      "<th>GPUs</th><th>step</th><th>{}s/s</th><th>MFU</th><th>memory</th><th>layout</th>"
      "<th>where the time goes</th></tr></thead><tbody>\n",
      name_of(r.search.fidelity), unit_of(r));
  std::size_t number = 0;
  AccountChart accounts;
  for (const FoundLayout& l : r.result.best) {
    const Metrics& m = l.figures.metrics;
    const bool answered = l.problem.empty();
    out += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "</tr>\n",
        ++number, l.choice.gpus, answered ? human_time(Seconds{m[Metric::step_time].value}) : "-",
        answered ? human_count(m[Metric::tokens_per_second].or_zero()) : "-",
        answered ? percent(m[Metric::mfu].or_zero()) : "-", gibibytes(l.memory), escape(words_of(l.choice)),
        escape(bound_by(l)));
    if (answered) accounts.add(fmt::format("{}", number), l.figures.account);
  }
  out += "</tbody></table></div></section>\n";
  out +=
      "<section><h2>Where the time of a step goes</h2><p class=\"hint\">By place in the table, on average "
      "over the "
      "GPUs; communication only where kernels wait for it.</p><div class=\"scroll\">" +
      accounts.svg() + "</div></section>\n";
  LineChart chart{.title = "Step time against memory of a GPU",
                  .x_label = "memory of a GPU",
                  .y_label = "step",
                  .x_text = [](double v) { return fmt::format("{:.3g} GiB", v); },
                  .y_text = [](double v) { return human_time(Seconds{v}); }};
  int colour = 0;
  for (const std::int64_t gpus : r.search.gpus) {
    ChartSeries series{.name = plural(static_cast<std::size_t>(gpus), "GPU"), .colour = colour++ % 8};
    for (const FoundLayout& l : r.result.front) {
      if (l.choice.gpus != gpus) continue;
      const double x = l.memory.value / (1024.0 * 1024 * 1024);
      series.line.push_back(
          {x, l.step.value, l.step.value, l.step.value,
           fmt::format("{}: {}, {}", words_of(l.choice), human_time(l.step), gibibytes(l.memory))});
    }
    std::sort(series.line.begin(), series.line.end(),
              [](const ChartPoint& a, const ChartPoint& b) { return a.x < b.x; });
    if (!series.line.empty()) chart.series.push_back(std::move(series));
  }
  out +=
      "<section><h2>Pareto front</h2><p class=\"hint\">Level analytical: no other layout has a shorter step "
      "in as "
      "little memory on as few GPUs. Point at a marker for its layout.</p><div class=\"scroll\">" +
      chart_svg(chart, ChartUse::in_page) + "</div></section>\n";
  put_page_end(
      out,
      fmt::format("Made by aifsim {}. The same result as data: result.json; the best layout as a scenario "
                  "for `aifsim run`: best.yaml.",
                  escape(r.version)));
  return out;
}

std::string layout_scenario(const LayoutReport& r) {
  const FoundLayout& best = r.result.best.front();
  std::string out = fmt::format(
      "# Written by `aifsim search`: the best of {} layouts that fit, by {}.\nkind: scenario\ntitle: {}\n"
      "question: What does the best layout found deliver?\nplatforms: [{}]\nworkload: {}\ngpus: "
      "[{}]\nvariants:\n"
      "  - label: {}\n    training:\n",
      r.result.fitting, name_of(r.search.objective),
      Json(fmt::format("{} on {} GPUs of {}, best layout", r.search.workload.title, best.choice.gpus,
                       r.search.platform->description.title))
          .dump(),
      Json(r.platform).dump(), Json(r.workload).dump(), best.choice.gpus, Json(words_of(best.choice)).dump());
  out += fmt::format("      stack: {}\n      global_batch: {}\n",
                     Json(r.search.workload.training.stack).dump(), r.result.global_batch);
  for (const auto& [key, value] : settings_of(best.choice)) out += fmt::format("      {}: {}\n", key, value);
  return out;
}

void write_layouts(const LayoutReport& report, const std::filesystem::path& folder) {
  const std::vector<std::pair<std::string, std::string>> files{{"result.json", layout_json(report)},
                                                               {"report.html", layout_html(report)},
                                                               {"best.yaml", layout_scenario(report)}};
  write_folder(folder, files, {"result.json", "report.html", "best.yaml"});
}

}  // namespace aifsim
