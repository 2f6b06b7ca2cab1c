// Each file of tests/scenarios/bad holds one mistake (or a few), and says in its first lines what must be
// answered:
// `# expect: LINE:COLUMN: MESSAGE`, 0:0 where the whole file is meant; DATA is the folder of the catalogue.
#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <catch2/catch.hpp>
#include <sstream>
#include <vector>

#include "catalog/files.hpp"

namespace aifsim {
namespace {

std::vector<std::string> expected_problems(const std::filesystem::path& file) {
  constexpr std::string_view kMark = "# expect: ";
  std::vector<std::string> expected;
  std::istringstream lines(text_of(file));
  for (std::string line; std::getline(lines, line) && line.starts_with(kMark);) {
    expected.push_back(line.substr(kMark.size()));
  }
  return expected;
}

TEST_CASE("mistakes are answered with the place and the exact message") {
  const Catalog catalog(data_root());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_root() / "tests/scenarios/bad")) {
    const std::filesystem::path& file = entry.path();
    if (file.extension() != ".yaml") continue;
    ++files;
    std::vector<std::string> found;
    for (const Problem& problem : catalog.check(file)) {
      CHECK(problem.place.file == file.string());
      std::string text = fmt::format("{}:{}: {}", problem.place.line, problem.place.column, problem.message);
      boost::replace_all(text, data_root().string(), "DATA");
      found.push_back(std::move(text));
    }
    INFO(file.string());
    CHECK_FALSE(found.empty());
    CHECK(found == expected_problems(file));
  }
  CHECK(files >= 120);
}

}  // namespace
}  // namespace aifsim
