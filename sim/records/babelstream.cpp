// Output of BabelStream: text or --csv.
//
//   Precision: double
//   Array size: 268.4 MB (=0.3 GB)
//   Using CUDA device NVIDIA H100 80GB HBM3
//   Function    MBytes/sec  Min (sec)   Max         Average
//   Copy        3035483.227 0.00018     0.00021     0.00019
//
//   function,num_times,n_elements,sizeof,max_mbytes_per_sec,min_runtime,max_runtime,avg_runtime   (--csv)
//
// The text prints times with five digits behind the point, too few for small arrays: the shortest time comes
// from the rate, and time_us only where the mean has three digits at least.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "records/cells.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

// Arrays that a kernel reads and writes.
std::optional<int> arrays_of(std::string_view function) {
  static const std::map<std::string, int, std::less<>> arrays{{"copy", 2},  {"mul", 2}, {"add", 3},
                                                              {"triad", 3}, {"dot", 2}, {"nstream", 4}};
  const auto found = arrays.find(lower(function));
  return found == arrays.end() ? std::nullopt : std::optional(found->second);
}

struct Result {
  std::string function;
  double elements = 0, element_bytes = 0, min_us = 0, mean_us = 0, count = 0;
};

void write(const Result& r, const std::string& device, const std::string& version, Sink& sink) {
  const double bytes = std::round(r.elements * r.element_bytes * *arrays_of(r.function));
  if (!(bytes > 0) || !(r.min_us > 0)) {
    sink.skip("results without a size or a time");
    return;
  }
  RecordRow row;
  if (const std::string gpu = sink.gpu_of(device); !gpu.empty()) row.set("gpu", gpu);
  if (sink.given().software.empty())
    row.set("software", "babelstream" + (version.empty() ? "" : "-" + version));
  row.set("op", "stream_" + lower(r.function)).set("bytes", bytes);
  row.set("dtype", r.element_bytes == 8 ? "fp64" : r.element_bytes == 4 ? "fp32" : "");
  row.set("time_us", r.mean_us > 0 ? r.mean_us : r.min_us).set("min_us", r.min_us);
  if (r.count > 0) row.set("count", r.count);
  if (device.empty() && sink.given().gpu.empty())
    sink.note("the output names no device; give --gpu NAME if it was one");
  sink.note(r.mean_us > 0 ? "times are means over the repeats, not medians"
                          : "times are the shortest of the repeats: the mean is printed with too few digits");
  sink.row(std::move(row));
}

// The table of the functions; since 5.0 one of the phases Init and Read stands before it.
class CsvTable {
 public:
  CsvTable(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}
  void read() {
    while (lines_.next()) {
      const std::vector<Cell> cells = csv_cells(lines_.text());
      if (cells.size() < 2) continue;
      if (cells[0].text == "function" || cells[0].text == "phase") {
        header_ = cells;
      } else if (header_.empty() || header_[0].text == "phase" || !arrays_of(cells[0].text)) {
        sink_.skip("rows that are no result of a kernel (Init, Read)");
      } else {
        any_ = true;
        row_or_skip(sink_, [&] { row(cells); });
      }
    }
    if (!any_) throw InputError(lines_.place(0), "no row of a function such as Copy or Triad");
  }

 private:
  void row(const std::vector<Cell>& cells) {
    if (cells.size() != header_.size())
      throw InputError(lines_.place(), fmt::format("the row has {} cells, but the header names {} columns",
                                                   cells.size(), header_.size()));
    Result r{cells[0].text};
    bool one_time = false;
    for (std::size_t i = 1; i < cells.size(); ++i) {
      const std::string& name = header_[i].text;
      const double value = lines_.number({cells[i].text, cells[i].column}, name.c_str());
      if (name == "num_times") r.count = value;
      if (name == "n_elements") r.elements = value;
      if (name == "sizeof") r.element_bytes = value;
      if (name == "min_runtime") r.min_us = value * 1e6;
      if (name == "avg_runtime") r.mean_us = value * 1e6;
      one_time |= name == "runtime";  // `--triad-only`: one time for all repeats
      if (name == "runtime") r.mean_us = value * 1e6;
    }
    if (one_time && r.count > 0) r.mean_us /= r.count;
    if (one_time) r.min_us = r.mean_us;
    write(r, "", "", sink_);
  }

  Lines lines_;
  Sink& sink_;
  std::vector<Cell> header_;
  bool any_ = false;
};

