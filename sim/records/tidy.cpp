// Tables of measurements in CSV that are nearly records already: columns of a record by name (records written
// by aifsim too, with their metadata), and two layouts of published collectives:
//
//   system, platform, nodes, tasks_per_node, collective, mpi_lib, mpi_ver, gpu_buffers, algorithm,
//   bytes_per_rank_arg (the whole buffer), n_iter, min_us, median_us, p90_us, notes
//   sys, fw, fwver, kind, node_num, hidden_size, num_token, num_topk, num_experts, sms, dispatch_us,
//   combine_us
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"
#include "records/tables.hpp"

namespace aifsim::records {
namespace {

bool is_number_column(std::string_view column) {
  static const std::set<std::string, std::less<>> text{
      "dataset", "platform",     "gpu",       "software", "op",    "layer", "grid",
      "block",   "distribution", "algorithm", "buffers",  "dtype", "mode"};
  return text.count(column) == 0;
}

void record_like(CsvReader& table, const std::istream& in, Sink& sink) {
  table.require({"op", "time_us"});
  if (!table.has("gpu") && !table.has("platform") && sink.given().gpu.empty() &&
      sink.given().platform.empty())
    table.require({"gpu"});
  std::vector<std::string> kept, unknown;
  for (const std::string& column : table.columns()) {
    const auto& all = record_columns();
    const bool known = std::find(all.begin(), all.end(), column) != all.end();
    (known ? kept : unknown).push_back(quote(column, 30));
    if (known) kept.back() = column;
  }
  if (!unknown.empty())
    sink.note(fmt::format("columns that no record has were left out: {}", fmt::join(unknown, ", ")));
  const bool collectives = table.has("ranks");
  each_row(table, in, sink, [&] {
    above_zero(table, "time_us");
    if (trimmed(table.cell("op")).empty())
      throw InputError(table.place("op"),
                       "op: expected an operation such as gemm or all_reduce, found nothing");
    RecordRow row;
    for (const std::string& column : kept) {
      const std::string& cell = table.cell(column);
      if (cell.empty()) continue;
      if (is_number_column(column)) table.number(column);  // InputError for what is none
      if (column == "gpu" && !sink.given().gpu.empty()) continue;
      if (column == "platform" && !sink.given().platform.empty()) continue;
      if (column == "op" && collectives && !table.cell("ranks").empty()) {
        row.set("op", collective_word(cell).value_or(cell));
      } else if (column == "dtype") {
        row.set("dtype", dtype_word(cell));
      } else if (column == "gpu") {
        row.set("gpu", sink.gpu_of(cell));
      } else {
        row.set(column, cell);
      }
    }
    sink.row(std::move(row));
  });
}

void eurohpc(CsvReader& table, const std::istream& in, Sink& sink) {
  table.require(
      {"platform", "nodes", "tasks_per_node", "collective", "algorithm", "bytes_per_rank_arg", "median_us"});
  each_row(table, in, sink, [&] {
    const auto op = collective_word(table.cell("collective"));
    if (!op) return sink.skip("collectives that are not known", table.place("collective"));
    RecordRow row;
    const std::string notes(trimmed(table.cell("notes")));
    // The column says 1 where a note says that four ran.
    const double per_node = has(notes, "4 tasks per node") ? 4 : count_in(table, "tasks_per_node");
    if (sink.given().platform.empty()) row.set("platform", table.cell("platform"));
    row.set("op", *op).set("ranks", count_in(table, "nodes") * per_node).set("ranks_per_node", per_node);
    row.set("message_bytes", above_zero(table, "bytes_per_rank_arg"))
        .set("algorithm", table.cell("algorithm"));
    row.set("buffers", lower(table.cell("gpu_buffers")) == "yes" ? "gpu" : "host");
    if (sink.given().software.empty()) {
      const std::string& version = table.cell("mpi_ver");
      row.set("software", table.cell("mpi_lib") + (version.empty() ? "" : "-" + version));
    }
    if (!notes.empty() && notes != "null") row.set("layer", notes);
    row.set("dtype", table.cell("algo_impl").substr(0, 40)).set("time_us", above_zero(table, "median_us"));
    for (const auto& [from, to] : {std::pair("min_us", "min_us"), {"p90_us", "p90_us"}, {"n_iter", "count"}})
      if (table.has(from) && !table.cell(from).empty()) row.set(to, above_zero(table, from));
    sink.row(std::move(row));
  });
}

void experts(CsvReader& table, const std::istream& in, Sink& sink) {
  table.require({"sys", "kind", "node_num", "hidden_size", "num_token", "num_topk", "num_experts",
                 "dispatch_us", "combine_us"});
  each_row(table, in, sink, [&] {
    const std::string& system = table.cell("sys");
    const bool four = has(system, "gb200") || has(system, "gb300");
    const double per_node = sink.given().ranks_per_node ? static_cast<double>(*sink.given().ranks_per_node)
                            : four                      ? 4
                                                        : 8;
    for (const char* half : {"dispatch", "combine"}) {
      const auto time = table.number(std::string(half) + "_us");
      if (!time || *time <= 0) {
        sink.skip("halves without a time");
        continue;
      }
      RecordRow row;
      const std::string gpu = sink.gpu_of(system);
      row.set("gpu", gpu).set("platform", sink.platform_for(gpu));
      if (sink.given().software.empty()) row.set("software", table.cell("fw") + "-" + table.cell("fwver"));
      row.set("op", std::string("moe_") + half).set("m", count_in(table, "num_token"));
      row.set("k", count_in(table, "hidden_size")).set("topk", count_in(table, "num_topk"));
      row.set("experts", count_in(table, "num_experts")).set("ranks", count_in(table, "node_num") * per_node);
      row.set("ranks_per_node", per_node).set("algorithm", table.cell("kind")).set("buffers", "gpu");
      if (const auto sms = table.number("sms")) row.set("layer", fmt::format("sms={}", *sms));
      row.set("time_us", *time);
      sink.row(std::move(row));
    }
  });
}

void read(const Input& input, Sink& sink) {
  CleanedStream stream(input);
  stream.lines().mark(1 << 20, "metadata");
  const int before = stream.skip_empty_lines();
  int lines = 0;
  for (const auto& [key, value] : read_metadata(stream, lines)) sink.fact(key, value);
  stream.lines().mark(0, "");
  CsvReader table(stream, input.name(), before + lines);
  if (table.has("dispatch_us")) {
    experts(table, stream, sink);
  } else if (table.has("bytes_per_rank_arg")) {
    eurohpc(table, stream, sink);
  } else {
    record_like(table, stream, sink);
  }
}

bool looks_like(std::string_view head) {
  return header_has(head, {"op", "time_us"}) || header_has(head, {"collective", "bytes_per_rank_arg"}) ||
         header_has(head, {"dispatch_us", "combine_us"});
}

}  // namespace

const Format tidy{"tidy",
                  "CSV with the columns of a record, and published tables of MPI and expert collectives",
                  looks_like, read};

}  // namespace aifsim::records
