#include "kernels/rows.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <sstream>
#include <vector>

#include "base/csv.hpp"
#include "base/record.hpp"

namespace aifsim {
namespace {

struct Unsupported {
  std::string why;
};

std::optional<Dtype> dtype_of(const std::string& word) {
  for (const Dtype dtype : {Dtype::fp64, Dtype::fp32, Dtype::tf32, Dtype::bf16, Dtype::fp16, Dtype::fp8,
                            Dtype::int8, Dtype::fp4}) {
    if (word == name_of(dtype)) return dtype;
  }
  if (word == "nvfp4" || word == "mxfp4") return Dtype::fp4;
  return std::nullopt;
}

double above_zero(const CsvReader& table, const char* column) {
  const std::optional<double> value = table.number(column);
  if (value && *value > 0 && std::isfinite(*value)) return *value;
  throw InputError(table.place(column),
                   fmt::format("{}: expected a number above 0, found \"{}\"", column, table.cell(column)));
}

std::int64_t count(const CsvReader& table, const char* column) {
  const double value = above_zero(table, column);
  if (value == std::floor(value) && value < 1e12) return static_cast<std::int64_t>(value);
  throw InputError(table.place(column),
                   fmt::format("{}: expected a whole number, found \"{}\"", column, table.cell(column)));
}

std::int64_t count_or(const CsvReader& table, const char* column, std::int64_t otherwise) {
  return table.cell(column).empty() ? otherwise : count(table, column);
}

Dtype known_dtype(const CsvReader& table) {
  const std::optional<Dtype> dtype = dtype_of(table.cell("dtype"));
  if (dtype) return *dtype;
  throw Unsupported{fmt::format("dtype \"{}\"", table.cell("dtype"))};
}

// "bf16" or "bf16_kvfp8": queries, and the keys and values in the cache.
std::pair<Dtype, Dtype> dtypes_of_attention(const CsvReader& table) {
  const std::string& word = table.cell("dtype");
  const std::size_t cut = word.find("_kv");
  const auto queries = dtype_of(word.substr(0, cut));
  const auto cache = cut == std::string::npos ? queries : dtype_of(word.substr(cut + 3));
  if (!queries || !cache) throw Unsupported{fmt::format("dtype \"{}\"", word)};
  return {*queries, *cache};
}

KernelOp gemm(const CsvReader& table) {
  return Gemm{count(table, "m"), count(table, "n"), count(table, "k"), count_or(table, "batch", 1),
              known_dtype(table)};
}

KernelOp attention(const CsvReader& table, Pass pass) {
  const auto [dtype, cache] = dtypes_of_attention(table);
  Attention a;
  a.batch = count(table, "batch");
  a.heads = count(table, "heads");
  a.kv_heads = count(table, "kv_heads");
  a.head_dim = count(table, "head_dim");
  a.seq_q = count(table, "seq_q");
  a.seq_kv = count(table, "seq_kv");
  a.pass = pass;
  a.dtype = dtype;
  if (cache != dtype) throw Unsupported{"attention over a cache of another dtype"};
  return a;
}

KernelOp decode(const CsvReader& table) {
  const auto [dtype, cache] = dtypes_of_attention(table);
  return AttentionDecode{count(table, "batch"),
                         count(table, "heads"),
                         count(table, "kv_heads"),
                         count(table, "head_dim"),
                         count(table, "seq_kv"),
                         dtype,
                         cache};
}

KernelOp streaming(const CsvReader& table, StreamKind kind) {
  return Streaming{kind, Bytes{above_zero(table, "bytes")}};
}

KernelOp elementwise(const CsvReader& table) {
  const std::string& layer = table.cell("layer");
  if (layer == "add") return streaming(table, StreamKind::add);
  if (layer == "mlp_act" || layer == "attn_rope") return streaming(table, StreamKind::activation);
  throw Unsupported{fmt::format("elementwise operation \"{}\"", layer)};
}

// A row of a trace: which kernel ran and how long, but not on what.
bool shapeless(const CsvReader& table) {
  for (const char* column : {"m", "n", "k", "batch", "heads", "seq_q", "seq_kv", "bytes"})
    if (!table.cell(column).empty()) return false;
  return true;
}

using Converter = KernelOp (*)(const CsvReader&);

const std::map<std::string, Converter, std::less<>>& converters() {
  static const std::map<std::string, Converter, std::less<>> known{
      {"gemm", gemm},
      {"attention_prefill", [](const CsvReader& t) { return attention(t, Pass::forward); }},
      {"attention_backward", [](const CsvReader& t) { return attention(t, Pass::backward); }},
      {"attention_decode", decode},
      {"rmsnorm", [](const CsvReader& t) { return streaming(t, StreamKind::norm); }},
      {"layernorm", [](const CsvReader& t) { return streaming(t, StreamKind::norm); }},
      {"elementwise", elementwise},
      {"embedding", [](const CsvReader& t) { return streaming(t, StreamKind::embedding); }},
      {"cross_entropy", [](const CsvReader& t) { return streaming(t, StreamKind::cross_entropy); }},
      {"adam", [](const CsvReader& t) { return streaming(t, StreamKind::optimizer); }},
  };
  return known;
}

}  // namespace

std::string_view release_of(std::string_view software) { return software.substr(0, software.find(' ')); }

void read_kernel_rows(std::istream& in, const std::string& name, const std::string& by,
                      const std::function<void(KernelRow&&)>& take) {
  int lines = 0;
  read_metadata(in, lines);
  CsvReader table(in, name, lines);
  table.require({"op", "gpu", "dtype", "time_us"});
  std::vector<std::string> keys;
  std::istringstream parts(by);
  for (std::string key; std::getline(parts, key, ',');) keys.push_back(key);
  table.require(keys);
  while (table.next()) {
    KernelRow row;
    row.gpu = table.cell("gpu");
    row.software = table.cell("software");
    row.op_word = table.cell("op");
    row.dtype = table.cell("dtype");
    row.place = table.place("op");
    for (const std::string& key : keys) row.group += (row.group.empty() ? "" : " ") + table.cell(key);
    row.time = Seconds{above_zero(table, "time_us") * 1e-6};
    row.power = Watts{table.number("power_w").value_or(0)};
    const std::string& mode = table.cell("mode");
    if (!mode.empty() && mode != "burst" && mode != "sustained")
      throw InputError(table.place("mode"), fmt::format("expected burst or sustained, found \"{}\"", mode));
    row.sustained = mode.empty() ? row.power.value > 0 : mode == "sustained";
    const auto converter = converters().find(row.op_word);
    if (converter == converters().end()) {
      row.unsupported = fmt::format("no model for the operation \"{}\"", row.op_word);
    } else if (shapeless(table)) {
      row.unsupported = "no shape in the table (a trace names kernels, not their sizes)";
    } else {
      try {
        row.op = converter->second(table);
      } catch (const Unsupported& reason) {
        row.unsupported = "no model for " + reason.why;
      }
    }
    take(std::move(row));
  }
}

}  // namespace aifsim
