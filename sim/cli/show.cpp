// aifsim show KIND NAME: every figure of an entry, with its source and how far it can be trusted.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/atomic_file.hpp"
#include "base/text_table.hpp"
#include "catalog/network.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/entry.hpp"
#include "cli/output_width.hpp"
#include "lowering/training/model_shape.hpp"
#include "report/drawing/draw.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kWidestValue = 20;  // of a column; longer ones are texts

struct ShowOptions {
  std::string kind, name, svg;
  bool json = false;
};

// What follows from a workload's model.
struct ModelSize {
  double parameters = 0;
  Flops forward;  // of a sample
  std::string sample;
};
std::optional<ModelSize> size_of_model(const Catalog& catalog, const ShowOptions& options) {
  if (*catalog_kind(options.kind) != CatalogKind::workload) return std::nullopt;
  const WorkloadDescription w = catalog.workload(options.name);
  return ModelSize{
      parameters_of(w.model, w.training.sequence), forward_flops(w.model, w.training.sequence),
      w.model.network ? w.model.network->sample : fmt::format("sequence of {} tokens", w.training.sequence)};
}

std::string text_of(const ModelSize& size) {
  return fmt::format("{:.3f} billion parameters; {:.4g} GFLOP forward (2 per multiply-add) for one {}\n",
                     size.parameters / 1e9, size.forward.value / 1e9, size.sample);
}

void print_json(const ShowOptions& options, const std::string& title, const std::filesystem::path& file,
                const std::vector<FigureRow>& rows, const std::optional<ModelSize>& size) {
  nlohmann::ordered_json figures = nlohmann::ordered_json::array();
  for (const FigureRow& row : rows) {
    nlohmann::ordered_json figure{{"path", row.path}, {"value", row.value}};
    if (!row.confidence.empty()) figure["confidence"] = row.confidence;
    if (!row.source.empty()) figure["source"] = row.source;
    figure["place"] = row.place.str();
    figures.push_back(std::move(figure));
  }
  nlohmann::ordered_json entry{
      {"kind", options.kind}, {"name", file.stem().string()}, {"title", title}, {"file", file.string()}};
  if (size) {
    entry["parameters"] = size->parameters;
    entry["forward_flops_per_sample"] = size->forward.value;
    entry["sample"] = size->sample;
  }
  entry["figures"] = figures;
  std::cout << entry.dump(2) << '\n';
}

// Sources are long and few, so the table numbers them and lists them below.
void print_table(const std::string& title, const std::filesystem::path& file,
                 const std::vector<FigureRow>& rows, const std::optional<ModelSize>& size) {
  std::vector<std::string> sources;
  const auto number_of = [&sources](const std::string& source) -> std::string {
    if (source.empty() || source == "default") return source;
    auto found = std::find(sources.begin(), sources.end(), source);
    if (found == sources.end()) found = sources.insert(sources.end(), source);
    return fmt::format("[{}]", found - sources.begin() + 1);
  };
  const std::size_t width = output_width();
  TextTable table({{"figure", true}, {"value", true}, {"confidence", true}});
  for (const FigureRow& row : rows) {
    const std::string number = number_of(row.source);
    const std::string trust =
        fmt::format("{}{}{}", row.confidence, row.confidence.empty() ? "" : " ", number);
    if (text_width(row.value) <= kWidestValue)
      table.row({row.path, row.value, trust});
    else
      table.remark({row.path}, row.value + (trust.empty() ? "" : "  ") + trust);
  }
  std::cout << title << '\n' << file.string() << '\n';
  if (size) std::cout << wrapped(text_of(*size), width);
  std::cout << '\n' << table.str(width);
  if (!sources.empty()) std::cout << "\nsources\n";
  for (std::size_t i = 0; i < sources.size(); ++i)
    std::cout << wrapped(fmt::format("[{}] {}", i + 1, sources[i]), width);
}

void show(const Catalog& catalog, const ShowOptions& options) {
  const CatalogKind kind = *catalog_kind(options.kind);
  if (!options.svg.empty() && kind != CatalogKind::platform) {
    throw InputError(Place{},
                     fmt::format("--svg draws platforms only, but the kind is \"{}\"", options.kind));
  }
  std::unique_ptr<AtomicFile> svg;
  if (!options.svg.empty())
    svg = std::make_unique<AtomicFile>(options.svg);  // told before the table, not after
  const std::string title = title_of(catalog, kind, options.name);
  const std::filesystem::path file = catalog.path(kind, options.name);
  const std::vector<FigureRow> rows = catalog.figures(file);
  const std::optional<ModelSize> size = size_of_model(catalog, options);
  if (options.json) {
    print_json(options, title, file, rows, size);
  } else {
    print_table(title, file, rows, size);
  }
  if (!svg) return;
  svg->write(draw_svg(catalog.partitions(options.name)));
  svg->commit();
  std::cerr << "wrote " << options.svg << '\n';
}

}  // namespace

void register_show(const Command& app, const Context& context) {
  auto options = std::make_shared<ShowOptions>();
  const Command command =
      app.add_subcommand("show", "Show every figure of an entry with its source and confidence");
  command->add_option("KIND", options->kind, "Kind of the entry")->required()->check(choice(kind_words()));
  command->add_option("NAME", options->name, "Its name (`aifsim list`), or its file")
      ->required()
      ->type_name("NAME");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("--svg", options->svg, "Also draw the platform into this SVG file")->type_name("FILE");
  command->footer(
      "Examples:\n  aifsim show gpu h100_sxm_80gb\n  aifsim show platform ./my_machine.yaml --svg "
      "my_machine.svg");
  command->callback([options, &context] { show(context.catalog(), *options); });
}

}  // namespace aifsim
