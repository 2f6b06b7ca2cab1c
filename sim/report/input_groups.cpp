#include "report/input_groups.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace aifsim {
namespace {

// What a fit produced, or what was carried over from one: constants of models, not what a machine is. The power of a
// platform's nodes is told by people.
bool is_fitted_block(const InputFigure& i) {
  constexpr std::array<std::string_view, 9> blocks{"gemm",   "attention",   "attention_backward",
                                                   "decode", "experts",     "streaming",
                                                   "power",  "collectives", "calibration"};
  const std::string block = i.path.substr(0, i.path.find_first_of(".["));
  if (block == "power" && i.object.starts_with("platform ")) return false;
  return i.confidence == "fitted" || std::find(blocks.begin(), blocks.end(), block) != blocks.end();
}

}  // namespace

std::vector<InputGroup> input_groups(const std::vector<InputFigure>& inputs) {
  std::vector<InputGroup> groups;
  for (const InputFigure& i : inputs) {
    if (groups.empty() || groups.back().object != i.object) groups.push_back({i.object, "", {}, 0});
    InputGroup& group = groups.back();
    if (i.path == "title") group.title = i.value;
    if (i.path == "title" || i.path == "source") continue;
    if (is_fitted_block(i)) {
      ++group.fitted;
      continue;
    }
    if (i.confidence.empty() && !i.object.starts_with("workload")) continue;  // wiring's ends, kinds, words
    auto row = std::find_if(group.rows.begin(), group.rows.end(), [&](const InputRow& known) {
      return known.confidence == i.confidence && known.source == i.source;
    });
    if (row == group.rows.end()) row = group.rows.insert(group.rows.end(), {i.confidence, i.source, {}});
    row->figures.emplace_back(i.path, i.value);
  }
  return groups;
}

}  // namespace aifsim
