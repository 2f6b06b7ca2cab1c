#include "catalog/device_names.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "catalog/synonyms.hpp"

namespace aifsim {
namespace {

// The parts of a name, sorted: without the vendor, case, and the number behind SXM.
std::string parts_of(std::string_view name) {
  static const std::set<std::string, std::less<>> vendor{"nvidia", "amd", "instinct", "tesla"};
  std::set<std::string> parts;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of(" -_/"), name.size());
    std::string part = catalog::squeezed(name.substr(0, end));
    if (part.size() == 4 && part.starts_with("sxm")) part = "sxm";
    if (!part.empty() && !vendor.count(part)) parts.insert(std::move(part));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  std::string joined;
  for (const std::string& part : parts) joined += part + ' ';
  return joined;
}

const std::map<std::string, std::string>& elsewhere() {
  static const auto all = [] {
    std::map<std::string, std::string> by_parts;
    // cudaDeviceProp.name, nvidia-smi and rocm-smi, then the system names of tables of measurements.
    for (const auto& [device, gpu] : std::initializer_list<std::pair<const char*, const char*>>{
             {"Tesla V100-SXM2-32GB", "v100_sxm2_32gb"},
             {"NVIDIA A100-SXM4-40GB", "a100_sxm_40gb"},
             {"NVIDIA A100-SXM4-80GB", "a100_sxm_80gb"},
             {"NVIDIA A100-SXM-64GB", "a100_sxm_64gb_custom"},
             {"NVIDIA H100 80GB HBM3", "h100_sxm_80gb"},
             {"NVIDIA H100 SXM", "h100_sxm_80gb"},
             {"NVIDIA H100 64GB HBM2", "h100_sxm_64gb_custom"},
             {"NVIDIA H100 PCIe", "h100_pcie_80gb"},
             {"NVIDIA H200", "h200_sxm"},
             {"NVIDIA H200 SXM", "h200_sxm"},
             {"NVIDIA H200 SXM 141GB", "h200_sxm"},
             {"NVIDIA GH200 96GB HBM3", "gh200_96gb"},
             {"NVIDIA GH200 120GB", "gh200_96gb"},  // 120 and 480 GB are the CPU's; the GPU has 96 GB
             {"NVIDIA GH200 480GB", "gh200_96gb"},
             {"NVIDIA B200", "b200"},
             {"NVIDIA GB200", "gb200"},
             {"NVIDIA B300 SXM6 AC", "b300"},
             {"NVIDIA B300", "b300"},
             {"NVIDIA GB300", "gb300"},
             {"NVIDIA L40S", "l40s"},
             {"NVIDIA A40", "a40"},
             {"NVIDIA L4", "l4"},
             {"NVIDIA RTX PRO 6000 Blackwell Server Edition", "rtx_pro_6000_server"},
             {"AMD Instinct MI250X", "mi250x_gcd"},
             {"AMD Instinct MI300A", "mi300a"},
             {"AMD Instinct MI300X", "mi300x"},
             {"AMD Instinct MI300X OAM", "mi300x"},
             {"AMD Instinct MI300X VF", "mi300x"},
             {"AMD Instinct MI355X", "mi355x"},
             {"a100_sxm", "a100_sxm_80gb"},
             {"b200_sxm", "b200"},
             {"b300_sxm", "b300"}})
      by_parts.emplace(parts_of(device), gpu);
    return by_parts;
  }();
  return all;
}

}  // namespace

std::optional<std::string> gpu_of_device(std::string_view device, std::span<const std::string> known) {
  const std::string parts = parts_of(device.substr(0, 200));
  for (const std::string& gpu : known)
    if (gpu == device) return gpu;
  for (const std::string& gpu : known)
    if (parts_of(gpu) == parts) return gpu;
  const auto found = elsewhere().find(parts);
  if (found == elsewhere().end()) return std::nullopt;
  return found->second;
}

}  // namespace aifsim
