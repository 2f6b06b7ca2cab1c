#include "catalog/search.hpp"

#include <catch2/catch.hpp>

#include "catalog/files.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

// A folder of the user's own with one platform and one scenario, beside the test catalogue as the shipped one.
struct OwnFolder {
  ScratchCatalog scratch;
  fs::path own = scratch.root() / "own";
  OwnFolder() {
    fs::create_directories(own / "platforms");
    fs::create_directories(own / "questions");
    scratch.write("own/platforms/mine.yaml", text_of(data_root() / "platforms/small_tree.yaml"));
    scratch.write("own/questions/q.yaml", "kind: scenario\n");
  }
  Place question() const { return {(own / "questions/q.yaml").string(), 1, 1}; }
};

fs::path found(const SearchPath& search, CatalogKind kind, const std::string& name,
               const Place& asked_at = {}) {
  const auto result = search.find(kind, name, asked_at);
  if (const Problem* problem = std::get_if<Problem>(&result)) FAIL(problem->str());
  return std::get<fs::path>(result);
}

std::string problem(const SearchPath& search, const std::string& name, const Place& asked_at) {
  const auto result = search.find(CatalogKind::platform, name, asked_at);
  REQUIRE(std::holds_alternative<Problem>(result));
  return std::get<Problem>(result).message;
}

TEST_CASE(
    "a name is looked for beside the file that names it, then in the user's folder, then in the shipped "
    "one") {
  const OwnFolder here;
  const SearchPath shipped(data_root());
  CHECK(found(shipped, CatalogKind::platform, "mine", here.question()) == here.own / "platforms/mine.yaml");
  CHECK(found(shipped, CatalogKind::platform, "small_tree", here.question()) ==
        data_root() / "platforms/small_tree.yaml");
  CHECK(found(shipped, CatalogKind::gpu, "small_gpu", here.question()) ==
        data_root() / "gpu_models/small_gpu.yaml");
  // Without a file that names it: the folder that the user is in, and AIFSIM_HOME.
  const SearchPath both(here.own, {data_root()});
  CHECK(found(both, CatalogKind::platform, "mine") == here.own / "platforms/mine.yaml");
  const SearchPath home("", {here.own, data_root()});
  CHECK(found(home, CatalogKind::platform, "mine") == here.own / "platforms/mine.yaml");
  here.scratch.write("own/platforms/small_tree.yaml", "kind: platform\n");
  CHECK(found(home, CatalogKind::platform, "small_tree") == here.own / "platforms/small_tree.yaml");
}

TEST_CASE("a path is relative to the file that names it, whatever its ending is written like") {
  const OwnFolder here;
  const SearchPath search(data_root());
  CHECK(found(search, CatalogKind::platform, "../platforms/mine.yaml", here.question()) ==
        here.own / "platforms/mine.yaml");
  here.scratch.write("own/questions/near.yml", "kind: platform\n");
  CHECK(found(search, CatalogKind::platform, "near.yml", here.question()) == here.own / "questions/near.yml");
  CHECK(found(search, CatalogKind::platform, "./near.yml", here.question()) ==
        here.own / "questions/near.yml");
}

TEST_CASE("what is not found says where it was searched, and what is near") {
  const OwnFolder here;
  const SearchPath search(data_root());
  here.scratch.write("own/questions/photon1.yaml", "kind: gpu\n");
  const auto beside = search.find(CatalogKind::gpu, "photon1", here.question());
  CHECK_THAT(std::get<Problem>(beside).str(),
             Catch::Contains("there is no gpu \"photon1\" in ") &&
                 Catch::Contains("; for the file beside this one write ./photon1.yaml"));
  CHECK(problem(search, "mne", here.question()) ==
        "there is no platform \"mne\" in " + (here.own / "platforms").string() + " or " +
            (data_root() / "platforms").string() + ", did you mean \"mine\"?");
  CHECK(problem(search, "small", here.question())
            .ends_with("did you mean one of \"small_dragonfly\", \"small_tree\"?"));
  CHECK(problem(search, "../platforms/min.yaml", here.question()) ==
        "there is no file \"../platforms/min.yaml\", a platform by its path, in " +
            (here.own / "platforms").string() + ", did you mean \"mine.yaml\"?");
}

TEST_CASE("entries are those that a look-up would find, and tell which are shipped") {
  const OwnFolder here;
  const SearchPath search("", {here.own, data_root()});
  const auto entries = search.entries(CatalogKind::platform);
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].name == "mine");
  CHECK_FALSE(entries[0].shipped);
  CHECK(entries[2].name == "small_tree");
  CHECK(entries[2].shipped);
}

TEST_CASE("a scenario uses a platform and a workload by their paths") {
  const OwnFolder here;
  std::string text = text_of(data_root() / "scenarios/first.yaml");
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  };
  here.scratch.write("own/my_model.yml", text_of(data_root() / "workloads/small_gpt.yaml"));
  const std::size_t begin = text.find("platforms: ["), end = text.find(']', begin);
  text.replace(begin, end - begin + 1, "platforms: [../platforms/mine.yaml, small_tree]");
  replace("workload: small_gpt", "workload: ../my_model.yml");
  if (const std::size_t measured = text.find("measured:"); measured != std::string::npos)
    text.erase(measured);
  const fs::path file = here.scratch.write("own/questions/q.yaml", text);
  const Catalog catalog{SearchPath(data_root())};
  const ScenarioDescription scenario = catalog.scenario(file);
  CHECK(scenario.platform_labels() == std::vector<std::string>{"mine", "small_tree"});
  CHECK(catalog.platform(scenario.platforms[0], scenario.platform_place(0)).name == "mine");
  CHECK(catalog.workload(scenario.workload, scenario.workload_place).name == "my_model");
}

}  // namespace
}  // namespace aifsim
