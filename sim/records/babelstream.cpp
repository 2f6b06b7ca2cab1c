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
#include <map>

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
  const double bytes = r.elements * r.element_bytes * *arrays_of(r.function);
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
  sink.note(r.mean_us > 0 ? "times are means over the repeats, not medians"
                          : "times are the shortest of the repeats: the mean is printed with too few digits");
  sink.row(std::move(row));
}

// The table of the functions; since 5.0 one of the phases Init and Read stands before it.
void read_csv(const Input& input, Sink& sink) {
  Lines lines(input);
  std::vector<std::string> header;
  bool any = false;
  while (lines.next()) {
    std::vector<Word> cells;
    std::string_view line = lines.text();
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find(',', at), line.size());
      cells.push_back({trimmed(line.substr(at, end - at)), static_cast<int>(at) + 1});
      at = end + 1;
    }
    if (cells.size() < 2) continue;
    if (cells[0].text == "function" || cells[0].text == "phase") {
      header.clear();
      for (const Word& cell : cells) header.emplace_back(cell.text);
    } else if (header.empty() || header[0] == "phase" || !arrays_of(cells[0].text)) {
      sink.skip("rows that are no result of a kernel (Init, Read)");
    } else {
      if (cells.size() != header.size())
        throw InputError(lines.place(), fmt::format("the row has {} cells, but the header names {} columns",
                                                    cells.size(), header.size()));
      Result r{std::string(cells[0].text)};
      for (std::size_t i = 1; i < cells.size(); ++i) {
        const double value = lines.number(cells[i], header[i].c_str());
        if (header[i] == "num_times") r.count = value;
        if (header[i] == "n_elements") r.elements = value;
        if (header[i] == "sizeof") r.element_bytes = value;
        if (header[i] == "min_runtime") r.min_us = value * 1e6;
        if (header[i] == "avg_runtime") r.mean_us = value * 1e6;
        // `--triad-only`: one time for all repeats
        if (header[i] == "runtime") r.min_us = r.mean_us = value * 1e6;
      }
      if (std::find(header.begin(), header.end(), "runtime") != header.end() && r.count > 0)
        r.min_us = r.mean_us = r.mean_us / r.count;
      any = true;
      write(r, "", "", sink);
    }
  }
  if (!any) throw InputError(lines.place(0), "no row of a function such as Copy or Triad");
}

void read_text(const Input& input, Sink& sink) {
  Lines lines(input);
  std::string device, version;
  double element_bytes = 8, array_bytes = 0, times = 0, unit = 1e6;
  bool table = false, any = false;
  while (lines.next()) {
    const std::vector<Word> words = lines.words();
    const std::string_view line = trimmed(lines.text());
    const auto after = [&](std::string_view key) { return std::string(trimmed(line.substr(key.size()))); };
    if (words.empty()) continue;
    if (line.starts_with("Version:")) {
      version = after("Version:");
    } else if (line.starts_with("Using CUDA device ") || line.starts_with("Using HIP device ")) {
      device = after(line.starts_with("Using CUDA") ? "Using CUDA device " : "Using HIP device ");
      sink.fact("device", device);
    } else if (line.starts_with("Precision:")) {
      element_bytes = has(line, "double") ? 8 : 4;
    } else if (line.starts_with("Running") && words.size() >= 3) {
      times = as_number(words[2].text).value_or(0);
    } else if (line.starts_with("Array size:") && words.size() >= 4) {
      array_bytes = lines.above_zero(words[2], "array size") * (words[3].text == "MiB"  ? 1048576.0
                                                                : words[3].text == "KB" ? 1e3
                                                                : words[3].text == "GB" ? 1e9
                                                                                        : 1e6);
    } else if (words[0].text == "Function") {
      table = true;
      unit = has(line, "MiBytes/sec") ? 1048576.0 : 1e6;
    } else if (table && words.size() >= 5 && arrays_of(words[0].text)) {
      any = true;
      if (!(array_bytes > 0)) throw InputError(lines.place(), "a result before a line \"Array size: ...\"");
      const double elements = array_bytes / element_bytes;
      const double bytes = array_bytes * *arrays_of(words[0].text);
      const double mean = lines.number(words[4], "Average");
      const double shortest = bytes / (lines.above_zero(words[1], "rate") * unit);
      write({std::string(words[0].text), elements, element_bytes, shortest * 1e6,
             mean >= 1e-3 ? mean * 1e6 : 0, times},
            device, version, sink);
    } else if (table) {
      sink.skip("lines that are no results");
    }
  }
  if (!any)
    throw InputError(lines.place(0),
                     "no results; expected a table with the header \"Function MBytes/sec ...\"");
}

bool is_csv(std::string_view head) {
  for (const std::string_view line : lines_of(head))
    if (line.starts_with("function,num_times") || line.starts_with("phase,n_elements")) return true;
  return false;
}

void read(const Input& input, Sink& sink) {
  is_csv(input.head()) ? read_csv(input, sink) : read_text(input, sink);
}

bool looks_like(std::string_view head) {
  return is_csv(head) || (has(head, "BabelStream") && has(head, "Function"));
}

}  // namespace

const Format babelstream{"babelstream", "BabelStream: text or --csv (memory bandwidth of a device)",
                         looks_like, read};

}  // namespace aifsim::records
