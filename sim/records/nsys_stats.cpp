// Tables of `nsys stats`: CSV, columns or bars, one report after the other.
//
//   ** CUDA GPU Kernel Summary (cuda_gpu_kern_sum):
//   Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name
//   60.0,6000000,100,60000.0,60000,50000,70000,1000.0,"void gemm<(int)2>(float const*)"
//
//   Start (ns),Duration (ns),CorrId,GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,...,Bytes (MB),...,Device,Ctx,Strm,Name
//
// Read are kernel summaries (also by grid and block), the memory summary by time, and the trace of launches.
// Other reports (API calls, NVTX, sizes) are counted and left out. Old releases have no median; their mean
// stands for it, and the record notes so.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/quote.hpp"
#include "records/cells.hpp"
#include "records/format.hpp"
#include "records/kernel_groups.hpp"
#include "records/names.hpp"

namespace aifsim::records {
namespace {

enum class TableLayout { csv, bars, columns };

// "[CUDA memcpy Host-to-Device]", "[CUDA memcpy HtoD]" -> memcpy_h2d; "" for memset and others.
std::string copy_op_of(std::string_view operation) {
  const std::string text = title_key(operation);
  if (!holds(text, "memcpy")) return "";
  for (const auto& [part, op] : {std::pair("hosttodevice", "memcpy_h2d"),
                                 {"htod", "memcpy_h2d"},
                                 {"devicetohost", "memcpy_d2h"},
                                 {"dtoh", "memcpy_d2h"},
                                 {"devicetodevice", "memcpy_d2d"},
                                 {"dtod", "memcpy_d2d"},
                                 {"peertopeer", "memcpy_p2p"},
                                 {"ptop", "memcpy_p2p"}})
    if (holds(text, part)) return op;
  return "";
}

// Microseconds in the unit that a title has in brackets: "Avg (ns)"; 0 where it has none.
double unit_of(std::string_view title) {
  for (const auto& [unit, value] : {std::pair("(ns)", 1e-3), {"(us)", 1.0}, {"(ms)", 1e3}, {"(s)", 1e6}})
    if (holds(title, unit)) return value;
  return 0;
}

class NsysStatsReader {
 public:
  NsysStatsReader(const Input& input, Sink& sink) : lines_(input), sink_(sink), groups_(sink) {}

  void read() {
    while (lines_.next()) {
      const std::string_view line = trimmed(lines_.text());
      if (line.empty()) continue;
      if (header(line)) continue;
      if (titles_.empty()) continue;
      if (line.starts_with("--") || line.starts_with("+-")) continue;
      const std::vector<Cell> cells = cells_of(line);
      const bool numbers = !cells.empty() && !cells[0].text.empty() &&
                           cells[0].text.find_first_not_of("0123456789.,%") == std::string::npos;
      if (!numbers || cells.size() < 2) {
        titles_.clear();  // "Processing ..." ends a table
      } else if (!known_) {
        sink_.skip("rows of other reports (API calls, ranges, sizes), which no record expresses");
      } else {
        row_or_skip(sink_, [&] { trace_ ? launch(cells) : summary(cells); });
      }
    }
    groups_.write();
    if (!any_)
      throw InputError(lines_.place(0),
                       "no table; expected `nsys stats --report cuda_gpu_kern_sum,cuda_gpu_mem_time_sum,"
                       "cuda_gpu_trace --format csv`");
  }

