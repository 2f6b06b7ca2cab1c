#include "catalog/starting_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/quantity.hpp"
#include "base/quote.hpp"
#include "base/user_file.hpp"
#include "catalog/document.hpp"
#include "catalog/words.hpp"
#include "catalog/yaml_text.hpp"

namespace aifsim {
namespace {

// What a proposal decides; wiring, other lists and what fits produced are taken as they are.
constexpr std::array<std::string_view, 7> decided{"nodes", "node",     "fabric", "storage",
                                                  "power", "facility", "cost"};

// A key with what hangs below it: a value, keys, or the items of a list.
struct Line {
  std::string key, value = {}, remark = {};
  std::vector<Line> below = {};
  std::vector<std::string> items = {};
};

Line* line_at(Line& root, std::string_view path, bool make) {
  Line* at = &root;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view key = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    const auto found =
        std::find_if(at->below.begin(), at->below.end(), [&](const Line& line) { return line.key == key; });
    if (found == at->below.end() && !make) return nullptr;
    at = found == at->below.end() ? &at->below.emplace_back(Line{std::string(key)}) : &*found;
  }
  return at;
}

void offer(Line& root, const char* path, const std::string& value, const std::string& what) {
  if (line_at(root, path, false)) return;
  Line& line = *line_at(root, path, true);
  line.value = value;
  line.remark = "not said there: " + what;
}

// Of what was said, in one comment, whatever the source holds.
std::string remark_of(const FigureRow& row) {
  std::string text = row.confidence;
  if (!row.source.empty()) text += (text.empty() ? "" : ": ") + row.source;
  if (text.size() > 110) text = text.substr(0, text.find_last_of(" ", 107)) + " ...";
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

// Items with the source that they have by the maps around them.
void add_list(Line& root, const catalog::Node& file, const std::string& path) {
  const catalog::Node* list = catalog::at_path(file, path);
  if (!list || !list->is_list() || list->items.empty()) return;
  Line& line = *line_at(root, path, true);
  line.remark =
      path == "machines"
          ? "a list, which is replaced as a whole; of a machine's own figures: `aifsim platform new "
            "NAME --from MACHINE`, and that file's path as its `include`"
          : "a list, which is replaced as a whole";
  for (const catalog::Node& item : list->items) {
    std::string text = yaml_of(item);
    if (item.is_map() && item.provenance && !item.find("source") && !item.provenance->source.empty()) {
      text.pop_back();
      text += ", source: " + yaml_quoted(item.provenance->source);
      if (item.provenance->confidence && !item.find("confidence"))
        text += fmt::format(", confidence: {}", catalog::word_of(*item.provenance->confidence));
      text += "}";
    }
    line.items.push_back(std::move(text));
  }
}

// The file without what it includes, whose items name files of their own.
catalog::Node own_text(const std::filesystem::path& file) {
  int nodes_left = catalog::most_nodes;
  std::vector<Problem> told;  // where it was read as a whole
  return catalog::parse_yaml(UserFile::open(file).text(), file.string(), nodes_left, told);
}

// Two digits, rounded up.
std::string about(Watts power) {
  const double unit = std::pow(10, std::floor(std::log10(power.value)) - 1);
  return print_quantity(std::ceil(power.value / unit) * unit, Dimension::power);
}

void add_offers(Line& root, Watts most) {
  offer(root, "facility.power", most.value > 0 ? about(most) : "10MW",
        most.value > 0 ? "what the site has for this machine, cooling included; all parts at their limits "
                         "would draw as much"
                       : "what the site has for this machine, cooling included; an example");
  offer(root, "facility.cooling.pue", "1.2", "power of the site over that of the machine; an example");
  offer(root, "facility.electricity.price", "0.20EUR/kWh", "all in; an example");
  offer(root, "facility.carbon.average", "250gCO2e/kWh", "of the grid over a year; an example");
  const std::array<std::pair<const char*, const char*>, 9> node{{{"cpu_idle", "100W"},
                                                                 {"cpu_busy", "300W"},
                                                                 {"cpu_load", "25%"},
                                                                 {"memory", "50W"},
                                                                 {"nic", "25W"},
                                                                 {"storage", "20W"},
                                                                 {"other", "200W"},
                                                                 {"fabric", "100W"},
                                                                 {"conversion", "94%"}}};
  if (!line_at(root, "power", false))
    for (const auto& [key, value] : node)
      offer(root, fmt::format("power.{}", key).c_str(), value, "an example");
  if (!line_at(root, "cost.capital", false))
    offer(root, "cost.capital", "10MEUR", "machine, delivery, installation; an example");
  offer(root, "cost.years", "5", "over which it is written off; an example");
  offer(root, "cost.maintenance", "0EUR", "a year, where capital does not have it");
  offer(root, "cost.staff", "0EUR", "a year, for those who run it");
  offer(root, "cost.utilisation", "85%", "share of all GPU hours that are used; an example");
  offer(root, "cost.embodied", "0tCO2e", "of making the machine");
  if (line_at(root, "storage", false)) return;
  Line& storage = *line_at(root, "storage", true);
  storage.remark = "not said there: tiers of servers on the fabric; an example";
  storage.items = {
      "{name: flash, servers: 8, nics: 2, injection: 200Gbps, read: 200GB/s, write: 100GB/s, capacity: 2PB}"};
}

void put(std::string& out, const Line& line, std::size_t depth) {
  const std::string indent(2 * depth, ' '), remark = line.remark.empty() ? "" : "   # " + line.remark;
  out += fmt::format("# {}{}:{}{}{}\n", indent, line.key, line.value.empty() ? "" : " ", line.value, remark);
  for (const std::string& item : line.items) out += fmt::format("# {}  - {}\n", indent, item);
  for (const Line& below : line.below) put(out, below, depth + 1);
}

}  // namespace

std::string platform_starting_file(const Catalog& catalog, const std::filesystem::path& base,
                                   const std::string& title, const std::string& include, Watts most) {
  const catalog::Document document = catalog::load_document(base, catalog.search().shipped());
  const catalog::Node* its_title = document.root.find("title");
  std::string out = fmt::format(
      "# A proposal that starts from {}. What is not said here is as it is there. To change a figure, take "
      "the # away "
      "from\n# its line and from the keys that it hangs below, and say where the new one comes from:\n"
      "#   injection: {{value: 800Gbps, source: \"the vendor's offer of May\", confidence: announced}}\n"
      "# Lines with \"not said there\" are what proposals say and it does not. All items of a list go "
      "together.\n"
      "# Then: aifsim check THIS_FILE; aifsim show platform THIS_FILE --svg machine.svg; name it in a "
      "scenario's platforms.\n"
      "kind: platform\ninclude: [{}]\ntitle: {}\nsource: \"our proposal\"\nconfidence: assumed\n",
      printable(its_title ? its_title->text : base.stem().string()), yaml_quoted(include),
      yaml_quoted(title));
  if (document.root.find("published"))
    out += "published: null   # what was published is of the other machine\n";
  Line root;
  for (const FigureRow& row : catalog.figures(base)) {
    const bool ours = std::any_of(decided.begin(), decided.end(), [&](std::string_view key) {
      return row.path == key || row.path.starts_with(std::string(key) + ".");
    });
    if (!ours || row.path.find('[') != std::string::npos || row.value.empty() ||
        row.path.ends_with(".source"))
      continue;
    Line& line = *line_at(root, row.path, true);
    line.value = row.value;
    line.remark = remark_of(row);
  }
  const catalog::Node own = own_text(base);
  const catalog::Node* kind = catalog::at_path(document.root, "fabric.kind");
  if (kind && kind->text == "joined") {  // of machines, which bring storage, site and price
    add_list(root, own, "machines");
  } else {
    for (const char* list : {"fabric.levels", "fabric.groups", "fabric.cells", "fabric.sites", "fabric.wan",
                             "facility.electricity.tariff", "storage"})
      add_list(root, document.root, list);
    if (own.find("partitions")) add_list(root, own, "partitions");
    add_offers(root, most);
  }
  for (const Line& line : root.below) put(out, line, 0);
  return out;
}

}  // namespace aifsim
