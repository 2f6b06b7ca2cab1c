#include "catalog/starting_file.hpp"

#include <unistd.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "root.hpp"

namespace aifsim {

namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  explicit Folder(const char* name)
      : path(fs::temp_directory_path() / (std::string("aifsim_") + name + std::to_string(::getpid()))) {
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// With the # away from the blocks whose first key is among these; from all where there are none.
std::string uncommented(const std::string& text, const std::vector<std::string>& blocks = {}) {
  std::string all;
  bool begun = false, taken = false;
  for (const std::string& line : lines_of(text)) {
    begun = begun || line.starts_with("kind:");
    if (!begun || !line.starts_with("# ")) {
      all += line + "\n";
      continue;
    }
    if (line[2] != ' ')
      taken = blocks.empty() ||
              std::find(blocks.begin(), blocks.end(), line.substr(2, line.find(':') - 2)) != blocks.end();
    all += (taken ? line.substr(2) : line) + "\n";
  }
  return all;
}

std::string starting_file(const Catalog& catalog, const fs::path& base, const std::string& include) {
  return platform_starting_file(catalog, base, "ours", include, Watts{12.3e6});
}

}  // namespace

TEST_CASE("a proposal starts as the platform that it comes from, and takes any block that is uncommented") {
  const Folder folder("starting_");
  const Catalog catalog{fs::path(test_root())};
  for (const std::string& name : catalog.names(CatalogKind::platform)) {
    INFO(name);
    const PlatformDescription base = catalog.partitions(name).front();
    const std::string text =
        starting_file(catalog, catalog.path(CatalogKind::platform, name), name + ".yaml");
    const fs::path file = folder.path / "ours.yaml";
    const auto read = [&](const std::string& as) {
      std::ofstream(file) << as;
      for (const Problem& problem : catalog.check(file)) FAIL_CHECK(problem.str());
      const auto parts = catalog.partitions(file.string());
      CHECK(parts.size() == catalog.partitions(name).size());
      return parts.front();
    };
    const PlatformDescription same = read(text);
    if (base.partition.empty()) CHECK(same.title == "ours");
    CHECK(same.node.gpu == base.node.gpu);
    CHECK(*same.nodes == *base.nodes);
    CHECK(*same.fabric.injection == *base.fabric.injection);
    // All of it uncommented says the same, and what was not said there.
    const PlatformDescription again = read(uncommented(text));
    CHECK(*again.nodes == *base.nodes);
    if (const auto* tree = std::get_if<FatTreeDescription>(&base.fabric.topology)) {
      const auto& levels = std::get<FatTreeDescription>(again.fabric.topology).levels;
      REQUIRE(levels.size() == tree->levels.size());
      for (std::size_t i = 0; i < levels.size(); ++i)
        CHECK(*levels[i].oversubscription == *tree->levels[i].oversubscription);
    }
    if (std::holds_alternative<JoinedDescription>(base.fabric.topology)) continue;
    if (base.power) CHECK(again.power->fabric->value == base.power->fabric->value);
    CHECK(again.facility->power->value > 0);
    CHECK(again.facility->cooling.pue >= 1);
    CHECK(again.cost->years > 0);
    CHECK(again.storage.size() == std::max<std::size_t>(1, base.storage.size()));
    for (std::size_t i = 0; i < base.storage.size(); ++i) {
      CHECK(again.storage[i].name == base.storage[i].name);
      CHECK(again.storage[i].read->value == base.storage[i].read->value);
      CHECK(again.storage[i].read.source == base.storage[i].read.source);
    }
    if (!base.cost) continue;
    CHECK(again.cost->capital->value == base.cost->capital->value);
    CHECK(again.cost->staff->value == base.cost->staff->value);
    CHECK(again.cost->maintenance->value == base.cost->maintenance->value);
  }
}

TEST_CASE("each block of a starting file may be uncommented alone", "[catalog]") {
  const Folder folder("blocks_");
  const Catalog catalog{fs::path(test_root())};
  for (const char* name : {"it4lia_ai", "leonardo_booster", "classroom", "lumi_g"})
    for (const char* block : {"cost", "facility", "storage", "fabric", "power", "node"}) {
      INFO(name << ", " << block);
      const std::string text =
          starting_file(catalog, catalog.path(CatalogKind::platform, name), std::string(name) + ".yaml");
      const std::string more = uncommented(text, {block});
      REQUIRE(more != text);
      const fs::path file = folder.path / "ours.yaml";
      std::ofstream(file) << more;
      for (const Problem& problem : catalog.check(file)) FAIL_CHECK(problem.str());
    }
}

TEST_CASE("a starting file offers what a proposal changes and its platform does not say", "[catalog]") {
  const Folder folder("offers_");
  const Catalog catalog{fs::path(test_root())};
  const auto of = [&](const std::string& name) {
    return starting_file(catalog, catalog.path(CatalogKind::platform, name), name + ".yaml");
  };
  const std::string it4lia = of("it4lia_ai");
  for (const char* line :
       {"#   power: 13MW   # not said there: what the site has for this machine, cooling included; all parts "
        "at",
        "#   maintenance: 0EUR   # not said there: a year, where capital does not have it",
        "#   capital: 290MEUR   # announced", "#   staff: 4MEUR   # assumed", "#   years: 5   # assumed",
        "#     pue: 1.1   # low", "#   levels:   # a list, which is replaced as a whole",
        "#     - {name: leaf, nodes: 32, oversubscription: 1, source: \"shape not disclosed\", confidence: "
        "assumed}"})
    CHECK_THAT(it4lia, Catch::Contains(line));
  CHECK_THAT(of("alps"),
             Catch::Contains("# storage:   # not said there: tiers of servers on the fabric; an example"));
  CHECK_THAT(of("leonardo_booster"), Catch::Contains("# storage:   # a list, which is replaced as a whole\n"
                                                     "#   - {name: "));
  // A platform that says nothing around its nodes.
  const fs::path bare = folder.path / "bare.yaml";
  std::ofstream(bare) << "kind: platform\ninclude: classroom.yaml\npower: null\nfacility: null\ncost: null\n";
  const std::string text = platform_starting_file(catalog, bare, "ours", bare.string(), Watts{});
  CHECK_THAT(text,
             Catch::Contains("#   power: 10MW   # not said there: what the site has for this machine, "
                             "cooling included; an example\n#   cooling:\n#     pue: 1.2   # not said") &&
                 Catch::Contains("#   capital: 10MEUR   # not said there"));
  const fs::path file = folder.path / "ours.yaml";
  std::ofstream(file) << uncommented(text);
  for (const Problem& problem : catalog.check(file)) FAIL_CHECK(problem.str());
  CHECK(catalog.platform(file.string()).power->conversion.value == 0.94);
}

TEST_CASE("any title and any path can be started from", "[catalog]") {
  const fs::path folder = fs::temp_directory_path() / ("aifsim_titles_" + std::to_string(::getpid())) /
                          "a folder whose name is so long that a message would cut it, with \"quotes\"";
  fs::create_directories(folder);
  const Catalog catalog{fs::path(test_root())};
  const fs::path base = folder / "base.yaml";
  fs::copy_file(catalog.path(CatalogKind::platform, "dgx_b200"), base);
  const std::string title = "a: b # \" c \\ d, and more than a message would show of a title that is long";
  std::ofstream(folder / "ours.yaml") << platform_starting_file(catalog, base, title, base.string(), Watts{});
  CHECK(catalog.check(folder / "ours.yaml").empty());
  CHECK(catalog.platform((folder / "ours.yaml").string()).title == title);
  fs::remove_all(folder.parent_path());
}

}  // namespace aifsim
