// The built bundle of sim/report/board, which CMake puts into the program, and the SHA-256 of its parts in hex.
#pragma once
#include <string>

namespace aifsim {

extern const char* const board_script;
extern const char* const board_script_sha256;
extern const char* const board_style;
extern const char* const board_style_sha256;
// Of the style that the chart library puts into each drawing.
extern const char* const board_plot_style_sha256;

// Of a content security policy: 'sha256-...'.
std::string csp_hash(const std::string& sha256_in_hex);

}  // namespace aifsim
