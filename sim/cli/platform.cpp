// aifsim platform new NAME --from PLATFORM: a file to start a proposal from. aifsim platform figures: what machines come
// to as a whole, beside what was published of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/atomic_file.hpp"
#include "base/quote.hpp"
#include "base/text_table.hpp"
#include "catalog/starting_file.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/output_width.hpp"
#include "machine/machine_figures.hpp"
#include "metrics/facility.hpp"

namespace aifsim {
namespace {

struct PlatformOptions {
  std::string name, from, out;
};

// With all parts at their limits, cooling included.
Watts power_at_site(const Catalog& catalog, const PlatformDescription& platform) {
  const Watts machine =
      power_with_file_systems(platform, catalog.gpu(platform.node.gpu, platform.node.gpu_place));
  if (!platform.facility) return machine;
  return machine * std::max(1.0, site_means(*platform.facility, std::nullopt, Seconds{}).pue);
}

void write_new(const Catalog& catalog, const PlatformOptions& o) {
  if (o.name.find('/') != std::string::npos)
    throw InputError(Place{}, fmt::format("NAME: expected a name, found {}; --out says where the file goes",
                                          quote(o.name)));
  const std::filesystem::path target = o.out.empty() ? o.name + ".yaml" : o.out;
  if (std::error_code none; std::filesystem::exists(target, none))
    throw InputError(Place{target.string()}, "is there already, and stays as it is");
  const std::filesystem::path base = catalog.path(CatalogKind::platform, o.from);
  const std::vector<PlatformDescription> partitions = catalog.partitions(o.from);
  // A shipped one is found by its name; one of the user's own by its whole path.
  const bool shipped =
      base.parent_path() == catalog.search().shipped() / "platforms" && base.filename() != target.filename();
  const std::string include =
      shipped ? base.filename().string() : std::filesystem::absolute(base).lexically_normal().string();
  AtomicFile file(target);
  Watts most;
  for (const PlatformDescription& part : partitions)
    if (!part.node.gpu.empty()) most += power_at_site(catalog, part);
  file.write(platform_starting_file(catalog, base, o.name, include, most));
  file.commit();
  const bool plain = target.string().find(' ') == std::string::npos;
  std::cout << fmt::format("{}: starts as {}; edit it, then: aifsim check {}\n", target.string(), o.from,
                           plain ? target.string() : fmt::format("'{}'", target.string()));
}

struct FiguresOptions {
  std::vector<std::string> platforms;
  bool markdown = false, json = false;
};

struct MachineRow {
  PlatformDescription platform;
  MachineFigures figures;
};

// Partitions with GPUs of the platforms that are named; of all that are one machine where none is.
std::vector<MachineRow> machines_of(const Catalog& catalog, const FiguresOptions& o) {
  std::vector<std::string> names = o.platforms;
  if (names.empty())
    for (const CatalogEntry& entry : catalog.entries(CatalogKind::platform))
      if (entry.shipped) names.push_back(entry.name);
  std::vector<MachineRow> rows;
  for (const std::string& name : names)
    for (PlatformDescription& platform : catalog.partitions(name)) {
      const bool parts = !platform.partition.empty();  // each of which has a file of its own
      if (platform.node.gpu.empty() || (parts && o.platforms.empty())) continue;
      const GpuDescription gpu = catalog.gpu(platform.node.gpu, platform.node.gpu_place);
      MachineFigures figures = machine_figures(platform, gpu, true);
      rows.push_back({std::move(platform), std::move(figures)});
    }
  return rows;
}

std::string number_of(double value) {
  return value == 0 ? "-" : value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

// "fp64 306 (+1.1 %)": each published figure, and how far what follows from the parts is from it.
std::string published_text(const MachineFigures& figures) {
  std::string text;
  for (const ComparedFigure& one : figures.figures) {
    if (!one.published) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", one.name, number_of(*one.published));
    if (const auto off = one.off()) text += fmt::format(" ({:+.1f} %)", 100 * *off);
  }
  return text;
}

void figures(const Catalog& catalog, const FiguresOptions& o) {
  const std::vector<MachineRow> rows = machines_of(catalog, o);
  if (o.json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const MachineRow& row : rows) {
      nlohmann::ordered_json one{{"platform", row.platform.name}, {"title", row.platform.title}};
      for (const ComparedFigure& f : row.figures.figures) {
        nlohmann::ordered_json figure{{"unit", f.unit}};
        if (f.derived > 0) figure["derived"] = f.derived;
        if (f.published) figure["published"] = *f.published;
        if (const auto off = f.off()) figure["off"] = *off;
        one["figures"][f.name] = std::move(figure);
      }
      one["bisection_share"] = row.figures.bisection_share;
      if (row.platform.published && !row.platform.published->differs.empty())
        one["differs"] = row.platform.published->differs;
      all.push_back(std::move(one));
    }
    std::cout << all.dump(2) << '\n';
    return;
  }
  if (rows.empty()) return;
  std::vector<std::string> heads{"machine"};
  for (const ComparedFigure& f : rows.front().figures.figures)
    if (f.name != "HPL")
      heads.push_back(f.unit.empty() || f.unit == "PFLOP/s" ? f.name : f.name + ", " + f.unit);
  std::vector<std::vector<std::string>> cells;
  for (const MachineRow& row : rows) {
    std::vector<std::string>& line = cells.emplace_back(std::vector<std::string>{row.platform.name});
    for (const ComparedFigure& f : row.figures.figures) {
      if (f.name == "HPL") continue;
      line.push_back(number_of(f.derived));
      if (f.name == "bisection" && f.derived > 0)
        line.back() += fmt::format(" ({:.0f} %)", 100 * row.figures.bisection_share);
    }
  }
  if (o.markdown) {
    std::cout << "| " << fmt::format("{}", fmt::join(heads, " | ")) << " | published (off by) |\n|";
    for (std::size_t i = 0; i <= heads.size(); ++i) std::cout << " --- |";
    std::cout << '\n';
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::string said = published_text(rows[i].figures);
      if (const auto& p = rows[i].platform.published; p && !p->differs.empty()) said += "; " + p->differs;
      std::cout << fmt::format("| {} | {} |\n", fmt::join(cells[i], " | "), said);
    }
    return;
  }
  std::vector<TextColumn> columns{{"machine", true}};
  for (std::size_t i = 1; i < heads.size(); ++i) columns.push_back({heads[i]});
  TextTable table(columns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    table.row(cells[i]);
    if (const std::string said = published_text(rows[i].figures); !said.empty())
      table.remark({""}, "published: " + said);
    if (const auto& p = rows[i].platform.published; p && !p->differs.empty()) table.remark({""}, p->differs);
  }
  std::cout << "peaks in PFLOP/s, dense; bisection also as a share of half of all injection; power with all "
               "parts at "
               "their limits, without cooling\n\n"
            << table.str(output_width());
}

}  // namespace

