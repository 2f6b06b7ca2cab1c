// Rates and latencies of the links in a node, by generation. Bandwidth per direction: data sheets give both
// directions together.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "records/machine_part.hpp"

namespace aifsim::records {
namespace {

struct Generation {
  const char* architecture;
  const char* link;  // "NVLink 4"
  double nvlink;     // bytes per second of one link and direction
  int nvlinks;       // of a GPU with all of them
  const char* bus;   // "PCIe 5"
  double pcie;       // x16
};

constexpr Generation kGenerations[] = {
    {"Volta", "NVLink 2", 25e9, 6, "PCIe 3", 16e9},
    {"Ampere", "NVLink 3", 25e9, 12, "PCIe 4", 32e9},
    {"Hopper", "NVLink 4", 25e9, 18, "PCIe 5", 64e9},
    {"Blackwell", "NVLink 5", 50e9, 18, "PCIe 5", 64e9},
    {"Blackwell Ultra", "NVLink 5", 50e9, 18, "PCIe 6", 128e9},
    {"Ada Lovelace", "", 0, 0, "PCIe 4", 32e9},
    {"CDNA 2", "xGMI (Infinity Fabric 3)", 50e9, 8, "PCIe 4", 32e9},
    {"CDNA 3", "xGMI (Infinity Fabric 4)", 64e9, 7, "PCIe 5", 64e9},
    {"CDNA 4", "xGMI (Infinity Fabric 4)", 76.8e9, 7, "PCIe 5", 64e9},
};

}  // namespace

void MachinePart::note(const std::string& text) {
  if (notes.size() < 32 && std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(text);
}

std::string rate_text(double bytes_per_second) { return fmt::format("{:.6g}GB/s", bytes_per_second / 1e9); }

LinkRates rates_of(std::string_view architecture) {
  LinkRates rates;
  for (const Generation& g : kGenerations) {
    if (architecture != g.architecture) continue;
    rates.nvlink_bytes = g.nvlink;
    rates.nvlinks = g.nvlinks;
    rates.pcie_bytes = g.pcie;
    rates.nvlink = {
        rate_text(g.nvlink),
        fmt::format("{} of {}: {} per link and direction", g.link, architecture, rate_text(g.nvlink)),
        Confidence::derived};
    rates.pcie = {rate_text(g.pcie), fmt::format("{} x16 of {}, its width is assumed", g.bus, architecture),
                  Confidence::assumed};
    return rates;
  }
  rates.nvlink_bytes = 25e9;
  rates.nvlinks = 18;
  rates.pcie_bytes = 32e9;
  rates.nvlink = {"25GB/s",
                  "the file does not name the GPU: 25 GB/s per link and direction, as NVLink 2 to 4",
                  Confidence::assumed};
  rates.pcie = {"32GB/s", "the file does not name the GPU: PCIe 4 x16", Confidence::assumed};
  return rates;
}

std::string architecture_of(const MachineGiven& given, const std::string& gpu) {
  if (!given.catalog || gpu.empty()) return "";
  const std::vector<std::string> known = given.catalog->names(CatalogKind::gpu);
  if (std::find(known.begin(), known.end(), gpu) == known.end()) return "";
  return given.catalog->gpu(gpu).architecture;
}

std::string architecture_of_sm(int sm) {
  switch (sm) {
    case 70:
      return "Volta";
    case 80:
    case 86:
      return "Ampere";
    case 89:
      return "Ada Lovelace";
    case 90:
      return "Hopper";
    case 100:
      return "Blackwell";
    case 103:
      return "Blackwell Ultra";
    default:
      return "";
  }
}

PartFigure latency_of(const char* kind) {
  const std::string_view word = kind;
  if (word == "nvlink") return {"0.7us", "usual between two GPUs", Confidence::assumed};
  if (word == "nvlink to switch")
    return {"0.35us", "half of what is usual between two GPUs", Confidence::assumed};
  if (word == "host") return {"0.35us", "usual for PCIe", Confidence::assumed};
  if (word == "sockets") return {"0.2us", "usual between sockets", Confidence::assumed};
  if (word == "c2c") return {"0.3us", "usual for a coherent link in a package", Confidence::assumed};
  return {"0.25us", "usual for PCIe through one switch, half of it", Confidence::assumed};
}

PartFigure rate_between_sockets() {
  return {"64GB/s", "usable part of the links between the sockets, estimate", Confidence::assumed};
}

}  // namespace aifsim::records
