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

#include "records/cells.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"

namespace aifsim::records {
namespace {

// The program that a line names: "./build/all_reduce_perf -b 8", "Collective test starting: alltoall_perf".
std::string program_in(std::string_view line) {
  const std::size_t end = line.find("_perf");
  if (end == std::string_view::npos || line.substr(end + 5, 1) == ".") return "";  // "all_reduce_perf.cu"
  std::size_t begin = end;
  while (begin > 0 && (std::isalnum(static_cast<unsigned char>(line[begin - 1])) || line[begin - 1] == '_'))
    --begin;
  return end - begin > 40 ? "" : std::string(line.substr(begin, end + 5 - begin));
}

// "1,048,576", and "12,50" where the row shows that its commas are decimal.
std::string without_commas(std::string_view text, bool decimal) {
  std::string out(text);
  if (decimal) {
    std::replace(out.begin(), out.end(), ',', '.');
  } else {
    out.erase(std::remove(out.begin(), out.end(), ','), out.end());
  }
  return out;
}

bool is_time(const std::string& title) { return title == "time" || title == "cputime"; }
bool has_word(const std::vector<Word>& words, std::string_view text) {
  return std::any_of(words.begin(), words.end(),
                     [&](const Word& w) { return w.text == text || w.text == "#" + std::string(text); });
}

// Lines are told apart by their words, not by the '#', which gets lost where people paste.
class NcclTestsReader {
 public:
  NcclTestsReader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    bool any = false;
    while (lines_.next()) {
      const std::vector<Word> words = lines_.words();
      const std::string& line = lines_.text();
      if (words.empty()) continue;
      if (holds(line, "nThread ") && holds(line, "nGpus ")) {
        start(words);
      } else if (holds(line, "Rank ") && holds(line, " device ") && holds(line, " on ")) {
        device(words);
      } else if (has_word(words, "algbw") && has_word(words, "busbw") && has_word(words, "size")) {
        row_or_skip(sink_, [&] { header(words); });
      } else if (holds(line, "(elements)")) {
        units(words);
      } else if (!header_.empty() &&
                 words[0].text.find_first_not_of("0123456789,") == std::string_view::npos) {
        any = true;
        measured_ = true;
        row_or_skip(sink_, [&] { timing(words); });
      } else {
        other(words);
      }
    }
    if (!any)
      throw InputError(lines_.place(0),
                       "no line of results; expected the output of a program of nccl-tests or "
                       "rccl-tests, such as all_reduce_perf");
  }

