// Tables of aiconfigurator (collector/*, systems/data/*): CSV files *_perf.txt with framework, version,
// device, op_name, kernel_source, then the shape, and `latency` in milliseconds; newer ones add power and
// power_limit.
//
//   gemm_perf:               gemm_dtype, m, n, k
//   context_attention_perf:  attn_dtype, kv_cache_dtype, batch_size, isl, num_heads, num_key_value_heads,
//   generation_attention_perf    head_dim, step (tokens already in the cache), window_size
//   moe_perf:                moe_dtype, num_tokens, hidden_size, inter_size, topk, num_experts, moe_tp_size,
//                            moe_ep_size, distribution
//   nccl_perf:               nccl_dtype, num_gpus, message_size in elements
//   custom_allreduce_perf:   allreduce_dtype, num_gpus, message_size in elements
#include <fmt/format.h>

#include <algorithm>

#include "base/quote.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"
#include "records/tables.hpp"

namespace aifsim::records {
namespace {

class AiconfiguratorReader {
 public:
  AiconfiguratorReader(CsvReader& table, const std::istream& in, const Input& input, Sink& sink)
      : table_(table), in_(in), input_(input), sink_(sink) {}

  void read() {
    table_.require({"latency"});
    const char* kinds[] = {"gemm_dtype", "attn_dtype", "moe_dtype", "nccl_dtype", "allreduce_dtype"};
    const bool known =
        std::any_of(std::begin(kinds), std::end(kinds), [&](const char* c) { return table_.has(c); });
    require();
    each_row(table_, in_, sink_, [&] {
      if (!known)
        return sink_.skip("rows of " + quote(table_.cell("op_name"), 40) + ", which no record expresses");
      row();
    });
  }

 private:
  void require() const {
    if (table_.has("gemm_dtype")) table_.require({"m", "n", "k"});
    if (table_.has("nccl_dtype") || table_.has("allreduce_dtype"))
      table_.require({"num_gpus", "message_size"});
    if (table_.has("attn_dtype")) table_.require({"batch_size", "isl", "num_heads", "num_key_value_heads"});
    if (table_.has("moe_dtype"))
      table_.require(
          {"num_tokens", "hidden_size", "inter_size", "topk", "num_experts", "moe_tp_size", "moe_ep_size"});
  }

  void row() {
    const auto latency = table_.number("latency");
    if (!latency || *latency < 0)
      throw InputError(table_.place("latency"), fmt::format("latency: expected milliseconds, found {}",
                                                            quote(table_.cell("latency"))));
    if (*latency == 0) {
      sink_.skip("latencies of 0");
      return;
    }
    RecordRow row;
    row.set("dataset", "aiconfigurator");
    const std::string& device = table_.cell("device");
    if (!device.empty()) sink_.fact("device", device);
    const std::string gpu = sink_.gpu_of(device);
    row.set("gpu", gpu);
    bool kept = true;
    if (table_.has("gemm_dtype")) {
      software(row, table_.cell("framework"));
      row.set("op", "gemm").set("dtype", dtype_word(table_.cell("gemm_dtype")));
      for (const char* c : {"m", "n", "k"}) row.set(c, count_in(table_, c));
    } else if (table_.has("attn_dtype")) {
      kept = attention(row);
    } else if (table_.has("moe_dtype")) {
      experts(row);
    } else {
      kept = collective(row, gpu);
    }
    if (!kept) return;
    const std::string& source = table_.cell("kernel_source");
    if (!source.empty() && !table_.has("nccl_dtype") && !table_.has("allreduce_dtype"))
      row.set("layer", source);
    row.set("time_us", fmt::format("{:.8g}", *latency * 1e3));
    if (const auto power = table_.number("power"); power && *power > 0) row.set("power_w", *power);
    sink_.row(std::move(row));
  }

  void software(RecordRow& row, const std::string& framework) const {
    if (!sink_.given().software.empty()) return;
    const std::string& version = table_.cell("version");
    row.set("software", lower(framework) + (version.empty() ? "" : "-" + version));
  }

