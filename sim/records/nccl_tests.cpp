// Output of nccl-tests and rccl-tests (all_reduce_perf and its sisters), as text and as JSON (-J, 2.17).
//
//   # Collective test starting: all_reduce_perf            (2.17; before, only the command line in the log)
//   # nThread 1 nGpus 8 minBytes 8 ... iters: 20 ...
//   #  Rank  0 Group  0 Pid 81 on node1 device  0 [0000:1b:00] NVIDIA H100 80GB HBM3
//   #       size   count   type   redop   root   time  algbw  busbw #wrong   time  algbw  busbw #wrong
//           1024     256  float     sum     -1  12.33   0.08   0.15      0  12.10   0.08   0.15      0
//
// Columns come from the header: old releases print `error` for `#wrong`, no `root`, or blanks for `redop`;
// 2.17 adds i_min, i_max, i_p99 and i_cv% with per-iteration timing, and a timestamp. Sizes are whole
// buffers. Times are means over the iterations.
#include "records/nccl_tests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/quote.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"

namespace aifsim::records {
namespace {

// The program that a line names: "./build/all_reduce_perf -b 8", "Collective test starting: alltoall_perf".
std::optional<std::string> program_in(std::string_view line) {
  const std::size_t end = line.find("_perf");
  if (end == std::string_view::npos) return std::nullopt;
  std::size_t begin = end;
  while (begin > 0 && (std::isalnum(static_cast<unsigned char>(line[begin - 1])) || line[begin - 1] == '_'))
    --begin;
  return collective_word(line.substr(begin, end - begin));
}

class Reader {
 public:
  Reader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    bool any = false;
    while (lines_.next()) {
      const std::vector<Word> words = lines_.words();
      if (words.empty()) continue;
      if (words[0].text[0] == '#') {
        comment(words);
      } else if (header_.empty() || !as_number(words[0].text)) {
        other();
      } else {
        timing(words);
        any = true;
      }
    }
    if (!any)
      throw InputError(lines_.place(0),
                       "no line of results; expected the output of a program of nccl-tests or "
                       "rccl-tests, such as all_reduce_perf");
  }

 private:
  void comment(const std::vector<Word>& words) {
    const std::string& line = lines_.text();
    const auto after = [&](std::string_view word) -> std::optional<double> {
      for (std::size_t i = 1; i + 1 < words.size(); ++i)
        if (words[i].text == word && words[i - 1].text != "warmup" && words[i - 1].text != "agg")
          return as_number(words[i + 1].text);
      return std::nullopt;
    };
    if (has(line, "nThread ") && has(line, "nGpus ")) {  // a new run
      const std::string op = std::move(run_.op), version = std::move(run_.version);
      run_ = {};
      run_.op = op;
      run_.version = version;
      run_.iterations = after("iters:").value_or(0);
      const auto threads = after("nThread"), gpus = after("nGpus");
      run_.ranks = 0;
      announced_ = threads && gpus ? static_cast<std::int64_t>(std::clamp(*threads * *gpus, 0.0, 1e6)) : 0;
    } else if (has(line, " Rank ") && has(line, " device ") && has(line, " on ")) {
      device(words);
    } else if (has(line, "nccl-tests version") || has(line, "Using NCCL") || has(line, "NCCL version")) {
      sink_.fact("nccl-tests says", std::string(trimmed(line.substr(1))));
    } else if (std::any_of(words.begin(), words.end(), [](const Word& w) { return w.text == "algbw"; })) {
      header(words);
    }
    if (const auto op = program_in(line); op && !has(line, "concluded")) run_.op = *op;
  }

  void device(const std::vector<Word>& words) {
    ++run_.ranks;
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
      if (words[i].text == "on" && run_.hosts.size() < 65536) run_.hosts.emplace(words[i + 1].text);
    const std::string& line = lines_.text();
    const std::size_t bracket = line.find(']');
    if (bracket != std::string::npos) run_.device = trimmed(std::string_view(line).substr(bracket + 1));
    if (!run_.device.empty()) sink_.fact("device", run_.device);
  }

