// Every level of fidelity.
#pragma once
#include "engine/engine.hpp"

namespace aifsim {

inline constexpr Fidelity levels[] = {Fidelity::analytical, Fidelity::flow, Fidelity::message};

}  // namespace aifsim