 private:
  // A new run, or another process of the same one without MPI: then both print before the results come.
  void start(const std::vector<Word>& words) {
    const auto after = [&](std::string_view word) -> std::optional<double> {
      for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i].text == word &&
            (i == 0 || (words[i - 1].text != "warmup" && words[i - 1].text != "agg")))
          return as_number(words[i + 1].text);
      return std::nullopt;
    };
    NcclRun run;
    run.version = std::move(run_.version);
    if (measured_) {
      run.program = std::move(named_);
    } else {  // what a program printed above the list
      run.program = named_.empty() ? std::move(run_.program) : std::move(named_);
      run.listed = std::move(run_.listed);
      run.devices = std::move(run_.devices);
      run.twice = run_.twice;
    }
    named_.clear();
    measured_ = false;
    run.op = collective_word(run.program).value_or("");
    run.iterations = after("iters:").value_or(0);
    const auto threads = after("nThread"), gpus = after("nGpus");
    run.ranks = threads && gpus ? static_cast<std::int64_t>(std::clamp(*threads * *gpus, 0.0, 1e6)) : 0;
    for (std::size_t i = 0; i + 2 < words.size(); ++i)
      if (words[i].text == "agg" && words[i + 1].text == "iters:" &&
          as_number(words[i + 2].text).value_or(1) > 1)
        sink_.note("operations were launched several at a time (agg iters): times are one operation's share");
    run_ = std::move(run);
  }

  // Rank 0 Group 0 Pid 81 on node1 device 0 [0000:1b:00] NVIDIA H100 80GB HBM3
  void device(const std::vector<Word>& words) {
    const auto after = [&](std::string_view word) -> std::string_view {
      for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i].text == word || words[i].text == "#" + std::string(word)) return words[i + 1].text;
      return {};
    };
    const auto rank = as_number(after("Rank"));
    if (!rank || *rank < 0 || *rank > 1e7) return other(words);
    const std::string host(after("on"));
    const std::string& line = lines_.text();
    const std::size_t bracket = line.find(']');
    const std::string name(
        bracket == std::string::npos ? "" : trimmed(std::string_view(line).substr(bracket + 1)));
    run_.list(static_cast<std::int64_t>(*rank),
              {static_cast<std::int64_t>(as_number(after("Group")).value_or(0)), host,
               fmt::format("{} on {}", after("Pid"), host)},
              name);
    if (!name.empty()) sink_.fact("device", name);
  }

  void header(const std::vector<Word>& words) {
    header_.clear();
    timestamp_ = false;
    for (const Word& word : words) {
      const std::size_t first = word.text == "#wrong" ? 0 : word.text.find_first_not_of('#');
      const std::string_view text = word.text.substr(std::min(first, word.text.size()));
      if (text == "timestamp") timestamp_ = true;
      if (!text.empty() && text != "timestamp") header_.emplace_back(text);
    }
    first_time_ =
        static_cast<std::size_t>(std::find_if(header_.begin(), header_.end(), is_time) - header_.begin());
    const auto second =
        std::find_if(header_.begin() + static_cast<std::ptrdiff_t>(std::min(first_time_ + 1, header_.size())),
                     header_.end(), is_time);
    half_ = static_cast<std::size_t>(second - header_.begin()) - std::min(first_time_, header_.size());
    unit_ = 1;
    if (first_time_ < header_.size() && header_.front() == "size" &&
        (header_.size() - first_time_ == 2 * half_ || header_.size() - first_time_ == half_))
      return;
    header_.clear();
    throw InputError(
        lines_.place(),
        "a header that lacks size or time, or whose out-of-place and in-place columns differ in number; "
        "expected \"# size count type redop root time algbw busbw #wrong ...\"");
  }

  // "# (B) (elements) (us) (GB/s) (GB/s)"
  void units(const std::vector<Word>& words) {
    if (has_word(words, "(ms)")) unit_ = 1e3;
    if (has_word(words, "(s)")) unit_ = 1e6;
  }

  void other(const std::vector<Word>& words) {
    const std::string& line = lines_.text();
    if (const std::string program = program_in(line); !program.empty() && !holds(line, "concluded")) {
      named_ = program;
      if (!measured_) {
        run_.program = program;
        run_.op = collective_word(program).value_or("");
      }
    }
    const bool comment = words[0].text[0] == '#';
    if (holds(line, "nccl-tests version") ||
        (comment && (holds(line, "Using NCCL") || holds(line, "NCCL version")))) {
      sink_.fact("nccl-tests says",
                 std::string(trimmed(line.substr(std::min(line.find_first_not_of("# "), line.size())))));
    } else if (holds(line, "NCCL version") || holds(line, "RCCL version")) {
      sink_.fact("library", std::string(trimmed(line)));
      const std::size_t digit =
          line.find_first_of("0123456789", line.find("CL version"));  // "RCCL version : 2.22.3-..."
      if (digit != std::string::npos) {
        const std::size_t end = std::min(line.find_first_not_of("0123456789.", digit), line.size());
        run_.version = (holds(line, "RCCL") ? "rccl-" : "nccl-") + line.substr(digit, end - digit);
      }
    }
    if (!comment) sink_.skip("lines that are no results (messages of the launcher or the library)");
  }

  InputError wrong_width(std::size_t words) const {
    return {lines_.place(),
            fmt::format("a line of results with {} columns; the header has {}", words, header_.size())};
  }

  void timing(std::vector<Word> words) {
    if (timestamp_ && words.size() >= 2) words.resize(words.size() - 2);
    // An old header has no in-place columns at all; a trace replay prints only those.
    const bool both = header_.size() - first_time_ == 2 * half_;
    const std::size_t tail = both ? 2 * half_ : half_;
    bool blank_first = false;
    if (both && words.size() < tail + 2) {
      if (words.size() > half_ + 1) {
        const Word &left = words[words.size() - half_ - 1], &right = words[words.size() - half_];
        blank_first = right.column - left.column - static_cast<int>(left.text.size()) >= 20;
      }
      if (!blank_first) throw wrong_width(words.size());
    }
    const std::size_t tail_here = blank_first ? half_ : tail;
    if (words.size() < tail_here + 2 || words.size() - tail_here > first_time_)
      throw wrong_width(words.size());
    const std::size_t lead = words.size() - tail_here;
    decimal_commas_ = std::any_of(words.begin() + 2, words.end(), [](const Word& w) {
      const std::size_t comma = w.text.find(',');
      return comma != std::string_view::npos && w.text.size() - comma < 4;
    });
    NcclTiming t;
    t.bytes = figure(words[0], "size", false);
    figure(words[1], "count", false);
    if (lead > 2) t.dtype = dtype_word(words[2].text);
    if (lead > 3 && !as_number(words[3].text)) t.redop = words[3].text;
    if (lead > 4) t.root = as_number(words[4].text);
    const bool asked = sink_.given().in_place;
    bool in_place = blank_first || (asked && both);
    std::size_t begin = lead + (in_place && !blank_first ? half_ : 0);
    if (words[begin].text == "N/A" && both && !blank_first &&
        words[in_place ? lead : lead + half_].text != "N/A") {
      if (asked) return sink_.skip("timings that the program marks as not available (N/A)", lines_.place());
      in_place = true;
      begin = lead + half_;
    }
    if (words[begin].text == "N/A")
      return sink_.skip("timings that the program marks as not available (N/A)", lines_.place());
    if (in_place && !asked) sink_.note("out-of-place times are not there: the in-place ones were taken");
    const auto column = [&](std::string_view name, auto store) {
      for (std::size_t i = 0; i < half_; ++i)
        if (header_[first_time_ + i] == name) store(words[begin + i], header_[first_time_ + i].c_str());
    };
    const auto plain = [&](double& into) {
      return [&into, this](const Word& w, const char* name) { into = figure(w, name, decimal_commas_); };
    };
    if (header_[first_time_ + (in_place && both ? half_ : 0)] == "cputime")
      return sink_.skip("times of the launch on the CPU (-C 1), not of the collective", lines_.place());
    column(header_[first_time_], plain(t.time_us));
    if (!(t.time_us > 0)) return sink_.skip("times of 0", lines_.place());
    t.time_us *= unit_;
    column("algbw", plain(t.algbw));
    column("busbw", plain(t.busbw));
    column("i_min", plain(t.min_us));
    t.min_us *= unit_;
    for (const char* name : {"#wrong", "error", "wrong"})
      column(name, [&](const Word& w, const char* what) {
        t.wrong = w.text == "N/A" ? 0 : figure(w, what, false);
      });
    if (both && !blank_first)
      sink_.skip(in_place ? "out-of-place timings (--in-place takes the in-place ones)"
                          : "in-place timings (--in-place takes them instead)");
    write_row(run_, t, sink_, lines_.place(words[0].column));
  }

  double figure(const Word& word, const char* what, bool decimal) const {
    if (word.text.find(',') == std::string_view::npos) return lines_.number(word, what);
    const std::string text = without_commas(word.text, decimal);
    return lines_.number({text, word.column}, what);
  }

  Lines lines_;
  Sink& sink_;
  NcclRun run_;
  std::string named_;                // the program that was named last, of the run that comes
  bool measured_ = false;            // the run has results already
  std::vector<std::string> header_;  // without the leading '#'
  std::size_t first_time_ = 0, half_ = 0;
  bool timestamp_ = false, decimal_commas_ = false;
  double unit_ = 1;  // of times, in microseconds
};

void read_nccl_tests(const Input& input, Sink& sink) {
  if (is_json(input.head())) {
    read_nccl_json(input, sink);
  } else {
    NcclTestsReader(input, sink).read();
  }
}

bool looks_like_nccl_tests(std::string_view head) {
  if (is_json(head)) {
    if (holds(head, "\"traceEvents\"")) return false;
    const bool results =
        holds(head, "\"nccl_version\"") && holds(head, "\"args\"") && holds(head, "\"config\"");
    return results || (holds(head, "\"busBw\"") && holds(head, "\"inPlace\""));
  }
  for (const std::string_view line : lines_of(head)) {
    if (!holds(line, "algbw") || !holds(line, "busbw")) continue;
    const std::vector<Word> words = words_of(line);
    if (has_word(words, "size") && has_word(words, "time")) return true;
    if (has_word(words, "size") && has_word(words, "cputime")) return true;
  }
  return false;
}

}  // namespace

const Format nccl_tests{"nccl-tests",
                        "nccl-tests and rccl-tests: text or JSON output of all_reduce_perf and its sisters",
                        looks_like_nccl_tests, read_nccl_tests};

}  // namespace aifsim::records
