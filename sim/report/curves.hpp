// The curves of a result over the GPU count, one per platform and variant.
#pragma once
#include <string>

#include "experiment/result.hpp"
#include "report/chart.hpp"

namespace aifsim {

// Whether a curve says something: points at two GPU counts or more.
bool sweeps_gpus(const Result& result);

// At most a dozen curves are drawn; then this says which, else "".
std::string curves_hint(const Result& result);

LineChart mfu_chart(const Result& result);
LineChart step_time_chart(const Result& result);
LineChart energy_chart(const Result& result);  // joules per token; without points where power is not modelled
LineChart exposed_chart(const Result& result);  // exposed communication as a share of the step

// The MFU chart as an SVG file of its own, on white; "" unless the result sweeps GPU counts.
std::string chart_svg_for_readme(const Result& result);

}  // namespace aifsim
