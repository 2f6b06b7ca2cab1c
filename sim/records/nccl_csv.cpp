// Tables of nccl-tests' results in CSV: what rccl-tests writes (-Z csv), and those that people make of the text:
//
//   numCycle,collective,nodes,ranks,ranksPerNode,gpusPerRank,size,type,redop,inplace,time,algbw,busbw,#wrong
//   size,count,type,redop,root,oop_time,oop_algbw,oop_busbw,oop_wrong,ip_time,ip_algbw,ip_busbw,ip_wrong
//   collective;ngpus;size (B);time (us);algbw (GB/s);busbw (GB/s)
//
// Columns are known by their titles, whatever stands between the words. A time without a unit is in
// microseconds, as nccl-tests prints it, or in what the size and the algorithm bandwidth say; where a row's size, time and
// bandwidth contradict each other it is left out.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/quote.hpp"
#include "records/cells.hpp"
#include "records/format.hpp"
#include "records/names.hpp"
#include "records/nccl_tests.hpp"

namespace aifsim::records {
namespace {

enum class Column {
  size,
  type,
  redop,
  root,
  collective,
  ranks,
  nodes,
  per_node,
  gpus_per_rank,
  in_place,
  cycle,
  time,
  algbw,
  busbw,
  wrong,
  ip_time,
  ip_algbw,
  ip_busbw,
  ip_wrong
};

// The meaning of a title; none for what is not needed.
std::optional<Column> column_of(std::string_view title) {
  std::string key = title_key(title);
  static const std::map<std::string, Column, std::less<>> known{{"size", Column::size},
                                                                {"sizeb", Column::size},
                                                                {"sizebytes", Column::size},
                                                                {"bytes", Column::size},
                                                                {"messagesize", Column::size},
                                                                {"msgsize", Column::size},
                                                                {"messagebytes", Column::size},
                                                                {"messagesizebytes", Column::size},
                                                                {"messagesizeb", Column::size},
                                                                {"msgsizebytes", Column::size},
                                                                {"msgbytes", Column::size},
                                                                {"type", Column::type},
                                                                {"dtype", Column::type},
                                                                {"datatype", Column::type},
                                                                {"redop", Column::redop},
                                                                {"reduceop", Column::redop},
                                                                {"root", Column::root},
                                                                {"collective", Column::collective},
                                                                {"coll", Column::collective},
                                                                {"operation", Column::collective},
                                                                {"op", Column::collective},
                                                                {"name", Column::collective},
                                                                {"test", Column::collective},
                                                                {"benchmark", Column::collective},
                                                                {"primitive", Column::collective},
                                                                {"ranks", Column::ranks},
                                                                {"nranks", Column::ranks},
                                                                {"gpus", Column::ranks},
                                                                {"ngpus", Column::ranks},
                                                                {"numgpus", Column::ranks},
                                                                {"worldsize", Column::ranks},
                                                                {"nodes", Column::nodes},
                                                                {"nnodes", Column::nodes},
                                                                {"numnodes", Column::nodes},

                                                                {"rankspernode", Column::per_node},
                                                                {"gpuspernode", Column::per_node},
                                                                {"ppn", Column::per_node},
                                                                {"gpusperrank", Column::gpus_per_rank},
                                                                {"inplace", Column::in_place},
                                                                {"numcycle", Column::cycle},
                                                                {"wrong", Column::wrong},
                                                                {"errors", Column::wrong},
                                                                {"error", Column::wrong}};
  if (const auto found = known.find(key); found != known.end()) return found->second;
  const auto take = [&](std::string_view part) {
    const std::size_t at = key.find(part);
    if (at == std::string::npos) return false;
    key.erase(at, part.size());
    return true;
  };
  const bool in_place = take("inplace") || take("ip");
  if (!in_place && !take("outofplace")) take("oop");
  for (const std::string_view unit : {"gbps", "gbs", "gbsec"})
    if (key.ends_with(unit)) key.resize(key.size() - unit.size());
  const bool time = key == "time" || key == "latency" || key == "avgtime" || key == "avglatency" ||
                    key == "mean" || key == "timeus" || key == "timems" || key == "times" ||
                    key == "timens" || key == "latencyus" || key == "latencyms" || key == "avgtimeus" ||
                    key == "avglatencyus" || key == "timeavgus" || key == "meanus" || key == "timemean" ||
                    key == "timeseconds";
  if (time) return in_place ? Column::ip_time : Column::time;
  if (key == "algbw" || key == "algobw" || key == "algorithmbandwidth" || key == "algbandwidth")
    return in_place ? Column::ip_algbw : Column::algbw;
  if (key == "busbw" || key == "busbandwidth") return in_place ? Column::ip_busbw : Column::busbw;
  if (key == "wrong" || key == "error" || key == "errors") return in_place ? Column::ip_wrong : Column::wrong;
  return std::nullopt;
}

// Microseconds of the unit in a title; 0 where it names none.
double unit_in(std::string_view title) {
  const std::string key = title_key(title);
  if (key.ends_with("us")) return 1;
  if (key.ends_with("ms")) return 1e3;
  if (key.ends_with("ns")) return 1e-3;
  if (key.ends_with("times") || key.ends_with("seconds")) return 1e6;
  return 0;
}

using Columns = std::map<Column, std::size_t>;

// The columns of a header; empty where the line is none. Columns of a record make it one for `tidy`.
Columns header_columns(std::string_view line) {
  Columns columns;
  if (line.starts_with('#')) line.remove_prefix(1);
  const char delimiter = delimiter_of(line);
  const std::vector<Cell> cells = csv_cells(line, delimiter);
  if (cells.size() < 3 || cells.size() > 200) return {};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].text == "message_bytes") return {};
    if (const auto column = column_of(cells[i].text)) columns.emplace(*column, i);
  }
  const bool rates = columns.count(Column::algbw) || columns.count(Column::busbw);
  const bool times = columns.count(Column::time) || columns.count(Column::algbw);
  return columns.count(Column::size) && rates && times ? columns : Columns{};
}

