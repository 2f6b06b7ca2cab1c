// Devices as drivers, tools and people name them, and the GPU models of the catalogue.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "catalog/search.hpp"

namespace aifsim {

// "NVIDIA H100 80GB HBM3" and "A100 SXM4 80GB" -> "h100_sxm_80gb", "a100_sxm_80gb": the model with the same parts in
// its name, in any order, else in one of those that its file is `known_as`. Names that stand for several parts ("H100",
// "NVIDIA H100 NVL") are not guessed at.
std::optional<std::string> gpu_of_device(std::string_view device, std::span<const CatalogEntry> gpus);
std::optional<std::string> gpu_of_device(std::string_view device, const SearchPath& search);

// By PCI vendor and device, as sysfs writes them: "0x10de", "0x2330" -> "h100_sxm_80gb", whose file has them in `pci`.
std::optional<std::string> gpu_of_pci(std::string_view vendor, std::string_view device,
                                      const SearchPath& search);

// The platform that published tables mean where they name only this GPU: `usual_platform` of its file.
std::optional<std::string> usual_platform_of(std::string_view gpu, const SearchPath& search);

}  // namespace aifsim
