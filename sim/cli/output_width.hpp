// How wide a table may be.
#pragma once
#include <cstddef>

namespace aifsim {

// Columns of the terminal that standard output is, or what $COLUMNS says; 0, no limit, where the output goes
// elsewhere and $COLUMNS is not set: programs and editors that read a table want its lines whole.
std::size_t output_width();

}  // namespace aifsim
