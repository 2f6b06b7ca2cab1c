// Output of the Intel MPI Benchmarks, part MPI-1.
//
//   #    Intel(R) MPI Benchmarks 2021.7, MPI-1 part
//   # MPI_Datatype for reductions    :   MPI_FLOAT
//   # Benchmarking Allreduce
//   # #processes = 144
//   # ( 16 additional processes waiting in MPI_Barrier )
//          #bytes #repetitions  t_min[usec]  t_max[usec]  t_avg[usec]
//            1024         1000         8.73        20.20        14.63
//
// Times are means over the repetitions; minimum, maximum and mean are over the ranks, and the mean is what
// OSU prints too. Sizes of all-gather, gather, scatter and all-to-all are what one rank gives to one other.
// PingPong prints half a round trip, PingPing one message while another comes the other way, Sendrecv a step
// of a ring of all ranks.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/ascii.hpp"
#include "records/cells.hpp"
#include "records/format.hpp"
#include "records/names.hpp"

namespace aifsim::records {
namespace {

struct ImbTest {
  const char* op;
  bool times_ranks = false, reduces = false;
};

// Variants (non-blocking, vector, one-sided) have other names.
const ImbTest* imb_test_of(std::string_view name) {
  static const std::map<std::string, ImbTest, std::less<>> known{
      {"pingpong", {"send_recv"}},
      {"pingpongspecificsource", {"send_recv"}},
      {"pingping", {"send_recv_both_ways"}},
      {"pingpingspecificsource", {"send_recv_both_ways"}},
      {"sendrecv", {"send_recv"}},
      {"allreduce", {"all_reduce", false, true}},
      {"reduce", {"reduce", false, true}},
      {"reduce_scatter", {"reduce_scatter", false, true}},
      {"bcast", {"broadcast"}},
      {"allgather", {"all_gather", true}},
      {"gather", {"gather", true}},
      {"scatter", {"scatter", true}},
      {"alltoall", {"all_to_all", true}},
      {"barrier", {"barrier"}},
  };
  const auto found = known.find(lower(name));
  return found == known.end() ? nullptr : &found->second;
}

bool is_header_imb(std::string_view line) {
  return holds(line, "repetitions") && (holds(line, "t_avg[usec]") || holds(line, "t[usec]"));
}

std::string_view without_hash(std::string_view line) {
  while (!line.empty() && (line.front() == '#' || line.front() == ' ')) line.remove_prefix(1);
  return line;
}

class ImbReader {
 public:
  ImbReader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    while (lines_.next()) {
      const std::string_view line = trimmed(lines_.text()), plain = without_hash(line);
      if (plain.empty()) continue;
      if (plain.starts_with("Benchmarking ") && words_of(plain).size() == 2) {
        name_ = words_of(plain)[1].text;
        ranks_ = 0;
        groups_ = 1;
        columns_.clear();
        any_ = true;
      } else if (holds(plain, "MPI Benchmarks ")) {
        const std::size_t at = plain.find("MPI Benchmarks ") + 15;
        for (const Word& word : words_of(plain.substr(at)))
          if (is_digit(word.text.front()) && version_.empty()) {
            version_ = word.text;
            while (!version_.empty() && version_.back() == ',') version_.pop_back();
          }
      } else if (holds(plain, "processes = ")) {
        ranks_ = number_after(plain, "processes = ");
      } else if (holds(plain, "groups of ")) {  // "( 2 groups of 4 processes each running simultaneous )"
        groups_ = number_after(plain, "( ");
        ranks_ = number_after(plain, "groups of ");
      } else if (holds(plain, "MPI_Datatype for reductions")) {
        reductions_ = dtype_word(trimmed(plain.substr(plain.find(':') + 1)));
      } else if (holds(plain, "mem_alloc_type")) {
        on_gpu_ = holds(plain, "mem_alloc_type device");
      } else if (is_header_imb(plain)) {
        columns_.clear();
        for (const Word& word : words_of(plain)) columns_.emplace_back(without_hash(word.text));
      } else if (!columns_.empty() && as_number(words_of(line)[0].text)) {
        row_or_skip(sink_, [&] { row(); });
      }
    }
    if (!any_)
      throw InputError(
          lines_.place(0),
          "no benchmark; expected output of the Intel MPI Benchmarks with lines \"# Benchmarking "
          "NAME\" and \"# #processes = N\"");
  }

