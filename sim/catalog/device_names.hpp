// Devices as drivers, tools and people name them, and the GPU models of the catalogue.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aifsim {

// "NVIDIA H100 80GB HBM3" and "A100 SXM4 80GB" -> "h100_sxm_80gb", "a100_sxm_80gb": the model of `known` with the
// same parts in its name, in any order, else what the part is called elsewhere. Names that stand for several parts
// ("H100", "NVIDIA H100 NVL") are not guessed at.
std::optional<std::string> gpu_of_device(std::string_view device, std::span<const std::string> known = {});

}  // namespace aifsim
