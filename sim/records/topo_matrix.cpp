// The matrix of `nvidia-smi topo -m`: how each pair of GPUs and NICs is joined.
//
//           GPU0    GPU1    NIC0    CPU Affinity    NUMA Affinity   GPU NUMA ID
//   GPU0     X      NV18    PXB     0-55            0               N/A
//   GPU1    NV18     X      NODE    0-55            0               N/A
//   NIC0    PXB     NODE     X
//
//   NIC Legend:
//     NIC0: mlx5_0
//
// NV# is a number of NVLinks; PIX and PXB stay below one PCIe switch (or several), PHB and NODE go over the CPU
// of a NUMA node, SYS from one CPU to another. Rates are not told: they follow from the GPU's generation. A
// node is built as: a switch where all pairs have more NVLinks together than a GPU has, else a link for each
// pair; a PCIe switch for devices that meet below one; a CPU for each NUMA node.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/quote.hpp"
#include "catalog/device_names.hpp"
#include "records/lines.hpp"
#include "records/machine_part.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kMostDevices = 512;

struct Device {
  std::string name;  // GPU0, NIC3, mlx5_0
  bool gpu = false;
  std::map<std::string, std::string> to;  // class by the other's name
  std::string numa;
};

bool is_class(std::string_view word) {
  if (word.starts_with("NV") && word.size() > 2)
    return word.find_first_not_of("0123456789", 2) == std::string_view::npos;
  for (const char* known : {"X", "SYS", "NODE", "PHB", "PXB", "PIX", "PSB", "SOC"})
    if (word == known) return true;
  return false;
}

// "GPU0", "NIC12", "mlx5_0", "mlx5_bond_0", "bnxt_re3": a device of the matrix.
bool is_device(std::string_view word) {
  if (word.empty() || word.back() < '0' || word.back() > '9') return false;
  return word.starts_with("GPU") || word.starts_with("NIC") || word.starts_with("mlx") ||
         (holds(word, "_") &&
          word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos);
}

// The devices that a header line names; empty where it is none.
std::vector<std::string> header_devices(std::string_view line) {
  std::vector<std::string> names;
  const std::vector<Word> words = words_of(line);
  if (words.empty() || words[0].text != "GPU0" || (words.size() > 1 && is_class(words[1].text))) return {};
  for (const Word& word : words) {
    if (!is_device(word.text)) break;
    names.emplace_back(word.text);
  }
  return names;
}

