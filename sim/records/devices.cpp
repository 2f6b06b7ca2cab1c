#include "records/devices.hpp"

#include <map>

namespace aifsim::records {

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
