// aifsim import FORMAT FILE... --out RECORD: measurements in other formats, as a record.
#include "records/import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"

namespace aifsim {
namespace {

struct Options {
  std::string format, out;
  std::vector<std::string> files;
  std::vector<std::string> columns;
  records::Given given;
  bool list = false, json = false;
};

void list_formats() {
  std::size_t width = 4;  // "auto"
  for (const records::Format& format : records::formats())
    width = std::max(width, std::string(format.name).size());
  for (const records::Format& format : records::formats())
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
  }
  return cells;
}

void import_into_record(const Catalog& catalog, const Options& options) {
  // Unknown names, with the nearest known one.
  if (!options.given.gpu.empty()) catalog.gpu(options.given.gpu, Place{"--gpu"});
  if (!options.given.platform.empty()) catalog.platform(options.given.platform, Place{"--platform"});
  records::Request request;
  request.format = options.format;
  for (const std::string& file : options.files) request.files.push_back(records::Input::of_file(file));
  request.out = options.out;
  request.given = options.given;
  request.given.columns = cells_of(options.columns);
  const records::Summary summary = records::import_files(request, &catalog);
  std::cout << (options.json ? records::summary_json(summary, request.out)
                             : records::summary_text(summary, request.out));
}

}  // namespace

void register_import(const Command& app, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand("import", "Turn measurements in other formats into a record");
  std::vector<std::string> names{"auto"};
  for (const records::Format& format : records::formats()) names.emplace_back(format.name);
  command->add_option("FORMAT", options->format, "Format of the files (--list tells more), or auto")
      ->check(choice(names));
  command->add_option("FILE", options->files, "Files to read; .gz is unpacked")->type_name("FILE");
  command->add_option("--out", options->out, "Record to write (CSV)")->type_name("FILE");
  command->add_option("--gpu", options->given.gpu, "GPU model of the runs; wins over the file's device");
  command->add_option("--platform", options->given.platform, "Platform of the runs");
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
  command->add_flag("--in-place", options->given.in_place, "nccl-tests: the in-place timings");
  command->add_flag("--list", options->list, "Tell which formats there are, and stop");
  command->add_flag("--json", options->json, "Print the summary as JSON");
  command->callback([options, &context] {
    if (options->list) return list_formats();
    if (options->format.empty()) missing_argument("FORMAT");
    if (options->files.empty()) missing_argument("FILE");
    if (options->out.empty()) missing_argument("--out");
    import_into_record(context.catalog(), *options);
  });
}

}  // namespace aifsim