 private:
  // A line of titles begins a table.
  bool header(std::string_view line) {
    std::string_view rest = line;
    while (!rest.empty() &&
           (rest.front() == '|' || rest.front() == ' ' || rest.front() == '#' || rest.front() == '"'))
      rest.remove_prefix(1);
    const bool summary =
        rest.starts_with("Time (%)") || rest.starts_with("Time(%)") || rest.starts_with("Total (");
    const bool trace = rest.starts_with("Start (") && holds(rest, "Duration (");
    if (!summary && !trace && !rest.starts_with("Time,Total Time")) return false;
    layout_ = line.front() == '|' ? TableLayout::bars
              : holds(line, ",")  ? TableLayout::csv
                                  : TableLayout::columns;
    titles_.clear();
    positions_.clear();
    delimiter_ = delimiter_of(line);
    for (const Cell& cell : cells_of(line)) {
      positions_[title_key(cell.text.substr(0, cell.text.find(" (")))] = titles_.size();
      titles_.push_back(cell.text);
    }
    // "Time(%)" without a blank
    trace_ = trace;
    const bool kernels = position("instances") && (position("name") || position("kernelname"));
    const bool copies = position("operation") && (position("count") || position("operations")) &&
                        !rest.starts_with("Total (");
    known_ = trace ? position("name") != nullptr : kernels || copies;
    any_ |= known_;
    return true;
  }

  std::vector<Cell> cells_of(std::string_view line) const {
    if (layout_ == TableLayout::csv) return csv_cells(line, delimiter_);
    if (layout_ == TableLayout::bars) {
      line = trimmed(line);
      if (line.starts_with('|')) line.remove_prefix(1);
      if (line.ends_with('|')) line.remove_suffix(1);
      return csv_cells(line, '|');
    }
    std::vector<Cell> cells = column_cells(line);
    // Names have blanks, also two in a row.
    while (!titles_.empty() && cells.size() > titles_.size()) {
      cells[cells.size() - 2].text += "  " + cells.back().text;
      cells.pop_back();
    }
    return cells;
  }

  const std::size_t* position(const char* key) const {
    const auto found = positions_.find(key);
    return found == positions_.end() ? nullptr : &found->second;
  }
  const Cell* cell(const std::vector<Cell>& cells, std::initializer_list<const char*> keys) const {
    for (const char* key : keys)
      if (const std::size_t* at = position(key); at && *at < cells.size()) return &cells[*at];
    return nullptr;
  }
  // A time in microseconds; 0 where the table has no such column or the cell is empty.
  double time(const std::vector<Cell>& cells, std::initializer_list<const char*> keys) const {
    const Cell* found = cell(cells, keys);
    if (!found || found->text.empty()) return 0;
    double unit = 0;
    for (const char* key : keys)
      if (const std::size_t* at = position(key)) unit = unit > 0 ? unit : unit_of(titles_[*at]);
    const double value = number_of(found->text, lines_.place(found->column), "time");
    // Nanoseconds by a division, which keeps 2800 ns at 2.8 us.
    return unit > 0 && unit != 1e-3 ? value * unit : value / 1e3;
  }

  void width(const std::vector<Cell>& cells) const {
    if (cells.size() != titles_.size())
      throw InputError(lines_.place(), fmt::format("the row has {} cells, but the header names {} columns",
                                                   cells.size(), titles_.size()));
  }

  // One row of a summary.
  void summary(const std::vector<Cell>& cells) {
    width(cells);
    const Cell* operation = cell(cells, {"operation"});
    const std::string name = operation ? operation->text : cell(cells, {"name", "kernelname"})->text;
    const std::string op = operation ? copy_op_of(name) : kernel_class(name);
    if (op.empty() || name.empty())
      return sink_.skip("memory operations that are no copies, and rows without a name");
    const Cell* count = cell(cells, {"instances", "count", "operations"});
    const double times = number_of(count->text, lines_.place(count->column), "instances");
    const double median = time(cells, {"med"}), mean = time(cells, {"avg", "average"}),
                 least = time(cells, {"min", "minimum"});
    const double typical = median > 0 ? median : mean;
    const double total = time(cells, {"totaltime"});
    if (total > 0 && mean > 0 && std::abs(mean * times / total - 1) > 0.02)
      throw InputError(lines_.place(count->column),
                       fmt::format("{:g} times {:g} us are not {:g} us in all", times, mean, total));
    if (!(typical > 0)) return sink_.skip("launches with a duration of 0");
    RecordRow row;
    if (const std::string gpu = sink_.gpu_of(""); !gpu.empty()) row.set("gpu", gpu);
    if (sink_.given().software.empty()) row.set("software", "nsys");
    row.set("op", op).set("layer", operation ? "memcpy" : shortened_kernel(name));
    const Cell *grid = cell(cells, {"gridxyz"}), *block = cell(cells, {"blockxyz"});
    if (grid && block) row.set("grid", dimensions(grid->text)).set("block", dimensions(block->text));
    row.set("time_us", typical);
    if (least > 0) row.set("min_us", least);
    if (times > 0) row.set("count", times);
    if (!(median > 0)) sink_.note("times are means over the launches, not medians");
    if (sink_.given().gpu.empty()) sink_.note("the summary names no device; give --gpu NAME");
    sink_.row(std::move(row));
  }

