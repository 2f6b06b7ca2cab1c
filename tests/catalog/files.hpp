// Files for the tests of the catalogue.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "root.hpp"

namespace aifsim {

inline std::filesystem::path source_root() { return test_root(); }
inline std::filesystem::path data_root() { return source_root() / "tests/catalog/data"; }

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// A copy of the small test catalogue, for a test to change; removed at the end.
class ScratchCatalog {
 public:
  ScratchCatalog() {
    std::string pattern = (std::filesystem::temp_directory_path() / "aifsim-test-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    std::filesystem::copy(data_root(), root_, std::filesystem::copy_options::recursive);
  }
  ~ScratchCatalog() { std::filesystem::remove_all(root_); }
  ScratchCatalog(const ScratchCatalog&) = delete;
  ScratchCatalog& operator=(const ScratchCatalog&) = delete;

  const std::filesystem::path& root() const { return root_; }
  Catalog catalog() const { return Catalog(root_); }
  std::filesystem::path write(const std::filesystem::path& name, const std::string& text) const {
    std::ofstream(root_ / name, std::ios::binary) << text;
    return root_ / name;
  }
  // What is wrong with a platform, a line each; "" where nothing is.
  std::string problems(const std::string& platform) const {
    try {
      catalog().platform(platform);
    } catch (const InputError& error) {
      std::string all;
      for (const Problem& p : error.problems()) all += p.message + "\n";
      return all;
    }
    return "";
  }

 private:
  std::filesystem::path root_;
};

}  // namespace aifsim