class TextTable {
 public:
  TextTable(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}
  void read() {
    while (lines_.next()) {
      const std::string_view line = trimmed(lines_.text());
      const std::vector<Word> words = lines_.words();
      if (words.empty()) continue;
      if (table_ && words.size() >= 5 && arrays_of(words[0].text)) {
        any_ = true;
        row_or_skip(sink_, [&] { row(words); });
      } else {
        about(line, words);
      }
    }
    if (!any_)
      throw InputError(lines_.place(0),
                       "no results; expected a table with the header \"Function MBytes/sec ...\"");
  }

 private:
  // What stands above the table.
  void about(std::string_view line, const std::vector<Word>& words) {
    const auto after = [&](std::string_view key) { return std::string(trimmed(line.substr(key.size()))); };
    const std::size_t device = line.find(" device");
    if (line == "BabelStream") {
      about_ = {};
      table_ = false;
    } else if (line.starts_with("Version:")) {
      about_.version = after("Version:");
    } else if (line.starts_with("Implementation:")) {
      sink_.fact("implementation", after("Implementation:"));
    } else if (line.starts_with("Driver:")) {
      sink_.fact("driver", after("Driver:"));
    } else if (line.starts_with("Using ") && device != std::string_view::npos) {
      // CUDA, HIP, SYCL, OpenCL, "CUDA device: " of Thrust
      about_.device = line.substr(std::min(line.find_first_not_of(": ", device + 7), line.size()));
      sink_.fact("device", about_.device);
    } else if (line.starts_with("Precision:")) {
      about_.element_bytes = holds(line, "double") ? 8 : 4;
    } else if (line.starts_with("Running") && words.size() >= 3) {
      about_.times = as_number(words[2].text).value_or(0);
    } else if (line.starts_with("Array size:") && words.size() >= 4) {
      row_or_skip(sink_, [&] { about_.array_bytes = bytes_of(words); });
    } else if (holds(line, "Validation failed")) {
      about_.invalid = true;
    } else if (words[0].text == "Function") {
      table_ = true;
      unit_ = holds(line, "MiBytes/sec") ? 1048576.0 : 1e6;
    } else if (table_) {
      sink_.skip("lines that are no results");
    }
  }

  double bytes_of(const std::vector<Word>& words) const {
    const std::string_view unit = words[3].text;
    return lines_.above_zero(words[2], "array size") * (unit == "MiB"   ? 1048576.0
                                                        : unit == "KiB" ? 1024.0
                                                        : unit == "GiB" ? 1073741824.0
                                                        : unit == "KB"  ? 1e3
                                                        : unit == "GB"  ? 1e9
                                                                        : 1e6);
  }

  void row(const std::vector<Word>& words) {
    if (about_.invalid)
      return sink_.skip("results that the program itself found wrong (validation)", lines_.place());
    if (!(about_.array_bytes > 0))
      throw InputError(lines_.place(), "a result before a line \"Array size: ...\"");
    const double bytes = about_.array_bytes * *arrays_of(words[0].text);
    const double shortest = bytes / (lines_.above_zero(words[1], "rate") * unit_);
    const double printed = lines_.number(words[2], "Min"), mean = lines_.number(words[4], "Average");
    if (std::abs(printed - shortest) > 1e-5 + 0.02 * shortest)
      throw InputError(lines_.place(), fmt::format("{:g} bytes at this rate take {:.3g} s, but Min says {:g}",
                                                   bytes, shortest, printed));
    write({std::string(words[0].text), about_.array_bytes / about_.element_bytes, about_.element_bytes,
           shortest * 1e6, mean >= 1e-3 ? mean * 1e6 : 0, about_.times},
          about_.device, about_.version, sink_);
  }

  struct About {
    std::string device, version;
    double element_bytes = 8, array_bytes = 0, times = 0;
    bool invalid = false;
  };
  Lines lines_;
  Sink& sink_;
  About about_;
  double unit_ = 1e6;
  bool table_ = false, any_ = false;
};

bool is_csv(std::string_view head) {
  for (const std::string_view line : lines_of(head))
    if (line.starts_with("function,num_times") || line.starts_with("phase,n_elements")) return true;
  return false;
}

void read_babelstream(const Input& input, Sink& sink) {
  if (is_csv(input.head())) {
    CsvTable(input, sink).read();
  } else {
    TextTable(input, sink).read();
  }
}

bool looks_like_babelstream(std::string_view head) {
  return is_csv(head) || (holds(head, "BabelStream") && holds(head, "Function"));
}

}  // namespace

const Format babelstream{"babelstream", "BabelStream: text or --csv (memory bandwidth of a device)",
                         looks_like_babelstream, read_babelstream};

}  // namespace aifsim::records
