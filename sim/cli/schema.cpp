// aifsim schema KIND: the JSON Schema of a kind, for editors.
#include <iostream>
#include <memory>

#include "catalog/catalog.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"

namespace aifsim {

void register_schema(const Command& app, const Context&) {
  auto kind = std::make_shared<std::string>();
  const Command command = app.add_subcommand("schema", "Print the JSON Schema (draft-07) of a kind of file");
  command->add_option("KIND", *kind, "Kind of file")->required()->check(choice(kind_words()));
  command->footer("Example:\n  aifsim schema scenario > scenario.json");
  command->callback([kind] {
    const std::string schema = json_schema(*catalog_kind(*kind));
    std::cout << schema << (schema.ends_with('\n') ? "" : "\n");
  });
}

}  // namespace aifsim
