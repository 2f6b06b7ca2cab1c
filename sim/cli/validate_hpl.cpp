// aifsim validate hpl: predicted HPL of whole machines beside their published Rmax and power.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text_table.hpp"
#include "calibration/hpl_validation.hpp"
#include "catalog/words.hpp"
#include "cli/choice.hpp"
#include "cli/context.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"
#include "cli/validate.hpp"

namespace aifsim {
namespace {

struct HplOptions {
  std::vector<std::string> platforms;
  std::string fidelity = "analytical";
  bool markdown = false, json = false;
};

std::string hpl_error(const std::optional<double>& off) {
  return off ? fmt::format("{:+.1f} %", 100 * *off) : "-";
}

std::string in_units(double value, double unit) {
  return value > 0 ? fmt::format("{:.4g}", value / unit) : "-";
}

const std::vector<std::string> hpl_heads{"machine", "devices", "PFLOP/s",   "80 % band", "published", "error",
                                         "control", "MW",      "published", "error",     "control"};

std::vector<std::string> hpl_cells(const HplRow& row) {
  return {row.platform,
          std::to_string(row.devices),
          in_units(row.rate.predicted, 1e15),
          row.p10 > 0 ? fmt::format("{:.4g}-{:.4g}", row.p10 / 1e15, row.p90 / 1e15) : "-",
          in_units(row.rate.published, 1e15),
          hpl_error(row.rate.off()),
          hpl_error(row.rate.control_off()),
          in_units(row.power.predicted, 1e6),
          in_units(row.power.published, 1e6),
          hpl_error(row.power.off()),
          hpl_error(row.power.control_off())};
}

std::string hpl_summary(const char* what, const HplValidation::Summary& sum) {
  if (sum.rows == 0) return "";
  return fmt::format(
      "{}: {} machines, absolute error {:.1f} % (median), {:.1f} % (largest), {} within 10 %; "
      "control {:.1f} %, {:.1f} %\n",
      what, sum.rows, 100 * sum.median, 100 * sum.largest, sum.within_tenth, 100 * sum.control_median,
      100 * sum.control_largest);
}

nlohmann::ordered_json hpl_json(const HplFigure& figure, const char* unit) {
  nlohmann::ordered_json one{{"unit", unit}};
  if (figure.predicted > 0) one["predicted"] = figure.predicted;
  if (figure.published > 0) one["published"] = figure.published;
  if (const auto off = figure.off()) one["error"] = *off;
  if (figure.control > 0) one["control"] = figure.control;
  if (const auto off = figure.control_off()) one["control_error"] = *off;
  return one;
}

nlohmann::ordered_json hpl_json(const HplValidation::Summary& sum) {
  return {{"machines", sum.rows},
          {"median_error", sum.median},
          {"largest_error", sum.largest},
          {"within_tenth", sum.within_tenth},
          {"control_median_error", sum.control_median},
          {"control_largest_error", sum.control_largest}};
}

void print_hpl_json(const HplValidation& found) {
  nlohmann::ordered_json all;
  for (const HplRow& row : found.rows) {
    nlohmann::ordered_json one{{"platform", row.platform}, {"devices", row.devices}};
    if (row.order > 0) one["order"] = row.order;
    one["rate"] = hpl_json(row.rate, "FLOP/s");
    if (row.p10 > 0) {
      one["rate"]["p10"] = row.p10;
      one["rate"]["p90"] = row.p90;
    }
    one["power"] = hpl_json(row.power, "W");
    if (!row.problem.empty()) one["problem"] = row.problem;
    all["machines"].push_back(std::move(one));
  }
  all["rate"] = hpl_json(found.rate);
  all["rate"]["within_band"] = found.rate.within_band;
  all["power"] = hpl_json(found.power);
  std::cout << all.dump(2) << '\n';
}

void run_validate_hpl(const Catalog& catalog, const HplOptions& o) {
  HplValidation found;
  {
    Progress progress;
    found = validate_hpl(catalog, o.platforms, *catalog::value_of<Fidelity>(o.fidelity),
                         [&](std::size_t done, std::size_t count, const std::string& name) {
                           progress.show(done, count, name);
                         });
  }
  if (o.json) {
    print_hpl_json(found);
    return;
  }
  if (o.markdown) {
    std::string line = "|", rule = "|";
    for (const std::string& head : hpl_heads) {
      line += " " + head + " |";
      rule += " --- |";
    }
    std::cout << line << '\n' << rule << '\n';
    for (const HplRow& row : found.rows) {
      line = "|";
      for (const std::string& cell : hpl_cells(row)) line += " " + cell + " |";
      std::cout << line << '\n';
    }
    return;
  }
  std::vector<TextColumn> columns{{hpl_heads.front(), true}};
  for (std::size_t i = 1; i < hpl_heads.size(); ++i) columns.push_back({hpl_heads[i]});
  TextTable table(columns);
  for (const HplRow& row : found.rows) {
    table.row(hpl_cells(row));
    if (!row.problem.empty()) table.remark({""}, row.problem);
  }
  std::cout
      << table.str(output_width()) << '\n'
      << hpl_summary("rate", found.rate) << hpl_summary("power", found.power)
      << "control: the median share of the FP64 peak, and of the power with all parts at their limits, of "
         "the other machines\n";
}

}  // namespace

void add_validate_hpl(const Command& validate_command, const Context& context) {
  auto options = std::make_shared<HplOptions>();
  const Command command =
      validate_command.add_subcommand("hpl", "HPL of whole machines, beside their published Rmax and power");
  command
      ->add_option("PLATFORM", options->platforms,
                   "Platforms whose Rmax was published; all shipped ones where left out")
      ->type_name("PLATFORM");
  command->add_option("--fidelity", options->fidelity, "Level of simulation")
      ->check(choice({"analytical", "flow", "message"}))
      ->capture_default_str();
  const Option markdown = command->add_flag("--markdown", options->markdown, "As a table of a page");
  command->add_flag("--json", options->json, "Print JSON")->excludes(markdown);
  command->footer("Example:\n  aifsim validate hpl lumi_g leonardo_booster");
  command->callback([options, &context] { run_validate_hpl(context.catalog(), *options); });
}

}  // namespace aifsim
