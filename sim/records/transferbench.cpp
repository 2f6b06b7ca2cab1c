// Output of TransferBench (ROCm): tests from a file or the command line, and the presets p2p and a2a.
//
//   Test 1:
//    Executor: GPU 00 |   56.299 GB/s |    4.768 ms |    268435456 bytes | 56.309  GB/s (sum)
//        Transfer 00  |   56.309 GB/s |    4.767 ms |    268435456 bytes | G0 -> G000:004 -> G1
//    Aggregate (CPU)  |   55.015 GB/s |    4.879 ms |    268435456 bytes | Overhead: 0.111 ms
//
//   Test#,Transfer#,NumBytes,Src,Exe,Dst,CUs,BW(GB/s),Time(ms),SrcAddr,DstAddr      (OUTPUT_TO_CSV)
//
//   Bytes Per Direction 67108864
//   Unidirectional copy peak bandwidth GB/s [Local read / Remote write] (GPU-Executor: GFX)
//    SRC+EXE\DST    CPU 00    GPU 00    GPU 01
//     GPU 00  ->     15.54    108.95     64.58
//
//   Summary: [67108864 bytes per Transfer]
//   SRC\DST  GPU 00     GPU 01   ...
//
// Newer releases draw the bars as box characters, or none. Memory is a letter and a number: C, B, U, P ... of
// the host, G and F of a GPU. The transfers of one test run at the same time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "records/cells.hpp"
#include "records/format.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kMostTransfers = 65536;

struct Memory {
  bool gpu = false;
  std::string text;  // "G0", "R1C0", "GPU 00"
};

// "G0", "C1", "R0G3"; none for several memories, no memory, or letters of unknown kinds.
std::optional<Memory> memory_of(std::string_view text) {
  std::string_view rest = text;
  const auto digits = [&] { return std::min(rest.find_first_not_of("0123456789"), rest.size()); };
  if (rest.starts_with('R') && rest.size() > 2) {
    rest.remove_prefix(1);
    rest.remove_prefix(digits());
  }
  if (rest.size() < 2 || std::string_view("CBUPHDKGF").find(rest.front()) == std::string_view::npos)
    return std::nullopt;
  const bool gpu = rest.front() == 'G' || rest.front() == 'F';
  rest.remove_prefix(1);
  if (digits() != rest.size() || rest.empty()) return std::nullopt;
  return Memory{gpu, std::string(text)};
}

struct Copy {
  Memory from, to;
  std::string by;
  double bytes = 0, rate = 0, time_ms = 0;  // GB/s; the time 0 where only the rate is printed
};

std::optional<double> first_number(std::string_view text) {
  const std::vector<Word> words = words_of(text);
  return words.empty() ? std::nullopt : as_number(words[0].text);
}

