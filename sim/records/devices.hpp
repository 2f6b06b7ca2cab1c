// Devices as drivers and tools name them, and the GPU models of the catalogue.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace aifsim::records {

// "NVIDIA H100 80GB HBM3" -> "h100_sxm_80gb". Names that stand for several parts ("NVIDIA H100 NVL") are not
// guessed at.
std::optional<std::string> gpu_of_device(std::string_view device);

// By PCI vendor and device, as sysfs writes them: "0x10de", "0x2330" -> "h100_sxm_80gb".
std::optional<std::string> gpu_of_pci(std::string_view vendor, std::string_view device);

// The platform that published tables mean where they name only a GPU of the catalogue: "b200" -> "dgx_b200".
std::optional<std::string> usual_platform_of(std::string_view gpu);

}  // namespace aifsim::records