  void header(const std::vector<Word>& words) {
    header_.clear();
    timestamp_ = false;
    for (const Word& word : words) {
      const std::string_view text = word.text.substr(
          word.text == "#wrong"                                        ? 0
          : word.text.find_first_not_of('#') == std::string_view::npos ? word.text.size()
                                                                       : word.text.find_first_not_of('#'));
      if (text == "timestamp") timestamp_ = true;
      if (!text.empty() && text != "timestamp") header_.emplace_back(text);
    }
    first_time_ = static_cast<std::size_t>(
        std::find_if(header_.begin(), header_.end(),
                     [](const std::string& h) { return h == "time" || h == "cputime"; }) -
        header_.begin());
    const auto second =
        std::find_if(header_.begin() + static_cast<std::ptrdiff_t>(std::min(first_time_ + 1, header_.size())),
                     header_.end(), [](const std::string& h) { return h == "time" || h == "cputime"; });
    half_ = static_cast<std::size_t>(second - header_.begin()) - std::min(first_time_, header_.size());
    if (first_time_ >= header_.size() || header_.front() != "size")
      throw InputError(lines_.place(),
                       "a header that lacks size or time; expected \"# size count type redop root "
                       "time algbw busbw #wrong ...\"");
    if (header_.size() - first_time_ != 2 * half_)
      throw InputError(lines_.place(), "a header whose out-of-place and in-place columns differ in number");
  }

  void other() {
    const std::string& line = lines_.text();
    if (const auto op = program_in(line)) run_.op = *op;
    if (has(line, "NCCL version") || has(line, "RCCL version")) {
      sink_.fact("library", std::string(trimmed(line)));
      const std::size_t digit =
          line.find_first_of("0123456789", line.find("version"));  // "RCCL version : 2.22.3-..."
      if (digit != std::string::npos) {
        const std::size_t end = std::min(line.find_first_not_of("0123456789.", digit), line.size());
        run_.version = (has(line, "RCCL") ? "rccl-" : "nccl-") + line.substr(digit, end - digit);
      }
    }
    sink_.skip("lines that are no results (messages of the launcher or the library)");
  }

  void timing(std::vector<Word> words) {
    if (timestamp_ && words.size() >= 2) words.resize(words.size() - 2);
    const std::size_t tail = 2 * half_;
    bool blank_first = false;  // a trace replay prints only in-place
    if (words.size() < tail + 2) {
      if (words.size() > half_ + 1) {
        const Word &left = words[words.size() - half_ - 1], &right = words[words.size() - half_];
        blank_first = right.column - left.column - static_cast<int>(left.text.size()) >= 20;
      }
      if (!blank_first)
        throw InputError(lines_.place(), fmt::format("a line of results with {} columns; the header has {}",
                                                     words.size(), header_.size()));
    }
    const std::size_t tail_here = blank_first ? half_ : tail;
    const std::size_t lead = words.size() - tail_here;
    if (lead > first_time_)
      throw InputError(lines_.place(), fmt::format("a line of results with {} columns; the header has {}",
                                                   words.size(), header_.size()));
    NcclTiming t;
    t.bytes = static_cast<double>(lines_.count(words[0], "size"));
    lines_.count(words[1], "count");
    if (lead > 2) t.dtype = dtype_word(words[2].text);
    if (lead > 3 && !as_number(words[3].text)) t.redop = words[3].text;
    if (lead > 4) t.root = as_number(words[4].text);
    const bool in_place = blank_first || sink_.given().in_place;
    const std::size_t begin = lead + (in_place && !blank_first ? half_ : 0);
    const auto column = [&](std::string_view name, auto store) {
      for (std::size_t i = 0; i < half_; ++i)
        if (header_[first_time_ + i] == name) store(words[begin + i], header_[first_time_ + i].c_str());
    };
    if (words[begin].text == "N/A") {
      sink_.skip("timings that the program marks as not available (N/A)");
      return;
    }
    const auto plain = [&](double& into) {
      return [&into, this](const Word& w, const char* name) { into = lines_.number(w, name); };
    };
    column(header_[first_time_], plain(t.time_us));
    column("algbw", plain(t.algbw));
    column("busbw", plain(t.busbw));
    column("i_min", plain(t.min_us));
    for (const char* name : {"#wrong", "error"})
      column(name, [&](const Word& w, const char* what) {
        t.wrong = w.text == "N/A" ? 0 : lines_.number(w, what);
      });
    if (!blank_first)
      sink_.skip(in_place ? "out-of-place timings (--in-place takes the in-place ones)"
                          : "in-place timings (--in-place takes them instead)");
    NcclRun run = run_;
    if (run.ranks == 0) run.ranks = announced_;
    write_row(run, t, sink_, lines_.place(words[0].column));
  }

