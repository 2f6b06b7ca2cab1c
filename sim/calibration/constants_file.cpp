#include "calibration/constants_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

namespace aifsim {
namespace {

using Lines = std::vector<std::string>;

std::size_t indentation(const std::string& line) { return line.find_first_not_of(' '); }

bool blank(const std::string& line) {
  const std::size_t first = indentation(line);
  return first == std::string::npos || line[first] == '#';
}

std::string key_of(const std::string& line) {
  const std::size_t first = indentation(line);
  return first == std::string::npos ? "" : line.substr(first, line.find(':', first) - first);
}

// End of the block whose first line is `at`: the next line that is indented no deeper.
std::size_t end_of(const Lines& lines, std::size_t at, std::size_t limit) {
  const std::size_t depth = indentation(lines[at]);
  std::size_t end = at + 1;
  for (std::size_t i = at + 1; i < limit; ++i) {
    if (blank(lines[i])) continue;
    if (indentation(lines[i]) <= depth) break;
    end = i + 1;
  }
  return end;
}

// The line of `key` at `depth` spaces in [begin, end); `end` where there is none.
std::size_t find_key(const Lines& lines, const std::string& key, std::size_t depth, std::size_t begin,
                     std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (!blank(lines[i]) && indentation(lines[i]) == depth && key_of(lines[i]) == key) return i;
  }
  return end;
}

std::string fit_lines(const FitInfo& fit) {
  std::string out = fmt::format("fit:\n  spread: {:.4g}\n", fit.spread.value);
  if (fit.points > 0) out += fmt::format("  points: {}\n  range: {}\n", fit.points, fit.range);
  if (!fit.date.empty()) out += fmt::format("  date: \"{}\"\n", fit.date);
  if (!fit.from.empty()) out += fmt::format("  from: [{}]\n", fmt::join(fit.from, ", "));
  if (!fit.releases.empty()) out += "  releases:\n";
  for (const ReleaseFactor& release : fit.releases) {
    out +=
        fmt::format("    - {{software: \"{}\", time_factor: {:.4g}", release.software, release.time_factor);
    for (const auto& [key, own] : {std::pair{"fixed_time", release.fixed_time},
                                   {"row_time", release.row_time},
                                   {"regroup_time", release.regroup_time}})
      if (own.value > 0) out += fmt::format(", {}: {}", key, value_text(ModelUnit::seconds, own.value));
    out += "}\n";
  }
  if (!fit.constants.empty())
    out += fmt::format("  constants: [{}]\n  covariance: [{:.3g}]\n", fmt::join(fit.constants, ", "),
                       fmt::join(fit.covariance, ", "));
  return out;
}

}  // namespace

std::string value_text(ModelUnit unit, double value) {
  switch (unit) {
    case ModelUnit::seconds:
      return value < 1e-6 ? fmt::format("{:.4g}ns", value * 1e9) : fmt::format("{:.4g}us", value * 1e6);
    case ModelUnit::ramp:
      return fmt::format("{:.8f}ns", value * 1e9);
    case ModelUnit::bytes:
      return value >= 1e9 ? fmt::format("{:.4g}GB", value / 1e9) : fmt::format("{:.0f}B", value);
    case ModelUnit::bandwidth:
      return fmt::format("{:.6f}GB/s", value / 1e9);
    case ModelUnit::number:
      break;
  }
  return fmt::format("{:.4g}", value);
}

std::string lines_of(const WrittenBlock& block) {
  std::string out;
  for (const auto& [key, value] : block.names) out += fmt::format("{}: {}\n", key, value);
  out += fmt::format("source: \"{}\"\nconfidence: {}\n", block.source, block.confidence);
  for (const auto& [key, value] : block.constants) out += fmt::format("{}: {}\n", key, value);
  return block.fit ? out + fit_lines(*block.fit) : out;
}

std::string item_of(const WrittenBlock& block) {
  std::istringstream in(lines_of(block));
  std::string out;
  for (std::string line; std::getline(in, line);) out += (out.empty() ? "  - " : "    ") + line + "\n";
  return out;
}

ConstantsFile::ConstantsFile(const std::string& text) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines_.push_back(line);
}

std::string ConstantsFile::text() const {
  std::string out;
  for (const std::string& line : lines_) out += line + "\n";
  return out;
}

void ConstantsFile::put(const std::string& path, const WrittenBlock& block) {
  std::set<std::string> replaced{"source", "confidence"};
  if (block.fit) replaced.insert("fit");
  for (const auto& [key, value] : block.constants) replaced.insert(key);
  put(path, replaced, lines_of(block));
}

void ConstantsFile::put(const std::string& path, const std::set<std::string>& replaced,
                        const std::string& block, At at) {
  Lines& lines = lines_;
  std::size_t begin = 0, end = lines.size(), depth = 0;
  std::istringstream parts(path);
  for (std::string key; std::getline(parts, key, '.'); depth += 2) {
    const std::size_t line = find_key(lines, key, depth, begin, end);
    if (line == end)
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(line), std::string(depth, ' ') + key + ":");
    begin = line + 1;
    end = end_of(lines, line, lines.size());
  }
  const std::size_t none = end;
  std::size_t to = none;  // where the first of them stood
  for (std::size_t i = begin; i < end;) {
    if (blank(lines[i]) || indentation(lines[i]) != depth || !replaced.contains(key_of(lines[i]))) {
      ++i;
      continue;
    }
    const std::size_t after = end_of(lines, i, end);
    to = std::min(to, i);
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i),
                lines.begin() + static_cast<std::ptrdiff_t>(after));
    end -= after - i;
  }
  if (to == none) to = at == At::begin ? begin : end;
  std::istringstream in(block);
  for (std::string line; std::getline(in, line); ++to)
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(to), std::string(depth, ' ') + line);
}

}  // namespace aifsim
