// Output of nvbandwidth: text or JSON (-j).
//
//   Device 0: NVIDIA H100 80GB HBM3 (00000000:18:00.0)
//   Running host_to_device_memcpy_ce.
//   memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)
//              0         1
//    0     55.63     55.64
//   SUM host_to_device_memcpy_ce 111.27
//
//   {"nvbandwidth": {"testcases": [{"name": ..., "status": "Passed", "bandwidth_description": ...,
//    "bandwidth_matrix": [["N/A", "276.07"], ["276.36", "N/A"]]}]}}
//
// A cell of a matrix is one path; the buffer has 512 MiB (64 MiB before 0.2) unless --bufferSize says
// otherwise, and the output does not tell. So a row carries the rate as the time of 512 MiB.
#include <fmt/format.h>

#include "base/quote.hpp"
#include "records/cells.hpp"
#include "records/format.hpp"
#include "records/json_walk.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

constexpr double kBuffer = 512.0 * 1048576;

// The operation of a test; "" where its rate is no rate of copies (latency in ns).
std::string op_of(std::string_view test) {
  if (holds(test, "latency")) return "";
  if (holds(test, "bidirectional") || holds(test, "all_to_") || holds(test, "to_all") ||
      holds(test, "one_to_all"))
    return holds(test, "bidirectional") ? "memcpy_both_ways" : "memcpy_many";
  if (test.starts_with("host_to_device")) return "memcpy_h2d";
  if (test.starts_with("device_to_host")) return "memcpy_d2h";
  if (test.starts_with("device_to_device") || test.starts_with("multinode_device_to_device"))
    return "memcpy_p2p";
  if (test.starts_with("device_local_copy")) return "memcpy_d2d";
  return "memcpy_many";
}

class Cells {
 public:
  explicit Cells(Sink& sink) : sink_(sink) {}
  void device(std::string_view name) {
    if (devices_.size() < 4096) devices_.emplace_back(name);
    sink_.fact("device", devices_.back());
  }
  // `columns`: what the columns and rows of the matrix are, "memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)".
  void cell(const std::string& test, std::string_view columns, std::size_t row_at, std::size_t column_at,
            double rate, const Place& place) {
    const std::string op = op_of(test);
    if (op.empty()) return sink_.skip("latencies, which no record expresses");
    if (!(rate > 0)) return sink_.skip("bandwidths of 0 or less", place);
    std::string device;
    if (!gpu_of(holds(columns, "GPU(row)"), row_at, column_at, device))
      return sink_.skip("paths between different GPUs", place);
    RecordRow row;
    if (const std::string gpu = sink_.gpu_of(device); !gpu.empty()) row.set("gpu", gpu);
    if (sink_.given().software.empty()) row.set("software", "nvbandwidth");
    row.set("op", op).set("layer", test).set("bytes", kBuffer).set("time_us", kBuffer / (rate * 1e3));
    sink_.note("nvbandwidth prints rates (GB/s); time_us is the time of 512 MiB at that rate");
    sink_.row(std::move(row));
  }

 private:
  // The device of a cell; false where its two ends are of different kinds.
  bool gpu_of(bool both_ends, std::size_t row, std::size_t column, std::string& device) const {
    if (devices_.empty() || !sink_.given().gpu.empty()) return true;
    const auto name = [&](std::size_t i) { return i < devices_.size() ? devices_[i] : devices_.front(); };
    device = name(column);
    return !both_ends || name(row) == device;
  }
  Sink& sink_;
  std::vector<std::string> devices_;
};

class TextReader {
 public:
  TextReader(const Input& input, Sink& sink) : lines_(input), sink_(sink), cells_(sink) {}

  void read() {
    while (lines_.next()) {
      const std::vector<Word> words = lines_.words();
      if (words.empty()) {
        matrix_.clear();
      } else if (!about(words) && !matrix_.empty()) {
        row_or_skip(sink_, [&] { row(words); });
      }
    }
    if (!any_)
      throw InputError(lines_.place(0),
                       "no matrix of bandwidths; expected \"Running TEST.\" and what follows");
  }

 private:
  // Lines that are no row of a matrix.
  bool about(const std::vector<Word>& words) {
    const std::string& line = lines_.text();
    const std::string_view first = words[0].text;
    if (first == "Device" && words.size() > 2 && words[1].text.back() == ':') {
      const std::size_t begin = line.find(": ") + 2, end = line.rfind(" (");
      cells_.device(trimmed(std::string_view(line).substr(
          begin, end == std::string::npos || end < begin ? std::string::npos : end - begin)));
    } else if (first == "Running" && words.size() == 2) {
      test_ = words[1].text.substr(0, words[1].text.find_last_not_of('.') + 1);
      matrix_.clear();
      any_ = true;
    } else if (holds(line, "ERROR") || holds(line, "Error") || first == "WAIVED" || first == "Waived:") {
      sink_.skip("tests that did not run", lines_.place());
      matrix_.clear();
    } else if (holds(line, "(GB/s)") || holds(line, "(ns)")) {
      any_ = true;
      matrix_ = line;
      columns_ = 0;
    } else if (first == "SUM" || first == "MIN" || first == "MAX" || first == "AVG") {
      sink_.skip("sums over a matrix");
      matrix_.clear();
    } else {
      return false;
    }
    return true;
  }