// What a first line lacks to be a header.
std::string missing_columns(std::string_view line) {
  Columns columns;
  std::string found;
  for (const Cell& cell : csv_cells(line, delimiter_of(line))) {
    if (const auto column = column_of(cell.text)) columns.emplace(*column, 0);
    found += (found.empty() ? "" : ", ") + cell.text;
  }
  if (columns.empty()) return fmt::format("no header, found {}", quote(line));
  std::string missing;
  const auto lacks = [&](const char* what) {
    missing += (missing.empty() ? "" : ", and ") + std::string(what);
  };
  if (!columns.count(Column::size)) lacks("the size");
  if (!columns.count(Column::algbw)) {
    if (!columns.count(Column::time)) lacks("the time or algbw");
    if (!columns.count(Column::busbw)) lacks(columns.count(Column::time) ? "algbw or busbw" : "busbw");
  }
  return fmt::format("the header lacks {}; it has {}", missing.empty() ? "a third column" : missing,
                     quote(found, 200));
}

class NcclCsvReader {
 public:
  NcclCsvReader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    while (lines_.next()) {
      const std::string_view line = trimmed(lines_.text());
      if (line.empty()) continue;
      if (Columns columns = header_columns(line); !columns.empty()) {
        columns_ = std::move(columns);
        delimiter_ = delimiter_of(line);
        titles_ = csv_cells(line.starts_with('#') ? line.substr(1) : line, delimiter_);
        unit_ = 0;
      } else if (columns_.empty() || line.starts_with('#')) {
        if (no_header_.empty() && !line.starts_with('#')) {
          no_header_ = missing_columns(line);
          first_ = lines_.place();
        }
        sink_.skip("lines that are no results");
      } else {
        row(csv_cells(line, delimiter_));
      }
    }
    if (columns_.empty())
      throw InputError(first_.line > 0 ? first_ : Place{lines_.place().file},
                       (no_header_.empty() ? "no header" : no_header_) +
                           "; expected columns such as size, time, algbw and busbw");
  }

 private:
  void row(const std::vector<Cell>& cells) {
    NcclRun run;
    NcclTiming timing;
    bool whole = false;
    row_or_skip(sink_, [&] {
      if (cells.size() < titles_.size())
        throw InputError(lines_.place(), fmt::format("the row has {} cells, but the header names {} columns",
                                                     cells.size(), titles_.size()));
      decimal_commas_ = has_decimal_commas(cells, delimiter_);
      describe(cells, run, timing);
      whole = measure(cells, timing);
    });
    if (whole) write_row(run, timing, sink_, lines_.place());
  }

  const Cell* cell(const std::vector<Cell>& cells, Column column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() || cells[found->second].text.empty() ? nullptr : &cells[found->second];
  }
  double number(const std::vector<Cell>& cells, Column column, const char* what) const {
    const Cell* found = cell(cells, column);
    return found ? number_of(found->text, lines_.place(found->column), what, decimal_commas_) : 0;
  }
  std::int64_t count(const std::vector<Cell>& cells, Column column, const char* what) const {
    const double value = number(cells, column, what);
    if (value < 0 || value != std::floor(value) || value > 1e8)
      throw InputError(lines_.place(cell(cells, column)->column),
                       fmt::format("{}: expected a whole number", what));
    return static_cast<std::int64_t>(value);
  }

  void describe(const std::vector<Cell>& cells, NcclRun& run, NcclTiming& timing) {
    if (const Cell* type = cell(cells, Column::type)) timing.dtype = dtype_word(type->text);
    if (const Cell* redop = cell(cells, Column::redop)) timing.redop = redop->text;
    if (cell(cells, Column::root)) timing.root = number(cells, Column::root, "root");
    if (const Cell* name = cell(cells, Column::collective)) {
      if (const auto op = collective_word(name->text)) {
        run.op = *op;
      } else if (const std::string word = lower(name->text);
                 word == "sum" || word == "prod" || word == "min" || word == "max" || word == "avg") {
        timing.redop = word;
      } else {
        throw InputError(lines_.place(name->column),
                         "expected a collective such as all_reduce, found " + quote(name->text));
      }
    }
    const std::int64_t nodes = count(cells, Column::nodes, "nodes");
    run.per_node = count(cells, Column::per_node, "ranks per node");
    run.ranks = count(cells, Column::ranks, "ranks");
    if (run.ranks == 0) run.ranks = nodes * run.per_node;
    if (const std::int64_t gpus = count(cells, Column::gpus_per_rank, "GPUs per rank"); gpus > 1) {
      run.ranks *= gpus;
      run.per_node *= gpus;
    }
    if (run.per_node == 0 && nodes > 0) run.per_node = (run.ranks + nodes - 1) / nodes;
    if (nodes > 0 && run.per_node > 0 && (run.ranks > nodes * run.per_node || run.ranks < nodes))
      throw InputError(lines_.place(), fmt::format("{} ranks on {} nodes of {} contradict each other",
                                                   run.ranks, nodes, run.per_node));
  }

  // Size, time and rates; false where the row is of the other kind of buffers.
  bool measure(const std::vector<Cell>& cells, NcclTiming& timing) {
    const bool in_place = sink_.given().in_place;
    if (const Cell* flag = cell(cells, Column::in_place)) {
      const std::string word = lower(flag->text);
      if ((word == "1" || word == "true" || word == "yes") != in_place) {
        sink_.skip(in_place ? "out-of-place timings" : "in-place timings");
        return false;
      }
    }
    const bool second = in_place && columns_.count(Column::ip_time);
    const Column time = second ? Column::ip_time : Column::time;
    timing.bytes = number(cells, Column::size, "size");
    timing.algbw = number(cells, second ? Column::ip_algbw : Column::algbw, "algbw");
    timing.busbw = number(cells, second ? Column::ip_busbw : Column::busbw, "busbw");
    if (const Cell* wrong = cell(cells, second ? Column::ip_wrong : Column::wrong);
        wrong && wrong->text != "N/A")
      timing.wrong = number_of(wrong->text, lines_.place(wrong->column), "#wrong");
    const double by_rate = timing.algbw > 0 ? timing.bytes / (timing.algbw * 1e3) : 0;
    timing.time_us = number(cells, time, "time");
    if (timing.time_us == 0) {
      timing.time_us = by_rate;
      return true;
    }
    const double named = unit_in(titles_[columns_.at(time)].text);
    // Two digits behind the point are what nccl-tests prints.
    const double slack = 0.03 + 0.005 / std::max(timing.algbw, 1e-9);
    const auto agrees = [&](double unit) { return std::abs(timing.time_us * unit / by_rate - 1) <= slack; };
    if (by_rate > 0 && slack < 0.5) {
      if (unit_ == 0 && named == 0)
        for (const double unit : {1.0, 1e3, 1e6})
          if (unit_ == 0 && agrees(unit)) unit_ = unit;
      const double unit = named > 0 ? named : unit_ > 0 ? unit_ : 1;
      if (!agrees(unit))
        throw InputError(lines_.place(), fmt::format("{:g} bytes in {:g} us are not {:g} GB/s", timing.bytes,
                                                     timing.time_us * unit, timing.algbw));
      if (unit_ > 1)
        sink_.note(fmt::format("the column {} is in {}, by size and algorithm bandwidth",
                               quote(titles_[columns_.at(time)].text),
                               unit_ == 1e3 ? "milliseconds" : "seconds"));
    }
    timing.time_us *= named > 0 ? named : unit_ > 0 ? unit_ : 1;
    return true;
  }

  Lines lines_;
  Sink& sink_;
  Columns columns_;
  std::vector<Cell> titles_;
  char delimiter_ = ',';
  bool decimal_commas_ = false;  // of the row
  std::string no_header_;        // why the first line is none
  Place first_;                  // of it
  double unit_ = 0;              // of a time without one, once a row told
};

void read_nccl_csv(const Input& input, Sink& sink) { NcclCsvReader(input, sink).read(); }

bool looks_like_nccl_csv(std::string_view head) {
  const std::vector<std::string_view> lines = lines_of(head);
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    return line.size() < 4096 && holds(lower(line), "bw") && !header_columns(line).empty();
  });
}

}  // namespace

const Format nccl_csv{"nccl-csv", "tables of nccl-tests' results in CSV (rccl-tests -Z csv, and others)",
                      looks_like_nccl_csv, read_nccl_csv};

}  // namespace aifsim::records