  Lines lines_;
  Sink& sink_;
  NcclRun run_;
  std::int64_t announced_ = 0;
  std::vector<std::string> header_;  // without the leading '#'
  std::size_t first_time_ = 0, half_ = 0;
  bool timestamp_ = false;
};

void read(const Input& input, Sink& sink) {
  const std::string head = input.head();
  if (trimmed(head).starts_with('{') || trimmed(head).starts_with('[')) {
    read_nccl_json(input, sink);
  } else {
    Reader(input, sink).read();
  }
}

bool looks_like(std::string_view head) {
  if (trimmed(head).starts_with('{')) return has(head, "\"nccl_version\"") && has(head, "\"args\"");
  if (trimmed(head).starts_with('[')) return has(head, "\"busBw\"") && has(head, "\"inPlace\"");
  return has(head, "algbw") && has(head, "busbw") && has(head, "(elements)");
}

}  // namespace

std::int64_t NcclRun::ranks_per_node(const Given& given) const {
  if (given.ranks_per_node) return *given.ranks_per_node;
  if (per_node > 0) return per_node;
  const auto nodes = static_cast<std::int64_t>(hosts.size());
  if (nodes == 0) return 0;
  return (ranks + nodes - 1) / nodes;
}

std::string op_of(const NcclRun& run, const NcclTiming& t, const Given& given, const Place& place) {
  if (!given.op.empty()) return given.op;
  if (!run.op.empty()) return run.op;
  const auto n = static_cast<double>(run.ranks_of(given));
  const bool reduces = !t.redop.empty() && t.redop != "none";
  if (reduces && t.root && *t.root >= 0) return "reduce";
  // busbw / algbw is 2(n-1)/n for all-reduce and (n-1)/n for reduce-scatter; both are printed with two digits
  // behind the point.
  if (reduces && t.root && n > 1 && t.algbw >= 1) {
    const double ratio = t.busbw / t.algbw * n / (n - 1);
    if (std::abs(ratio - 2) < 0.1) return "all_reduce";
    if (std::abs(ratio - 1) < 0.1) return "reduce_scatter";
  }
  throw InputError(
      place,
      "which operation was measured? The output names no program (all_reduce_perf, ...); give --op, "
      "such as --op all_reduce");
}

void write_row(const NcclRun& run, const NcclTiming& t, Sink& sink, const Place& place) {
  const Given& given = sink.given();
  if (t.bytes <= 0) {
    sink.skip("messages of 0 bytes");
    return;
  }
  if (!(t.time_us > 0)) {
    sink.skip("times of 0");
    return;
  }
  if (t.wrong > 0) {
    sink.skip("results that the program itself found wrong (#wrong)");
    return;
  }
  const std::int64_t ranks = run.ranks_of(given);
  if (ranks <= 0) throw InputError(place, "how many ranks ran? The output lists no devices; give --ranks N");
  const std::string op = op_of(run, t, given, place);
  RecordRow row;
  if (const std::string gpu = sink.gpu_of(run.device); !gpu.empty()) row.set("gpu", gpu);
  if (given.software.empty()) row.set("software", run.version.empty() ? "nccl-tests" : run.version);
  row.set("op", op).set("ranks", static_cast<double>(ranks));
  if (const std::int64_t per_node = run.ranks_per_node(given); per_node > 0)
    row.set("ranks_per_node", static_cast<double>(per_node));
  row.set("message_bytes", t.bytes).set("buffers", "gpu").set("dtype", t.dtype).set("time_us", t.time_us);
  if (t.min_us > 0) row.set("min_us", t.min_us);
  if (run.iterations > 0) row.set("count", run.iterations);
  if (t.busbw > 0) row.set("busbw_GBps", t.busbw);
  sink.note("times are means over the iterations, not medians");
  sink.row(std::move(row));
}

const Format nccl_tests{"nccl-tests",
                        "nccl-tests and rccl-tests: text or JSON output of all_reduce_perf and its sisters",
                        looks_like, read};

}  // namespace aifsim::records
