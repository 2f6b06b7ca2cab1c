#include "records/import_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.hpp"
#include "base/quote.hpp"
#include "base/user_file.hpp"
#include "records/format.hpp"
#include "records/machine_yaml.hpp"

namespace aifsim::records {
namespace {

// Two parts of one machine: a node and a network.
void join(MachinePart& into, MachinePart part, const std::string& file) {
  if (part.node && into.node) throw InputError(Place{file}, "a second node; a platform has one kind of node");
  if (part.network && into.network) throw InputError(Place{file}, "a second network; a platform has one");
  if (part.node) into.node = std::move(part.node);
  if (part.network) into.network = std::move(part.network);
  for (const std::string& note : part.notes) into.note(note);
}

// The blocks of a platform that no topology file tells.
std::string usual_blocks(const Catalog* catalog) {
  if (!catalog) return "";
  std::istringstream in(
      UserFile::open(catalog->search().shipped() / folder_of(CatalogKind::platform) / "parts" / "usual.yaml")
          .text());
  std::string text;
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with("#") && !line.starts_with("kind:")) text += line + '\n';
  return text;
}

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what,
                     count == 1                                       ? ""
                     : what[std::string_view(what).size() - 1] == 'h' ? "es"
                                                                      : "s");
}

}  // namespace

std::span<const TopologyFormat> topologies() {
  static const TopologyFormat all[] = {topo_matrix, nccl_topology, slurm_topology, ibnetdiscover, iblinkinfo};
  return all;
}

const TopologyFormat* topology_of(const Input& input, const std::string& asked) {
  for (const TopologyFormat& format : topologies())
    if (format.name == asked) return &format;
  if (asked != "auto") return nullptr;
  const std::string head = input.head();
  if (recognise(head)) return nullptr;
  for (const TopologyFormat& format : topologies())
    if (format.looks_like(head)) return &format;
  return nullptr;
}

MachineSummary import_machine(const std::string& asked, const std::vector<Input>& files,
                              const MachineGiven& given, const std::filesystem::path& out) {
  if (out.extension() != ".yaml" && out.extension() != ".yml")
    throw InputError(Place{"--out"},
                     fmt::format("a topology becomes a platform file: expected a name that ends in .yaml, "
                                 "found {}",
                                 quote(out.string())));
  MachineSummary summary;
  MachinePart part;
  MachineGiven known = given;
  std::string sources;
  // Nodes before networks: how many NICs a node has counts for the network.
  std::vector<std::pair<const TopologyFormat*, const Input*>> order;
  for (const Input& input : files) {
    const TopologyFormat* format = topology_of(input, asked);
    if (!format)
      throw InputError(Place{input.name()},
                       "no topology file, but others of the call are; measurements become a record in a call "
                       "of their own");
    order.emplace_back(format, &input);
  }
  std::stable_partition(order.begin(), order.end(), [](const auto& at) { return at.first->of_node; });
  for (const auto& [format, input] : order) {
    join(part, format->read(*input, known), input->name());
    for (const auto& [what, lines] : input->cleaning().stripped)
      part.note(fmt::format("taken off {} line{}: {}", lines, lines == 1 ? "" : "s", what));
    if (part.node && known.nics_per_node == 0 && !part.node->nics_assumed)
      known.nics_per_node = part.node->nics;
    summary.files.emplace_back(input->name(), format->name);
    sources += (sources.empty() ? "" : ", ") + std::filesystem::path(input->name()).filename().string() +
               " (" + format->name + ")";
  }
  if (part.node && part.network) {
    if (part.network->nics == 0) part.network->nics = part.node->nics;
    if (part.network->nics != part.node->nics && !part.network->logical)
      throw InputError(
          Place{files.back().name()},
          fmt::format("the network has {} adapters of a host, the node has {}; --nics NAME,... names those "
                      "of the node that belong to the network",
                      part.network->nics, part.node->nics));
  }
  std::filesystem::path edges_path = out;
  edges_path.replace_extension(".edges.csv");
  const MachineText text = machine_text(part, sources, edges_path.filename().string(),
                                        usual_blocks(given.catalog), given.link_rate);
  AtomicFile file(out);
  file.write(text.yaml);
  if (!text.edges.empty()) {
    AtomicFile edges(edges_path);
    edges.write(text.edges);
    edges.commit();
    summary.written.push_back(edges_path);
  }
  file.commit();
  summary.written.insert(summary.written.begin(), out);
  if (part.node)
    summary.what = fmt::format("a node of {}, {}, {}", counted(part.node->gpus, "GPU"),
                               counted(part.node->nics, "NIC"), counted(part.node->cpus, "CPU"));
  if (part.network)
    summary.what +=
        fmt::format("{}a network of {} and {}", summary.what.empty() ? "" : "; ",
                    counted(part.network->switches.size(), "switch"), counted(part.network->nodes, "node"));
  summary.notes = part.notes;
  summary.whole = text.whole;
  return summary;
}

std::string summary_text(const MachineSummary& summary) {
  std::string text;
  for (const auto& [name, format] : summary.files) text += fmt::format("{} ({})\n", name, format);
  text += summary.what + '\n';
  for (const std::string& note : summary.notes) text += "note: " + note + '\n';
  for (const std::filesystem::path& file : summary.written)
    text += fmt::format("written: {}\n", file.string());
  text += summary.whole ? fmt::format("a platform file: aifsim check {0}; aifsim show platform {0}\n",
                                      summary.written[0].string())
                        : "a part of a platform: include it in a platform file that says the rest\n";
  return text;
}

std::string summary_json(const MachineSummary& summary) {
  nlohmann::ordered_json json;
  json["platform"] = summary.written[0].string();
  json["whole"] = summary.whole;
  json["what"] = summary.what;
  json["files"] = nlohmann::ordered_json::array();
  for (const auto& [name, format] : summary.files)
    json["files"].push_back({{"file", name}, {"format", format}});
  json["written"] = nlohmann::ordered_json::array();
  for (const std::filesystem::path& file : summary.written) json["written"].push_back(file.string());
  json["notes"] = summary.notes;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace aifsim::records