void register_platform(const Command& app, const Context& context) {
  const Command command =
      app.add_subcommand("platform", "Start a description of a machine of your own; what machines come to");
  command->require_subcommand();
  auto of_figures = std::make_shared<FiguresOptions>();
  const Command table = command->add_subcommand(
      "figures",
      "Peaks, injection, bisection, storage and power of whole machines, beside what was published");
  table
      ->add_option("PLATFORM", of_figures->platforms,
                   "Platforms or partitions; all shipped machines where left out")
      ->type_name("PLATFORM");
  table->add_flag("--markdown", of_figures->markdown, "As a table of a page");
  table->add_flag("--json", of_figures->json, "Print JSON");
  table->footer("Example:\n  aifsim platform figures leonardo_booster lumi_g it4lia_ai");
  table->callback([of_figures, &context] { figures(context.catalog(), *of_figures); });
  auto options = std::make_shared<PlatformOptions>();
  const Command fresh = command->add_subcommand(
      "new", "A commented file that includes another platform and names what a proposal may change");
  fresh->add_option("NAME", options->name, "What the proposal is called")->required()->type_name("TITLE");
  fresh->add_option("--from", options->from, "Platform that it starts from: a name or a file")
      ->required()
      ->type_name("PLATFORM");
  fresh->add_option("--out", options->out, "File to write (default NAME.yaml)")->type_name("FILE");
  fresh->footer("Example:\n  aifsim platform new our_proposal --from it4lia_ai");
  fresh->callback([options, &context] { write_new(context.catalog(), *options); });
  command->footer("Example:\n  aifsim platform new our_proposal --from it4lia_ai");
}

}  // namespace aifsim
