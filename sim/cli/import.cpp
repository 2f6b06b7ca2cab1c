// aifsim import FORMAT FILE... --out RECORD: measurements in other formats, as a record.
#include "records/import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "base/nearest_word.hpp"
#include "base/quantity.hpp"
#include "base/quote.hpp"
#include "calibration/kernel_rows.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "factory/training_cells.hpp"
#include "records/collective_rows.hpp"
#include "records/import_machine.hpp"

namespace aifsim {
namespace {

struct ImportOptions {
  std::string format, out;
  std::vector<std::string> files;
  std::vector<std::string> columns;
  records::Given given;
  std::string link_rate;
  std::vector<std::string> nics;
  std::size_t nics_per_node = 0;
  double oversubscription = 1;
  bool list = false, json = false;
};

void list_formats() {
  std::size_t width = 4;  // "auto"
  for (const records::Format& format : records::formats())
    width = std::max(width, std::string(format.name).size());
  for (const records::TopologyFormat& format : records::topologies())
    width = std::max(width, std::string(format.name).size());
  for (const records::Format& format : records::formats())
    std::cout << fmt::format("{:<{}}  {}\n", format.name, width, format.what);
  for (const records::TopologyFormat& format : records::topologies())
    std::cout << fmt::format("{:<{}}  {}\n", format.name, width, format.what);
  std::cout << fmt::format("{:<{}}  the one of these that each file looks like\n", "auto", width);
}

// COLUMN=VALUE of --set.
std::map<std::string, std::string> cells_of(const std::vector<std::string>& given) {
  const std::vector<std::string_view> known(training_columns().begin(), training_columns().end());
  std::map<std::string, std::string> cells;
  for (const std::string& word : given) {
    const std::size_t equals = word.find('=');
    const std::string column = word.substr(0, equals);
    if (equals == std::string::npos || equals + 1 == word.size())
      throw InputError(
          Place{}, fmt::format("--set: expected COLUMN=VALUE such as seq_len=4096, found {}", quote(word)));
    if (std::find(known.begin(), known.end(), column) == known.end())
      throw InputError(Place{}, fmt::format("--set: the table of training runs has no column {}{}",
                                            quote(column), suggestion(column, known)));
    cells[column] = word.substr(equals + 1);
    if (const std::string fault = fault_of_training_cell(column, cells[column]); !fault.empty())
      throw InputError(Place{}, fmt::format("--set: {}: {}", column, fault));
  }
  return cells;
}

// What `validate` would refuse of a row; the note is of an operation that is all but one that the models know.
std::string fault_or_note(const CsvReader& table) {
  check_kernel_row(table);
  if (!table.cell("ranks").empty()) {
    check_collective_row(table);
    return "";
  }
  static const std::vector<std::string_view> known = kernel_operations();
  const std::string& op = table.cell("op");
  if (std::find(known.begin(), known.end(), op) != known.end()) return "";
  const auto near = nearest_word(op, known);
  return near ? fmt::format("no model knows the operation {}, did you mean {}?", quote(op), quote(*near))
              : "";
}

// Topology files become a platform file, not a record.
void import_topology(const Catalog& catalog, const ImportOptions& options,
                     const std::vector<records::Input>& files) {
  records::MachineGiven given;
  given.gpu = options.given.gpu;
  given.catalog = &catalog;
  given.link_rate = options.link_rate;
  given.oversubscription = options.oversubscription;
  given.nics_per_node = options.nics_per_node;
  given.nics = options.nics;
  if (!given.link_rate.empty()) {
    const ParsedQuantity rate = parse_quantity(given.link_rate, Dimension::data_rate);
    if (!rate.error.empty()) throw InputError(Place{"--link-rate"}, rate.error);
    if (!(rate.value > 0))
      throw InputError(Place{"--link-rate"}, "must be above 0, found " + quote(given.link_rate));
  }
  const records::MachineSummary summary = records::import_machine(options.format, files, given, options.out);
  std::cout << (options.json ? records::summary_json(summary) : records::summary_text(summary));
}

void import_into_record(const Catalog& catalog, const ImportOptions& options) {
  // Unknown names, with the nearest known one.
  records::Given given = options.given;
  if (!given.gpu.empty()) given.gpu = catalog.gpu(given.gpu, Place{"--gpu"}).name;
  if (!given.platform.empty()) given.platform = catalog.platform(given.platform, Place{"--platform"}).name;
  records::Request request;
  request.format = options.format;
  for (const std::string& file : options.files) request.files.push_back(records::Input::of_file(file));
  if (std::any_of(request.files.begin(), request.files.end(),
                  [&](const records::Input& file) { return records::topology_of(file, options.format); }))
    return import_topology(catalog, options, request.files);
  request.out = options.out;
  request.given = given;
  request.given.columns = cells_of(options.columns);
  request.check = fault_or_note;
  const records::Summary summary = records::import_files(request, &catalog);
  std::cout << (options.json ? records::summary_json(summary, request.out)
                             : records::summary_text(summary, request.out));
}

}  // namespace

void register_import(const Command& app, const Context& context) {
  auto options = std::make_shared<ImportOptions>();
  const Command command = app.add_subcommand("import", "Turn measurements in other formats into a record");
  std::vector<std::string> names{"auto"};
  for (const records::Format& format : records::formats()) names.emplace_back(format.name);
  for (const records::TopologyFormat& format : records::topologies()) names.emplace_back(format.name);
  command->add_option("FORMAT", options->format, "Format of the files (--list tells more), or auto")
      ->check(choice(names));
  command->add_option("FILE", options->files, "Files to read; .gz is unpacked")->type_name("FILE");
  command
      ->add_option("--out", options->out, "Record to write (CSV); of a topology, the platform file (.yaml)")
      ->type_name("FILE");
  command->add_option("--gpu", options->given.gpu, "GPU model of the runs; wins over the file's device")
      ->type_name("GPU");
  command->add_option("--platform", options->given.platform, "Platform of the runs")->type_name("PLATFORM");
  command->add_option("--software", options->given.software, "Software of the runs, such as nccl-2.27.3");
  command->add_option("--op", options->given.op, "Operation, where nccl-tests output does not tell")
      ->check(choice({"all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast", "reduce",
                      "gather", "scatter", "send_recv"},
                     collective_synonym));
  command->add_option("--ranks", options->given.ranks, "Ranks, where the files do not tell")
      ->check(between(1, 100'000'000));
  command->add_option("--ranks-per-node", options->given.ranks_per_node, "Ranks in each node")
      ->check(between(1, 1'000'000));
  command
      ->add_option("--set", options->columns,
                   "COLUMN=VALUE: a column of the table of training runs that the logs do not tell")
      ->one_each()
      ->type_name("COLUMN=VALUE");
  command
      ->add_option("--link-rate", options->link_rate,
                   "Topologies: rate of a link between switches, such as 400Gbps")
      ->type_name("RATE");
  command->add_option("--nics", options->nics, "Topologies: the node's NICs that belong to the fabric")
      ->delimiter(',')
      ->type_name("NAME,...");
  command
      ->add_option("--nics-per-node", options->nics_per_node,
                   "Topologies: NICs of a node, where the file does not tell")
      ->check(between(1, 1024));
  command
      ->add_option(
          "--oversubscription", options->oversubscription,
          "Topologies: bandwidth into a switch from below over that upwards, where the file does not tell")
      ->check(between(0.001, 1000.0));
  command->add_flag("--in-place", options->given.in_place, "nccl-tests: the in-place timings");
  command->add_flag("--list", options->list, "Tell which formats there are, and stop");
  command->add_flag("--json", options->json, "Print the summary as JSON");
  command->footer("Example:\n  aifsim import auto all_reduce.log --platform mn5_acc --out record.csv");
  command->callback([options, &context] {
    if (options->list) return list_formats();
    if (options->format.empty()) missing_argument("FORMAT");
    if (options->files.empty()) missing_argument("FILE");
    if (options->out.empty()) missing_argument("--out");
    import_into_record(context.catalog(), *options);
  });
}

}  // namespace aifsim
