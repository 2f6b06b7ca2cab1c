// The colours of charts and pages.
#pragma once
#include <string>

namespace aifsim {

// Rules for a chart that stands alone: every colour written out, since not every SVG viewer knows var().
std::string standalone_chart_css();

}  // namespace aifsim
