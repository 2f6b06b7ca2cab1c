#include "base/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace aifsim {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

// A line of metadata cannot hold a line break.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

const std::vector<std::string>& record_columns() {
  static const std::vector<std::string> columns{"dataset",
                                                "platform",
                                                "gpu",
                                                "software",
                                                "op",
                                                "layer",
                                                "grid",
                                                "block",
                                                "m",
                                                "n",
                                                "k",
                                                "batch",
                                                "heads",
                                                "kv_heads",
                                                "head_dim",
                                                "seq_q",
                                                "seq_kv",
                                                "topk",
                                                "experts",
                                                "tp",
                                                "ep",
                                                "distribution",
                                                "ranks",
                                                "ranks_per_node",
                                                "message_bytes",
                                                "algorithm",
                                                "buffers",
                                                "bytes",
                                                "flops",
                                                "dtype",
                                                "mode",
                                                "time_us",
                                                "min_us",
                                                "p90_us",
                                                "alone_us",
                                                "count",
                                                "power_w",
                                                "busbw_GBps"};
  return columns;
}

const std::vector<std::string>& training_columns() {
  static const std::vector<std::string> columns{"id",
                                                "platform",
                                                "gpu",
                                                "gpus",
                                                "gpus_per_node",
                                                "model",
                                                "moe",
                                                "task",
                                                "params_b",
                                                "layers",
                                                "hidden",
                                                "heads",
                                                "kv_heads",
                                                "ffn_hidden",
                                                "vocab",
                                                "seq_len",
                                                "precision",
                                                "global_batch",
                                                "micro_batch",
                                                "tp",
                                                "pp",
                                                "vpp",
                                                "dp",
                                                "cp",
                                                "ep",
                                                "sharding",
                                                "shard_group",
                                                "recompute",
                                                "recompute_modules",
                                                "optimizer",
                                                "optimizer_moments",
                                                "master_weights",
                                                "sequence_parallel",
                                                "stack",
                                                "step_time_s",
                                                "step_time_min_s",
                                                "step_time_p90_s",
                                                "steps",
                                                "tokens_per_s_per_gpu",
                                                "samples_per_s",
                                                "tflops_per_gpu",
                                                "peak_memory_gib",
                                                "run_time_s"};
  return columns;
}

Metadata read_metadata(std::istream& in, int& lines) {
  Metadata metadata;
  lines = 0;
  while (in.peek() == '#') {
    std::string line;
    std::getline(in, line);
    ++lines;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    metadata.emplace_back(trimmed(line.substr(1, colon - 1)), trimmed(line.substr(colon + 1)));
  }
  return metadata;
}

RecordRow& RecordRow::set(std::string column, std::string value) {
  cells_.emplace_back(std::move(column), std::move(value));
  return *this;
}

const std::string* RecordRow::find(std::string_view column) const {
  for (const auto& [name, value] : cells_)
    if (name == column) return &value;
  return nullptr;
}

RecordRow& RecordRow::set(std::string column, double value) {
  return set(std::move(column), fmt::format("{}", value));
}

RecordWriter::RecordWriter(std::ostream& out, const Metadata& metadata, std::vector<std::string> columns,
                           const std::vector<std::string>& all)
    : out_(out) {
  for (const std::string& column : all) {
    if (columns.empty() || std::find(columns.begin(), columns.end(), column) != columns.end())
      columns_.push_back(column);
  }
  for (const auto& [key, value] : metadata) out_ << "# " << one_line(key) << ": " << one_line(value) << '\n';
  for (std::size_t i = 0; i < columns_.size(); ++i) out_ << (i ? "," : "") << columns_[i];
  out_ << '\n';
}

void RecordWriter::write(const RecordRow& row) {
  std::vector<const std::string*> cells(columns_.size(), nullptr);
  for (const auto& [column, value] : row.cells()) {
    const auto found = std::find(columns_.begin(), columns_.end(), column);
    if (found == columns_.end()) throw std::logic_error("record without a column " + column);
    cells[static_cast<std::size_t>(found - columns_.begin())] = &value;
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i) out_ << ',';
    if (cells[i]) out_ << quoted(*cells[i]);
  }
  out_ << '\n';
  ++rows_;
}

}  // namespace aifsim