  void row(const std::vector<Word>& words) {
    if (test_.empty()) throw InputError(lines_.place(), "a matrix before a line \"Running TEST.\"");
    if (columns_ == 0) {  // the numbers of the columns
      for (const Word& word : words) lines_.count(word, "number of a column");
      columns_ = words.size();
      return;
    }
    if (words.size() != columns_ + 1)
      throw InputError(
          lines_.place(),
          fmt::format("a line of a matrix with {} cells; its header has {} columns", words.size(), columns_));
    const auto at = static_cast<std::size_t>(lines_.count(words[0], "number of a row"));
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i].text == "N/A") {
        sink_.skip("paths that do not exist (N/A)");
      } else {
        row_or_skip(sink_, [&] {
          cells_.cell(test_, matrix_, at, i - 1, lines_.number(words[i], "bandwidth"),
                      lines_.place(words[i].column));
        });
      }
    }
  }

  Lines lines_;
  Sink& sink_;
  Cells cells_;
  std::string test_, matrix_;  // the title of the matrix being read
  std::size_t columns_ = 0;
  bool any_ = false;
};

class NvbandwidthVisitor : public JsonVisitor {
 public:
  explicit NvbandwidthVisitor(Sink& sink) : sink_(sink), cells_(sink) {}
  bool any() const { return any_; }

  void begin(const JsonPath& path) override {
    if (is_at(path, {"nvbandwidth", "testcases", ""})) {
      test_.clear();
      title_.clear();
      pending_.clear();
      row_ = 0;
      any_ = true;
    }
    if (is_at(path, {"nvbandwidth", "testcases", "", "bandwidth_matrix", ""})) {
      ++row_;
      column_ = 0;
    }
  }

  void value(const JsonPath& path, const JsonScalar& value) override {
    const std::string* text = text_in(value);
    if (is_at(path, {"nvbandwidth", "testcases", "", "name"}) && text) test_ = *text;
    if (is_at(path, {"nvbandwidth", "testcases", "", "status"}) && text && *text != "Passed")
      sink_.skip("tests that did not run (" + text->substr(0, 20) + ")");
    if (is_at(path, {"nvbandwidth", "Driver Version"}) && text) sink_.fact("driver", *text);
    if (is_at(path, {"nvbandwidth", "testcases", "", "bandwidth_description"}) && text) title_ = *text;
    if (is_at(path, {"nvbandwidth", "GPU Device list", ""}) && text) {
      std::string device = text->substr(0, text->rfind(" ("));
      if (const std::size_t colon = device.find(": "); colon != std::string::npos) device.erase(0, colon + 2);
      cells_.device(device);
    }
    if (!is_at(path, {"nvbandwidth", "testcases", "", "bandwidth_matrix", "", ""})) return;
    ++column_;
    if (text && *text == "N/A") return sink_.skip("paths that do not exist (N/A)");
    const auto rate = number_in(value);
    if (!rate)
      return sink_.skip(
          "rows that cannot be read",
          Problem{place(), fmt::format("bandwidth_matrix: expected a number or \"N/A\", found {}",
                                       text ? quote(*text) : "something else")});
    if (pending_.size() == 65536)
      throw InputError(place(), "bandwidth_matrix: more than 65536 paths in one test");
    pending_.push_back(
        {row_ - 1, column_ - 1, *rate});  // "name" comes behind "bandwidth_matrix": keys are sorted
  }

  void end(const JsonPath& path) override {
    if (!is_at(path, {"nvbandwidth", "testcases", ""})) return;
    for (const Path& p : pending_) cells_.cell(test_, title_, p.row, p.column, p.rate, place());
  }

 private:
  Sink& sink_;
  Cells cells_;
  struct Path {
    std::size_t row, column;
    double rate;
  };
  std::string test_, title_;
  std::vector<Path> pending_;
  std::size_t row_ = 0, column_ = 0;
  bool any_ = false;
};

void read_nvbandwidth(const Input& input, Sink& sink) {
  if (!is_json(input.head())) return TextReader(input, sink).read();
  NvbandwidthVisitor visitor(sink);
  walk_json(input, visitor);
  if (!visitor.any()) throw InputError(Place{input.name()}, "no list nvbandwidth.testcases");
}

bool looks_like_nvbandwidth(std::string_view head) {
  return holds(head, "nvbandwidth") &&
         (holds(head, "bandwidth (GB/s)") || holds(head, "\"testcases\"") || holds(head, "Running "));
}

}  // namespace

const Format nvbandwidth{"nvbandwidth", "nvbandwidth: text or JSON (host, device and peer copies)",
                         looks_like_nvbandwidth, read_nvbandwidth};

}  // namespace aifsim::records
