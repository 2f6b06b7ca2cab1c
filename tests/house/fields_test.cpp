// A key that changes nothing is a defect: every field of the tables in sim/catalog/ is read outside it.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "house/source_tree.hpp"

namespace aifsim::house {
namespace {

// Names and marks of a C++ text, without comments and strings; "->" reads as ".".
std::vector<std::string> tokens_of(const std::string& text) {
  const auto part_of_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size();) {
    const std::string two = text.substr(i, 2);
    if (two == "//") {
      i = std::min(text.find('\n', i), text.size());
    } else if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\';
      ++i;
      tokens.push_back("\"\"");
    } else if (part_of_name(text[i])) {
      std::size_t end = i;
      while (end < text.size() && (part_of_name(text[end]) || (text[end] == '\'' && end > i))) ++end;
      tokens.push_back(text.substr(i, end - i));
      i = end;
    } else if (two == "->" || two == "::") {
      tokens.push_back(two == "->" ? "." : two);
      i += 2;
    } else {
      if (!std::isspace(static_cast<unsigned char>(text[i]))) tokens.emplace_back(1, text[i]);
      ++i;
    }
  }
  return tokens;
}

bool is_name(const std::string& token) { return std::isalpha(static_cast<unsigned char>(token[0])) != 0; }

using Pair = std::pair<std::string, std::string>;

struct Sources {
  std::map<std::string, std::set<std::string>>
      variables;  // by type: what parameters, members and variables are called
  std::map<std::string, std::set<std::string>>
      aliases;  // by variable: others that stand for it or its elements
  // Outside the catalogue:
  std::set<Pair> reads;         // variable and member: platform.node
  std::set<std::string> names;  // of all members that are read
  std::set<std::string> words;
  std::set<Pair> near;  // type and member that one file names both
};

void add_variables(const std::vector<std::string>& t, Sources& all) {
  for (std::size_t i = 0; i + 1 < t.size(); ++i) {
    if (!is_name(t[i])) continue;
    std::size_t next = i + 1;  // after `Type>>& `
    while (next < t.size() && (t[next] == ">" || t[next] == "&" || t[next] == "*" || t[next] == "const"))
      ++next;
    if (next < t.size() && is_name(t[next])) all.variables[t[i]].insert(t[next]);
    if (t[i] != "auto" || next + 1 >= t.size() || (t[next + 1] != ":" && t[next + 1] != "=")) continue;
    std::size_t end = next + 2;  // auto& one : some.many)
    int open = 0;
    for (; end < t.size() && t[end] != ";" && open >= 0; ++end)
      open += t[end] == "(" ? 1 : t[end] == ")" ? -1 : 0;
    while (end > next + 2 && !is_name(t[end - 1])) --end;
    all.aliases[t[end - 1]].insert(t[next]);
  }
}

void add_reads(const std::vector<std::string>& t, Sources& all) {
  std::set<std::string> types, members;
  for (std::size_t i = 1; i < t.size(); ++i) {
    if (is_name(t[i])) types.insert(t[i]);
    if (!is_name(t[i]) || (t[i - 1] != "." && t[i - 1] != "::")) continue;
    std::size_t before = i - 1;  // back over one call or subscript: nodes[i].name
    if (before > 0 && (t[before - 1] == ")" || t[before - 1] == "]")) {
      int open = 0;
      do {
        --before;
        open += t[before] == ")" || t[before] == "]" ? 1 : t[before] == "(" || t[before] == "[" ? -1 : 0;
      } while (open > 0 && before > 0);
    }
    members.insert(t[i]);
    if (before > 0 && is_name(t[before - 1])) all.reads.emplace(t[before - 1], t[i]);
  }
  for (const std::string& type : types)
    for (const std::string& member : members)
      if (std::isupper(static_cast<unsigned char>(type[0]))) all.near.emplace(type, member);
  all.names.insert(members.begin(), members.end());
  all.words.insert(t.begin(), t.end());
}

// The fields of a file of tables: `using T = Type;` names the type, `&T::member` binds a field to it.
void add_fields(const std::vector<std::string>& t, std::set<Pair>& fields) {
  std::map<std::string, std::string> type_of;
  for (std::size_t i = 0; i + 3 < t.size(); ++i) {
    if (t[i] == "using" && t[i + 2] == "=") type_of[t[i + 1]] = t[i + 3];
    if (t[i] != "&" || t[i + 2] != "::" || !is_name(t[i + 3])) continue;
    const auto alias = type_of.find(t[i + 1]);
    fields.emplace(alias == type_of.end() ? t[i + 1] : alias->second, t[i + 3]);
  }
}

