// Output of perftest (linux-rdma): ib_write_bw, ib_read_bw, ib_send_bw, their _lat tests.
//
//                     RDMA_Write BW Test
//  Dual-port       : OFF          Device         : mlx5_0
//  Number of qps   : 1            Transport type : IB
//  local address: LID 0x02 QPN 0x0032 PSN 0x5f2841
//  remote address: LID 0x01 QPN 0x003a PSN 0xc0fd7e
//  #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   MsgRate[Mpps]
//  65536      5000             11767.23            11764.68             0.188235
//
//  #bytes #iterations    t_min[usec]    t_max[usec]  t_typical[usec]    t_avg[usec] ...
//
// "MB/sec" are 2^20 bytes (newer releases print MiB/sec); Gb/sec are 10^9 bits. Bandwidth tests keep a queue
// of messages in flight; bidirectional ones print the sum of both directions. Latency tests of writes and
// sends print half a round trip, those of reads the whole of one read. t_typical is the median.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "records/cells.hpp"
#include "records/format.hpp"
#include "records/perftest.hpp"

namespace aifsim::records {
namespace {

// "RDMA_Write Bidirectional BW Test", "Send Latency Test": the line that begins a test.
bool is_title(std::string_view line) {
  return line.ends_with(" Test") && (holds(line, "BW Test") || holds(line, "Latency Test")) &&
         (line.starts_with("RDMA_") || line.starts_with("Send ") || line.starts_with("Atomic ") ||
          line.starts_with("Raw "));
}

bool is_header_perftest(std::string_view line) {
  return holds(line, "bytes") && holds(line, "iterations") &&
         (holds(line, "BW average[") || holds(line, "t_avg[usec]") || holds(line, "t_typical[usec]"));
}

// Titles with blanks inside: "BW average[Gb/sec]", "99.9% percentile[usec]", "tps average".
std::vector<std::string> columns_of(std::string_view header) {
  std::vector<std::string> columns;
  std::string open;
  for (const Word& word : words_of(header)) {
    std::string_view text = word.text;
    while (!text.empty() && text.front() == '#') text.remove_prefix(1);
    open += (open.empty() ? "" : " ") + std::string(text);
    const bool whole =
        holds(text, "[") || text == "bytes" || text == "iterations" || text == "sl" || text == "average";
    if (whole) columns.push_back(std::exchange(open, ""));
  }
  if (!open.empty()) columns.push_back(open);
  return columns;
}

// Bytes per second of one unit of a rate; 0 where it is none.
double bytes_per_unit(std::string_view column) {
  if (holds(column, "[MB/sec]") || holds(column, "[MiB/sec]")) return 1048576;
  if (holds(column, "[Gb/sec]")) return 1e9 / 8;
  if (holds(column, "[GiB/sec]")) return 1073741824;
  return 0;
}

class PerftestReader {
 public:
  PerftestReader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    while (lines_.next()) {
      const std::string_view line = trimmed(lines_.text());
      if (line.empty()) continue;
      if (is_title(line)) {
        about_.title = line;
        columns_.clear();
        previous_.clear();
        about_.queue_pairs = local_ = remote_ = "";
      } else if (is_header_perftest(line)) {
        columns_ = columns_of(line);
        any_ = true;
      } else if (!columns_.empty() && as_number(words_of(line)[0].text)) {
        row_or_skip(sink_, [&] { row(line); });
      } else {
        fact(line);
      }
    }
    if (!any_)
      throw InputError(lines_.place(0),
                       "no table of results; expected the header \"#bytes #iterations ...\" of perftest");
  }

 private:
  // What stands above the table.
  void fact(std::string_view line) {
    const auto after = [&](std::string_view key) -> std::string_view {
      const std::size_t at = line.find(key);
      if (at == std::string_view::npos) return {};
      const std::string_view rest = line.substr(at + key.size());
      const std::vector<Word> words = words_of(rest);
      return words.empty() ? std::string_view{} : words[0].text;
    };
    if (holds(line, "Number of qps")) about_.queue_pairs = after(":");
    if (holds(line, "Use ROCm memory : ON") || holds(line, "GPU buffer") || holds(line, "CUDA Ctx"))
      about_.on_gpu = true;
    if (const std::size_t at = line.find("device name = ["); at != std::string_view::npos)
      about_.gpu = line.substr(at + 15, line.find(']', at) - at - 15);
    if (holds(line, "Using ROCm Device") && holds(line, "Name: ")) {
      const std::size_t at = line.find("Name: ") + 6;
      about_.gpu = line.substr(at, line.find(',', at) - at);
    }
    // The NICs' addresses: by LID on InfiniBand, by GID on Ethernet.
    if (line.starts_with("local address:") || line.starts_with("remote address:")) {
      at_ = line.starts_with("local") ? &local_ : &remote_;
      if (const std::string_view lid = after("LID");
          !lid.empty() && lid != "0000" && lid != "0x00" && lid != "0")
        *at_ = "LID " + std::string(lid);
    } else if (line.starts_with("GID:") && at_ && at_->empty()) {
      *at_ = line;
    }
  }

