#include "records/devices.hpp"

#include <map>

namespace aifsim::records {

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
