#include "kernels/gpu_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/quantity.hpp"

namespace aifsim {
namespace {

using Lines = std::vector<std::string>;

std::string value_text(const Constant& constant, double value) {
  switch (constant.unit) {
    case ConstantUnit::seconds:
      return value < 1e-6 ? fmt::format("{:.4g}ns", value * 1e9) : fmt::format("{:.4g}us", value * 1e6);
    case ConstantUnit::watts:
      return fmt::format("{:.4g}W", value);
    case ConstantUnit::number:
      break;
  }
  return fmt::format("{:.4g}", value);
}

std::string percent_pair(const FitErrors& e) {
  return fmt::format("{:.1f} / {:.1f} %", 100 * e.median, 100 * e.p90);
}

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

void put_block(Lines& lines, const std::string& path, const std::set<std::string>& replaced,
               const std::string& block) {
  std::size_t begin = 0, end = lines.size(), depth = 0;
  std::istringstream parts(path);
  for (std::string key; std::getline(parts, key, '.'); depth += 2) {
    std::size_t at = find_key(lines, key, depth, begin, end);
    if (at == end) {
      at = end;
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), std::string(depth, ' ') + key + ":");
      end = at + 1;
    }
    begin = at + 1;
    end = end_of(lines, at, lines.size());
  }
  for (std::size_t i = begin; i < end;) {
    if (blank(lines[i]) || indentation(lines[i]) != depth || !replaced.contains(key_of(lines[i]))) {
      ++i;
      continue;
    }
    const std::size_t after = end_of(lines, i, end);
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i),
                lines.begin() + static_cast<std::ptrdiff_t>(after));
    end -= after - i;
  }
  std::istringstream in(block);
  for (std::string line; std::getline(in, line); ++begin)
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(begin), std::string(depth, ' ') + line);
}

}  // namespace

std::string block_lines(const GpuDescription& described, const Family& family, const BlockNote& note) {
  GpuDescription gpu = described;
  const FitInfo& info = family.info(gpu);
  std::string out = fmt::format("source: \"{}\"\nconfidence: {}\n", note.source, note.confidence);
  for (const Constant& c : family.constants) {
    const bool absent = c.held && *c.at(gpu) == 0;  // an optional key
    if (!absent && (!c.held || note.with_held))
      out += fmt::format("{}: {}\n", c.key, value_text(c, *c.at(gpu)));
  }
  if (note.with_held) {
    for (const KernelFact& fact : family.facts) {
      if (fact.flag && *fact.flag(gpu) != fact.usual)
        out += fmt::format("{}: {}\n", fact.key, *fact.flag(gpu));
      if (fact.list && !fact.list(gpu)->empty())
        out += fmt::format("{}: [{:g}]\n", fact.key, fmt::join(*fact.list(gpu), ", "));
    }
  }
  out += fmt::format("fit:\n  spread: {:.4g}\n", info.spread.value);
  if (info.points > 0) out += fmt::format("  points: {}\n  range: {}\n", info.points, info.range);
  out += fmt::format("  date: \"{}\"\n", info.date);
  if (!info.from.empty()) {
    out += "  from: [";
    for (const std::string& name : info.from) out += (out.back() == '[' ? "" : ", ") + name;
    out += "]\n";
  }
  if (!info.releases.empty()) {
    out += "  releases:\n";
    for (const ReleaseFactor& release : info.releases) {
      out +=
          fmt::format("    - {{software: \"{}\", time_factor: {:.4g}", release.software, release.time_factor);
      for (const auto& [key, own] : {std::pair{"fixed_time", release.fixed_time},
                                     {"row_time", release.row_time},
                                     {"regroup_time", release.regroup_time}}) {
        if (own.value > 0) out += fmt::format(", {}: {:.4g}ns", key, own.value * 1e9);
      }
      out += "}\n";
    }
  }
  if (!info.constants.empty()) {
    out += "  constants: [";
    for (const std::string& key : info.constants) out += (out.back() == '[' ? "" : ", ") + key;
    out += "]\n  covariance: [";
    for (const double v : info.covariance) out += (out.back() == '[' ? "" : ", ") + fmt::format("{:.3g}", v);
    out += "]\n";
  }
  return out;
}

namespace {

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string joined(const Lines& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

void put_family(Lines& lines, const GpuDescription& gpu, const Family& family, const BlockNote& note) {
  std::set<std::string> replaced{"source", "confidence", "fit"};
  for (const Constant& c : family.constants)
    if (!c.held || note.with_held) replaced.insert(c.key);
  if (note.with_held)
    for (const KernelFact& fact : family.facts) replaced.insert(fact.key);
  put_block(lines, family.block, replaced, block_lines(gpu, family, note));
}

}  // namespace

BlockNote note_of(const Calibration& calibration, const FamilyFit& fit, const FitOptions& options) {
  GpuDescription gpu = calibration.gpu;
  BlockNote note;
  note.source = fmt::format("fitted by `aifsim calibrate gpu` ({}) on {} rows of {}", options.date,
                            fit.family->info(gpu).points, options.source);
  if (!fit.slices.empty())
    note.source += fmt::format("; error on shapes held out, median / 90th percentile: {}",
                               percent_pair(fit.slices.front().model));
  return note;
}

std::string with_constants(const std::string& text, const Calibration& calibration,
                           const FitOptions& options) {
  Lines lines = lines_of(text);
  for (const FamilyFit& fit : calibration.families) {
    if (fit.problem.empty())
      put_family(lines, calibration.gpu, *fit.family, note_of(calibration, fit, options));
  }
  return joined(lines);
}

std::string with_transfer(const std::string& text, const Transfer& transfer) {
  Lines lines = lines_of(text);
  for (const Family* family : transfer.families) {
    GpuDescription gpu = transfer.gpu;
    std::string donors;
    for (const std::string& name : family->info(gpu).from) donors += (donors.empty() ? "" : ", ") + name;
    put_family(lines, gpu, *family, {"carried over from " + donors + transfer.how, "derived", true});
  }
  return joined(lines);
}

}  // namespace aifsim
