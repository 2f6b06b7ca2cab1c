// Output of p2pBandwidthLatencyTest of the CUDA samples: matrices over the GPUs of a node.
//
//   Device: 0, NVIDIA H100 80GB HBM3, pciBusID: 1b, pciDeviceID: 0, pciDomainID:0
//   P2P Connectivity Matrix
//        D\D     0     1
//        0       1     1
//   Unidirectional P2P=Enabled Bandwidth (P2P Writes) Matrix (GB/s)
//      D\D     0      1
//        0 2480.30 391.45
//   P2P=Enabled Latency (P2P Writes) Matrix (us)
//      GPU     0      1
//        0   2.05   2.60
//      CPU     0      1
//        0   1.94   1.63
//
// The program copies 40 million ints unless --numElems says otherwise, which it does not print: a row carries
// the rate as the time of 160 MB. Inside a GPU it counts bytes read and bytes written; both ways, the sum.
// Latencies are of 16 bytes. Without peer access copies go through the host: those are left out.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "records/cells.hpp"
#include "records/format.hpp"

namespace aifsim::records {
namespace {

constexpr double kCopy = 160e6, kLatencyCopy = 16;
constexpr std::size_t kMostGpus = 4096;

enum class Matrix { none, access, one_way, both_ways, latency, left_out };

// The table that a title announces.
Matrix matrix_of(std::string_view line) {
  if (holds(line, "P2P Connectivity Matrix")) return Matrix::access;
  if (!holds(line, "Matrix (")) return Matrix::none;
  if (holds(line, "P2P=Disabled")) return Matrix::left_out;
  if (holds(line, "Bidirectional") && holds(line, "Bandwidth")) return Matrix::both_ways;
  if (holds(line, "Unidirectional") && holds(line, "Bandwidth")) return Matrix::one_way;
  return holds(line, "Latency") ? Matrix::latency : Matrix::none;
}

class P2pReader {
 public:
  P2pReader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    while (lines_.next()) {
      const std::vector<Word> words = lines_.words();
      const std::string& line = lines_.text();
      if (words.empty()) continue;
      if (words[0].text == "Device:" && words.size() > 2) {
        device(line);
      } else if (const Matrix matrix = matrix_of(line); matrix != Matrix::none) {
        matrix_ = matrix;
        reads_ = holds(line, "Reads");
        columns_.clear();
        any_ = true;
      } else if (matrix_ != Matrix::none && is_corner(words[0].text)) {
        host_times_ = words[0].text == "CPU";
        columns_.clear();
        for (std::size_t i = 1; i < words.size() && i <= kMostGpus; ++i)
          columns_.push_back(lines_.count(words[i], "number of a GPU"));
      } else if (!columns_.empty() && as_number(words[0].text)) {
        row_or_skip(sink_, [&] { row(words); });
      } else {
        columns_.clear();
      }
    }
    if (!any_)
      throw InputError(lines_.place(0),
                       "no matrix; expected output of p2pBandwidthLatencyTest such as \"Unidirectional "
                       "P2P=Enabled Bandwidth Matrix (GB/s)\"");
  }

 private:
  static bool is_corner(std::string_view word) { return word == "D\\D" || word == "GPU" || word == "CPU"; }

  // "Device: 0, NVIDIA H100 80GB HBM3, pciBusID: 1b, ..."
  void device(std::string_view line) {
    const std::size_t comma = line.find(", ");
    const std::size_t begin = line.find("Device: ") + 8;
    if (comma == std::string_view::npos || devices_.size() == kMostGpus) return;
    const auto index = as_number(trimmed(line.substr(begin, comma - begin)));
    const std::size_t end = std::min(line.find(", pciBusID", comma), line.size());
    if (!index) return;
    devices_[static_cast<std::int64_t>(*index)] = trimmed(line.substr(comma + 2, end - comma - 2));
    sink_.fact("device", devices_[static_cast<std::int64_t>(*index)]);
  }

  void row(const std::vector<Word>& words) {
    if (words.size() != columns_.size() + 1)
      throw InputError(lines_.place(),
                       fmt::format("a line of a matrix with {} cells; its header has {} columns",
                                   words.size() - 1, columns_.size()));
    const std::int64_t from = lines_.count(words[0], "number of a GPU");
    for (std::size_t i = 0; i < columns_.size(); ++i) cell(from, columns_[i], words[i + 1]);
  }

  void cell(std::int64_t from, std::int64_t to, const Word& word) {
    if (word.text == "N/A") return sink_.skip("paths that do not exist (N/A)");
    const double value = lines_.number(word, "cell of a matrix");
    if (matrix_ == Matrix::access) {
      if (value == 0 && no_access_.size() < kMostGpus * 16) no_access_.insert({from, to});
      return;
    }
    if (matrix_ == Matrix::left_out)
      return sink_.skip("copies with peer access disabled, which go through the host");
    if (matrix_ == Matrix::latency && host_times_)
      return sink_.skip("times that the host takes to queue a copy");
    if (no_access_.count({from, to}))
      return sink_.skip("copies between GPUs without peer access, which go through the host");
    if (from == to && matrix_ == Matrix::both_ways) return sink_.skip("copies inside a GPU, two at a time");
    if (!(value > 0)) return sink_.skip("cells of 0");
    const double copies = (from == to ? 2 : 1) * (matrix_ == Matrix::both_ways ? 2 : 1);
    const double bytes = copies * (matrix_ == Matrix::latency ? kLatencyCopy : kCopy);
    RecordRow out;
    const auto device = devices_.find(from);
    if (const std::string gpu = sink_.gpu_of(device == devices_.end() ? "" : device->second); !gpu.empty())
      out.set("gpu", gpu);
    if (sink_.given().software.empty()) out.set("software", "p2pBandwidthLatencyTest");
    out.set("op", from == to                     ? "memcpy_d2d"
                  : matrix_ == Matrix::both_ways ? "memcpy_both_ways"
                                                 : "memcpy_p2p");
    out.set("layer", fmt::format("GPU {} to {}{}", from, to, reads_ ? ", reads" : ""));
    out.set("bytes", bytes);
    out.set("time_us", matrix_ == Matrix::latency ? value : bytes / (value * 1e3));
    if (matrix_ != Matrix::latency)
      sink_.note(
          "the program prints rates (GB/s); time_us is the time of 160 MB, its usual copy, at that rate");
    sink_.row(std::move(out));
  }

  Lines lines_;
  Sink& sink_;
  std::map<std::int64_t, std::string> devices_;
  std::set<std::pair<std::int64_t, std::int64_t>> no_access_;
  std::vector<std::int64_t> columns_;
  Matrix matrix_ = Matrix::none;
  bool reads_ = false, host_times_ = false, any_ = false;
};

void read_p2p_test(const Input& input, Sink& sink) { P2pReader(input, sink).read(); }

bool looks_like_p2p_test(std::string_view head) {
  return holds(head, "P2P=Enabled") || holds(head, "P2P=Disabled") ||
         holds(head, "P2P Connectivity Matrix") ||
         holds(head, "[P2P (Peer-to-Peer) GPU Bandwidth Latency Test]");
}

}  // namespace

const Format p2p_test{"p2p-test", "p2pBandwidthLatencyTest of the CUDA samples: copies between GPUs",
                      looks_like_p2p_test, read_p2p_test};

}  // namespace aifsim::records
