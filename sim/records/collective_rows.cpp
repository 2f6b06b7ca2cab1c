#include "records/collective_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <sstream>
#include <vector>

#include "base/csv_numbers.hpp"
#include "base/record.hpp"
#include "catalog/device_names.hpp"
#include "catalog/words.hpp"
#include "records/devices.hpp"

namespace aifsim {
namespace {

// "4 tasks per node" -> 4; 0 where the notes say nothing.
std::int64_t tasks_in_notes(const std::string& notes) {
  const std::size_t at = notes.find(" tasks per node");
  if (at == std::string::npos) return 0;
  std::size_t begin = at;
  while (begin > 0 && std::isdigit(static_cast<unsigned char>(notes[begin - 1]))) --begin;
  return begin == at ? 0 : std::stoll(notes.substr(begin, at - begin));
}

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

void check_divides(const CsvReader& table, const CollectiveQuery& q) {
  if (q.ranks_per_node < q.ranks && q.ranks % q.ranks_per_node != 0)
    throw InputError(table.place("ranks_per_node"),
                     fmt::format("ranks_per_node: {} does not divide {} ranks", q.ranks_per_node, q.ranks));
}

// A row of a record: tokens in `m`, hidden in `k`, the kernel in `algorithm`, multiprocessors in `layer`.
void read_recorded_exchange(const CsvReader& table, MeasuredOp op, CollectiveRow& row) {
  CollectiveQuery& q = row.query;
  q.op = op;
  q.ranks = count(table, "ranks");
  q.ranks_per_node = count(table, "ranks_per_node");
  check_divides(table, q);
  q.tokens = count(table, "m");
  q.hidden = count(table, "k");
  q.topk = count(table, "topk");
  q.experts = count(table, "experts");
  const std::string& layer = table.cell("layer");
  if (layer.rfind("sms=", 0) == 0) q.multiprocessors = std::atof(layer.c_str() + 4);
  q.algorithm = table.cell("algorithm");
  q.low_latency = q.algorithm == "low_latency";
  q.software = table.cell("software");
  q.bytes = Bytes{2.0 * double(q.hidden) * double(q.tokens)};
  row.id = fmt::format("{} {} x{} {} tokens", row.op_word, q.algorithm, q.ranks, q.tokens);
}

void read_gpu_row(const CsvReader& table, CollectiveRow& row) {
  CollectiveQuery& q = row.query;
  row.platform = table.cell("platform");
  row.time = Seconds{above_zero(table, "time_us") * 1e-6};
  row.op_word = table.cell("op");
  const auto op = catalog::value_of<MeasuredOp>(row.op_word);
  if (op == MeasuredOp::dispatch || op == MeasuredOp::combine) {
    read_recorded_exchange(table, *op, row);
    return;
  }
  if (table.cell("ranks").empty() || table.cell("message_bytes").empty()) {  // a record also holds kernels
    row.unsupported = fmt::format("\"{}\" is no collective: no ranks or no message_bytes", row.op_word);
    return;
  }
  if (!op) {
    row.unsupported = fmt::format("no model for the operation \"{}\"", row.op_word);
    return;
  }
  if (table.cell("ranks_per_node").empty()) {
    row.unsupported = "no ranks_per_node";
    return;
  }
  q.op = *op;
  q.ranks = count(table, "ranks");
  q.ranks_per_node = count(table, "ranks_per_node");
  check_divides(table, q);
  q.bytes = Bytes{above_zero(table, "message_bytes")};
  q.algorithm = table.cell("algorithm");
  q.software = table.cell("software");
  q.mpi_library = mpi_library_of(q.software);
  if (!q.mpi_library.empty() && table.cell("layer") == "tcp") q.mpi_library += " over TCP";
  q.rails = rails_in_notes(table.cell("layer"));  // an import keeps the notes there
  q.gpu_buffers = table.cell("buffers") != "host";
  if (!q.gpu_buffers && q.mpi_library.empty()) {
    row.unsupported =
        fmt::format("host buffers, but \"{}\" is no MPI library that is modelled (OMPI, MPICH)", q.software);
    return;
  }
  const std::string& dtype = table.cell("dtype");
  q.eight_bit = dtype == "int8" || dtype == "uint8";
  row.id = fmt::format("{} {} x{} {:.0f} B {}", row.op_word, q.algorithm, q.ranks, q.bytes.value, q.software);
}

void read_mpi_row(const CsvReader& table, CollectiveRow& row) {
  CollectiveQuery& q = row.query;
  row.platform = table.cell("platform");
  row.time = Seconds{above_zero(table, "median_us") * 1e-6};
  row.op_word = table.cell("collective");
  const auto op = catalog::value_of<MeasuredOp>(row.op_word);
  if (!op) {
    row.unsupported = fmt::format("no model for the operation \"{}\"", row.op_word);
    return;
  }
  q.op = *op;
  q.ranks_per_node = count(table, "tasks_per_node");
  if (const std::int64_t noted = tasks_in_notes(table.cell("notes")); noted > 0) q.ranks_per_node = noted;
  q.rails = rails_in_notes(table.cell("notes"));
  q.ranks = count(table, "nodes") * q.ranks_per_node;
  q.bytes = Bytes{above_zero(table, "bytes_per_rank_arg")};
  q.algorithm = table.cell("algorithm");
  q.mpi_library = mpi_library_of(table.cell("mpi_lib"));
  q.software = table.cell("mpi_lib") + " " + table.cell("mpi_ver");
  const std::string& buffers = table.cell("gpu_buffers");
  if (buffers != "yes" && buffers != "no")
    throw InputError(table.place("gpu_buffers"),
                     fmt::format("gpu_buffers: expected yes or no, found \"{}\"", buffers));
  q.gpu_buffers = buffers == "yes";
  row.id = fmt::format("{} {} {}x{} {:.0f} B", row.op_word, q.algorithm, q.ranks / q.ranks_per_node,
                       q.ranks_per_node, q.bytes.value);
}

// The tables of expert exchange name the GPU of a node type.
std::string platform_of(const std::string& system) {
  return records::usual_platform_of(gpu_of_device(system).value_or(system)).value_or(system);
}

void read_expert_rows(const CsvReader& table, CollectiveRow row,
                      const std::function<void(CollectiveRow&&)>& take) {
  CollectiveQuery& q = row.query;
  row.platform = platform_of(table.cell("sys"));
  // Grace-Blackwell nodes hold four GPUs, the others eight.
  const std::int64_t per_node = row.platform.find("nvl72") != std::string::npos ? 4 : 8;
  q.ranks_per_node = per_node;
  q.ranks = per_node * count(table, "node_num");
  q.hidden = count(table, "hidden_size");
  q.tokens = count(table, "num_token");
  q.topk = count(table, "num_topk");
  q.experts = count(table, "num_experts");
  q.multiprocessors = table.number("sms").value_or(0);
  q.software = table.cell("fw") + "-" + table.cell("fwver");
  const std::string& kind = table.cell("kind");
  if (kind != "normal" && kind != "low_latency")
    throw InputError(table.place("kind"),
                     fmt::format("kind: expected normal or low_latency, found \"{}\"", kind));
  q.low_latency = kind == "low_latency";
  q.bytes = Bytes{2.0 * double(q.hidden) * double(q.tokens)};
  for (const bool dispatch : {true, false}) {
    CollectiveRow half = row;
    half.op_word = dispatch ? "dispatch" : "combine";
    half.query.op = dispatch ? MeasuredOp::dispatch : MeasuredOp::combine;
    half.query.algorithm = kind;
    half.time = Seconds{above_zero(table, dispatch ? "dispatch_us" : "combine_us") * 1e-6};
    half.id = fmt::format("{} {} x{} {} tokens of {} top {} of {}", half.op_word, kind, q.ranks, q.tokens,
                          q.hidden, q.topk, q.experts);
    take(std::move(half));
  }
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

void read_collective_rows(std::istream& in, const std::string& name, const std::string& by,
                          const std::function<void(CollectiveRow&&)>& take) {
  int lines = 0;
  read_metadata(in, lines);
  CsvReader table(in, name, lines);
  enum class Layout { gpu, mpi, experts };
  const Layout layout = table.has("dispatch_us")  ? Layout::experts
                        : table.has("collective") ? Layout::mpi
                                                  : Layout::gpu;
  switch (layout) {
    case Layout::gpu:
      table.require({"platform", "op", "ranks", "ranks_per_node", "message_bytes", "time_us"});
      break;
    case Layout::mpi:
      table.require({"platform", "collective", "nodes", "tasks_per_node", "mpi_lib", "gpu_buffers",
                     "algorithm", "bytes_per_rank_arg", "median_us"});
      break;
    case Layout::experts:
      table.require({"sys", "kind", "node_num", "hidden_size", "num_token", "num_topk", "num_experts",
                     "dispatch_us", "combine_us"});
      break;
  }
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
  const auto finish = [&](CollectiveRow&& row) {
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
  while (table.next()) {
    CollectiveRow row;
    row.place = table.place(layout == Layout::gpu ? "op" : layout == Layout::mpi ? "collective" : "kind");
    if (layout == Layout::experts) {
      read_expert_rows(table, std::move(row), finish);
      continue;
    }
    if (layout == Layout::gpu) {
      read_gpu_row(table, row);
    } else {
      read_mpi_row(table, row);
    }
    if (row.id.empty()) row.id = row.op_word;
    row.id = std::to_string(row.place.line) + " " + row.id;
    finish(std::move(row));
  }
}

}  // namespace aifsim
