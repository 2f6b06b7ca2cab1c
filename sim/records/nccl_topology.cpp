// NCCL's topology in XML: what NCCL_TOPO_DUMP_FILE writes, what cloud images give as NCCL_TOPO_FILE, and RCCL's.
//
//   <system version="1">
//     <cpu numaid="0" host_hash="0x1">
//       <pci busid="0000:16:00.0" class="0x060400" link_speed="32.0 GT/s PCIe" link_width="16">
//         <pci busid="0000:18:00.0" class="0x030200" vendor="0x10de" device="0x2330" link_speed=... link_width="16">
//           <gpu dev="0" sm="90"><nvlink target="0000:07:00.0" count="5" tclass="0x068000"/></gpu>
//         </pci>
//         <pci busid="0000:19:00.0" class="0x020700" ...><nic><net name="mlx5_0" speed="400000"/></nic></pci>
//
// A bridge below which several devices meet becomes a PCIe switch; chains of bridges are one link, of their
// narrowest. PCIe carries GT/s times lanes over 8 (8b/10b below 8 GT/s; 128b/130b, 1.5 %, is left out, as in the
// shipped platforms). NVLinks to class 0x0680 are those to switches.
#include <expat.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

#include "base/quote.hpp"
#include "catalog/device_names.hpp"
#include "records/lines.hpp"
#include "records/machine_part.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kDeepestElement = 64, kMostElements = 65536;

struct Element {
  std::string name;
  std::map<std::string, std::string, std::less<>> attributes;
  std::vector<std::unique_ptr<Element>> children;
  Place place;
  const std::string& at(std::string_view key) const {
    static const std::string none;
    const auto found = attributes.find(key);
    return found == attributes.end() ? none : found->second;
  }
};

// The elements of a file, with their places.
class XmlTree {
 public:
  explicit XmlTree(const Input& input) : name_(input.name()), parser_(XML_ParserCreate(nullptr)) {
    if (!parser_) throw std::bad_alloc();
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), begin, end);
    open_.push_back(&root_);
    const auto stream = input.open();
    std::array<char, 65536> buffer{};
    for (bool last = false; !last;) {
      const std::streamsize got = stream->buffer().sgetn(buffer.data(), buffer.size());
      last = got < static_cast<std::streamsize>(buffer.size());
      if (XML_Parse(parser_.get(), buffer.data(), static_cast<int>(got), last) == XML_STATUS_ERROR) {
        if (!problem_.empty()) throw InputError(at_, problem_);
        throw InputError(place(),
                         fmt::format("not sound XML: {}", XML_ErrorString(XML_GetErrorCode(parser_.get()))));
      }
    }
  }
  const Element& root() const { return root_; }

 private:
  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };
  Place place() const {
    return {name_, static_cast<int>(XML_GetCurrentLineNumber(parser_.get())),
            static_cast<int>(XML_GetCurrentColumnNumber(parser_.get())) + 1};
  }
  static void begin(void* self, const XML_Char* name, const XML_Char** attributes) {
    auto& tree = *static_cast<XmlTree*>(self);
    if (tree.open_.size() > kDeepestElement || ++tree.elements_ > kMostElements) {
      tree.problem_ = tree.open_.size() > kDeepestElement
                          ? fmt::format("elements nested more than {} deep", kDeepestElement)
                          : fmt::format("more than {} elements", kMostElements);
      tree.at_ = tree.place();
      XML_StopParser(tree.parser_.get(), XML_FALSE);
      return;
    }
    auto element = std::make_unique<Element>();
    element->name = name;
    element->place = tree.place();
    for (std::size_t i = 0; attributes[i]; i += 2)
      element->attributes.emplace(attributes[i], attributes[i + 1]);
    Element* raw = element.get();
    tree.open_.back()->children.push_back(std::move(element));
    tree.open_.push_back(raw);
  }
  static void end(void* self, const XML_Char*) { static_cast<XmlTree*>(self)->open_.pop_back(); }

  std::string name_, problem_;
  Place at_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser_;
  Element root_;
  std::vector<Element*> open_;
  std::size_t elements_ = 0;
};

// GT/s and lanes of an element's link upwards, in bytes per second; 0 where the file does not say.
double bus_rate(const Element& pci) {
  const std::vector<Word> speed = words_of(pci.at("link_speed"));
  const double lanes = as_number(pci.at("link_width")).value_or(0);
  if (speed.empty() || lanes <= 0 || lanes > 32) return 0;
  const double transfers = as_number(speed[0].text).value_or(0);
  if (transfers <= 0 || transfers > 1000) return 0;
  return transfers * 1e9 * lanes / 8 * (transfers < 8 ? 0.8 : 1);
}

