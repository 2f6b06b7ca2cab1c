#include "records/devices.hpp"

#include <map>

namespace aifsim::records {

std::optional<std::string> gpu_of_device(std::string_view device) {
  // cudaDeviceProp.name, nvidia-smi and rocm-smi, then the system names of tables of measurements.
  static const std::map<std::string_view, const char*> known{
      {"Tesla V100-SXM2-32GB", "v100_sxm2_32gb"},
      {"NVIDIA A100-SXM4-40GB", "a100_sxm_40gb"},
      {"A100-SXM4-40GB", "a100_sxm_40gb"},
      {"NVIDIA A100-SXM4-80GB", "a100_sxm_80gb"},
      {"A100-SXM4-80GB", "a100_sxm_80gb"},
      {"NVIDIA A100-SXM-64GB", "a100_sxm_64gb_custom"},
      {"NVIDIA A100-SXM4-64GB", "a100_sxm_64gb_custom"},
      {"NVIDIA H100 80GB HBM3", "h100_sxm_80gb"},
      {"NVIDIA H100 SXM", "h100_sxm_80gb"},
      {"NVIDIA H100 64GB HBM2", "h100_sxm_64gb_custom"},
      {"NVIDIA H100 PCIe", "h100_pcie_80gb"},
      {"NVIDIA H200", "h200_sxm"},
      {"NVIDIA H200 SXM", "h200_sxm"},
      {"NVIDIA GH200 96GB HBM3", "gh200_96gb"},
      {"NVIDIA GH200 120GB", "gh200_96gb"},  // 120 GB are the CPU's; the GPU has 96 GB
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
      {"h100_sxm", "h100_sxm_80gb"},
      {"b200_sxm", "b200"},
      {"b300_sxm", "b300"},
  };
  const auto found = known.find(device);
  if (found == known.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> gpu_of_pci(std::string_view vendor, std::string_view device) {
  static const std::map<std::string_view, const char*> nvidia{{"0x1db5", "v100_sxm2_32gb"},
                                                              {"0x20b0", "a100_sxm_40gb"},
                                                              {"0x20b2", "a100_sxm_80gb"},
                                                              {"0x2235", "a40"},
                                                              {"0x2330", "h100_sxm_80gb"},
                                                              {"0x2331", "h100_pcie_80gb"},
                                                              {"0x2335", "h200_sxm"},
                                                              {"0x2342", "gh200_96gb"},
                                                              {"0x26b9", "l40s"},
                                                              {"0x27b8", "l4"},
                                                              {"0x2901", "b200"},
                                                              {"0x2941", "gb200"},
                                                              {"0x3182", "b300"},
                                                              {"0x31c2", "gb300"},
                                                              {"0x2bb5", "rtx_pro_6000_server"}};
  static const std::map<std::string_view, const char*> amd{
      {"0x740c", "mi250x_gcd"}, {"0x74a0", "mi300a"}, {"0x74a1", "mi300x"}, {"0x75a3", "mi355x"}};
  const auto& known = vendor == "0x1002" ? amd : nvidia;
  const auto found = known.find(device);
  if (found == known.end() || (vendor != "0x1002" && vendor != "0x10de")) return std::nullopt;
  return found->second;
}

std::optional<std::string> usual_platform_of(std::string_view gpu) {
  static const std::map<std::string_view, const char*> known{
      {"a100_sxm_80gb", "selene"}, {"h100_sxm_80gb", "dgx_h100"},
      {"h200_sxm", "h200_hgx"},    {"b200", "dgx_b200"},
      {"b300", "dgx_b300"},        {"gb200", "gb200_nvl72"},
      {"gb300", "gb300_nvl72"},    {"mi300x", "mi300x_hgx"},
      {"l40s", "l40s_pcie8"},      {"rtx_pro_6000_server", "rtx_pro_6000_pcie8"},
  };
  const auto found = known.find(gpu);
  if (found == known.end()) return std::nullopt;
  return found->second;
}

}  // namespace aifsim::records
