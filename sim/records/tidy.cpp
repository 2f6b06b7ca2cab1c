// Tables of measurements in CSV that are nearly records already: columns of a record by name (records written
// by aifsim too, with their metadata), and the layouts of published_tables.hpp.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"
#include "records/published_tables.hpp"
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
    sink.check(table);
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

void mpi(CsvReader& table, const std::istream& in, Sink& sink) {
  require_mpi_columns(table);
  each_row(table, in, sink, [&] {
    if (!collective_word(table.cell("collective")))
      return sink.skip("collectives that are not known", table.place("collective"));
    sink.row(mpi_row(table, sink.given()));
  });
}

void exchange(CsvReader& table, const std::istream& in, Sink& sink) {
  require_exchange_columns(table);
  std::map<std::string, ExchangeSystem> systems;
  each_row(table, in, sink, [&] {
    const auto [at, isnew] = systems.try_emplace(table.cell("sys"));
    if (isnew) {
      const std::string gpu = sink.gpu_of(table.cell("sys"));
      at->second = exchange_system(gpu, sink.platform_for(gpu), sink.catalog());
    }
    for (RecordRow& row : exchange_rows(table, at->second, sink.given())) {
      if (row.find("time_us"))
        sink.row(std::move(row));
      else
        sink.skip("halves without a time");
    }
  });
}

void read_tidy(const Input& input, Sink& sink) {
  CleanedStream stream(input);
  stream.lines().mark(1 << 20, "metadata");
  const int before = stream.skip_empty_lines();
  int lines = 0;
  for (const auto& [key, value] : read_metadata(stream, lines)) sink.fact(key, value);
  stream.lines().mark(0, "");
  CsvReader table(stream, input.name(), before + lines);
  if (is_exchange_table(table)) {
    exchange(table, stream, sink);
  } else if (is_mpi_table(table)) {
    mpi(table, stream, sink);
  } else {
    record_like(table, stream, sink);
  }
}

bool looks_like_tidy(std::string_view head) {
  return header_has(head, {"op", "time_us"}) || header_has(head, {"collective", "bytes_per_rank_arg"}) ||
         header_has(head, {"dispatch_us", "combine_us"});
}

}  // namespace

const Format tidy{"tidy",
                  "CSV with the columns of a record, and published tables of MPI and expert collectives",
                  looks_like_tidy, read_tidy};

}  // namespace aifsim::records
