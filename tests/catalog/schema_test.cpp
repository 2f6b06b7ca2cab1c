#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <regex>

#include "catalog/files.hpp"
#include "catalog/words.hpp"

namespace aifsim {
namespace {

constexpr CatalogKind kAll[] = {CatalogKind::platform, CatalogKind::gpu, CatalogKind::workload,
                                CatalogKind::scenario, CatalogKind::exercise};

TEST_CASE("the schemas of the repository are current") {
  for (CatalogKind kind : kAll) {
    const std::filesystem::path file = source_root() / "schemas" / (std::string(name_of(kind)) + ".json");
    INFO("write it anew with: aifsim schema " << name_of(kind) << " > " << file.string());
    CHECK(text_of(file) == json_schema(kind));
  }
}

void check_references(const nlohmann::json& part, const nlohmann::json& schema) {
  if (part.is_object() && part.contains("$ref")) {
    const std::string name = part["$ref"].get<std::string>().substr(std::string("#/definitions/").size());
    INFO(name);
    CHECK(schema["definitions"].contains(name));
  }
  if (part.is_structured()) {
    for (const auto& inner : part) check_references(inner, schema);
  }
}

TEST_CASE("every reference in a schema has its definition, every property a description") {
  for (CatalogKind kind : kAll) {
    const auto schema = nlohmann::json::parse(json_schema(kind));
    CHECK(schema["$schema"] == "http://json-schema.org/draft-07/schema#");
    check_references(schema, schema);
    for (const auto& [name, property] : schema["else"]["properties"].items()) {
      INFO(name);
      const bool described = property.contains("description") || property.contains("$ref");
      CHECK(described);
    }
  }
}

TEST_CASE("a schema says what the reader says") {
  const auto gpu = nlohmann::json::parse(json_schema(CatalogKind::gpu))["else"];
  CHECK(gpu["properties"]["kind"]["const"] == "gpu");
  CHECK(gpu["additionalProperties"] == false);
  CHECK(gpu["properties"]["memory"]["allOf"][0]["$ref"] == "#/definitions/size_figure");
  CHECK(gpu["properties"]["peak"]["properties"].contains("bf16"));

  const auto platform = nlohmann::json::parse(json_schema(CatalogKind::platform));
  CHECK(platform["else"]["properties"]["fabric"]["$ref"] == "#/definitions/fabric");
  const auto& fabrics = platform["definitions"]["fabric"]["oneOf"];
  REQUIRE(fabrics.size() == 12);
  CHECK(fabrics[0]["properties"]["kind"]["const"] == "fat_tree");
  CHECK(fabrics[0]["properties"].contains("levels"));
  CHECK_FALSE(fabrics[1]["properties"].contains("levels"));

  const auto training =
      nlohmann::json::parse(json_schema(CatalogKind::workload))["else"]["properties"]["training"];
  CHECK(training["properties"]["stack"]["default"] == "pytorch");
  CHECK(training["properties"]["optimizer"]["default"] == "adamw");
  CHECK(training["properties"]["sequence"]["minimum"] == 1);
}

TEST_CASE("a schema takes the other words that the reader takes, however they are spelled") {
  const auto training = nlohmann::json::parse(
      json_schema(CatalogKind::workload))["else"]["properties"]["training"]["properties"];
  const auto takes = [&](const char* key, const std::string& word) {
    const auto& [words, others] = std::pair(training[key]["anyOf"][0], training[key]["anyOf"][1]);
    const bool listed = std::find(words["enum"].begin(), words["enum"].end(), word) != words["enum"].end();
    return listed || std::regex_search(word, std::regex(others["pattern"].get<std::string>()));
  };
  for (const char* word : {"zero3", "fsdp", "FSDP2", "ZeRO-3", "FULL_SHARD", "ddp", "hybrid_shard"}) {
    INFO(word);
    CHECK(takes("sharding", word));
    CHECK(catalog::value_of<Sharding>(word).has_value());
  }
  for (const char* word : {"zero4", "fsdpx", "xfsdp", ""}) CHECK_FALSE(takes("sharding", word));
  CHECK(takes("precision", "torch.bfloat16"));
  CHECK_FALSE(takes("precision", "torchxbfloat16"));
  CHECK(takes("optimizer", "AdamW"));
}

}  // namespace
}  // namespace aifsim
