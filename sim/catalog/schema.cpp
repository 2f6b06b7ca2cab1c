// JSON Schema draft-07 from the shapes of the field tables.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "catalog/exercise_fields.hpp"
#include "catalog/fields.hpp"
#include "catalog/synonyms.hpp"

namespace aifsim::catalog {
namespace {

using Json = nlohmann::ordered_json;

Json schema_of(const Shape& shape, Json& definitions);

Json reference(std::string_view name) { return {{"$ref", fmt::format("#/definitions/{}", name)}}; }

template <class E>
void add_synonyms(std::span<const std::string_view> of, std::vector<std::string>& spellings) {
  if (!std::equal(of.begin(), of.end(), words<E>().begin(), words<E>().end())) return;
  for (const auto& [synonym, value] : SynonymsOf<E>::list) spellings.emplace_back(synonym);
}

// "zero3" -> "[zZ][-_ ]*[eE][-_ ]*[rR][-_ ]*[oO][-_ ]*3", as the reader compares words (synonyms.hpp).
std::string spelling_pattern(std::string_view word) {
  std::string out;
  for (const char c : squeezed(word)) {
    if (!out.empty()) out += "[-_ ]*";
    if (c >= 'a' && c <= 'z')
      out += fmt::format("[{}{}]", c, static_cast<char>(c - 'a' + 'A'));
    else
      out += c == '.' ? "[.]" : std::string(1, c);
  }
  return out;
}

Json words_schema(std::span<const std::string_view> words) {
  if (words.size() == 1) return {{"const", words.front()}};
  return {{"enum", words}};
}

// The words, which editors offer, and whatever else the reader takes for one of them, which they do not underline.
Json spelled_words_schema(std::span<const std::string_view> words) {
  std::vector<std::string> spellings(words.begin(), words.end());
  add_synonyms<Dtype>(words, spellings);
  add_synonyms<Precision>(words, spellings);
  add_synonyms<Sharding>(words, spellings);
  add_synonyms<Recompute>(words, spellings);
  add_synonyms<AttentionKernel>(words, spellings);
  add_synonyms<Mlp>(words, spellings);
  add_synonyms<PositionEncoding>(words, spellings);
  add_synonyms<OptimizerKind>(words, spellings);
  add_synonyms<MomentsFormat>(words, spellings);
  add_synonyms<LaunchStyle>(words, spellings);
  add_synonyms<MeasuredOp>(words, spellings);
  std::string pattern;
  for (const std::string& spelling : spellings)
    pattern += (pattern.empty() ? "" : "|") + spelling_pattern(spelling);
  return {
      {"anyOf", {words_schema(words), {{"type", "string"}, {"pattern", fmt::format("^({})$", pattern)}}}}};
}

// `source` and `confidence` may stand in any map; what they are is said once.
void add_provenance(Json& properties, bool with_confidence, Json& definitions) {
  if (!properties.contains("source")) {
    definitions["source"] = {
        {"description", "Where the figures in this map come from, unless they say otherwise."},
        {"type", "string"},
        {"minLength", 1}};
    properties["source"] = reference("source");
  }
  if (with_confidence) {
    definitions["confidence"] = words_schema(words<Confidence>());
    definitions["confidence"]["description"] =
        "How sure the figures in this map are, unless they say otherwise.";
    properties["confidence"] = reference("confidence");
  }
}

Json number_schema(const Limits& limits) {
  Json schema{{"type", limits.whole ? "integer" : "number"}};
  const auto bound = [&](const char* key, double value) {
    if (!std::isfinite(value)) return;
    // Whole bounds are written as integers, as people do.
    if (value == std::floor(value) && std::abs(value) < 1e15) {
      schema[key] = static_cast<std::int64_t>(value);
    } else {
      schema[key] = value;
    }
  };
  bound(limits.above_min ? "exclusiveMinimum" : "minimum", limits.min);
  bound(limits.below_max ? "exclusiveMaximum" : "maximum", limits.max);
  if (!limits.ratio) return schema;
  return {{"anyOf", {schema, {{"type", "string"}, {"pattern", "^[0-9.]+%$"}}}}};
}

// One definition per dimension: its pattern lists the units.
Json quantity_schema(Dimension dimension, Json& definitions) {
  static constexpr const char* kNames[] = {
      "time",      "size",   "data_rate", "operations",   "compute_rate", "power",           "energy",
      "frequency", "tokens", "money",     "energy_price", "carbon",       "carbon_intensity"};
  static_assert(std::size(kNames) == dimension_count);
  const char* name = kNames[static_cast<std::size_t>(dimension)];
  const bool bare = units_of(dimension).front().empty();  // a number without a unit is one too
  if (!definitions.contains(name)) {
    definitions[name] = {
        {"type", bare ? Json({"string", "number"}) : Json("string")},
        {"pattern", fmt::format("^-?[0-9.]+([eE][-+]?[0-9]+)? ?({})$", fmt::join(units_of(dimension), "|"))},
        {"description", phrase(dimension)}};
  }
  return reference(name);
}

Json default_of(const Property& property) {
  const Shape::Kind kind = property.shape.front().kind;
  return kind == Shape::Kind::number || kind == Shape::Kind::boolean ? Json::parse(property.default_text)
                                                                     : Json(property.default_text);
}

Json property_schema(const Property& property, Json& definitions) {
  Json schema{{"description", property.doc}};
  Json shape = schema_of(property.shape.front(), definitions);
  if (shape.contains("$ref")) {  // draft-07 ignores what stands beside a $ref
    schema["allOf"] = Json::array({shape});
  } else {
    schema.update(shape);
  }
  if (!property.default_text.empty()) schema["default"] = default_of(property);
  return schema;
}

// The properties that hold for one word of `kind`, or for any ("").
Json map_schema(const Shape& shape, std::string_view kind, Json& definitions) {
  Json properties = Json::object();
  Json required = Json::array();
  bool holds_figures = false;
  for (const Property& property : shape.properties) {
    holds_figures |= property.holds_figures;
    if (!property.only_for.empty() && property.only_for != kind) continue;
    properties[property.name] = property_schema(property, definitions);
    if (property.name == "kind" && !kind.empty()) {
      properties["kind"] = {{"description", property.doc}, {"const", kind}};
    }
    if (property.required && !shape.all_optional) required.push_back(property.name);
  }
  add_provenance(properties, holds_figures, definitions);
  Json schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (properties.contains("config")) {  // a file gives the others
    schema["anyOf"] = {{{"required", required}}, {{"required", {"config"}}}};
  } else if (!required.empty()) {
    schema["required"] = required;
  }
  return schema;
}

Json object_schema(const Shape& shape, Json& definitions) {
  std::vector<std::string> kinds;
  for (const Property& property : shape.properties) {
    const bool fresh = std::find(kinds.begin(), kinds.end(), property.only_for) == kinds.end();
    if (!property.only_for.empty() && fresh) kinds.push_back(property.only_for);
  }
  if (kinds.empty()) return map_schema(shape, "", definitions);
  Json alternatives = Json::array();
  for (const std::string& kind : kinds) alternatives.push_back(map_schema(shape, kind, definitions));
  return {{"oneOf", alternatives}};
}

Json word_map_schema(const Shape& shape, Json& definitions) {
  Json properties = Json::object();
  for (std::string_view word : shape.words) {
    properties[std::string(word)] = schema_of(shape.element.front(), definitions);
  }
  add_provenance(properties, true, definitions);
  return {
      {"type", "object"}, {"properties", properties}, {"additionalProperties", false}, {"minProperties", 1}};
}

Json plain_schema(const Shape& shape, Json& definitions) {
  switch (shape.kind) {
    case Shape::Kind::text:
      return {{"type", "string"}};
    case Shape::Kind::boolean:
      return {{"type", "boolean"}};
    case Shape::Kind::number:
      return number_schema(shape.limits);
    case Shape::Kind::quantity:
      return quantity_schema(shape.dimension, definitions);
    case Shape::Kind::word:
      return shape.words.size() == 1 ? words_schema(shape.words) : spelled_words_schema(shape.words);
    case Shape::Kind::list:
      return {{"type", "array"},
              {"items", schema_of(shape.element.front(), definitions)},
              {"minItems", 1},
              {"uniqueItems", shape.distinct}};
    case Shape::Kind::word_map:
      return word_map_schema(shape, definitions);
    case Shape::Kind::object:
      return object_schema(shape, definitions);
    case Shape::Kind::paths:
      return {{"type", "object"},
              {"additionalProperties", {{"type", {"array", "object"}}}},
              {"minProperties", 1}};
  }
  return {};
}

Json schema_of(const Shape& shape, Json& definitions) {
  const Json plain = plain_schema(shape, definitions);
  if (!shape.figure) return plain;
  const auto with_source = [&] {
    Json properties{{"value", plain}};
    add_provenance(properties, true, definitions);
    return Json{{"type", "object"},
                {"properties", properties},
                {"required", {"value"}},
                {"additionalProperties", false}};
  };
  if (shape.kind != Shape::Kind::quantity) return {{"anyOf", {plain, with_source()}}};
  const std::string name =
      plain["$ref"].get<std::string>().substr(std::size("#/definitions/") - 1) + "_figure";
  if (!definitions.contains(name)) definitions[name] = {{"anyOf", {plain, with_source()}}};
  return reference(name);
}

// Where a schema holds schemas: maps from names to them, lists of them, single ones.
template <class Visit>  // visit(inner schema, name of what it describes)
void for_each_part(Json& schema, const std::string& name, const Visit& visit) {
  if (schema.contains("properties"))
    for (auto& [inner, part] : schema["properties"].items()) visit(part, inner);
  for (const char* key : {"anyOf", "oneOf", "allOf"})
    if (schema.contains(key))
      for (Json& part : schema[key]) visit(part, name);
  for (const char* key : {"items", "then", "else"})
    if (schema.contains(key)) visit(schema[key], name);
}

// Parts that stand in several places, by their text.
void count_parts(Json& part, std::map<std::string, int>& count) {
  // Those inside a part that was met before will stand in its one definition.
  if (++count[part.dump()] > 1) return;
  for_each_part(part, "", [&](Json& inner, const std::string&) { count_parts(inner, count); });
}

// Says what stands in several places once, under `definitions`: a GPU's blocks have the same keys for each data type
// and operation.
void share_parts(Json& part, const std::string& name, const std::map<std::string, int>& count,
                 std::map<std::string, std::string>& names, Json& definitions) {
  constexpr std::size_t kShort = 160;  // shorter parts stay where they are
  const std::string text = part.dump();
  const auto inside = [&](Json& whole) {
    for_each_part(whole, name, [&](Json& inner, const std::string& inner_name) {
      share_parts(inner, inner_name, count, names, definitions);
    });
  };
  if (text.size() < kShort || count.at(text) < 2) return inside(part);
  auto known = names.find(text);
  if (known == names.end()) {
    std::string word = name;
    for (int n = 2; definitions.contains(word); ++n) word = fmt::format("{}_{}", name, n);
    known = names.emplace(text, word).first;
    definitions[word] = nullptr;  // keeps the name
    inside(part);
    definitions[word] = part;
  }
  part = reference(known->second);
}

Json file_schema(const Shape& shape, CatalogKind kind) {
  Json definitions = Json::object();
  Json whole = map_schema(shape, "", definitions);
  // What a file takes from an include, it need not say: there, only the names of the keys are checked.
  Json partial{{"properties", Json::object()}, {"additionalProperties", false}};
  for (const auto& [name, property] : whole["properties"].items()) {
    partial["properties"][name] =
        property.contains("$ref") ? property : Json{{"description", property["description"]}};
  }
  partial["properties"]["kind"] = whole["properties"]["kind"];
  partial["properties"]["include"] = {
      {"description",
       "One file or several, relative to this one, whose keys this file takes over and may change."},
      {"anyOf",
       {{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}, {"minItems", 1}}}}};
  std::map<std::string, int> count;
  std::map<std::string, std::string> names;
  for (Json* part : {&partial, &whole}) count_parts(*part, count);
  for (Json* part : {&partial, &whole}) share_parts(*part, "", count, names, definitions);
  Json elsewhere{{"required", {"include"}}};  // where keys may stand that the file itself lacks
  if (whole["properties"].contains("partitions"))
    elsewhere = {{"anyOf", {elsewhere, {{"required", {"partitions"}}}}}};
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", fmt::format("aifsim {}", name_of(kind))},
          {"type", "object"},
          {"if", elsewhere},
          {"then", partial},
          {"else", whole},
          {"definitions", definitions}};
}

}  // namespace
}  // namespace aifsim::catalog

namespace aifsim {

std::string json_schema(CatalogKind kind) {
  using namespace catalog;
  nlohmann::ordered_json schema;
  switch (kind) {
    case CatalogKind::platform:
      schema = file_schema(object_shape<PlatformDescription>(), kind);
      break;
    case CatalogKind::gpu:
      schema = file_schema(object_shape<GpuDescription>(), kind);
      break;
    case CatalogKind::workload:
      schema = file_schema(object_shape<WorkloadDescription>(), kind);
      break;
    case CatalogKind::scenario:
      schema = file_schema(object_shape<ScenarioDescription>(), kind);
      break;
    case CatalogKind::stack:
      schema = file_schema(object_shape<StackDescription>(), kind);
      break;
    case CatalogKind::exercise:
      schema = file_schema(object_shape<ExerciseDescription>(), kind);
      break;
  }
  return schema.dump(2) + "\n";
}

}  // namespace aifsim