// Whether some text outside the catalogue reads the field, by what one can tell without a compiler: through a
// variable of its type, in a file that names its type, or by a name that no other table has.
bool is_read(const Sources& all, const std::set<Pair>& fields, const Pair& field) {
  const auto& [type, member] = field;
  if (all.near.count(field)) return true;
  std::set<std::string> variables;
  if (const auto found = all.variables.find(type); found != all.variables.end()) variables = found->second;
  for (int pass = 0; pass < 2; ++pass)
    for (const std::string& variable : std::set(variables))
      if (const auto found = all.aliases.find(variable); found != all.aliases.end())
        variables.insert(found->second.begin(), found->second.end());
  for (const std::string& variable : variables)
    if (all.reads.count({variable, member})) return true;
  const auto tables = std::count_if(fields.begin(), fields.end(),
                                    [&, name = member](const Pair& f) { return f.second == name; });
  return tables == 1 && all.names.count(member);
}

// Fields that reach the rest of the program through a function of the catalogue, which is called there; and those
// that people read in the rows of `show` and of reports.
const std::map<Pair, std::string> through = {
    {{"WanLink", "window"}, "throughput"},
    {{"GpuDescription", "known_as"}, "gpu_of_device"},
    {{"GpuDescription", "pci"}, "gpu_of_pci"},
    {{"GpuDescription", "usual_platform"}, "usual_platform_of"},
    {{"StackDescription", "known_as"}, "stack_known_as"},
    {{"StackDescription", "succeeds"}, "stack_known_as"},
    {{"StackSuccession", "of"}, "stack_known_as"},
    {{"StackSuccession", "from_container"}, "stack_known_as"},
    {{"StackSuccession", "precisions"}, "stack_known_as"},
    {{"StackSuccession", "gpus"}, "stack_known_as"},
    {{"WorkloadDescription", "known_as"}, "workload_known_as"},
    {{"GraphDescription", "edges_file"}, "edges"},     // read into them
    {{"FacilityDescription", "hours_file"}, "hours"},  // the same
    {{"FabricDescription", "kind"}, "topology"},       // chooses its alternative
    {{"StackDescription", "title"}, "rows"},
    {{"StackDescription", "source"}, "rows"},
    {{"WorkloadDescription", "source"}, "rows"}};

TEST_CASE("a field that nobody reads is found") {
  Sources all;
  const std::string tables =
      "using T = Lamp; required(\"glow\", &T::glow); using U = Chair; f(&U::glow, &U::legs);";
  std::set<Pair> fields;
  add_fields(tokens_of(tables), fields);
  CHECK(fields == std::set<Pair>{{"Lamp", "glow"}, {"Chair", "glow"}, {"Chair", "legs"}});
  for (const char* text : {"struct Room { std::vector<Lamp> lamps; Chair seat; };",
                           "for (const auto& one : room.lamps) sum += one.glow; // seat.glow, room.legs",
                           "print(room.seat.colour);"}) {
    add_variables(tokens_of(text), all);
    add_reads(tokens_of(text), all);
  }
  CHECK(is_read(all, fields, {"Lamp", "glow"}));
  CHECK_FALSE(is_read(all, fields, {"Chair", "glow"}));
  CHECK_FALSE(is_read(all, fields, {"Chair", "legs"}));
}

TEST_CASE("every field of a table is read outside the catalogue") {
  Sources all;
  std::set<Pair> fields;
  for (const SourceFile& file : cpp_files("sim")) {
    const std::vector<std::string> tokens = tokens_of(file.text);
    add_variables(tokens, all);
    if (file.room() == "catalog") {
      add_fields(tokens, fields);
    } else {
      add_reads(tokens, all);
    }
  }
  REQUIRE(fields.size() > 300);
  for (const Pair& field : fields) {
    const std::string& member = field.second;
    // Where an error is told.
    if (field.first == "Node" || member.find("place") == member.size() - 5 ||
        member.find("places") == member.size() - 6)
      continue;
    if (const auto by = through.find(field); by != through.end()) {
      INFO(field.first << "::" << member << " through " << by->second);
      CHECK(all.words.count(by->second) == 1);
      continue;
    }
    INFO(field.first << "::" << member << " is read nowhere outside sim/catalog: wire it or take it out");
    CHECK(is_read(all, fields, field));
  }
}

}  // namespace
}  // namespace aifsim::house
