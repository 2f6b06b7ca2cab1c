// Which machine a table of measurements means.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace aifsim::records {

// By PCI vendor and device, as sysfs writes them: "0x10de", "0x2330" -> "h100_sxm_80gb".
std::optional<std::string> gpu_of_pci(std::string_view vendor, std::string_view device);

// The platform that published tables mean where they name only a GPU of the catalogue: "b200" -> "dgx_b200".
std::optional<std::string> usual_platform_of(std::string_view gpu);

}  // namespace aifsim::records
