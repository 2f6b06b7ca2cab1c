// The project's files, as the house tests read them.
#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "root.hpp"

namespace aifsim::house {

namespace fs = std::filesystem;

struct SourceFile {
  std::string path;  // relative to the project: "sim/base/units.hpp"
  std::string text;
  std::string room() const {  // "base" of sim/base/units.hpp and of tests/base/units_test.cpp
    const auto first = path.find('/');
    return path.substr(first + 1, path.find('/', first + 1) - first - 1);
  }
};

inline std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Files below `folder` with one of the extensions ("" in the list: all files), sorted by path; none of packages that
// others wrote.
inline std::vector<SourceFile> files_below(const std::string& folder,
                                           const std::vector<std::string>& extensions) {
  const fs::path root(test_root());
  std::vector<SourceFile> files;
  if (!fs::exists(root / folder)) return files;
  for (auto it = fs::recursive_directory_iterator(root / folder); it != fs::end(it); ++it) {
    const fs::directory_entry& entry = *it;
    if (entry.path().filename() == "node_modules") it.disable_recursion_pending();
    const std::string extension = entry.path().extension().string();
    const bool wanted = std::any_of(extensions.begin(), extensions.end(),
                                    [&](const std::string& e) { return e.empty() || e == extension; });
    if (!entry.is_regular_file() || !wanted) continue;
    files.push_back({fs::relative(entry.path(), root).string(), read_text(entry.path())});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

inline std::vector<SourceFile> cpp_files(const std::string& folder) {
  return files_below(folder, {".cpp", ".hpp"});
}

}  // namespace aifsim::house
