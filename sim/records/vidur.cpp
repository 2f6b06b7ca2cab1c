// Profiles of Vidur (data/profiling): mlp.csv, attention.csv, all_reduce.csv, send_recv.csv and their like.
// Each measured part X has columns time_stats.X.min, .max, .mean, .median, .std in milliseconds; the shape
// follows from n_embd, n_head (n_q_head), n_kv_head, n_expanded_embd, use_gated_mlp, num_tokens and
// num_tensor_parallel_workers, or batch_size, prefill_chunk_size, kv_cache_size and is_prefill, or size
// (bytes), num_workers and devices_per_node. The tables name no GPU: give --gpu. All of it is fp16.
#include <fmt/format.h>

#include <algorithm>

#include "base/quote.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"
#include "records/tables.hpp"

namespace aifsim::records {
namespace {

class VidurReader {
 public:
  VidurReader(CsvReader& table, const std::istream& in, Sink& sink) : table_(table), in_(in), sink_(sink) {}

  void read() {
    if (table_.has("collective")) {
      table_.require({"size", "num_workers"});
      each_row(table_, in_, sink_, [&] { collective(); });
    } else if (table_.has("prefill_chunk_size")) {
      table_.require({"n_embd", "n_q_head", "n_kv_head", "num_tensor_parallel_workers", "batch_size",
                      "kv_cache_size", "is_prefill"});
      each_row(table_, in_, sink_, [&] { attention(); });
    } else {
      table_.require({"n_head", "n_kv_head", "n_embd", "n_expanded_embd", "use_gated_mlp", "num_tokens",
                      "num_tensor_parallel_workers"});
      each_row(table_, in_, sink_, [&] { layers(); });
    }
  }

 private:
  // Fills in the times of a part and hands the row on; empty cells were not measured.
  void part(const std::string& name, RecordRow row) {
    const std::string column = "time_stats." + name + ".";
    const auto median = table_.number(column + "median");
    if (!median || *median <= 0) {
      sink_.skip("parts without a time");
      return;
    }
    if (!sink_.given().gpu.empty()) row.set("gpu", sink_.given().gpu);
    if (sink_.given().software.empty()) row.set("software", "vidur");
    const auto us = [](double ms) { return fmt::format("{:.8g}", ms * 1e3); };
    row.set("dataset", "vidur").set("dtype", "fp16").set("time_us", us(*median));
    if (const auto min = table_.number(column + "min"); min && *min > 0) row.set("min_us", us(*min));
    sink_.row(std::move(row));
  }

  bool flag(const char* column) const {
    const std::string word = lower(table_.cell(column));
    if (word == "true" || word == "1") return true;
    if (word == "false" || word == "0") return false;
    throw InputError(table_.place(column),
                     fmt::format("{}: expected True or False, found {}", column, quote(table_.cell(column))));
  }

  double divided(const char* column, double by) const {
    const double value = count_in(table_, column);
    return std::max(1.0, value / by);
  }

  void layers() {
    const double tp = count_in(table_, "num_tensor_parallel_workers"), m = count_in(table_, "num_tokens");
    const double hidden = count_in(table_, "n_embd"), heads = count_in(table_, "n_head");
    const double head = hidden / heads;
    const double q = hidden / tp, kv = divided("n_kv_head", tp) * head;
    const bool gated = flag("use_gated_mlp");
    const double inner = count_in(table_, "n_expanded_embd") / tp;
    const auto named = [&](const char* layer, const char* op) {
      return RecordRow().set("op", op).set("layer", layer).set("m", m).set("tp", tp);
    };
    const auto product = [&](const char* layer, double n, double k) {
      if (!table_.has(std::string("time_stats.") + layer + ".median")) return;
      part(layer, named(layer, "gemm").set("n", n).set("k", k));
    };
    const auto streaming = [&](const char* layer, const char* op, double width, double passes) {
      if (!table_.has(std::string("time_stats.") + layer + ".median")) return;
      part(layer, named(layer, op).set("k", width).set("bytes", passes * m * width * 2));
    };
    product("attn_pre_proj", q + 2 * kv, hidden);
    product("attn_post_proj", hidden, q);
    product("mlp_up_proj", inner * (gated ? 2 : 1), hidden);
    product("mlp_down_proj", hidden, inner);
    streaming("emb", "embedding", hidden, 2);
    streaming("input_layernorm", "rmsnorm", hidden, 2);
    streaming("post_attention_layernorm", "rmsnorm", hidden, 2);
    streaming("attn_rope", "elementwise", q + kv, 2);
    streaming("mlp_act", "elementwise", inner, gated ? 3 : 2);
    streaming("add", "elementwise", hidden, 3);
  }

  void attention() {
    const double tp = count_in(table_, "num_tensor_parallel_workers");
    const double heads = count_in(table_, "n_q_head"), hidden = count_in(table_, "n_embd");
    const bool prefill = flag("is_prefill");
    const auto cached = table_.number("kv_cache_size");
    if (!cached || *cached < 0)
      throw InputError(table_.place("kv_cache_size"), "kv_cache_size: expected a number, 0 or more");
    const double chunk = prefill ? count_in(table_, "prefill_chunk_size") : 1;
    RecordRow row;
    row.set("op", prefill ? "attention_prefill" : "attention_decode")
        .set("layer", table_.cell("attention_backend"));
    row.set("batch", count_in(table_, "batch_size")).set("heads", std::max(1.0, heads / tp));
    row.set("kv_heads", divided("n_kv_head", tp)).set("head_dim", hidden / heads);
    row.set("seq_q", chunk).set("seq_kv", chunk + *cached).set("tp", tp);
    part(prefill ? "attn_prefill" : "attn_decode", std::move(row));
    sink_.skip("parts of attention other than the kernel (cache write, reshapes)");
  }

  void collective() {
    if (const auto rank = table_.number("rank"); rank && *rank != 0) {
      sink_.skip("rows of ranks other than 0");
      return;
    }
    const std::string& name = table_.cell("collective");
    const auto op = collective_word(name);
    if (!op || !table_.has("time_stats." + name + ".median")) {
      sink_.skip("collectives that are not known");
      return;
    }
    const double ranks = count_in(table_, "num_workers");
    RecordRow row;
    row.set("op", *op).set("ranks", ranks).set("buffers", "gpu");
    if (table_.has("devices_per_node"))
      row.set("ranks_per_node", std::min(ranks, count_in(table_, "devices_per_node")));
    // `size` is what a rank puts in; gathered, it is that of all.
    row.set("message_bytes", count_in(table_, "size") * (*op == "all_gather" ? ranks : 1));
    part(name, std::move(row));
  }

  CsvReader& table_;
  const std::istream& in_;
  Sink& sink_;
};

void read_vidur(const Input& input, Sink& sink) {
  CleanedStream stream(input);
  CsvReader table(stream, input.name(), stream.skip_empty_lines());
  if (sink.given().gpu.empty()) sink.note("Vidur's tables name no GPU; give --gpu NAME");
  VidurReader(table, stream, sink).read();
}

bool looks_like_vidur(std::string_view head) {
  for (const std::string_view column : header_of(head))
    if (column.starts_with("time_stats.")) return true;
  return false;
}

}  // namespace

const Format vidur{"vidur", "Vidur's mlp.csv, attention.csv, all_reduce.csv, send_recv.csv (needs --gpu)",
                   looks_like_vidur, read_vidur};

}  // namespace aifsim::records
