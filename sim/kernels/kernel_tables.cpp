#include "kernels/kernel_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <optional>
#include <set>

#include "base/csv.hpp"
#include "base/error.hpp"

namespace aifsim {
namespace {

std::optional<Dtype> dtype_of(const std::string& word) {
  for (const Dtype dtype : {Dtype::fp64, Dtype::fp32, Dtype::tf32, Dtype::bf16, Dtype::fp16, Dtype::fp8,
                            Dtype::int8, Dtype::fp4}) {
    if (word == name_of(dtype)) return dtype;
  }
  return std::nullopt;
}

// The models are fitted to 16-bit formats: FP8 rows of public tables contain the quantisation pass.
std::optional<Dtype> fitted_dtype(const CsvReader& table, KernelSamples& samples) {
  const std::string& word = table.cell("dtype");
  const std::optional<Dtype> dtype = dtype_of(word);
  if (dtype == Dtype::bf16 || dtype == Dtype::fp16) return dtype;
  ++samples.left_out[fmt::format("dtype {}", word)];
  return std::nullopt;
}

double above_zero(const CsvReader& table, const char* column) {
  const std::optional<double> value = table.number(column);
  if (value && *value > 0 && std::isfinite(*value)) return *value;
  throw InputError(table.place(column),
                   fmt::format("{}: \"{}\" is no number above 0", column, table.cell(column)));
}

std::int64_t count(const CsvReader& table, const char* column) {
  const double value = above_zero(table, column);
  if (value == std::floor(value) && value < 1e12) return static_cast<std::int64_t>(value);
  throw InputError(table.place(column),
                   fmt::format("{}: \"{}\" is no whole number", column, table.cell(column)));
}

Seconds time_of(const CsvReader& table) { return Seconds{above_zero(table, "time_us") * 1e-6}; }

// Calls `add` on each row of `gpu`.
void each_row(const std::filesystem::path& path, const std::string& gpu, std::vector<std::string> columns,
              const std::function<void(const CsvReader&)>& add) {
  std::ifstream file(path);
  if (!file) throw InputError(Place{path.string()}, "the table cannot be read");
  CsvReader table(file, path.string());
  columns.insert(columns.end(), {"gpu", "software", "op", "dtype", "time_us"});
  table.require(columns);
  std::set<std::string> gpus;
  while (table.next()) {
    gpus.insert(table.cell("gpu"));
    if (table.cell("gpu") == gpu) add(table);
  }
  if (!gpus.contains(gpu)) {
    throw InputError(Place{path.string()}, fmt::format("the table has no kernel of the GPU {}; it has: {}",
                                                       gpu, fmt::join(gpus, ", ")));
  }
}

Gemm gemm_of(const CsvReader& table, Dtype dtype) {
  return {count(table, "m"), count(table, "n"), count(table, "k"), 1, dtype};
}

void read_gemm(const std::filesystem::path& path, const std::string& gpu, KernelSamples& samples) {
  each_row(path, gpu, {"m", "n", "k"}, [&samples](const CsvReader& table) {
    const std::optional<Dtype> dtype = fitted_dtype(table, samples);
    if (dtype) samples.gemm.push_back({gemm_of(table, *dtype), time_of(table), table.cell("software")});
  });
}

void read_attention(const std::filesystem::path& path, const std::string& gpu, KernelSamples& samples) {
  constexpr std::int64_t widest_fused_head = 256;
  each_row(path, gpu, {"batch", "heads", "kv_heads", "head_dim", "seq_q", "seq_kv"},
           [&samples](const CsvReader& table) {
             const std::optional<Dtype> dtype = fitted_dtype(table, samples);
             if (!dtype) return;
             Attention a;
             a.batch = count(table, "batch");
             a.heads = count(table, "heads");
             a.kv_heads = count(table, "kv_heads");
             a.head_dim = count(table, "head_dim");
             a.seq_q = count(table, "seq_q");
             a.seq_kv = count(table, "seq_kv");
             a.dtype = *dtype;
             if (a.head_dim > widest_fused_head) {
               ++samples.left_out[fmt::format("attention with head_dim {}", a.head_dim)];
             } else {
               samples.attention.push_back({a, time_of(table), table.cell("software")});
             }
           });
}

std::optional<StreamKind> kind_of(const CsvReader& table) {
  const std::string& op = table.cell("op");
  const std::string& layer = table.cell("layer");
  if (op == "rmsnorm") return StreamKind::norm;
  if (op == "embedding") return StreamKind::embedding;
  if (op == "elementwise" && layer == "add") return StreamKind::add;
  if (op == "elementwise" && (layer == "mlp_act" || layer == "attn_rope")) return StreamKind::activation;
  return std::nullopt;
}

void read_layer_ops(const std::filesystem::path& path, const std::string& gpu, KernelSamples& samples) {
  each_row(path, gpu, {"m", "n", "k", "bytes", "layer"}, [&samples](const CsvReader& table) {
    if (table.cell("op") == "gemm") {
      const std::optional<Dtype> dtype = fitted_dtype(table, samples);
      if (dtype)
        samples.layer_gemm.push_back({gemm_of(table, *dtype), time_of(table), table.cell("software")});
      return;
    }
    const std::optional<StreamKind> kind = kind_of(table);
    if (kind) {
      samples.streaming.push_back(
          {{*kind, Bytes{above_zero(table, "bytes")}}, time_of(table), table.cell("software")});
    } else {
      ++samples.left_out[fmt::format("layer operation {} {}", table.cell("op"), table.cell("layer"))];
    }
  });
}

}  // namespace

KernelSamples read_kernel_samples(const KernelTables& tables, const std::string& gpu) {
  KernelSamples samples;
  read_gemm(tables.gemm, gpu, samples);
  read_attention(tables.attention, gpu, samples);
  read_layer_ops(tables.layer_ops, gpu, samples);
  return samples;
}

}  // namespace aifsim
