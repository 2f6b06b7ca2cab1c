// Output of the OSU micro-benchmarks (MPI and NCCL variants, host and device buffers), short or full (-f).
//
//   # OSU MPI-CUDA Allreduce Latency Test v7.4
//   # Datatype: MPI_CHAR.                                   (since 7.1)
//   # Size       Avg Latency(us)   Min Latency(us)   Max Latency(us)  Iterations    [Validation]
//   1024                  12.33             12.01             12.80        1000            Pass
//
// Since 7.2 there may be columns "P50 Tail Lat(us)", P90 and P99. Sizes of all-gather, gather, scatter and
// all-to-all are what one rank gives to one other, so the whole buffer is that times the ranks, which the
// output does not tell.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/quote.hpp"
#include "records/cells.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"

namespace aifsim::records {
namespace {

struct Test {
  std::string title, op, version, library;
  bool device = false, times_ranks = false, bandwidth = false;
  bool known = false;
};

// "OSU MPI-CUDA Allreduce Latency Test v7.4" and its like.
Test osu_test_of(std::string_view line) {
  Test test;
  test.title = trimmed(line);
  const std::string text = lower(line);
  for (const char* device : {"-cuda", "-rocm", "-openacc", "nccl", "rccl", "-sycl"})
    test.device |= holds(text, device);
  test.library = holds(text, "nccl") ? "nccl" : holds(text, "rccl") ? "rccl" : "mpi";
  const std::size_t v = text.rfind(" v");
  if (v != std::string::npos) test.version = text.substr(v + 2, text.find(' ', v + 2) - v - 2);
  struct Known {
    const char* op;
    bool times_ranks, bandwidth;
  };
  // By the words between the interface and "Test"; a variant (non-blocking, vector, neighbourhood) has
  // others.
  static const std::map<std::string, Known, std::less<>> known{
      {"allreduce latency", {"all_reduce", false, false}},
      {"allgather latency", {"all_gather", true, false}},
      {"reduce_scatter latency", {"reduce_scatter", false, false}},
      {"all-to-all personalized exchange latency", {"all_to_all", true, false}},
      {"alltoall latency", {"all_to_all", true, false}},
      {"broadcast latency", {"broadcast", false, false}},
      {"bcast latency", {"broadcast", false, false}},
      {"reduce latency", {"reduce", false, false}},
      {"gather latency", {"gather", true, false}},
      {"scatter latency", {"scatter", true, false}},
      {"barrier latency", {"barrier", false, false}},
      {"latency", {"send_recv", false, false}},
      {"bandwidth", {"send_recv_window", false, true}},
      {"bi-directional bandwidth", {"send_recv_both_ways", false, true}},
  };
  const std::size_t begin = text.find(' ', 4), end = text.find(" test");  // behind "osu mpi"
  if (begin == std::string::npos || end == std::string::npos || end <= begin) return test;
  if (const auto found = known.find(text.substr(begin + 1, end - begin - 1)); found != known.end()) {
    test.known = true;
    test.op = found->second.op;
    test.times_ranks = found->second.times_ranks;
    test.bandwidth = found->second.bandwidth;
  }
  return test;
}

class OsuReader {
 public:
  OsuReader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    bool any = false;
    while (lines_.next()) {
      const std::vector<Word> words = lines_.words();
      if (words.empty()) continue;
      const std::string& line = lines_.text();
      if (holds(line, "OSU ") && holds(line, " Test")) {
        test_ = osu_test_of(line.substr(line.find("OSU ")));
        columns_.clear();
        dtype_.clear();
        any = true;
      } else if (holds(line, "Datatype:")) {
        std::string_view word = trimmed(std::string_view(line).substr(line.find(':') + 1));
        while (!word.empty() && word.back() == '.') word.remove_suffix(1);
        dtype_ = dtype_word(word);
      } else if (holds(line, "Latency(us)") || holds(line, "Latency (us)") ||
                 holds(line, "Bandwidth (MB/s)") || holds(line, "MB/s")) {
        header(line);
      } else if (!columns_.empty() && as_number(words[0].text)) {
        row_or_skip(sink_, [&] { row(words); });
      } else {
        sink_.skip("lines that are no results (comments, messages of the launcher or the library)");
      }
    }
    if (!any)
      throw InputError(
          lines_.place(0),
          "no title of a test; expected output of the OSU micro-benchmarks, which begins with \"# OSU "
          "MPI ... Test\"");
  }

