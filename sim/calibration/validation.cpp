#include "calibration/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "base/statistics.hpp"
#include "base/text_table.hpp"

namespace aifsim {
namespace {

ErrorReport summary_of(const std::string& group, const std::vector<const ValidatedRow*>& rows,
                       std::size_t groups) {
  std::vector<ErrorRow> timed;
  for (const ValidatedRow* r : rows)
    if (r->timed()) {
      timed.push_back(*r);
      if (!r->covered()) timed.back().predicted = kNoFigure;
    }
  return report_of(group, timed, groups);
}

// Nothing where no row has a power that a model predicts.
std::vector<ErrorReport> power_of(const Validation& v) {
  std::map<std::string_view, std::vector<ErrorRow>> of_group;
  std::vector<ErrorRow> all;
  for (const ValidatedRow& r : v.rows)
    if (r.power) {
      of_group[r.group].push_back(*r.power);
      all.push_back(*r.power);
    }
  std::vector<ErrorReport> reports;
  if (all.empty()) return reports;
  for (const ErrorReport& group : v.groups)
    if (const auto found = of_group.find(group.name); found != of_group.end())
      reports.push_back(report_of(group.name, found->second));
  reports.push_back(report_of("all", all, of_group.size()));
  return reports;
}

MemorySummary memory_of(const std::vector<ValidatedRow>& rows) {
  MemorySummary s;
  std::vector<double> absolute, errors;
  for (const ValidatedRow& r : rows) {
    if (!std::isfinite(r.memory)) continue;
    (r.crashed ? s.crashed : s.ran) += 1;
    if (!r.fits) (r.crashed ? s.crashed_called_too_large : s.ran_called_too_large) += 1;
    if (r.crashed || !std::isfinite(r.measured_memory)) continue;
    errors.push_back((r.memory / r.measured_memory - 1) * 100);
    absolute.push_back(std::abs(errors.back()));
  }
  s.n = errors.size();
  s.median_ape = median(absolute);
  s.p90_ape = quantile(absolute, 0.9);
  s.bias = mean(errors);
  return s;
}

nlohmann::ordered_json row_json(const ValidatedRow& r) {
  nlohmann::ordered_json row{{"id", r.id}, {"group", r.group}, {"measured", number_or_null(r.measured)}};
  if (r.crashed) row["outcome"] = "crashed";
  if (r.covered()) {
    if (r.timed()) {
      row["predicted"] = r.predicted;
      row["error"] = r.error();
    }
    if (r.power) {
      row["measured_power_w"] = r.power->measured;
      row["power_w"] = r.power->predicted;
    }
    if (std::isfinite(r.memory)) row["memory_gib"] = r.memory;
    if (std::isfinite(r.measured_memory)) row["measured_memory_gib"] = r.measured_memory;
    if (!r.assumed.empty()) row["assumed"] = r.assumed;
    if (!r.fits) row["fits_memory"] = false;
    if (std::isfinite(r.low)) row["band"] = {r.low, r.high};
  } else {
    row["unsupported"] = r.unsupported;
  }
  row["control"] = number_or_null(r.control);
  return row;
}

nlohmann::ordered_json groups_json(const std::vector<ErrorReport>& reports) {
  nlohmann::ordered_json groups = nlohmann::ordered_json::array();
  for (const ErrorReport& g : reports) {
    groups.push_back({{"group", g.name}});
    groups.back().update(json_of(g));
  }
  return groups;
}

nlohmann::ordered_json memory_json(const MemorySummary& m) {
  return {{"n", m.n},
          {"median_ape", number_or_null(m.median_ape)},
          {"p90_ape", number_or_null(m.p90_ape)},
          {"bias", number_or_null(m.bias)},
          {"ran", m.ran},
          {"ran_called_too_large", m.ran_called_too_large},
          {"crashed", m.crashed},
          {"crashed_called_too_large", m.crashed_called_too_large}};
}

nlohmann::ordered_json choice_json(const ChoiceSummary& c) {
  return {{"questions", c.questions},
          {"within_5_percent", c.within_5},
          {"within_15_percent", c.within_15},
          {"worst_percent", c.worst},
          {"rank_correlation", number_or_null(c.rank_correlation)}};
}

// No string of JSON has a line break in it.
std::string indented(const nlohmann::ordered_json& j, std::size_t by) {
  const std::string margin(by, ' ');
  return margin + boost::replace_all_copy(j.dump(2), "\n", "\n" + margin);
}

// The rows go out in blocks, aligned alike: the cells of all of them would take more memory than the rows.
void print_rows(std::ostream& out, const Validation& v, std::size_t width) {
  const auto number_text = [](double seconds) { return fmt::format("{:.5g}", seconds); };
  const auto error_text = [](const ValidatedRow& r) {
    return fmt::format("{:+.1f}{}{}", r.error(), r.assumed.empty() ? "" : "*", r.fits ? "" : "m");
  };
  std::vector<TextColumn> columns{
      {"row", true}, {"group", true}, {"predicted " + v.unit}, {"measured " + v.unit}, {"error %"}};
  std::vector<std::size_t> widths;
  for (const TextColumn& column : columns) widths.push_back(text_width(column.head));
  const auto widen = [&](std::size_t column, const std::string& text) {
    widths[column] = std::max(widths[column], text_width(text));
  };
  for (const ValidatedRow& r : v.rows) {
    widen(0, r.id);
    if (!r.covered() || !r.timed()) continue;
    widen(1, r.group);
    widen(2, number_text(r.predicted));
    widen(3, number_text(r.measured));
    widen(4, error_text(r));
  }
  constexpr std::size_t block = 10'000;
  std::size_t next = 0;
  do {
    TextTable table(columns, 1);
    table.at_least(widths);
    for (const std::size_t end = std::min(next + block, v.rows.size()); next < end; ++next) {
      const ValidatedRow& r = v.rows[next];
      if (r.covered() && !r.timed())
        table.remark({r.id},
                     fmt::format("{}, {}, said to {}", r.group, r.crashed ? "crashed" : "memory alone",
                                 r.fits ? "fit in memory" : "be too large"));
      else if (r.covered())
        table.row({r.id, r.group, number_text(r.predicted), number_text(r.measured), error_text(r)});
      else
        table.remark({r.id}, fmt::format("{}, {}: {}", r.group,
                                         std::isfinite(r.measured)
                                             ? fmt::format("measured {} {}", number_text(r.measured), v.unit)
                                             : "no figure",
                                         r.unsupported));
    }
    out << table.str(width);
    for (TextColumn& column : columns) column.head.clear();  // told once
  } while (next < v.rows.size());
  out << '\n';
}

}  // namespace

void set_left_out(std::vector<ValidatedRow>& rows, const FitReport& calibration) {
  for (const auto& [row, error] : calibration.unseen) {
    if (!std::isfinite(error.predicted)) continue;
    static_cast<ErrorRow&>(rows[row]) = error;
    rows[row].unsupported.clear();
  }
}

Validation summarise(std::vector<ValidatedRow> rows) {
  Validation v;
  v.rows = std::move(rows);
  std::vector<const ValidatedRow*> all;
  std::vector<std::string> names;
  std::unordered_map<std::string, std::vector<const ValidatedRow*>> members;
  for (const ValidatedRow& r : v.rows) {
    all.push_back(&r);
    auto& group = members[r.group];
    if (group.empty()) names.push_back(r.group);
    group.push_back(&r);
  }
  for (const std::string& name : names) v.groups.push_back(summary_of(name, members[name], 1));
  v.summary = summary_of("all", all, names.size());
  v.power = power_of(v);
  v.memory = memory_of(v.rows);
  return v;
}

void print_validation_text(std::ostream& out, const Validation& v, bool with_rows, std::size_t width) {
  if (with_rows) print_rows(out, v, width);
  std::vector<ErrorReport> reports = v.groups;
  reports.push_back(v.summary);
  std::vector<ErrorSection> sections{{v.power.empty() ? "" : "time", std::move(reports)}};
  if (!v.power.empty())
    sections.push_back({"power of the board, where it was logged; control: its limit", v.power});
  out << error_table(sections, width);
  std::size_t assumed = 0, too_large = 0;
  for (const ValidatedRow& r : v.rows) {
    assumed += r.covered() && !r.assumed.empty();
    too_large += r.covered() && r.timed() && !r.fits;
  }
  if (assumed > 0)
    out << fmt::format(
        "\n* {} rows leave a choice open (recompute, sharding, ...): their stack's usual one is taken\n",
        assumed);
  if (too_large > 0)
    out << fmt::format("\nm {} of {} rows ran that do not fit in memory, if the memory model is right\n",
                       too_large, v.summary.covered);
  const MemorySummary& m = v.memory;
  if (m.n > 0)
    out << fmt::format("\nPeak memory of {} runs, absolute error in %: median {}, p90 {}, bias {}\n", m.n,
                       percent_or_dash(m.median_ape), percent_or_dash(m.p90_ape),
                       percent_or_dash(m.bias, true));
  if (m.crashed > 0)
    out << fmt::format("Said to be too large: {} of {} runs that ran, {} of {} that crashed\n",
                       m.ran_called_too_large, m.ran, m.crashed_called_too_large, m.crashed);
  if (v.choice.questions > 0)
    out << fmt::format(
        "Choice of layout, {} questions: the predicted best is within 5 % of the measured best in {:.0f} %, "
        "within 15 % in {:.0f} %, at worst {:.0f} % off; rank correlation {:.2f} (median)\n",
        v.choice.questions, v.choice.within_5, v.choice.within_15, v.choice.worst, v.choice.rank_correlation);
  if (!v.hint.empty()) out << '\n' << v.hint << '\n';
}

void print_validation_json(std::ostream& out, const Validation& v) {
  out << fmt::format("{{\n  \"error_unit\": \"percent\",\n  \"{}_unit\": \"{}\",\n  \"rows\": [", v.quantity,
                     v.unit);
  const char* before = "\n";
  for (const auto& r : v.rows) {
    out << std::exchange(before, ",\n") << indented(row_json(r), 4);
  }
  out << (v.rows.empty() ? "]" : "\n  ]") << ",\n  \"groups\": ";
  // What stands behind a key goes on in its line.
  out << indented(groups_json(v.groups), 2).substr(2)
      << ",\n  \"summary\": " << indented(json_of(v.summary), 2).substr(2);
  if (!v.hint.empty()) out << ",\n  \"hint\": " << nlohmann::ordered_json(v.hint).dump();
  if (!v.power.empty())
    out << ",\n  \"power\": "
        << indented({{"unit", "W"},
                     {"groups", groups_json({v.power.begin(), v.power.end() - 1})},
                     {"summary", json_of(v.power.back())}},
                    2)
               .substr(2);
  if (v.memory.n > 0 || v.memory.crashed > 0)
    out << ",\n  \"memory\": " << indented(memory_json(v.memory), 2).substr(2);
  if (v.choice.questions > 0) out << ",\n  \"choice\": " << indented(choice_json(v.choice), 2).substr(2);
  out << "\n}\n";
}

}  // namespace aifsim
