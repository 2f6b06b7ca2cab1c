#include "experiment/inputs.hpp"

#include <fmt/format.h>

namespace aifsim {

void add_inputs(std::vector<InputFigure>& inputs, const Catalog& catalog, CatalogKind kind,
                const std::string& label, const std::string& name, const Place& asked_at) {
  const std::string object = fmt::format("{} {}", name_of(kind), label);
  for (const InputFigure& input : inputs)
    if (input.object == object) return;
  for (const FigureRow& row : catalog.figures(catalog.path(kind, name, asked_at)))
    inputs.push_back({object, row.path, row.value, row.source, row.confidence});
}

}  // namespace aifsim