class TransferBenchReader {
 public:
  TransferBenchReader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    while (lines_.next()) {
      const std::string line = plain(lines_.text());
      const std::vector<Word> words = words_of(line);
      if (words.empty()) continue;
      if (words[0].text == "TransferBench" && words.size() > 1 && words[1].text.starts_with('v')) {
        version_ = words[1].text.substr(1);
      } else if (words[0].text == "Test" && words.size() == 2 && words[1].text.ends_with(':')) {
        flush();
        any_ = true;
      } else if (holds(line, "Test#,Transfer#,NumBytes")) {
        header_ = csv_cells(line);
        any_ = true;
      } else if (words[0].text == "Transfer" && holds(line, "GB/s") && holds(line, "->")) {
        any_ = true;
        row_or_skip(sink_, [&] { transfer(words); });
      } else if (!header_.empty() && holds(line, ",") && first_number(line.substr(0, line.find(',')))) {
        row_or_skip(sink_, [&] { csv_row(line); });
      } else if (words[0].text == "Aggregate") {
        sink_.skip("sums over the transfers of a test");
      } else if (line.starts_with("Bytes Per Direction") || line.find("Bytes Per Direction") < 16) {
        bytes_ = as_number(words.back().text).value_or(0);
      } else if (holds(line, "directional copy peak bandwidth")) {
        flush();
        both_ways_ = holds(line, "Bidirectional");
        many_ = false;
        columns_.clear();
        any_ = true;
      } else if (holds(line, "bytes per Transfer]")) {
        const std::size_t at = line.find('[') + 1;
        bytes_ = first_number(line.substr(at)).value_or(0);
        many_ = true;
        listed_ = !held_.empty();
        flush();
        columns_.clear();
        any_ = true;
      } else if (holds(words[0].text, "\\") && holds(words[0].text, "DST")) {
        header(words);
      } else if (!columns_.empty() && (words[0].text == "GPU" || words[0].text == "CPU")) {
        row_or_skip(sink_, [&] { matrix_row(words); });
      }
    }
    flush();
    if (!any_)
      throw InputError(
          lines_.place(0),
          "no results; expected lines \"Transfer 00 | ... GB/s | ... ms | ... bytes | G0 -> ... -> "
          "G1\" or a matrix of TransferBench");
  }

 private:
  // Bars and commas, of tables and of CSV, as blanks; the CSV header and its rows keep their commas.
  std::string plain(const std::string& text) const {
    std::string line;
    const bool csv = holds(text, "Test#,") || (!header_.empty() && !holds(text, "GB/s"));
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text.compare(i, 3, "│") == 0) {
        line += ' ';
        i += 2;
      } else {
        line += text[i] == '|' || (text[i] == ',' && !csv) ? ' ' : text[i];
      }
    }
    return line;
  }

  // Transfer 00 56.309 GB/s 4.767 ms 268435456 bytes G0 -> G000:004 -> G1
  void transfer(const std::vector<Word>& words) {
    Copy copy;
    std::vector<std::string_view> way;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i].text == "GB/s" && copy.rate == 0) copy.rate = lines_.number(words[i - 1], "bandwidth");
      if (words[i].text == "ms" && copy.time_ms == 0) copy.time_ms = lines_.number(words[i - 1], "duration");
      if (words[i].text == "bytes") copy.bytes = static_cast<double>(lines_.count(words[i - 1], "bytes"));
      if (words[i].text == "->" && i + 1 < words.size()) {
        if (way.empty()) way.push_back(words[i - 1].text);
        way.push_back(words[i + 1].text);
      }
    }
    if (way.size() != 3) throw InputError(lines_.place(), "expected SOURCE -> EXECUTOR -> DESTINATION");
    keep(std::move(copy), way[0], way[1], way[2]);
  }

  void csv_row(std::string_view line) {
    const std::vector<Cell> cells = csv_cells(line);
    if (cells.size() < header_.size())
      throw InputError(lines_.place(), fmt::format("the row has {} cells, but the header names {} columns",
                                                   cells.size(), header_.size()));
    Copy copy;
    std::string test, from, by, to, number;
    for (std::size_t i = 0; i < header_.size(); ++i) {
      const Place at = lines_.place(cells[i].column);
      const std::string& name = header_[i].text;
      if (name == "Test#") test = cells[i].text;
      if (name == "Transfer#") number = cells[i].text;
      if (name == "Src") from = cells[i].text;
      if (name == "Exe") by = cells[i].text;
      if (name == "Dst") to = cells[i].text;
      if (number == "ALL") continue;
      if (name == "NumBytes") copy.bytes = number_of(cells[i].text, at, "NumBytes");
      if (name == "BW(GB/s)") copy.rate = number_of(cells[i].text, at, "BW(GB/s)");
      if (name == "Time(ms)") copy.time_ms = number_of(cells[i].text, at, "Time(ms)");
    }
    if (test != test_) flush();
    test_ = test;
    if (number == "ALL") return sink_.skip("sums over the transfers of a test");
    keep(std::move(copy), from, by, to);
  }

  void keep(Copy copy, std::string_view from, std::string_view by, std::string_view to) {
    const auto source = memory_of(from), target = memory_of(to);
    if (!source || !target) {
      sink_.skip("transfers of several memories, of none, or of a kind of memory that is not known");
      ++others_;
      return;
    }
    if (held_.size() == kMostTransfers)
      throw InputError(lines_.place(), fmt::format("more than {} transfers in one test", kMostTransfers));
    copy.from = *source;
    copy.to = *target;
    copy.by = by;
    held_.push_back(std::move(copy));
  }

  // CPU 00  GPU 00 ...: the devices of the columns.
  void header(const std::vector<Word>& words) {
    columns_.clear();
    for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
      if (words[i].text != "CPU" && words[i].text != "GPU") break;
      columns_.push_back({words[i].text == "GPU", fmt::format("{} {}", words[i].text, words[i + 1].text)});
    }
  }

  // GPU 00 -> 15.54 N/A ..., and in the summary of a2a no arrow.
  void matrix_row(const std::vector<Word>& words) {
    if (words.size() < 3) return;
    const std::string_view arrow = words[2].text;
    const bool has_arrow = arrow == "->" || arrow == "<-" || arrow == "<->";
    if (arrow == "min" || arrow == "max" || arrow == "sd") return;
    if (has_arrow && both_ways_ != (arrow == "<->")) return sink_.skip("halves of copies both ways");
    const std::size_t first = has_arrow ? 3 : 2;
    if (words.size() < first + columns_.size())
      throw InputError(lines_.place(),
                       fmt::format("a line of a matrix with {} cells; its header has {} columns",
                                   words.size() - std::min(first, words.size()), columns_.size()));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Word& word = words[first + i];
      if (word.text == "N/A") {
        sink_.skip("paths that do not exist (N/A)");
        continue;
      }
      if (many_ && listed_) {
        sink_.skip("summaries of transfers that are listed above");
        continue;
      }
      Copy copy;
      copy.from = {words[0].text == "GPU", fmt::format("{} {}", words[0].text, words[1].text)};
      copy.to = columns_[i];
      copy.bytes = bytes_ * (both_ways_ ? 2 : 1);
      copy.rate = lines_.number(word, "bandwidth");
      write(copy, many_ ? "memcpy_many" : both_ways_ ? "memcpy_both_ways" : "");
    }
  }

  // The transfers of one test, known whole.
  void flush() {
    const bool alone = held_.size() + others_ == 1;
    for (const Copy& copy : held_) write(copy, alone ? "" : "memcpy_many");
    held_.clear();
    others_ = 0;
  }

  void write(const Copy& copy, std::string op) {
    if (!copy.from.gpu && !copy.to.gpu) return sink_.skip("copies inside the host's memory");
    if (!(copy.bytes > 0)) return sink_.skip("copies whose size is not told");
    const bool inside = copy.from.text == copy.to.text;
    if (op.empty())
      op = inside ? "memcpy_d2d" : !copy.from.gpu ? "memcpy_h2d" : !copy.to.gpu ? "memcpy_d2h" : "memcpy_p2p";
    // The rate has more digits than a short time.
    const double time = copy.rate > 0 ? copy.bytes / (copy.rate * 1e3) : copy.time_ms * 1e3;
    if (!(time > 0)) return sink_.skip("rates of 0");
    if (copy.rate > 0 && copy.time_ms > 0 &&
        std::abs(copy.time_ms * 1e3 / time - 1) > 0.02 + 0.5 / (copy.time_ms * 1e3))
      return sink_.skip("transfers whose time and rate contradict each other");
    RecordRow out;
    if (const std::string gpu = sink_.gpu_of(""); !gpu.empty()) out.set("gpu", gpu);
    if (sink_.given().software.empty())
      out.set("software", "transferbench" + (version_.empty() ? "" : "-" + version_));
    out.set("op", op).set("layer", fmt::format("{} to {}{}", copy.from.text, copy.to.text,
                                               copy.by.empty() ? "" : " by " + copy.by));
    // Inside a GPU bytes are read and written in the same memory.
    out.set("bytes", copy.bytes * (op == "memcpy_d2d" ? 2 : 1)).set("time_us", time);
    if (sink_.given().gpu.empty()) sink_.note("TransferBench names no device; give --gpu NAME");
    sink_.row(std::move(out));
  }

  Lines lines_;
  Sink& sink_;
  std::string version_, test_;
  std::vector<Cell> header_;
  std::vector<Memory> columns_;
  std::vector<Copy> held_;
  std::size_t others_ = 0;
  double bytes_ = 0;
  bool both_ways_ = false, many_ = false, listed_ = false, any_ = false;
};

void read_transferbench(const Input& input, Sink& sink) { TransferBenchReader(input, sink).read(); }

bool looks_like_transferbench(std::string_view head) {
  if (holds(head, "Test#,Transfer#,NumBytes") || holds(head, "directional copy peak bandwidth GB/s ["))
    return true;
  if (holds(head, "bytes per Transfer]") && holds(head, "SRC\\DST")) return true;
  for (const std::string_view line : lines_of(head)) {
    if (!holds(line, "Transfer ") || !holds(line, " GB/s") || !holds(line, " bytes")) continue;
    const std::size_t arrow = line.find("->");
    if (arrow != std::string_view::npos && holds(line.substr(arrow + 2), "->")) return true;
  }
  return false;
}

}  // namespace

const Format transferbench{"transferbench", "TransferBench (ROCm): copies between GPUs and host",
                           looks_like_transferbench, read_transferbench};

}  // namespace aifsim::records
