#include "records/collective_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include "base/csv_numbers.hpp"
#include "base/record.hpp"
#include "catalog/device_names.hpp"
#include "catalog/words.hpp"
#include "records/lines.hpp"
#include "records/published_tables.hpp"

namespace aifsim {
namespace {

// "UCX_MAX_RNDV_RAILS=1" -> 1, "rail 4" -> 4; 0 where the notes say nothing.
std::int64_t rails_in_notes(const std::string& notes) {
  for (const char* before : {"UCX_MAX_RNDV_RAILS=", "rail "})
    if (const std::size_t at = notes.find(before); at != std::string::npos)
      return std::atoll(notes.c_str() + at + std::strlen(before));
  return 0;
}

// "OMPI-4.1.6" and "customOMPI 5.0.7" -> OMPI, "CRAY_MPICH-8.1.29" -> CRAY_MPICH, "nccl-2.27" -> "".
std::string mpi_library_of(const std::string& software) {
  if (software.find("MPICH") != std::string::npos) return "CRAY_MPICH";
  return software.find("OMPI") != std::string::npos ? "OMPI" : "";
}

// Cells of a row of a record: the table's own, or made from a row in another layout.
class Cells {
 public:
  explicit Cells(const CsvReader& table, const RecordRow* made = nullptr) : table_(table), made_(made) {}
  const std::string& cell(const char* column) const {
    static const std::string none;
    if (!made_) return table_.cell(column);
    const std::string* found = made_->find(column);
    return found ? *found : none;
  }
  double above_zero(const char* column) const {  // what was made was checked
    return made_ ? records::as_number(cell(column)).value_or(0) : aifsim::above_zero(table_, column);
  }
  std::int64_t count(const char* column) const {
    return made_ ? static_cast<std::int64_t>(above_zero(column)) : aifsim::count(table_, column);
  }
  Place place(const char* column) const { return table_.place(column); }