// Everything about one device at the end of the tree.
struct Leaf {
  const Element* pci = nullptr;
  const Element* gpu = nullptr;  // <gpu>, where the file has it
  bool is_gpu = false;
  std::string nic;      // the net's name
  double nic_rate = 0;  // bytes per second
  std::string name;     // of the wiring
};

class TopologyReader {
 public:
  TopologyReader(const Input& input, const MachineGiven& given)
      : tree_(input), given_(given), file_(input.name()) {}

  MachinePart read() {
    const Element* system = nullptr;
    for (const auto& child : tree_.root().children)
      if (child->name == "system") system = child.get();
    if (!system) throw InputError(Place{file_}, "no element <system>; expected a topology file of NCCL");
    choose_host(*system);
    for (const Element* cpu : cpus_) find(*cpu);
    describe();
    number();
    for (std::size_t i = 0; i < cpus_.size(); ++i) {
      const std::string cpu = fmt::format("cpu{}", i);
      for (const auto& child : cpus_[i]->children) place(*child, cpu, 0);
      for (std::size_t j = i + 1; j < cpus_.size(); ++j)
        node_.links.push_back({cpu, fmt::format("cpu{}", j), rate_between_sockets(), latency_of("sockets")});
    }
    nvlinks();
    finish();
    part_.node = std::move(node_);
    return std::move(part_);
  }

 private:
  // Of several hosts (NVLink between nodes) the first one's.
  void choose_host(const Element& system) {
    std::set<std::string> hosts;
    for (const auto& child : system.children) {
      if (child->name != "cpu") continue;
      const std::string& host = child->at("host_hash");
      if (hosts.empty() || *hosts.begin() == host || cpus_.empty()) {
        if (cpus_.empty() || cpus_[0]->at("host_hash") == host) cpus_.push_back(child.get());
      }
      hosts.insert(host);
    }
    if (cpus_.empty()) throw InputError(system.place, "no element <cpu> in <system>");
    if (hosts.size() > 1)
      part_.note(
          fmt::format("the file has {} hosts that share their NVLink; the first one is described, and "
                      "node.scale_up: {{through: nvswitch0, nodes: {}}} would join them",
                      hosts.size(), hosts.size()));
  }

  static bool is_class(const Element& pci, std::string_view begin) {
    return pci.at("class").starts_with(begin);
  }
  bool is_gpu(const Element& pci) const {
    for (const auto& child : pci.children)
      if (child->name == "gpu") return true;
    return is_class(pci, "0x0302") || is_class(pci, "0x0300") || is_class(pci, "0x0380") ||
           is_class(pci, "0x1200");
  }

  // GPUs and NICs below an element, in the order of the file.
  void find(const Element& at) {
    for (const auto& child : at.children) {
      if (child->name == "nic") {
        part_.note("adapters straight at a CPU (virtual ones, sockets) were left out");
        continue;
      }
      if (child->name != "pci") continue;
      if (is_gpu(*child)) {
        Leaf leaf{child.get(), nullptr, true, "", 0, ""};
        for (const auto& inner : child->children)
          if (inner->name == "gpu" && !leaf.gpu) leaf.gpu = inner.get();
        leaves_.push_back(leaf);
        continue;
      }
      bool nic = false;
      for (const auto& inner : child->children)
        if (inner->name == "nic")
          for (const auto& net : inner->children)
            if (net->name == "net") {
              nic = true;
              add_nic(*child, net->at("name"), as_number(net->at("speed")).value_or(0) * 1e6 / 8);
            }
      if (!nic && (is_class(*child, "0x0200") || is_class(*child, "0x0207"))) {
        nic = true;
        add_nic(*child, child->at("busid"), 0);
      }
      if (!nic) find(*child);
    }
  }
  void add_nic(const Element& pci, const std::string& name, double rate) {
    known_nics_.push_back(name);
    const auto& asked = given_.nics;
    if (!asked.empty() && std::find(asked.begin(), asked.end(), name) == asked.end()) return;
    leaves_.push_back({&pci, nullptr, false, name, rate, ""});
  }

  // The GPU and its generation: what the user says, else the PCI device, else the compute capability.
  void describe() {
    for (const std::string& asked : given_.nics)
      if (std::find(known_nics_.begin(), known_nics_.end(), asked) == known_nics_.end())
        throw InputError(Place{file_}, fmt::format("no NIC is named {}; the file has {}", quote(asked),
                                                   fmt::join(known_nics_, ", ")));
    node_.gpu = given_.gpu;
    int sm = 0;
    for (const Leaf& leaf : leaves_) {
      if (!leaf.is_gpu) continue;
      if (node_.gpu.empty() && given_.catalog)
        node_.gpu =
            gpu_of_pci(leaf.pci->at("vendor"), leaf.pci->at("device"), given_.catalog->search()).value_or("");
      if (leaf.gpu && sm == 0) sm = static_cast<int>(as_number(leaf.gpu->at("sm")).value_or(0));
    }
    std::string architecture = architecture_of(given_, node_.gpu);
    const std::string by_sm = architecture_of_sm(sm);
    if (!given_.gpu.empty() && !by_sm.empty() && !architecture.empty() && by_sm != architecture &&
        !(by_sm == "Blackwell" && architecture == "Blackwell Ultra"))
      throw InputError(Place{file_}, fmt::format("--gpu {} is of {}, but the file's GPUs have sm {} ({})",
                                                 given_.gpu, architecture, sm, by_sm));
    if (architecture.empty()) architecture = by_sm;
    rates_ = rates_of(architecture);
    reduction_ = architecture == "Hopper" || architecture.starts_with("Blackwell");
    if (architecture.empty())
      part_.note("the file does not tell the GPU: --gpu NAME sets the rate of NVLink, which is assumed now");
  }