  bool attention(RecordRow& row) {
    if (const auto window = table_.number("window_size"); window && *window > 0) {
      sink_.skip("attention over a sliding window");
      return false;
    }
    const std::string kind = lower(table_.cell("op_name").empty() ? input_.name() : table_.cell("op_name"));
    const bool decode = holds(kind, "generation"), prefill = holds(kind, "context");
    if (decode == prefill) {
      sink_.skip("attention that is neither \"context\" nor \"generation\" (op_name)");
      return false;
    }
    const std::string dtype = dtype_word(table_.cell("attn_dtype"));
    const std::string cache = dtype_word(table_.cell("kv_cache_dtype"));
    const bool same = cache.empty() || cache == dtype || cache == "bf16" || cache == "fp16";
    software(row, table_.cell("framework"));
    row.set("op", decode ? "attention_decode" : "attention_prefill");
    row.set("dtype", same ? dtype : dtype + "_kv" + cache);
    const double isl = count_in(table_, "isl"), step = table_.number("step").value_or(0);
    if (step < 0) throw InputError(table_.place("step"), "step: expected 0 or more");
    row.set("batch", count_in(table_, "batch_size")).set("heads", count_in(table_, "num_heads"));
    row.set("kv_heads", count_in(table_, "num_key_value_heads"));
    row.set("head_dim", table_.has("head_dim") ? count_in(table_, "head_dim") : 128.0);
    row.set("seq_q", decode ? 1.0 : isl).set("seq_kv", isl + step);
    return true;
  }

  void experts(RecordRow& row) {
    software(row, table_.cell("framework"));
    row.set("op", "moe").set("dtype", dtype_word(table_.cell("moe_dtype")));
    row.set("m", count_in(table_, "num_tokens")).set("n", count_in(table_, "inter_size"));
    row.set("k", count_in(table_, "hidden_size")).set("topk", count_in(table_, "topk"));
    row.set("experts", count_in(table_, "num_experts")).set("tp", count_in(table_, "moe_tp_size"));
    row.set("ep", count_in(table_, "moe_ep_size")).set("distribution", table_.cell("distribution"));
  }

  bool collective(RecordRow& row, const std::string& gpu) {
    const bool nccl = table_.has("nccl_dtype");
    const std::string dtype = dtype_word(table_.cell(nccl ? "nccl_dtype" : "allreduce_dtype"));
    const auto bytes = bytes_of_dtype(dtype);
    const auto op = nccl ? collective_word(table_.cell("op_name")) : "all_reduce";
    if (!bytes || !op) {
      sink_.skip(bytes ? "collectives that are not known (op_name)"
                       : "collectives of a dtype that is not known");
      return false;
    }
    const double ranks = count_in(table_, "num_gpus");
    software(row, nccl ? "nccl" : table_.cell("framework"));
    row.set("op", *op).set("dtype", dtype).set("buffers", "gpu").set("ranks", ranks);
    row.set("ranks_per_node",
            sink_.given().ranks_per_node ? static_cast<double>(*sink_.given().ranks_per_node) : ranks);
    row.set("message_bytes", count_in(table_, "message_size") * *bytes);
    row.set("platform", sink_.platform_for(gpu));
    if (!nccl) row.set("algorithm", "custom:" + table_.cell("kernel_source"));
    return true;
  }

  CsvReader& table_;
  const std::istream& in_;
  const Input& input_;
  Sink& sink_;
};

void read_aiconfigurator(const Input& input, Sink& sink) {
  CleanedStream stream(input);
  CsvReader table(stream, input.name(), stream.skip_empty_lines());
  AiconfiguratorReader(table, stream, input, sink).read();
}

bool looks_like_aiconfigurator(std::string_view head) {
  if (!header_has(head, {"latency"})) return false;
  for (const std::string_view column :
       {"gemm_dtype", "attn_dtype", "moe_dtype", "nccl_dtype", "allreduce_dtype"})
    if (header_has(head, {column})) return true;
  return header_has(head, {"framework", "version", "device", "op_name"});
}

}  // namespace

const Format aiconfigurator{
    "aiconfigurator", "aiconfigurator's *_perf.txt tables: GEMM, attention, experts, NCCL, custom all-reduce",
    looks_like_aiconfigurator, read_aiconfigurator};

}  // namespace aifsim::records
