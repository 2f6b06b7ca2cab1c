// The built bundle of sim/report/board/src/serve, which CMake puts into the program, and the SHA-256 of its parts in hex.
#pragma once

namespace aifsim {

extern const char* const serve_script;
extern const char* const serve_script_sha256;
extern const char* const serve_style;
extern const char* const serve_style_sha256;

}  // namespace aifsim