  void number() {
    for (Leaf& leaf : leaves_) {
      leaf.name = leaf.is_gpu ? fmt::format("gpu{}", node_.gpus++) : fmt::format("nic{}", node_.nics++);
      if (leaf.is_gpu) by_bus_[leaf.pci->at("busid")] = leaf.name;
    }
    for (std::size_t i = 0; i < leaves_.size(); ++i) by_element_.emplace(leaves_[i].pci, i);
    for (const Element* cpu : cpus_) count(*cpu);
    if (node_.gpus == 0) throw InputError(Place{file_}, "no GPU: no <gpu>, and no device of class 0x0302");
    if (node_.gpus > 512 || node_.nics > 512) throw InputError(Place{file_}, "more than 512 GPUs or NICs");
  }

  // How many GPUs and NICs of ours hang below each element.
  std::size_t count(const Element& at) {
    std::size_t sum = by_element_.count(&at);
    for (const auto& child : at.children) sum += count(*child);
    return below_[&at] = sum;
  }
  std::size_t below(const Element& at) const {
    const auto found = below_.find(&at);
    return found == below_.end() ? 0 : found->second;
  }

  // Joins what is below `at` to `up`; `narrowest` is that of the bridges passed, 0 where none tells its rate.
  void place(const Element& at, const std::string& up, double narrowest) {
    if (at.name != "pci" || below(at) == 0) return;
    const double own = bus_rate(at);
    double rate = narrowest > 0 && own > 0 ? std::min(narrowest, own) : std::max(narrowest, own);
    const bool host = up.starts_with("cpu");
    bool leaf_here = false;
    for (auto [it, end] = by_element_.equal_range(&at); it != end; ++it) {
      const Leaf& leaf = leaves_[it->second];
      leaf_here = true;
      if (leaf.gpu && chip_link(leaf, up)) continue;
      node_.links.push_back({leaf.name, up, figure(rate), latency_of(host ? "host" : "pcie")});
    }
    if (leaf_here) return;
    std::size_t branches = 0;
    double fastest = 0;
    for (const auto& child : at.children) {
      branches += child->name == "pci" && below(*child) > 0;
      fastest = std::max(fastest, bus_rate(*child));
    }
    // Emulated bridges of virtual machines have one lane of the first generation.
    if (rate > 0 && rate * 8 <= fastest) {
      part_.note(fmt::format(
          "the bridge {} claims {}, far less than what is below it, as emulated ones do: taken for {}",
          quote(at.at("busid")), rate_text(rate), rate_text(fastest)));
      rate = fastest;
    }
    if (branches < 2) {
      for (const auto& child : at.children) place(*child, up, rate);
      return;
    }
    const std::string bus = fmt::format("pcie{}", buses_++);
    node_.links.push_back({bus, up, figure(rate), latency_of(host ? "host" : "pcie")});
    for (const auto& child : at.children) place(*child, bus, 0);
  }

  PartFigure figure(double rate) {
    if (rate > 0)
      return {rate_text(rate), "link_speed and link_width in NCCL's topology file", Confidence::derived};
    part_.note("some links of PCIe have no speed or width in the file: theirs is assumed");
    return {rates_.pcie.value, "not in the topology file; " + rates_.pcie.source, Confidence::assumed};
  }

  // NVLink-C2C to the CPU, in place of PCIe.
  bool chip_link(const Leaf& leaf, const std::string& up) {
    for (const auto& child : leaf.gpu->children) {
      if (child->name != "c2c" || !up.starts_with("cpu")) continue;
      const double bytes =
          as_number(child->at("bw")).value_or(0) * as_number(child->at("count")).value_or(0) * 1e6;
      if (bytes <= 0) return false;
      node_.links.push_back({leaf.name,
                             up,
                             {rate_text(bytes), "<c2c> in NCCL's topology file", Confidence::derived},
                             latency_of("c2c")});
      return true;
    }
    return false;
  }