  void row(std::string_view line) {
    const std::vector<Word> words = lines_.words();
    PerftestResult out = about_;
    if (out.title.empty()) out.title = holds(columns_.back(), "usec") ? "Latency Test" : "BW Test";
    if (words.size() < std::min<std::size_t>(columns_.size(), 4) || words.size() > columns_.size())
      throw InputError(lines_.place(), fmt::format("a line of {} columns; the header names {}", words.size(),
                                                   columns_.size()));
    if (line == previous_) {
      sink_.skip("results printed twice, by server and client");
      return;
    }
    previous_ = line;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& column = columns_[i];
      const double value = lines_.number(words[i], column.c_str());
      if (column == "bytes") out.size = value;
      if (column == "iterations") out.count = value;
      if (column.starts_with("BW average")) {
        const double unit = bytes_per_unit(column);
        if (unit == 0) throw InputError(lines_.place(words[i].column), "unknown unit of " + column);
        out.rate = value * unit;
        const std::size_t point = words[i].text.find('.');
        const std::size_t digits = point == std::string_view::npos ? 0 : words[i].text.size() - point - 1;
        out.rate_step = 0.5 * std::pow(10.0, -static_cast<double>(digits)) * unit;
      }
      if (column.starts_with("MsgRate[")) {
        out.messages = value * 1e6;
        out.message_step = 0.5;
      }
      if (column == "t_min[usec]") out.least = value;
      if (column == "t_typical[usec]") out.median = value;
      if (column == "t_avg[usec]") out.mean = value;
    }
    out.loop = !local_.empty() && local_ == remote_;
    write_perftest(std::move(out), lines_.place(), sink_);
  }

  Lines lines_;
  Sink& sink_;
  PerftestResult about_;  // what stands above the table
  std::string previous_, local_, remote_;
  std::string* at_ = nullptr;
  std::vector<std::string> columns_;
  bool any_ = false;
};

void read_perftest(const Input& input, Sink& sink) {
  if (is_json(input.head())) return read_perftest_json(input, sink);
  PerftestReader(input, sink).read();
}

bool looks_like_perftest(std::string_view head) {
  if (is_json(head)) return looks_like_perftest_json(head);
  const std::vector<std::string_view> lines = lines_of(head);
  return std::any_of(lines.begin(), lines.end(), is_header_perftest);
}

}  // namespace

void write_perftest(PerftestResult result, const Place& place, Sink& sink) {
  const bool both = holds(result.title, "Bidirectional"), reads = holds(result.title, "RDMA_Read");
  if (holds(result.title, "Atomic") || holds(result.title, "Raw"))
    return sink.skip("results of atomics and raw Ethernet, which no record expresses");
  if (result.rate > 0 && result.messages > 0) {
    // The two say the same, each with its own rounding; a table that does not is of another unit.
    const double slack = 0.02 + result.rate_step / result.rate + result.message_step / result.messages;
    if (std::abs(result.size * result.messages / result.rate - 1) > slack)
      throw InputError(place, fmt::format("{:g} messages/s of {:g} bytes are not {:g} bytes/s",
                                          result.messages, result.size, result.rate));
    if (result.message_step / result.messages < result.rate_step / result.rate)
      result.rate = result.size * result.messages;
  }
  const bool latency = result.median > 0 || result.mean > 0;
  const double time = result.median > 0 ? result.median
                      : result.mean > 0 ? result.mean
                      : result.rate > 0 ? result.size / result.rate * 1e6
                                        : 0;
  if (!(time > 0) || !(result.size > 0)) return sink.skip("results without a size or a time");
  RecordRow out;
  const Given& given = sink.given();
  if (const std::string gpu = sink.gpu_of(result.gpu); !gpu.empty()) out.set("gpu", gpu);
  if (given.software.empty()) out.set("software", "perftest");
  out.set("op", !latency && both ? "send_recv_both_ways"
                : !latency       ? "send_recv_window"
                : reads          ? "rdma_read"
                                 : "send_recv");
  std::string layer = result.title;
  if (!result.queue_pairs.empty() && result.queue_pairs != "1")
    layer += fmt::format(", {} queue pairs", result.queue_pairs);
  out.set("layer", layer).set("ranks", given.ranks ? static_cast<double>(*given.ranks) : 2.0);
  if (result.loop) sink.note("a test of an adapter with itself: local and remote address are the same");
  out.set("ranks_per_node", given.ranks_per_node ? static_cast<double>(*given.ranks_per_node)
                            : result.loop        ? 2.0
                                                 : 1.0);
  out.set("message_bytes", result.size).set("buffers", result.on_gpu ? "gpu" : "host").set("time_us", time);
  if (latency && !(result.median > 0)) sink.note("times are means over the iterations, not medians");
  if (!latency)
    sink.note("bandwidth tests keep a queue of messages in flight: time_us is one message's share");
  if (!latency && both) sink.note("bidirectional tests print the sum of both directions");
  if (result.least > 0) out.set("min_us", result.least);
  if (result.count > 0) out.set("count", result.count);
  sink.row(std::move(out));
}

const Format perftest{
    "perftest", "perftest: ib_write_bw, ib_read_bw, ib_send_bw and their latency tests (text, --out_json)",
    looks_like_perftest, read_perftest};

}  // namespace aifsim::records