// Sets that grow together.
class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }
  std::size_t root(std::size_t at) {
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }
  // The smaller number stands for both.
  void join(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

class MatrixReader {
 public:
  MatrixReader(const Input& input, const MachineGiven& given) : lines_(input), given_(given) {}

  MachinePart read() {
    lines();
    if (devices_.empty())
      throw InputError(lines_.place(0),
                       "no matrix; expected output of `nvidia-smi topo -m`, with a header GPU0 GPU1 ...");
    keep_asked_nics();
    NodePart node;
    node.gpu = given_.gpu;
    if (node.gpu.empty() && given_.catalog)
      node.gpu = gpu_of_device(device_, given_.catalog->search()).value_or("");
    architecture_ = architecture_of(given_, node.gpu);
    rates_ = rates_of(architecture_);
    for (std::size_t i = 0; i < devices_.size(); ++i)
      names_.push_back(devices_[i].gpu ? fmt::format("gpu{}", node.gpus++)
                                       : fmt::format("nic{}", node.nics++));
    numa_nodes(node);
    nvlinks(node);
    buses(node);
    if (node.nics == 0) {
      node.nics = 1;
      node.nics_assumed = true;
      node.links.push_back({"nic0", "cpu0", rates_.pcie, latency_of("host")});
      part_.note("the matrix has no NIC: one at cpu0 is assumed");
    } else if (given_.nics.empty() && node.nics > 1) {
      part_.note(fmt::format("all {} NICs count as the fabric's; --nics NAME,... names those that are ({})",
                             node.nics, fmt::join(labels(), ", ")));
    }
    if (architecture_.empty())
      part_.note(
          "the matrix names no GPU: --gpu NAME sets the rates of NVLink and PCIe, which are assumed now");
    part_.node = std::move(node);
    return std::move(part_);
  }

 private:
  void lines() {
    std::vector<std::string> columns;
    while (lines_.next()) {
      const std::string& line = lines_.text();
      const std::vector<Word> words = words_of(line);
      if (words.empty()) continue;
      if (words[0].text == "GPU" && words.size() > 3 &&
          holds(line, "(UUID")) {  // "GPU 0: NVIDIA H100 (UUID: ...)"
        const std::size_t at = line.find(": ") + 2;
        device_ = line.substr(at, line.find(" (UUID") - at);
      } else if (const auto header = header_devices(line); !header.empty()) {
        if (!devices_.empty()) {
          part_.note("only the first of several matrices was read");
          break;
        }
        columns = header;
        header_ = lines_.place(words[0].column);
        if (columns.size() > kMostDevices)
          throw InputError(header_, fmt::format("more than {} devices", kMostDevices));
      } else if (!columns.empty() && words.size() > columns.size() &&
                 std::find(columns.begin(), columns.end(), words[0].text) != columns.end()) {
        row(columns, words);
      } else if (words.size() == 2 && words[0].text.ends_with(':') && words[0].text.starts_with("NIC")) {
        legend_[std::string(words[0].text.substr(0, words[0].text.size() - 1))] = words[1].text;
      }
    }
    if (columns.empty()) return;
    for (const std::string& name : columns)
      if (std::none_of(devices_.begin(), devices_.end(), [&](const Device& d) { return d.name == name; }))
        throw InputError(header_, fmt::format("the header names {}, but no row begins with it", name));
    for (const Device& device : devices_)
      for (const Device& other : devices_) {
        const std::string &there = device.to.at(other.name), &back = other.to.at(device.name);
        if (there != back)
          throw InputError(header_, fmt::format("{} to {} is {}, but {} to {} is {}", device.name, other.name,
                                                there, other.name, device.name, back));
      }
  }

  void row(const std::vector<std::string>& columns, const std::vector<Word>& words) {
    Device device{std::string(words[0].text), words[0].text.starts_with("GPU"), {}, ""};
    for (const Device& known : devices_)
      if (known.name == device.name)
        throw InputError(lines_.place(words[0].column), fmt::format("a second row of {}", device.name));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Word& word = words[i + 1];
      if (!is_class(word.text))
        throw InputError(lines_.place(word.column),
                         fmt::format("{} to {}: expected NV#, PIX, PXB, PHB, NODE, SYS or X, found {}",
                                     device.name, columns[i], quote(word.text)));
      if ((word.text == "X") != (columns[i] == device.name))
        throw InputError(lines_.place(word.column),
                         fmt::format("{} to {}: X stands for the device itself", device.name, columns[i]));
      device.to[columns[i]] = word.text;
    }
    // Behind the classes: CPU affinity, NUMA affinity, and in newer releases the GPU's own NUMA node.
    const std::size_t rest = words.size() - columns.size() - 1;
    if (device.gpu && rest >= 2) device.numa = words[columns.size() + 2].text;
    if (device.numa == "N/A") device.numa.clear();
    devices_.push_back(std::move(device));
  }

  std::string label(const Device& device) const {
    const auto found = legend_.find(device.name);
    return found == legend_.end() ? device.name : found->second;
  }
  std::vector<std::string> labels() const {
    std::vector<std::string> all;
    for (const Device& device : devices_)
      if (!device.gpu) all.push_back(label(device));
    return all;
  }

  void keep_asked_nics() {
    if (given_.nics.empty()) return;
    const std::vector<std::string> known = labels();
    for (const std::string& asked : given_.nics) {
      const bool found = std::any_of(devices_.begin(), devices_.end(), [&](const Device& d) {
        return !d.gpu && (d.name == asked || label(d) == asked);
      });
      if (!found)
        throw InputError(header_,
                         fmt::format("no NIC is named {}; the matrix has {}", quote(asked),
                                     known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
    }
    std::erase_if(devices_, [&](const Device& d) {
      return !d.gpu && std::find(given_.nics.begin(), given_.nics.end(), d.name) == given_.nics.end() &&
             std::find(given_.nics.begin(), given_.nics.end(), label(d)) == given_.nics.end();
    });
  }

  const std::string& between(std::size_t a, std::size_t b) const {
    return devices_[a].to.at(devices_[b].name);
  }

  // A CPU for each NUMA node that devices hang on.
  void numa_nodes(NodePart& node) {
    Groups groups(devices_.size());
    std::map<std::string, std::size_t> first;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      if (!devices_[i].numa.empty()) groups.join(i, first.try_emplace(devices_[i].numa, i).first->second);
      for (std::size_t j = 0; j < i; ++j) {
        const std::string& cls = between(i, j);
        if (cls == "PIX" || cls == "PXB" || cls == "PHB" || cls == "NODE") groups.join(i, j);
      }
    }
    std::map<std::size_t, std::size_t> numbers;
    for (std::size_t i = 0; i < devices_.size(); ++i)
      cpu_.push_back(numbers.try_emplace(groups.root(i), numbers.size()).first->second);
    node.cpus = numbers.size();
    node.cpus_source = {"", "NUMA nodes of nvidia-smi topo -m that devices hang on, taken for sockets",
                        Confidence::derived};
    for (std::size_t a = 0; a < node.cpus; ++a)
      for (std::size_t b = a + 1; b < node.cpus; ++b)
        node.links.push_back({fmt::format("cpu{}", a), fmt::format("cpu{}", b), rate_between_sockets(),
                              latency_of("sockets")});
  }

  void nvlinks(NodePart& node) {
    std::vector<std::size_t> gpus;
    for (std::size_t i = 0; i < devices_.size(); ++i)
      if (devices_[i].gpu) gpus.push_back(i);
    std::set<int> counts;  // of all pairs; 0 where a pair has none
    for (const std::size_t i : gpus)
      for (const std::size_t j : gpus)
        if (j < i) counts.insert(links_between(i, j));
    const int all = counts.size() == 1 ? *counts.begin() : 0;
    const int own = rates_.nvlinks > 0 ? rates_.nvlinks : 18;
    const auto figure = [&](int links) {
      return PartFigure{rate_text(rates_.nvlink_bytes * links),
                        fmt::format("nvidia-smi topo -m: NV{}; {}", links, rates_.nvlink.source),
                        rates_.nvlink.confidence};
    };
    if (rates_.nvlink_bytes == 0 && (all > 0 || counts.size() > 1))
      throw InputError(
          header_, fmt::format("the matrix has NVLinks, but {} has none; is --gpu right?", architecture_));
    if (gpus.size() > 2 && all > 0 && all * static_cast<int>(gpus.size() - 1) > own) {
      for (const std::size_t i : gpus)
        node.links.push_back({names_[i], "nvswitch0", figure(all), latency_of("nvlink to switch")});
      // Third-generation NVSwitch and later sum in the network.
      node.switch_reduction = architecture_ == "Hopper" || architecture_.starts_with("Blackwell");
      return;
    }
    for (const std::size_t i : gpus)
      for (const std::size_t j : gpus)
        if (const int links = j < i ? links_between(i, j) : 0; links > 0)
          node.links.push_back({names_[j], names_[i], figure(links), latency_of("nvlink")});
  }

  int links_between(std::size_t a, std::size_t b) const {
    const std::string& cls = between(a, b);
    return cls.starts_with("NV") ? std::stoi(cls.substr(2, 4)) : 0;
  }

  // PCIe switches, and devices straight at their CPU. NVLink hides how two GPUs are joined by PCIe.
  void buses(NodePart& node) {
    Groups groups(devices_.size());
    for (std::size_t i = 0; i < devices_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (const std::string& cls = between(i, j); cls == "PIX" || cls == "PXB") groups.join(i, j);
    std::map<std::size_t, std::size_t> sizes, numbers;
    for (std::size_t i = 0; i < devices_.size(); ++i) ++sizes[groups.root(i)];
    const PartFigure rate{rates_.pcie.value, "nvidia-smi topo -m tells no rate; " + rates_.pcie.source,
                          Confidence::assumed};
    std::vector<PartLink> up;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      const std::string cpu = fmt::format("cpu{}", cpu_[i]);
      if (sizes[groups.root(i)] < 2) {
        node.links.push_back({names_[i], cpu, rate, latency_of("host")});
        continue;
      }
      const auto [at, fresh] = numbers.try_emplace(groups.root(i), numbers.size());
      const std::string bus = fmt::format("pcie{}", at->second);
      node.links.push_back({names_[i], bus, rate, latency_of("pcie")});
      if (fresh) up.push_back({cpu, bus, rate, latency_of("host")});
    }
    node.links.insert(node.links.end(), up.begin(), up.end());
  }

  Lines lines_;
  const MachineGiven& given_;
  MachinePart part_;
  LinkRates rates_;
  std::string device_, architecture_;  // the GPU, where the log has `nvidia-smi -L` too
  Place header_;
  std::vector<Device> devices_;
  std::map<std::string, std::string> legend_;  // NIC0 -> mlx5_0
  std::vector<std::string> names_;             // of the wiring
  std::vector<std::size_t> cpu_;
};

MachinePart read_topo_matrix(const Input& input, const MachineGiven& given) {
  return MatrixReader(input, given).read();
}

bool looks_like_topo_matrix(std::string_view head) {
  bool header = false;
  for (const std::string_view line : lines_of(head)) {
    const std::vector<Word> words = words_of(line);
    if (header && words.size() > 1 && words[0].text == "GPU0" && is_class(words[1].text)) return true;
    header |= !header_devices(line).empty() && (holds(line, "Affinity") || holds(line, "GPU1"));
  }
  return false;
}

}  // namespace

const TopologyFormat topo_matrix{"nvidia-smi-topo",
                                 "`nvidia-smi topo -m`: the wiring of a node (a platform file)", true,
                                 looks_like_topo_matrix, read_topo_matrix};

}  // namespace aifsim::records
