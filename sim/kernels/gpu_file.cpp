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

enum class At { begin, end };

void put_block(Lines& lines, const std::string& path, const std::set<std::string>& replaced,
               const std::string& block, At at_which = At::begin) {
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
  std::size_t to = at_which == At::begin ? begin : end;
  std::istringstream in(block);
  for (std::string line; std::getline(in, line); ++to)
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(to), std::string(depth, ' ') + line);
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
  if (!info.from.empty()) out += fmt::format("  from: [{}]\n", fmt::join(info.from, ", "));
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

namespace {

std::string source_of(const Transfer& transfer, const Family& family) {
  GpuDescription gpu = transfer.gpu;
  std::string text = fmt::format("carried over from {}", fmt::join(family.info(gpu).from, ", "));
  if (std::find(transfer.not_named.begin(), transfer.not_named.end(), &family) != transfer.not_named.end())
    text += ", the nearest that have it: none of the GPUs named does";
  return text;
}

// Each figure with its source, then the fit of the group.
void put_figures(Lines& lines, const Transfer& transfer, const Family& figures) {
  GpuDescription gpu = transfer.gpu;
  std::string block;
  std::set<std::string> replaced{figures.fit_key};
  for (const Constant& c : figures.constants) {
    replaced.insert(c.key);
    block += fmt::format("{}: {{value: {}, source: \"{}\", confidence: derived}}\n", c.key,
                         value_text(c, *c.at(gpu)), source_of(transfer, figures));
  }
  const FitInfo& info = figures.info(gpu);
  block += fmt::format("{}: {{spread: {:.4g}, date: \"{}\", from: [{}]}}\n", figures.fit_key,
                       info.spread.value, info.date, fmt::join(info.from, ", "));
  put_block(lines, figures.block, replaced, block, At::end);
}

void put_host(Lines& lines, const Transfer& transfer) {
  const HostConstants& host = transfer.gpu.host;
  put_block(lines, "host", {"source", "confidence", "eager_launch", "compiled_launch", "graph_launch"},
            fmt::format("source: \"carried over from {}\"\nconfidence: assumed\neager_launch: "
                        "{}\ncompiled_launch: {}\ngraph_launch: {}\n",
                        transfer.host_from, print(*host.eager_launch), print(*host.compiled_launch),
                        print(*host.graph_launch)));
}

}  // namespace

std::string with_transfer(const std::string& text, const Transfer& transfer) {
  Lines lines = lines_of(text);
  if (!transfer.host_from.empty()) put_host(lines, transfer);
  for (const Family* family : transfer.families)
    put_family(lines, transfer.gpu, *family, {source_of(transfer, *family) + transfer.how, "derived", true});
  for (const Family* figures : transfer.figures) put_figures(lines, transfer, *figures);
  return joined(lines);
}

}  // namespace aifsim
