// Output of STREAM (McCalpin): C and Fortran, 5.x.
//
//   STREAM version $Revision: 5.10 $
//   This system uses 8 bytes per array element.
//   Array size = 80000000 (elements), Offset = 0 (elements)
//   Number of Threads counted = 56
//   Function    Best Rate MB/s  Avg time     Min time     Max time
//   Copy:          180000.0     0.007200     0.007111     0.007300
//   Solution Validates: avg error less than 1.000000e-13 on all three arrays
//
// MB are 10^6 bytes. Operations have BabelStream's names: Scale is its mul.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "records/cells.hpp"
#include "records/format.hpp"

namespace aifsim::records {
namespace {

struct StreamKernel {
  const char* op;
  int arrays;
};

const StreamKernel* kernel_of(std::string_view word) {
  static const std::map<std::string, StreamKernel, std::less<>> known{{"copy:", {"stream_copy", 2}},
                                                                      {"scale:", {"stream_mul", 2}},
                                                                      {"add:", {"stream_add", 3}},
                                                                      {"triad:", {"stream_triad", 3}}};
  const auto found = known.find(lower(word));
  return found == known.end() ? nullptr : &found->second;
}

bool is_header_stream(std::string_view line) {
  return holds(line, "Function") && holds(line, "Rate") && holds(line, "MB/s") && !holds(line, "MBytes/sec");
}

class StreamReader {
 public:
  StreamReader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    bool any = false;
    while (lines_.next()) {
      const std::vector<Word> words = lines_.words();
      const std::string& line = lines_.text();
      if (words.empty()) continue;
      if (holds(line, "STREAM") && holds(lower(line), "version")) {
        flush(true);
        version_ = "";
        for (std::size_t i = 0; i + 1 < words.size(); ++i)
          if (holds(words[i].text, "Revision")) version_ = words[i + 1].text;
        elements_ = 0;
        threads_.clear();
      } else if (holds(line, "bytes per")) {
        for (std::size_t i = 0; i + 1 < words.size(); ++i)
          if (words[i + 1].text == "bytes") element_bytes_ = as_number(words[i].text).value_or(8);
      } else if (holds(line, "rray size")) {
        array_size(words);
      } else if (holds(line, "Number of Threads counted") || holds(line, "Number of Threads requested")) {
        threads_ = words.back().text;
      } else if (is_header_stream(line)) {
        table_ = any = true;
      } else if (const StreamKernel* kernel = table_ ? kernel_of(words[0].text) : nullptr) {
        row_or_skip(sink_, [&] { row(*kernel, words); });
      } else if (holds(line, "Failed Validation")) {
        flush(false);
      } else if (holds(line, "Solution Validates")) {
        flush(true);
      }
    }
    flush(true);
    if (!any)
      throw InputError(lines_.place(0),
                       "no results; expected STREAM's table \"Function    Best Rate MB/s  Avg time ...\"");
  }

 private:
  // "Array size = 80000000 (elements), Offset = 0"; old releases write "Array size =   80000000".
  void array_size(const std::vector<Word>& words) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
      if (words[i].text == "=") {
        std::string_view number = words[i + 1].text;
        while (!number.empty() && number.back() == ',') number.remove_suffix(1);
        elements_ = as_number(number).value_or(0);
        return;
      }
  }

  void row(const StreamKernel& kernel, const std::vector<Word>& words) {
    if (words.size() < 4) throw InputError(lines_.place(), "expected a rate and three times");
    const double rate = lines_.above_zero(words[1], "rate"), mean = lines_.above_zero(words[2], "Avg time"),
                 least = lines_.above_zero(words[3], "Min time");
    double bytes = elements_ * element_bytes_ * kernel.arrays;
    const double by_rate = rate * 1e6 * least;
    if (bytes <= 0) {
      bytes = by_rate;
      sink_.note("the size of the arrays is not told: bytes are the rate times the shortest time");
    } else if (std::abs(by_rate / bytes - 1) > 0.02 + 0.5e-6 / least + 0.05 / rate) {
      throw InputError(lines_.place(words[1].column),
                       fmt::format("{:g} MB/s in {:g} s are {:.4g} bytes, but {:.4g} elements of {:g} bytes "
                                   "in {} arrays are {:.4g}",
                                   rate, least, by_rate, elements_, element_bytes_, kernel.arrays, bytes));
    }
    RecordRow out;
    if (const std::string& gpu = sink_.given().gpu; !gpu.empty()) out.set("gpu", gpu);
    if (sink_.given().software.empty())
      out.set("software", "stream" + (version_.empty() ? "" : "-" + version_));
    out.set("op", kernel.op).set("bytes", bytes).set("buffers", "host");
    if (!threads_.empty()) out.set("layer", threads_ + " threads");
    out.set("dtype", element_bytes_ == 8 ? "fp64" : element_bytes_ == 4 ? "fp32" : "");
    out.set("time_us", mean * 1e6).set("min_us", bytes / (rate * 1e6) * 1e6);
    if (held_.size() == 1024) throw InputError(lines_.place(), "more than 1024 results in one table");
    held_.push_back(std::move(out));
  }

  // The rows of one run, which its validation may take back.
  void flush(bool sound) {
    for (RecordRow& row : held_) {
      if (sound) {
        sink_.note("times are means over the repeats, not medians");
        sink_.row(std::move(row));
      } else {
        sink_.skip("results that the program itself found wrong (validation)");
      }
    }
    held_.clear();
    table_ = false;
  }

  Lines lines_;
  Sink& sink_;
  std::string version_, threads_;
  double elements_ = 0, element_bytes_ = 8;
  bool table_ = false;
  std::vector<RecordRow> held_;
};

void read_stream(const Input& input, Sink& sink) { StreamReader(input, sink).read(); }

bool looks_like_stream(std::string_view head) {
  const std::vector<std::string_view> lines = lines_of(head);
  return std::any_of(lines.begin(), lines.end(), is_header_stream);
}

}  // namespace

const Format stream_benchmark{"stream", "STREAM (McCalpin): memory bandwidth of a host", looks_like_stream,
                              read_stream};

}  // namespace aifsim::records
