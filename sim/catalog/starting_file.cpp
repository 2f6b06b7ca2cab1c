#include "catalog/starting_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/quote.hpp"
#include "catalog/yaml_text.hpp"

namespace aifsim {
namespace {

// What a proposal decides; wiring, lists and what fits produced are taken as they are.
constexpr std::array<std::string_view, 6> decided{"nodes", "node", "fabric", "power", "facility", "cost"};

std::vector<std::string> keys_of(const std::string& path) {
  std::vector<std::string> keys{""};
  for (const char c : path) {
    if (c == '.')
      keys.emplace_back();
    else
      keys.back() += c;
  }
  return keys;
}

// One comment line, whatever the source holds.
std::string remark(const FigureRow& row) {
  std::string text = row.confidence;
  if (!row.source.empty()) text += (text.empty() ? "" : ": ") + row.source;
  if (text.size() > 110) text = text.substr(0, text.find_last_of(" ", 107)) + " ...";
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text.empty() ? "" : "   # " + text;
}

}  // namespace

std::string platform_starting_file(const std::string& title, const std::string& base,
                                   const PlatformDescription& platform, const std::vector<FigureRow>& rows) {
  std::string out = fmt::format(
      "# A proposal that starts from {}. What is not said here is as it is there. To change a figure, take "
      "the # away "
      "from\n# its line and from the keys that it hangs below, and say where the new one comes from:\n"
      "#   injection: {{value: 800Gbps, source: \"the vendor's offer of May\", confidence: announced}}\n"
      "# Then: aifsim check THIS_FILE; aifsim show platform THIS_FILE --svg machine.svg; name it in a "
      "scenario's platforms.\n"
      "kind: platform\ninclude: [{}]\ntitle: {}\nsource: \"our proposal\"\nconfidence: assumed\n",
      printable(platform.title), yaml_quoted(base), yaml_quoted(title));
  if (platform.published) out += "published: null   # what was published is of the other machine\n";
  std::vector<std::string> open;  // keys above the line
  for (const FigureRow& row : rows) {
    const std::vector<std::string> keys = keys_of(row.path);
    if (std::find(decided.begin(), decided.end(), keys.front()) == decided.end()) continue;
    if (row.path.find('[') != std::string::npos || row.value.empty() || keys.back() == "source") continue;
    std::size_t same = 0;
    while (same < open.size() && same + 1 < keys.size() && open[same] == keys[same]) ++same;
    for (std::size_t k = same; k + 1 < keys.size(); ++k)
      out += fmt::format("# {}{}:\n", std::string(2 * k, ' '), keys[k]);
    open.assign(keys.begin(), keys.end() - 1);
    out += fmt::format("# {}{}: {}{}\n", std::string(2 * (keys.size() - 1), ' '), keys.back(), row.value,
                       remark(row));
  }
  return out;
}

}  // namespace aifsim
