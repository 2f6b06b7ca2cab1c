#include "calibration/kernel_rows.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>
#include <sstream>
#include <vector>

#include "base/csv_numbers.hpp"
#include "base/record.hpp"
#include "catalog/words.hpp"

namespace aifsim {
namespace {

struct Unsupported {
  std::string why;
};

std::optional<Dtype> dtype_of(const std::string& word) { return catalog::value_of<Dtype>(word); }

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

Attention attention(const CsvReader& table, Pass pass, Dtype dtype) {
  Attention a;
  a.batch = count(table, "batch");
  a.heads = count(table, "heads");
  a.kv_heads = count(table, "kv_heads");
  a.head_dim = count(table, "head_dim");
  a.seq_q = count(table, "seq_q");
  a.seq_kv = count(table, "seq_kv");
  a.value_dim = count_or(table, "value_dim", 0);
  a.pass = pass;
  a.dtype = dtype;
  return a;
}

// Training: without a cache.
KernelOp attention(const CsvReader& table, Pass pass) {
  const auto [dtype, cache] = dtypes_of_attention(table);
  if (cache != dtype) throw Unsupported{"attention without a cache, of two dtypes"};
  Attention a = attention(table, pass, dtype);
  // As `aifsim measure` names them.
  if (table.cell("algorithm") == "scores in memory") a.kernel = AttentionKernel::plain;
  if (table.cell("algorithm") == "plain, one thread per row")
    throw Unsupported{"attention by a kernel that no framework runs"};
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
                         cache,
                         count_or(table, "value_dim", 0)};
}

// Inference: with the cache. One query per sequence runs as decoding does.
KernelOp prefill(const CsvReader& table) {
  const auto [dtype, cache] = dtypes_of_attention(table);
  Attention a = attention(table, Pass::forward, dtype);
  if (a.seq_q == 1) return decode(table);
  a.cached = true;
  a.cache_dtype = cache;
  return a;
}

ExpertFormat expert_format(const CsvReader& table) {
  const std::string& word = table.cell("dtype");
  if (word == "fp8_block") return ExpertFormat::fp8_block;
  const auto dtype = dtype_of(word);
  if (dtype == Dtype::bf16 || dtype == Dtype::fp16) return ExpertFormat::bf16;
  if (dtype == Dtype::fp8) return ExpertFormat::fp8;
  if (dtype == Dtype::fp4) return ExpertFormat::fp4;
  throw Unsupported{fmt::format("expert layers of dtype \"{}\"", word)};
}

// "balanced", "uniform" or "power_law_1.2".
double skew_of(const CsvReader& table) {
  const std::string& word = table.cell("distribution");
  if (word.empty() || word == "balanced" || word == "uniform") return 0;
  static constexpr std::string_view kLaw = "power_law_";
  if (word.starts_with(kLaw)) {
    double skew = 0;
    const char* first = word.data() + kLaw.size();
    const char* last = word.data() + word.size();
    const auto [end, error] = std::from_chars(first, last, skew);
    if (error == std::errc{} && end == last && skew > 0 && skew < 10) return skew;
  }
  throw Unsupported{fmt::format("the distribution \"{}\" of tokens over experts", word)};
}

// Two products instead of three: `gated` says so; where the table has no such column, the shapes of published
// models with ungated experts (Nemotron 3: hidden width 2688 with experts of 1856, or 22 experts per token).
bool gated(const CsvReader& table, const ExpertLayer& layer) {
  const std::string& word = table.cell("gated");
  if (word == "no") return false;
  if (word == "yes") return true;
  if (!word.empty())
    throw InputError(table.place("gated"), fmt::format("gated: expected yes or no, found \"{}\"", word));
  return layer.topk != 22 && !(layer.intermediate == 1856 && layer.hidden == 2688);
}

KernelOp experts(const CsvReader& table) {
  ExpertLayer layer;
  layer.format = expert_format(table);
  layer.tokens = count(table, "m");
  layer.intermediate = count(table, "n");
  layer.hidden = count(table, "k");
  layer.topk = count(table, "topk");
  layer.experts = count(table, "experts");
  layer.tp = count_or(table, "tp", 1);
  layer.ep = count_or(table, "ep", 1);
  if (layer.ep > layer.experts)
    throw InputError(
        table.place("ep"),
        fmt::format("ep: expected no more ranks than the {} experts, found {}", layer.experts, layer.ep));
  layer.skew = skew_of(table);
  layer.gated = gated(table, layer);
  return layer;
}

KernelOp streaming(const CsvReader& table, StreamKind kind) {
  return Streaming{kind, Bytes{above_zero(table, "bytes")}};
}

KernelOp elementwise(const CsvReader& table) {
  const std::string& layer = table.cell("layer");
  if (layer == "add") return streaming(table, StreamKind::add);
  if (layer == "mlp_act") return streaming(table, StreamKind::activation);
  if (layer == "attn_rope") return streaming(table, StreamKind::rotary);
  throw Unsupported{fmt::format("elementwise operation \"{}\"", layer)};
}

// A row of a trace: which kernel ran and how long, but not on what.
bool shapeless(const CsvReader& table) {
  for (const char* column : {"m", "n", "k", "batch", "heads", "seq_q", "seq_kv", "bytes"})
    if (!table.cell(column).empty()) return false;
  return true;
}

template <StreamKind kind>
KernelOp stream(const CsvReader& table) {
  return streaming(table, kind);
}

using Converter = KernelOp (*)(const CsvReader&);

const std::map<std::string, Converter, std::less<>>& converters() {
  static const std::map<std::string, Converter, std::less<>> known{
      {"gemm", gemm},
      {"attention_prefill", prefill},
      {"attention_forward", [](const CsvReader& t) { return attention(t, Pass::forward); }},
      {"attention_backward", [](const CsvReader& t) { return attention(t, Pass::backward); }},
      {"attention_decode", decode},
      {"moe", experts},
      {"rmsnorm", stream<StreamKind::norm>},
      {"layernorm", stream<StreamKind::norm>},
      {"activation", stream<StreamKind::activation>},
      {"rotary", stream<StreamKind::rotary>},
      {"add", stream<StreamKind::add>},
      {"elementwise", elementwise},
      {"embedding", stream<StreamKind::embedding>},
      {"softmax", stream<StreamKind::softmax>},
      {"cross_entropy", stream<StreamKind::cross_entropy>},
      {"adam", stream<StreamKind::optimizer>},
      {"quantise", stream<StreamKind::quantise>},
      {"copy", stream<StreamKind::copy>},
  };
  return known;
}

KernelRow row_of(const CsvReader& table) {
  KernelRow row;
  row.gpu = table.cell("gpu");
  row.software = table.cell("software");
  row.op_word = table.cell("op");
  row.dtype = table.cell("dtype");
  row.place = table.place("op");
  row.time = Seconds{above_zero(table, "time_us") * 1e-6};
  row.power = Watts{table.number("power_w").value_or(0)};
  const std::string& mode = table.cell("mode");
  if (!mode.empty() && mode != "burst" && mode != "sustained")
    throw InputError(table.place("mode"), fmt::format("expected burst or sustained, found \"{}\"", mode));
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
  const bool measured_for_seconds = row.power.value > 0 && row.op && std::holds_alternative<Gemm>(*row.op);
  row.sustained = mode.empty() ? measured_for_seconds : mode == "sustained";
  return row;
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
    KernelRow row = row_of(table);
    for (const std::string& key : keys) row.group += (row.group.empty() ? "" : " ") + table.cell(key);
    take(std::move(row));
  }
}

void check_kernel_row(const CsvReader& table) { row_of(table); }

std::vector<std::string_view> kernel_operations() {
  std::vector<std::string_view> all;
  for (const auto& [word, converter] : converters()) all.emplace_back(word);
  return all;
}

}  // namespace aifsim
