// Each name is defined once in the whole program. Two types of one name in one namespace compile, link, and corrupt
// memory where their layouts differ.
#include <catch2/catch.hpp>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "house/source_tree.hpp"

namespace aifsim::house {
namespace {

// Types defined at namespace scope, as "namespace::Name"; those in unnamed namespaces belong to their file alone. The
// formatter keeps namespaces unindented and closes each with a comment, which is what this reads.
std::set<std::string> types_in(const std::string& text) {
  static const std::regex raw_string(R"(R"(\w*)\([^]*?\)\1")");
  static const std::regex opens(R"(^(?:inline )?namespace ([\w:]*) ?\{$)"), closes(R"(^\}  // namespace.*$)");
  static const std::regex type(
      R"(^(?:template <.*> )?(?:struct|class|union|enum class|enum) (\w+)(?!\w|::|<)[^;()]*\{.*$)");
  std::set<std::string> types;
  std::vector<std::string> spaces;
  std::istringstream lines(std::regex_replace(text, raw_string, "\"\""));
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, opens)) {
      spaces.push_back(match[1]);
    } else if (std::regex_match(line, closes) && !spaces.empty()) {
      spaces.pop_back();
    } else if (std::regex_match(line, match, type)) {
      std::string name;
      bool unnamed = false;
      for (const std::string& space : spaces) {
        unnamed = unnamed || space.empty();
        name += space + "::";
      }
      if (!unnamed) types.insert(name + match[1].str());
    }
  }
  return types;
}

TEST_CASE("types are found with their namespaces") {
  CHECK(types_in("namespace a {\nstruct X {\nenum class E { p };\nnamespace {\nclass Y {\n}  // namespace\n"
                 "struct Z;\nX f(int) {\nnamespace b::c {\nclass W : public X {\n") ==
        std::set<std::string>{"a::E", "a::X", "a::b::c::W"});
}

TEST_CASE("no type is defined in two files") {
  std::map<std::string, std::string> seen;
  for (const char* folder : {"sim", "real_runs"}) {
    // The measuring programs are programs of their own; their names need to differ only among themselves.
    for (const SourceFile& file : cpp_files(folder)) {
      for (const std::string& name : types_in(file.text)) {
        const auto [first, is_new] = seen.emplace(folder + (":" + name), file.path);
        INFO(name << " in " << first->second << " and in " << file.path);
        CHECK(is_new);
      }
    }
  }
}

}  // namespace
}  // namespace aifsim::house