  void nvlinks() {
    std::map<std::pair<std::string, std::string>, double> direct;  // by name, the smaller first
    std::map<std::string, double> to_switch;
    for (const Leaf& leaf : leaves_) {
      if (!leaf.gpu) continue;
      for (const auto& child : leaf.gpu->children) {
        if (child->name != "nvlink" && child->name != "xgmi") continue;
        const double count = as_number(child->at("count")).value_or(0);
        if (!(count > 0) || count > 1000)
          throw InputError(child->place, fmt::format("count: expected a number of links, found {}",
                                                     quote(child->at("count"))));
        const auto peer = by_bus_.find(child->at("target"));
        if (is_class_text(child->at("tclass"), "0x0680") && peer == by_bus_.end()) {
          to_switch[leaf.name] += count;
        } else if (peer != by_bus_.end()) {
          const auto ends = std::minmax(leaf.name, peer->second);
          double& known = direct[{ends.first, ends.second}];
          known = std::max(known, count);
        } else {
          part_.note("NVLinks to devices that the file does not have were left out");
        }
      }
    }
    if (rates_.nvlink_bytes == 0 && (!direct.empty() || !to_switch.empty()))
      throw InputError(Place{file_}, "the file has NVLinks, but this GPU has none; is --gpu right?");
    const auto links = [&](double count) {
      return PartFigure{rate_text(rates_.nvlink_bytes * count),
                        fmt::format("{:g} links in NCCL's topology file; {}", count, rates_.nvlink.source),
                        rates_.nvlink.confidence};
    };
    for (const Leaf& leaf : leaves_) {
      const auto found = to_switch.find(leaf.name);
      if (found != to_switch.end())
        node_.links.push_back({leaf.name, "nvswitch0", links(found->second), latency_of("nvlink to switch")});
      else if (leaf.is_gpu && !to_switch.empty())
        part_.note(fmt::format("{} has no NVLink to the switch that the others have", leaf.name));
    }
    if (to_switch.size() == 1)
      throw InputError(Place{file_}, "a single GPU has NVLinks to a switch; what it joins is missing");
    node_.switch_reduction = !to_switch.empty() && reduction_;
    for (const auto& [ends, count] : direct)
      node_.links.push_back({ends.first, ends.second, links(count), latency_of("nvlink")});
  }
  static bool is_class_text(std::string_view text, std::string_view begin) { return text.starts_with(begin); }

  void finish() {
    node_.cpus = cpus_.size();
    node_.cpus_source = {"", "NUMA nodes in NCCL's topology file, taken for sockets", Confidence::derived};
    std::set<double> rates;
    for (const Leaf& leaf : leaves_)
      if (!leaf.is_gpu && leaf.nic_rate > 0) rates.insert(leaf.nic_rate);
    if (!rates.empty()) {
      node_.injection = PartFigure{fmt::format("{:g}Gbps", *rates.begin() * 8 / 1e9),
                                   "speed of the adapters in NCCL's topology file", Confidence::derived};
      if (rates.size() > 1)
        part_.note(
            "the adapters differ in speed; the slowest counts for all, --nics NAME,... names those of the "
            "fabric");
    }
    if (node_.nics == 0) {
      node_.nics = 1;
      node_.nics_assumed = true;
      node_.links.push_back(
          {"nic0", "cpu0", {rates_.pcie.value, rates_.pcie.source, Confidence::assumed}, latency_of("host")});
      part_.note("the file has no NIC: one at cpu0 is assumed");
    } else if (given_.nics.empty() && node_.nics > 1) {
      part_.note(fmt::format("all {} NICs count as the fabric's; --nics NAME,... names those that are ({})",
                             node_.nics, fmt::join(known_nics_, ", ")));
    }
  }

  XmlTree tree_;
  const MachineGiven& given_;
  std::string file_;
  MachinePart part_;
  NodePart node_;
  LinkRates rates_;
  bool reduction_ = false;
  std::vector<const Element*> cpus_;
  std::vector<Leaf> leaves_;
  std::vector<std::string> known_nics_;
  std::map<std::string, std::string> by_bus_;
  std::multimap<const Element*, std::size_t> by_element_;
  std::map<const Element*, std::size_t> below_;
  std::size_t buses_ = 0;
};

MachinePart read_nccl_topology(const Input& input, const MachineGiven& given) {
  return TopologyReader(input, given).read();
}

bool looks_like_nccl_topology(std::string_view head) {
  return holds(head, "<system ") && holds(head, "<cpu ") && (holds(head, "<pci ") || holds(head, "numaid="));
}

}  // namespace

const TopologyFormat nccl_topology{
    "nccl-topology", "NCCL's topology XML (NCCL_TOPO_DUMP_FILE): the wiring of a node (a platform file)",
    true, looks_like_nccl_topology, read_nccl_topology};

}  // namespace aifsim::records