  // "  16    8    1" -> 16x8x1
  static std::string dimensions(std::string_view text) {
    std::string out;
    for (const Word& word : words_of(text)) out += (out.empty() ? "" : "x") + std::string(word.text);
    return out;
  }

  // One launch of the trace.
  void launch(const std::vector<Cell>& cells) {
    width(cells);
    Launch launch;
    launch.name = cell(cells, {"name"})->text;
    launch.time_us = time(cells, {"duration"});
    if (launch.name.starts_with('[')) {
      launch.op = copy_op_of(launch.name);
      if (launch.op.empty())
        return sink_.skip("memory operations that are no copies, and rows without a name");
      launch.name = "memcpy";
    }
    if (launch.name.empty()) return sink_.skip("kernels without a name");
    if (sink_.given().software.empty()) launch.software = "nsys";
    std::string device;
    if (const Cell* found = cell(cells, {"device"})) device = found->text.substr(0, found->text.rfind(" ("));
    if (!device.empty()) sink_.fact("device", device);
    launch.gpu = sink_.gpu_of(device);
    const auto number = [&](const char* key) {
      const Cell* found = cell(cells, {key});
      return found && !found->text.empty() ? number_of(found->text, lines_.place(found->column), key) : 0;
    };
    if (number("grdx") > 0) launch.grid = dim3_text(number("grdx"), number("grdy"), number("grdz"));
    if (number("blkx") > 0) launch.block = dim3_text(number("blkx"), number("blky"), number("blkz"));
    if (const std::size_t* at = position("bytes"); at && number("bytes") > 0) {
      const std::string& title = titles_[*at];
      const double unit = holds(title, "(MB)")   ? 1e6
                          : holds(title, "(KB)") ? 1e3
                          : holds(title, "(GB)") ? 1e9
                                                 : 1;
      launch.shape.emplace_back("bytes", fmt::format("{}", number("bytes") * unit));
    }
    if (const Cell* source = cell(cells, {"srcmemkd"});
        source && launch.op == "memcpy_h2d" && !source->text.empty())
      launch.shape.emplace_back("buffers", lower(source->text));
    groups_.add(launch);
  }

  Lines lines_;
  Sink& sink_;
  KernelGroups groups_;
  std::vector<std::string> titles_;
  std::map<std::string, std::size_t, std::less<>> positions_;
  TableLayout layout_ = TableLayout::csv;
  char delimiter_ = ',';
  bool trace_ = false, known_ = false, any_ = false;
};

void read_nsys_stats(const Input& input, Sink& sink) { NsysStatsReader(input, sink).read(); }

bool looks_like_nsys_stats(std::string_view head) {
  if (holds(head, "(cuda_gpu_kern_sum)") || holds(head, "cuda_gpu_trace.py]")) return true;
  for (const std::string_view line : lines_of(head)) {
    const bool kernels = holds(line, "Total Time (") && holds(line, "Instances") && holds(line, "Name");
    const bool copies = holds(line, "Total Time (") && holds(line, "Operation") && holds(line, "Count");
    const bool trace =
        holds(line, "Start (") && holds(line, "Duration (") && holds(line, "CorrId") && holds(line, "Name");
    if (kernels || copies || trace) return true;
  }
  return false;
}

}  // namespace

const Format nsys_stats{"nsys-stats", "tables of `nsys stats`: kernels, copies, launches; CSV or text",
                        looks_like_nsys_stats, read_nsys_stats};

}  // namespace aifsim::records