 private:
  static double number_after(std::string_view line, std::string_view key) {
    const std::size_t at = line.find(key);
    if (at == std::string_view::npos) return 0;
    const std::vector<Word> words = words_of(line.substr(at + key.size()));
    return words.empty() ? 0 : as_number(words[0].text).value_or(0);
  }

  void row() {
    const ImbTest* test = imb_test_of(name_);
    if (!test) {
      sink_.skip("results of \"" + name_.substr(0, 40) + "\", which no record expresses");
      return;
    }
    if (groups_ > 1) {
      sink_.skip("results of several groups of ranks at once (-multi)");
      return;
    }
    const std::vector<Word> words = lines_.words();
    if (words.size() != columns_.size())
      throw InputError(lines_.place(), fmt::format("a line of {} columns; the header names {}", words.size(),
                                                   columns_.size()));
    double size = 0, least = 0, most = 0, mean = 0, count = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const double value = lines_.number(words[i], columns_[i].c_str());
      if (columns_[i] == "bytes") size = value;
      if (columns_[i] == "repetitions") count = value;
      if (columns_[i] == "t_min[usec]") least = value;
      if (columns_[i] == "t_max[usec]") most = value;
      if (columns_[i] == "t_avg[usec]" || columns_[i] == "t[usec]") mean = value;
    }
    const bool barrier = std::string_view(test->op) == "barrier";
    if (!(mean > 0) || (size <= 0 && !barrier)) {
      sink_.skip("results without a size or a time");
      return;
    }
    if (most > 0 && (least > mean * 1.001 + 0.01 || mean > most * 1.001 + 0.01))
      throw InputError(lines_.place(),
                       fmt::format("t_min {}, t_avg {}, t_max {} are not in order", least, mean, most));
    if (!(ranks_ >= 1)) throw InputError(lines_.place(), "a result before a line \"# #processes = N\"");
    if (ranks_ < 2) {
      sink_.skip("results of a single process");
      return;
    }
    RecordRow out;
    const Given& given = sink_.given();
    if (given.software.empty()) out.set("software", "imb" + (version_.empty() ? "" : "-" + version_));
    out.set("op", test->op).set("ranks", ranks_).set("layer", "IMB " + name_);
    if (given.ranks_per_node) out.set("ranks_per_node", static_cast<double>(*given.ranks_per_node));
    if (!barrier) out.set("message_bytes", size * (test->times_ranks ? ranks_ : 1));
    out.set("buffers", on_gpu_ ? "gpu" : "host").set("dtype", test->reduces ? reductions_ : "");
    out.set("time_us", mean);
    sink_.note("times are means over the iterations, not medians");
    if (least > 0) out.set("min_us", least);
    if (count > 0) out.set("count", count);
    sink_.row(std::move(out));
  }

  Lines lines_;
  Sink& sink_;
  std::string name_, version_, reductions_;
  double ranks_ = 0, groups_ = 1;
  std::vector<std::string> columns_;
  bool on_gpu_ = false, any_ = false;
};

void read_imb(const Input& input, Sink& sink) { ImbReader(input, sink).read(); }

bool looks_like_imb(std::string_view head) {
  bool title = false, header = false;
  for (const std::string_view line : lines_of(head)) {
    title |= without_hash(line).starts_with("Benchmarking ");
    header |= title && is_header_imb(line);
  }
  return header || holds(head, "Intel(R) MPI Benchmarks") || holds(head, "Intel (R) MPI Benchmarks");
}

}  // namespace

const Format imb{"imb", "Intel MPI Benchmarks (IMB-MPI1): collectives and point to point", looks_like_imb,
                 read_imb};

}  // namespace aifsim::records
