#include "records/machine_yaml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "catalog/words.hpp"

namespace aifsim::records {
namespace {

// In double quotes; control characters go.
std::string quoted_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= ' ' && c != '\x7f') out += c;
  }
  return out + '"';
}

std::string figure_text(const PartFigure& figure) {
  return fmt::format("{{value: {}, source: {}, confidence: {}}}", figure.value, quoted_text(figure.source),
                     catalog::word_of(figure.confidence));
}

// A figure that stands more than once is written once, with an anchor.
class Anchors {
 public:
  std::string text(const PartFigure& figure, const char* prefix) {
    const std::string text = figure_text(figure);
    const auto found = names_.find(text);
    if (found != names_.end()) return "*" + found->second;
    const std::string name = fmt::format("{}{}", prefix, names_.size());
    names_.emplace(text, name);
    return "&" + name + " " + text;
  }

 private:
  std::map<std::string, std::string> names_;
};

std::string node_text(const NodePart& node) {
  std::string out = "node:\n";
  out += node.gpu.empty() ? "  # gpu: NAME  (aifsim list gpus; the file does not name it)\n"
                          : fmt::format("  gpu: {}\n", node.gpu);
  out += fmt::format("  gpus: {}\n", node.gpus);
  out += node.nics_assumed ? "  nics: {value: 1, source: \"the file names none\", confidence: assumed}\n"
                           : fmt::format("  nics: {}\n", node.nics);
  PartFigure cpus = node.cpus_source;
  cpus.value = std::to_string(node.cpus);
  out += "  cpus: " + figure_text(cpus) + "\n";
  out +=
      "  memory: {value: 1TiB, source: \"the file does not tell it; no prediction uses it\", confidence: "
      "assumed}\n";
  if (node.switch_reduction)
    out += "  switch_reduction: true  # NVSwitch of Hopper and later: NVLink SHARP\n";
  out += "  wiring:\n";
  Anchors anchors;
  for (const PartLink& link : node.links)
    out += fmt::format("    - {{from: {}, to: {}, bandwidth: {}, latency: {}}}\n", link.from, link.to,
                       anchors.text(link.bandwidth, "rate"), anchors.text(link.latency, "latency"));
  return out;
}

std::string latencies() {
  return "  nic_latency: {value: 0.7us, source: \"usual for an adapter with its cable\", confidence: "
         "assumed}\n"
         "  hop_latency: {value: 0.2us, source: \"usual for a switch with a cable\", confidence: assumed}\n";
}

// A node alone still needs a network in its platform: the simplest.
std::string lone_fabric(const NodePart& node, const std::string& link_rate) {
  const PartFigure injection =
      !link_rate.empty() ? PartFigure{link_rate, "given with --link-rate", Confidence::derived}
      : node.injection   ? *node.injection
                         : PartFigure{"400Gbps", "the file does not tell it", Confidence::assumed};
  return "fabric:\n  source: \"the file describes one node and no network\"\n  confidence: assumed\n  kind: "
         "fat_tree\n"
         "  injection: " +
         figure_text(injection) + "\n" + latencies() + "  levels:\n    - {name: leaf, nodes: 1}\n";
}

std::string network_text(const NetworkPart& network, const std::string& edges_file) {
  std::string out = "fabric:\n  source: " + quoted_text(network.edges_source) +
                    fmt::format("\n  confidence: {}\n  kind: graph\n  injection: ",
                                network.logical ? "assumed" : "derived") +
                    figure_text(network.injection) + "\n" + latencies();
  out +=
      "  routing: adaptive  # parallel links of two switches are one wide link, as InfiniBand spreads them\n";
  out += "  switches:\n";
  for (const NetworkSwitch& at : network.switches)
    out += fmt::format("    - {{name: {}, nodes: {}{}}}\n", quoted_text(at.name), at.nodes,
                       at.nics.empty() ? "" : fmt::format(", nics: [{}]", fmt::join(at.nics, ", ")));
  if (!network.edges.empty()) out += "  edges_file: " + quoted_text(edges_file) + "\n";
  return out;
}

}  // namespace

MachineText machine_text(const MachinePart& part, const std::string& files, const std::string& edges_file,
                         const std::string& usual, const std::string& link_rate) {
  MachineText text;
  text.whole = part.node && !part.node->gpu.empty() && !usual.empty();
  std::string& out = text.yaml;
  out = "# Written by aifsim import from " + files + ".\n";
  for (const std::string& note : part.notes) out += "# " + note + "\n";
  if (!text.whole)
    out +=
        "# A part: a platform file includes it (include: [...]) and adds what is missing; aifsim check tells "
        "what.\n";
  out += "kind: platform\n";
  const std::string title = files.substr(0, 80);
  out += "title: " + quoted_text("imported from " + title) + "\nsite: not stated\n";
  out += "source: " + quoted_text(files) + "\nconfidence: derived\n";
  out += part.network ? fmt::format("nodes: {}\n", part.network->nodes)
                      : "nodes: {value: 1, source: \"the file describes one node\", confidence: assumed}\n";
  if (part.node) out += node_text(*part.node);
  if (part.network) {
    out += network_text(*part.network, edges_file);
    text.edges = part.network->edges.empty() ? "" : "from,to,bandwidth,links\n";
    for (const NetworkEdge& edge : part.network->edges)
      text.edges += fmt::format("{},{},{},{}\n", edge.from, edge.to, edge.bandwidth, edge.links);
  } else if (part.node) {
    out += lone_fabric(*part.node, link_rate);
  }
  if (part.node) out += usual;
  return text;
}

}  // namespace aifsim::records
