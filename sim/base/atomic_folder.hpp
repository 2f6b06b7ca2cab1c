// A folder of results that is of one run: its files are written into a fresh folder, which then takes the
// place of the old one at once.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace aifsim {

// `ours`: all files that a run may write; an old one of them that is not among `files` goes. A folder that holds
// anything else, that is the current one, or whose own folder cannot be written keeps its place: then the
// files are renamed into it one by one, while a lock on the folder holds other runs back.
// InputError where the folder or a file cannot be written.
void write_folder(const std::filesystem::path& folder,
                  const std::vector<std::pair<std::string, std::string>>& files,
                  const std::vector<std::string>& ours);

// A folder and those that it lies in, where they are not there yet. InputError where they cannot be made.
void make_folders(const std::filesystem::path& folder);

}  // namespace aifsim
