#include "catalog/starting_file.hpp"

#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "root.hpp"

namespace aifsim {

TEST_CASE("a proposal starts as the platform that it comes from, and takes any line that is uncommented") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("aifsim_starting_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const Catalog catalog{fs::path(test_root())};
  for (const std::string& name : catalog.names(CatalogKind::platform)) {
    INFO(name);
    const PlatformDescription base = catalog.partitions(name).front();
    if (!base.partition.empty()) continue;  // `platform new` refuses it
    std::string text = platform_starting_file("ours", name + ".yaml", base,
                                              catalog.figures(catalog.path(CatalogKind::platform, name)));
    const fs::path file = folder / "ours.yaml";
    const auto read = [&] {
      std::ofstream(file) << text;
      CHECK(catalog.check(file).empty());
      return catalog.platform(file.string());
    };
    const PlatformDescription same = read();
    CHECK(same.title == "ours");
    CHECK(same.node.gpu == base.node.gpu);
    CHECK(*same.nodes == *base.nodes);
    CHECK(*same.fabric.injection == *base.fabric.injection);
    // All of it uncommented says the same.
    std::string all;
    for (std::size_t at = text.find("kind:"); at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::string line = text.substr(at, end - at);
      if (line.starts_with("# ")) line = line.substr(2);
      all += line + "\n";
      at = end + 1;
    }
    text = all;
    const PlatformDescription again = read();
    CHECK(*again.nodes == *base.nodes);
    CHECK(again.power->fabric->value == base.power->fabric->value);
  }
  fs::remove_all(folder);
}

TEST_CASE("any title and any path can be started from", "[catalog]") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("aifsim_titles_" + std::to_string(::getpid())) /
                          "a folder whose name is so long that a message would cut it, with \"quotes\"";
  fs::create_directories(folder);
  const Catalog catalog{fs::path(test_root())};
  const fs::path base = folder / "base.yaml";
  fs::copy_file(catalog.path(CatalogKind::platform, "dgx_b200"), base);
  const std::string title = "a: b # \" c \\ d, and more than a message would show of a title that is long";
  std::ofstream(folder / "ours.yaml")
      << platform_starting_file(title, base.string(), catalog.platform("dgx_b200"), catalog.figures(base));
  CHECK(catalog.check(folder / "ours.yaml").empty());
  CHECK(catalog.platform((folder / "ours.yaml").string()).title == title);
  fs::remove_all(folder.parent_path());
}

}  // namespace aifsim
