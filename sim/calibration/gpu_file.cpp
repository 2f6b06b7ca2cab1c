#include "calibration/gpu_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/quantity.hpp"
#include "calibration/constants_file.hpp"
#include "catalog/words.hpp"
#include "catalog/yaml_text.hpp"

namespace aifsim {
namespace {

struct BlockNote {
  std::string source, confidence = "fitted";
  bool with_held = false;  // also the constants that no fit moves
};

void put_family(ConstantsFile& file, GpuDescription gpu, const Family& family, const BlockNote& note) {
  WrittenBlock block{.source = note.source, .confidence = note.confidence, .fit = &family.info(gpu)};
  std::set<std::string> replaced{"source", "confidence", "fit"};
  for (const Constant& c : family.constants) {
    if (c.held && !note.with_held) continue;
    replaced.insert(c.key);
    if (!c.held || *c.at(gpu) != 0)  // else an optional key that is absent
      block.constants.emplace_back(c.key, value_text(c.unit, *c.at(gpu)));
  }
  if (note.with_held) {
    for (const KernelFact& fact : family.facts) {
      replaced.insert(fact.key);
      if (fact.flag && *fact.flag(gpu) != fact.usual)
        block.constants.emplace_back(fact.key, *fact.flag(gpu) ? "true" : "false");
      if (fact.list && !fact.list(gpu)->empty())
        block.constants.emplace_back(fact.key, fmt::format("[{:g}]", fmt::join(*fact.list(gpu), ", ")));
    }
  }
  if (family.target == Target::power) {
    replaced.insert("attention");
    if (const auto& own = gpu.power.attention)
      block.constants.emplace_back(
          "attention",
          fmt::format(
              "{{compute: {:.4g}, compute_exponent: {:.4g}, busy: {:.4g}, source: {}, confidence: {}}}",
              *own->compute, *own->compute_exponent, *own->busy, yaml_quoted(own->compute.source),
              catalog::word_of(own->compute.confidence)));
  }
  file.put(family.block, replaced, lines_of(block));
}

std::string source_of(const Transfer& transfer, const Family& family) {
  GpuDescription gpu = transfer.gpu;
  std::string text = fmt::format("carried over from {}", fmt::join(family.info(gpu).from, ", "));
  if (std::find(transfer.not_named.begin(), transfer.not_named.end(), &family) != transfer.not_named.end())
    text += ", the nearest that have it: none of the GPUs named does";
  return text;
}

// Each figure with its source, then the fit of the group.
void put_figures(ConstantsFile& file, const Transfer& transfer, const Family& figures) {
  GpuDescription gpu = transfer.gpu;
  std::string block;
  std::set<std::string> replaced{figures.fit_key};
  for (const Constant& c : figures.constants) {
    replaced.insert(c.key);
    block += fmt::format("{}: {{value: {}, source: \"{}\", confidence: derived}}\n", c.key,
                         value_text(c.unit, *c.at(gpu)), source_of(transfer, figures));
  }
  const FitInfo& info = figures.info(gpu);
  block += fmt::format("{}: {{spread: {:.4g}, date: \"{}\", from: [{}]}}\n", figures.fit_key,
                       info.spread.value, info.date, fmt::join(info.from, ", "));
  file.put(figures.block, replaced, block, ConstantsFile::At::end);
}

void put_host(ConstantsFile& file, const Transfer& transfer) {
  const HostConstants& host = transfer.gpu.host;
  file.put("host", {.source = "carried over from " + transfer.host_from,
                    .confidence = "assumed",
                    .constants = {{"eager_launch", print(*host.eager_launch)},
                                  {"compiled_launch", print(*host.compiled_launch)},
                                  {"graph_launch", print(*host.graph_launch)}}});
}

}  // namespace

std::string with_constants(const std::string& text, const KernelCalibration& calibration,
                           const FitOptions& options) {
  ConstantsFile file(text);
  for (const Family* family : calibration.families) {
    const auto fitted = std::find_if(calibration.report.blocks.begin(), calibration.report.blocks.end(),
                                     [&](const FittedBlock& b) { return b.block == family->block; });
    BlockNote note;
    note.source = fmt::format("fitted by `aifsim calibrate gpu` ({}) on {} rows of {}", options.date,
                              fitted->fit.points, options.source);
    if (!fitted->errors.empty())
      note.source +=
          "; error on shapes held out, median / 90th percentile: " + percent_pair(fitted->errors.front());
    put_family(file, calibration.gpu, *family, note);
  }
  return file.text();
}

std::string with_transfer(const std::string& text, const Transfer& transfer) {
  ConstantsFile file(text);
  if (!transfer.host_from.empty()) put_host(file, transfer);
  for (const Family* family : transfer.families)
    put_family(file, transfer.gpu, *family, {source_of(transfer, *family) + transfer.how, "derived", true});
  for (const Family* figures : transfer.figures) put_figures(file, transfer, *figures);
  return file.text();
}

}  // namespace aifsim
