// Which machine a table of measurements means.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace aifsim::records {

// The platform that published tables mean where they name only a GPU of the catalogue: "b200" -> "dgx_b200".
std::optional<std::string> usual_platform_of(std::string_view gpu);

}  // namespace aifsim::records
