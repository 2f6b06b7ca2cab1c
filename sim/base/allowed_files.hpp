// Which files may be read for somebody else than the one who started the program. `aifsim serve` names the folders for the
// programs that it starts, in AIFSIM_FILES_WITHIN, one a line; where the variable is not set, every file may be read.
#pragma once
#include <filesystem>
#include <string>

namespace aifsim {

// What stands after the file's name in a message: "lies outside of ..."; "" where it may be read. Links are followed first.
std::string refusal_to_read(const std::filesystem::path& file);

}  // namespace aifsim