 private:
  const CsvReader& table_;
  const RecordRow* made_;
};

void read_ranks(const Cells& row, CollectiveQuery& q) {
  q.ranks = row.count("ranks");
  q.ranks_per_node = row.count("ranks_per_node");
  if (q.ranks_per_node < q.ranks && q.ranks % q.ranks_per_node != 0)
    throw InputError(row.place("ranks_per_node"),
                     fmt::format("ranks_per_node: {} does not divide {} ranks", q.ranks_per_node, q.ranks));
}

// Tokens in `m`, hidden in `k`, the kernel in `algorithm`, multiprocessors in `layer`.
void read_exchange(const Cells& cells, CollectiveRow& row) {
  CollectiveQuery& q = row.query;
  read_ranks(cells, q);
  q.tokens = cells.count("m");
  q.hidden = cells.count("k");
  q.topk = cells.count("topk");
  q.experts = cells.count("experts");
  const std::string& layer = cells.cell("layer");
  if (layer.rfind("sms=", 0) == 0) q.multiprocessors = std::atof(layer.c_str() + 4);
  q.algorithm = cells.cell("algorithm");
  q.low_latency = q.algorithm == "low_latency";
  q.software = cells.cell("software");
  q.bytes = Bytes{2.0 * double(q.hidden) * double(q.tokens)};
  row.id = fmt::format("{} {} x{} {} tokens of {} top {} of {}", row.op_word, q.algorithm, q.ranks, q.tokens,
                       q.hidden, q.topk, q.experts);
}

void read_row(const Cells& cells, CollectiveRow& row) {
  CollectiveQuery& q = row.query;
  row.platform = cells.cell("platform");
  row.op_word = cells.cell("op");
  if (cells.cell("time_us").empty()) {
    row.unsupported = "no time";
    return;
  }
  row.time = Seconds{cells.above_zero("time_us") * 1e-6};
  const auto op = catalog::value_of<MeasuredOp>(row.op_word);
  if (op) q.op = *op;
  if (op == MeasuredOp::dispatch || op == MeasuredOp::combine) return read_exchange(cells, row);
  if (cells.cell("ranks").empty() || cells.cell("message_bytes").empty()) {  // a record also holds kernels
    row.unsupported = fmt::format("\"{}\" is no collective: no ranks or no message_bytes", row.op_word);
    return;
  }
  if (!op) {
    row.unsupported = fmt::format("no model for the operation \"{}\"", row.op_word);
    return;
  }
  if (cells.cell("ranks_per_node").empty()) {
    row.unsupported = "no ranks_per_node";
    return;
  }
  read_ranks(cells, q);
  q.bytes = Bytes{cells.above_zero("message_bytes")};
  q.algorithm = cells.cell("algorithm");
  q.software = cells.cell("software");
  q.mpi_library = mpi_library_of(q.software);
  if (!q.mpi_library.empty() && cells.cell("layer") == "tcp") q.mpi_library += " over TCP";
  q.rails = rails_in_notes(cells.cell("layer"));  // notes stand there
  q.gpu_buffers = cells.cell("buffers") != "host";
  if (!q.gpu_buffers && q.mpi_library.empty()) {
    row.unsupported =
        fmt::format("host buffers, but \"{}\" is no MPI library that is modelled (OMPI, MPICH)", q.software);
    return;
  }
  const std::string& dtype = cells.cell("dtype");
  q.eight_bit = dtype == "int8" || dtype == "uint8";
  row.id = fmt::format("{} {} {}x{} {:.0f} B {}", row.op_word, q.algorithm, q.ranks / q.ranks_per_node,
                       q.ranks_per_node, q.bytes.value, q.software);
}

// What is not known stays as it is written, as a platform's name too.
records::ExchangeSystem system_called(const std::string& word, const Catalog* catalog) {
  if (!catalog) return records::exchange_system(word, word, nullptr);
  const std::string gpu = gpu_of_device(word, catalog->search()).value_or(word);
  const auto platform = usual_platform_of(gpu, catalog->search());
  records::ExchangeSystem system = records::exchange_system(gpu, platform.value_or(""), catalog);
  if (!platform) system.platform = word;
  return system;
}

}  // namespace

const char* name_of(MeasuredOp op) {
  return catalog::word_of(op).data();  // of literals, which end with a 0
}

double CollectiveQuery::volume() const {
  const double n = static_cast<double>(ranks), v = bytes.value, part = v * (n - 1) / n;
  switch (op) {
    case MeasuredOp::all_reduce:
      return 2 * part;
    case MeasuredOp::dispatch:
    case MeasuredOp::combine:
      return n * (1 - std::pow(1 - 1 / n, static_cast<double>(topk))) * v;
    case MeasuredOp::broadcast:
    case MeasuredOp::reduce:
      return v;
    default:
      return part;
  }
}

std::string_view release_of_library(std::string_view software) {
  return software.substr(0, software.find(' '));
}

void check_collective_row(const CsvReader& table) {
  CollectiveRow row;
  read_row(Cells(table), row);
}

void read_collective_rows(std::istream& in, const std::string& name, const std::string& by,
                          const Catalog* catalog, const std::function<void(CollectiveRow&&)>& take) {
  int lines = 0;
  read_metadata(in, lines);
  CsvReader table(in, name, lines);
  const bool mpi = records::is_mpi_table(table), exchange = records::is_exchange_table(table);
  if (exchange)
    records::require_exchange_columns(table);
  else if (mpi)
    records::require_mpi_columns(table);
  else
    table.require({"platform", "op", "ranks", "ranks_per_node", "message_bytes", "time_us"});
  std::vector<std::string> keys, read;
  std::istringstream parts(by);
  for (std::string key; std::getline(parts, key, ',');) keys.push_back(key);
  // Every layout knows these, whatever its columns are called.
  const auto special = [&](const std::string& key) {
    return !table.has(key) && (key == "platform" || key == "op" || key == "software" || key == "nodes" ||
                               key == "ranks" || key == "algorithm");
  };
  for (const std::string& key : keys)
    if (!special(key)) read.push_back(key);
  table.require(read);
  const auto finish = [&](const Cells& cells, const char* at) {
    CollectiveRow row;
    row.place = table.place(at);
    read_row(cells, row);
    if (row.id.empty()) row.id = row.op_word;
    row.id = std::to_string(row.place.line) + " " + row.id;
    for (const std::string& key : keys) {
      std::string cell = table.cell(key);
      if (special(key)) {
        const CollectiveQuery& q = row.query;
        cell = key == "platform"    ? row.platform
               : key == "op"        ? row.op_word
               : key == "software"  ? q.software
               : key == "algorithm" ? q.algorithm
               : key == "nodes"     ? fmt::format("{:.0f}", q.nodes())
                                    : std::to_string(q.ranks);
      }
      row.group += (row.group.empty() ? "" : " ") + cell;
    }
    take(std::move(row));
  };
  std::map<std::string, records::ExchangeSystem> systems;
  while (table.next()) {
    if (exchange) {
      const auto [at, isnew] = systems.try_emplace(table.cell("sys"));
      if (isnew) at->second = system_called(at->first, catalog);
      for (const RecordRow& row : records::exchange_rows(table, at->second, {}))
        finish(Cells(table, &row), "kind");
    } else if (mpi) {
      const RecordRow row = records::mpi_row(table, {});
      finish(Cells(table, &row), "collective");
    } else {
      finish(Cells(table), "op");
    }
  }
}

}  // namespace aifsim