 private:
  // Titles of columns are parted by two blanks or more, and have blanks themselves: "Avg Latency(us)".
  void header(std::string_view line) {
    columns_.clear();
    line = trimmed(line);
    while (!line.empty() && (line.front() == '#' || line.front() == ' ')) line.remove_prefix(1);
    while (!line.empty()) {
      std::size_t end = std::min(line.find("  "), line.size());
      end = std::min(end, std::min(line.find('\t'), line.size()));
      columns_.push_back(lower(trimmed(line.substr(0, end))));
      line = trimmed(line.substr(end));
    }
  }

  void row(const std::vector<Word>& words) {
    const Given& given = sink_.given();
    if (!test_.known) {
      sink_.skip("results of \"" + test_.title.substr(0, 80) + "\", which no record expresses");
      return;
    }
    if (words.size() > columns_.size() || words.size() < std::min<std::size_t>(columns_.size(), 2))
      throw InputError(lines_.place(), fmt::format("a line of {} columns; the header names {}", words.size(),
                                                   columns_.size()));
    double size = 0, time = 0, smallest = 0, p50 = 0, p90 = 0, iterations = 0, rate = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& name = columns_[i];
      const auto number = [&] { return lines_.number(words[i], name.c_str()); };
      if (name == "size") {
        size = static_cast<double>(lines_.count(words[i], "size"));
      } else if (name.starts_with("avg lat") || name.starts_with("latency")) {
        time = number();
      } else if (name.starts_with("min lat")) {
        smallest = number();
      } else if (test_.bandwidth && name.starts_with("p")) {
        continue;  // percentiles of the rate
      } else if (holds(name, "p50")) {
        p50 = number();
      } else if (holds(name, "p90")) {
        p90 = number();
      } else if (name == "iterations") {
        iterations = number();
      } else if (name.starts_with("bandwidth") || name == "mb/s") {
        rate = number();
      } else if (name == "validation" && words[i].text != "Pass") {
        sink_.skip("results that the program itself found wrong (validation)");
        return;
      }
    }
    if (test_.bandwidth && rate > 0) time = size / rate;  // MB/s are bytes per microsecond
    if (!(time > 0)) {
      sink_.skip("times of 0");
      return;
    }
    const bool pair = test_.op.starts_with("send_recv");
    const std::int64_t ranks = given.ranks.value_or(pair ? 2 : 0);
    if (ranks <= 0)
      throw InputError(lines_.place(),
                       "how many ranks ran? OSU output does not say; give --ranks N and --ranks-per-node N");
    RecordRow row;
    row.set("op", test_.op).set("ranks", static_cast<double>(ranks));
    if (given.ranks_per_node) row.set("ranks_per_node", static_cast<double>(*given.ranks_per_node));
    if (test_.op != "barrier")
      row.set("message_bytes", size * (test_.times_ranks ? static_cast<double>(ranks) : 1));
    row.set("buffers", test_.device ? "gpu" : "host").set("dtype", dtype_);
    if (given.software.empty()) row.set("software", "osu-" + test_.version + " " + test_.library);
    row.set("time_us", p50 > 0 ? p50 : time);
    if (p50 <= 0) sink_.note("times are means over the iterations, not medians");
    if (smallest > 0) row.set("min_us", smallest);
    if (p90 > 0) row.set("p90_us", p90);
    if (iterations > 0) row.set("count", iterations);
    sink_.row(std::move(row));
  }

  Lines lines_;
  Sink& sink_;
  Test test_;
  std::string dtype_;
  std::vector<std::string> columns_;
};

void read_osu(const Input& input, Sink& sink) { OsuReader(input, sink).read(); }

bool looks_like_osu(std::string_view head) {
  for (const std::string_view line : lines_of(head))
    if (holds(line, "OSU ") && holds(line, " Test v")) return true;
  return false;
}

}  // namespace

const Format osu{
    "osu", "OSU micro-benchmarks: collectives and point to point, host or device buffers (needs --ranks)",
    looks_like_osu, read_osu};

}  // namespace aifsim::records
