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
#include "records/format.hpp"
#include "records/json_walk.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

constexpr double kBuffer = 512.0 * 1048576;

// The operation of a test; "" where its rate is no rate of copies (latency in ns).
std::string op_of(std::string_view test) {
  if (has(test, "latency")) return "";
  if (has(test, "bidirectional") || has(test, "all_to_") || has(test, "to_all") || has(test, "one_to_all"))
    return has(test, "bidirectional") ? "memcpy_both_ways" : "memcpy_many";
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
  void cell(const std::string& test, const std::string& device, double rate, const Place& place) {
    if (rate < 0) throw InputError(place, "a bandwidth below 0");
    const std::string op = op_of(test);
    if (op.empty() || rate == 0) {
      sink_.skip(op.empty() ? "latencies, which no record expresses" : "bandwidths of 0");
      return;
    }
    RecordRow row;
    if (const std::string gpu = sink_.gpu_of(device); !gpu.empty()) row.set("gpu", gpu);
    if (sink_.given().software.empty()) row.set("software", "nvbandwidth");
    row.set("op", op).set("layer", test).set("bytes", kBuffer).set("time_us", kBuffer / (rate * 1e3));
    sink_.note("nvbandwidth prints rates (GB/s); time_us is the time of 512 MiB at that rate");
    sink_.row(std::move(row));
  }

 private:
  Sink& sink_;
};

void read_text(const Input& input, Sink& sink) {
  Lines lines(input);
  Cells cells(sink);
  std::string test, device;
  std::size_t columns = 0;
  bool matrix = false, any = false;
  while (lines.next()) {
    const std::vector<Word> words = lines.words();
    const std::string& line = lines.text();
    if (words.empty()) {
      matrix = false;
    } else if (words[0].text == "Device" && words.size() > 2 && words[1].text.back() == ':') {
      const std::size_t begin = line.find(": ") + 2, end = line.rfind(" (");
      device = trimmed(std::string_view(line).substr(begin, end == std::string::npos ? end : end - begin));
      sink.fact("device", device);
    } else if (words[0].text == "Running" && words.size() == 2) {
      test = words[1].text.substr(0, words[1].text.find_last_not_of('.') + 1);
      matrix = false;
      any = true;
    } else if (has(line, "(GB/s)") || has(line, "(ns)")) {
      if (test.empty()) throw InputError(lines.place(), "a matrix before a line \"Running TEST.\"");
      matrix = true;
      columns = 0;
      any = true;
    } else if (matrix && columns == 0) {  // the numbers of the columns
      columns = words.size();
      for (const Word& word : words) lines.count(word, "number of a column");
    } else if (matrix && words.size() == columns + 1) {
      lines.count(words[0], "number of a row");
      for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i].text == "N/A") {
          sink.skip("paths that do not exist (N/A)");
        } else {
          cells.cell(test, device, lines.number(words[i], "bandwidth"), lines.place(words[i].column));
        }
      }
    } else if (words[0].text == "SUM" || words[0].text == "MIN" || words[0].text == "MAX" ||
               words[0].text == "AVG") {
      sink.skip("sums over a matrix");
      matrix = false;
    } else if (matrix) {
      throw InputError(
          lines.place(),
          fmt::format("a line of a matrix with {} cells; its header has {} columns", words.size(), columns));
    } else {
      if (words[0].text == "WAIVED" || words[0].text == "Waived:" || has(line, "ERROR"))
        sink.skip("tests that did not run");
    }
  }
  if (!any)
    throw InputError(lines.place(0), "no matrix of bandwidths; expected \"Running TEST.\" and what follows");
}

class Visitor : public JsonVisitor {
 public:
  explicit Visitor(Sink& sink) : sink_(sink), cells_(sink) {}
  bool any() const { return any_; }

  void begin(const JsonPath& path) override {
    if (is_at(path, {"nvbandwidth", "testcases", ""})) {
      test_.clear();
      pending_.clear();
      any_ = true;
    }
  }

  void value(const JsonPath& path, const JsonScalar& value) override {
    const std::string* text = text_in(value);
    if (is_at(path, {"nvbandwidth", "testcases", "", "name"}) && text) test_ = *text;
    if (is_at(path, {"nvbandwidth", "testcases", "", "status"}) && text && *text != "Passed")
      sink_.skip("tests that did not run (" + text->substr(0, 20) + ")");
    if (is_at(path, {"nvbandwidth", "Driver Version"}) && text) sink_.fact("driver", *text);
    if (is_at(path, {"nvbandwidth", "GPU Device list", ""}) && text) {
      device_ = text->substr(0, text->rfind(" ("));
      if (const std::size_t colon = device_.find(": "); colon != std::string::npos)
        device_.erase(0, colon + 2);
    }
    if (!is_at(path, {"nvbandwidth", "testcases", "", "bandwidth_matrix", "", ""})) return;
    if (text && *text == "N/A") {
      sink_.skip("paths that do not exist (N/A)");
      return;
    }
    const auto rate = number_in(value);
    if (!rate)
      throw InputError(place(), fmt::format("bandwidth_matrix: expected a number or \"N/A\", found {}",
                                            text ? quote(*text) : "something else"));
    if (pending_.size() == 65536)
      throw InputError(place(), "bandwidth_matrix: more than 65536 paths in one test");
    pending_.push_back(*rate);  // "name" comes behind "bandwidth_matrix": keys are sorted
  }

  void end(const JsonPath& path) override {
    if (!is_at(path, {"nvbandwidth", "testcases", ""})) return;
    for (const double rate : pending_) cells_.cell(test_, device_, rate, place());
  }

 private:
  Sink& sink_;
  Cells cells_;
  std::string test_, device_;
  std::vector<double> pending_;
  bool any_ = false;
};

void read(const Input& input, Sink& sink) {
  if (!trimmed(input.head()).starts_with('{')) return read_text(input, sink);
  Visitor visitor(sink);
  walk_json(input, visitor);
  if (!visitor.any()) throw InputError(Place{input.name()}, "no list nvbandwidth.testcases");
}

bool looks_like(std::string_view head) {
  return has(head, "nvbandwidth") &&
         (has(head, "bandwidth (GB/s)") || has(head, "\"testcases\"") || has(head, "Running "));
}

}  // namespace

const Format nvbandwidth{"nvbandwidth", "nvbandwidth: text or JSON (host, device and peer copies)",
                         looks_like, read};

}  // namespace aifsim::records
