#include "records/published_tables.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/csv_numbers.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"

namespace aifsim::records {
namespace {

// "4 tasks per node" -> 4; 0 where the notes say nothing.
double tasks_in_notes(std::string_view notes) {
  const std::size_t at = std::min(notes.find(" tasks per node"), notes.size());
  std::size_t begin = at;
  while (begin > 0 && at - begin < 6 && std::isdigit(static_cast<unsigned char>(notes[begin - 1]))) --begin;
  return begin == at || at == notes.size() ? 0 : std::stod(std::string(notes.substr(begin, at - begin)));
}

[[noreturn]] void unexpected(const CsvReader& table, const char* column, const char* expected) {
  throw InputError(table.place(column),
                   fmt::format("{}: expected {}, found \"{}\"", column, expected, table.cell(column)));
}

}  // namespace

bool is_mpi_table(const CsvReader& table) { return table.has("bytes_per_rank_arg"); }
bool is_exchange_table(const CsvReader& table) { return table.has("dispatch_us"); }

void require_mpi_columns(const CsvReader& table) {
  table.require({"platform", "nodes", "tasks_per_node", "collective", "gpu_buffers", "algorithm",
                 "bytes_per_rank_arg", "median_us"});
}

void require_exchange_columns(const CsvReader& table) {
  table.require({"sys", "kind", "node_num", "hidden_size", "num_token", "num_topk", "num_experts",
                 "dispatch_us", "combine_us"});
}

RecordRow mpi_row(const CsvReader& table, const Given& given) {
  RecordRow row;
  const std::string notes(trimmed(table.cell("notes")));
  // The column may say 1 where a note says that four ran.
  const double noted = tasks_in_notes(notes);
  const double per_node = noted > 0 ? noted : static_cast<double>(count(table, "tasks_per_node"));
  const std::string& buffers = table.cell("gpu_buffers");
  if (lower(buffers) != "yes" && lower(buffers) != "no") unexpected(table, "gpu_buffers", "yes or no");
  if (given.platform.empty()) row.set("platform", table.cell("platform"));
  row.set("op", collective_word(table.cell("collective")).value_or(table.cell("collective")));
  row.set("ranks", static_cast<double>(count(table, "nodes")) * per_node).set("ranks_per_node", per_node);
  row.set("message_bytes", above_zero(table, "bytes_per_rank_arg"));
  row.set("algorithm", table.cell("algorithm")).set("buffers", lower(buffers) == "yes" ? "gpu" : "host");
  if (given.software.empty()) {
    const std::string& version = table.cell("mpi_ver");
    row.set("software", table.cell("mpi_lib") + (version.empty() ? "" : "-" + version));
  }
  if (!notes.empty() && notes != "null") row.set("layer", notes);
  row.set("dtype", table.cell("algo_impl").substr(0, 40)).set("time_us", above_zero(table, "median_us"));
  for (const auto& [from, to] : {std::pair("min_us", "min_us"), {"p90_us", "p90_us"}, {"n_iter", "count"}})
    if (!table.cell(from).empty()) row.set(to, above_zero(table, from));
  return row;
}

ExchangeSystem exchange_system(const std::string& gpu, const std::string& platform, const Catalog* catalog) {
  ExchangeSystem system{gpu, platform};
  if (catalog && !platform.empty())
    system.per_node = static_cast<std::int64_t>(catalog->platform(platform).node.gpus.value);
  return system;
}

std::array<RecordRow, 2> exchange_rows(const CsvReader& table, const ExchangeSystem& system,
                                       const Given& given) {
  const std::string& kind = table.cell("kind");
  if (kind != "normal" && kind != "low_latency") unexpected(table, "kind", "normal or low_latency");
  const auto per_node = static_cast<double>(given.ranks_per_node.value_or(system.per_node));
  std::array<RecordRow, 2> halves;
  for (const bool dispatch : {true, false}) {
    RecordRow& row = halves[dispatch ? 0 : 1];
    row.set("gpu", system.gpu).set("platform", system.platform);
    if (given.software.empty()) row.set("software", table.cell("fw") + "-" + table.cell("fwver"));
    const auto whole = [&](const char* column) { return static_cast<double>(count(table, column)); };
    row.set("op", dispatch ? "moe_dispatch" : "moe_combine").set("m", whole("num_token"));
    row.set("k", whole("hidden_size")).set("topk", whole("num_topk")).set("experts", whole("num_experts"));
    row.set("ranks", whole("node_num") * per_node).set("ranks_per_node", per_node);
    row.set("algorithm", kind).set("buffers", "gpu");
    if (const auto sms = table.number("sms")) row.set("layer", fmt::format("sms={}", *sms));
    if (const auto time = table.number(dispatch ? "dispatch_us" : "combine_us"); time && *time > 0)
      row.set("time_us", *time);
  }
  return halves;
}

}  // namespace aifsim::records
