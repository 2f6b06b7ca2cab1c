#include "experiment/influence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/hash.hpp"
#include "base/packed.hpp"
#include "catalog/words.hpp"
#include "experiment/compare.hpp"
#include "experiment/workers.hpp"
#include "factory/shared_fabric.hpp"

namespace aifsim {
namespace {

constexpr double no_answer = std::numeric_limits<double>::quiet_NaN();

bool is_guess(const std::string& confidence) {
  return confidence == "announced" || confidence == "derived" || confidence == "low" ||
         confidence == "assumed";
}

bool starts(const std::string& path, const char* with) { return path.starts_with(with); }

// Surer figures that are moved as well.
bool is_main(CatalogKind kind, const std::string& path) {
  static const std::set<std::string> platform{"fabric.injection",
                                              "clock.sustained",
                                              "communication.inter_node_efficiency",
                                              "communication.intra_node_efficiency",
                                              "facility.cooling.pue",
                                              "facility.electricity.price",
                                              "facility.carbon.average",
                                              "cost.capital",
                                              "cost.years",
                                              "cost.utilisation"};
  if (kind == CatalogKind::platform) return platform.count(path) > 0;
  return kind == CatalogKind::gpu &&
         (starts(path, "peak.") || path == "memory_bandwidth" || path == "power_limit" ||
          path.ends_with(".compute_efficiency") || path.ends_with(".forward_efficiency"));
}

// Of formats of numbers that no kernel of the training has, of other jobs, and of bands.
bool is_idle(const std::string& path, const std::set<std::string>& formats) {
  for (const char* block :
       {"calibration.", "decode.", "storage", "node.nvme", "collectives.", "facility.access"})
    if (starts(path, block)) return true;
  if (path.find("fit.") != std::string::npos || path.find("spread") != std::string::npos) return true;
  for (const char* block : {"peak.", "gemm.", "attention.", "experts."}) {
    if (!starts(path, block)) continue;
    const std::string rest = path.substr(std::string_view(block).size());
    return formats.count(rest.substr(0, rest.find('.'))) == 0;
  }
  return false;
}

bool is_count(const std::string& path, const std::string& value) {
  return !starts(path, "cost.") && !starts(path, "facility.") &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct MovableFigure {
  Influence row;
  CatalogKind kind = CatalogKind::platform;
  std::string path, key;
};

class Studying {
 public:
  Studying(const Catalog& catalog, const std::vector<Proposal>& proposals)
      : catalog_(catalog), proposals_(proposals), inputs_(catalog) {
    for (std::size_t i = 0; i < proposals.size(); ++i)
      if (proposals[i].problem.empty()) add(i);
  }

  const std::vector<MovableFigure>& candidates() const { return candidates_; }

  // Run time, carbon and cost of a proposal at level analytical, with a figure in place of its own.
  InfluenceFactors run(std::size_t proposal, const MovableFigure* moved, const std::string& value) {
    const Proposal& p = proposals_[proposal];
    Case c = p.at;
    if (moved) {
      auto point = std::make_shared<SweepPoint>(*p.at.point);
      Settings& settings = moved->kind == CatalogKind::platform ? point->platform
                           : moved->kind == CatalogKind::gpu    ? point->gpu
                                                                : point->stack;
      settings.push_back(setting_of(moved->path, value, Place{moved->path}));
      c.point = std::move(point);
    }
    try {
      CaseInputs in = inputs_(c);
      in.fabric.fidelity = Fidelity::analytical;
      take_layout(in.fabric.jobs.front(), p.best.choice);
      const FabricRun run = run_on_fabric(in.fabric);
      const Metrics& m = run.jobs.front().figures.metrics;
      return {m[Metric::run_time].value, m[Metric::run_carbon].value, m[Metric::run_cost].value};
    } catch (const CannotAnswer&) {
      return {no_answer, no_answer, no_answer};
    }
  }

  void keep(Influence&& row, InfluenceStudy& to) const {
    const auto changes = [](const InfluenceEnd& end) {
      for (const InfluenceFactors& of : end.factors)
        for (const double factor : of)
          if (std::abs(factor - 1) > 1e-9 || (std::isnan(of[0]) && !end.value.empty())) return true;
      return false;
    };
    if (changes(row.low) || changes(row.high)) to.rows.push_back(std::move(row));
  }

 private:
  void add(std::size_t i) {
    const Case& c = proposals_[i].at;
    const ScenarioDescription& s = *c.scenario;
    const std::string& name = s.platforms[c.platform];
    const Place place = s.platform_place(c.platform);
    const PlatformDescription platform = catalog_.platform(name, place, c.point->platform);
    const TrainingDescription training = catalog_.training(s.variants[c.variant].training, c.point->training);
    std::set<std::string> formats{"bf16", "bf16_other"};
    if (training.precision != Precision::bf16)
      formats.insert({"fp32", "tf32", "fp16", "fp8", "fp8_block", "fp8_other", "fp4"});
    const GpuDescription gpu = catalog_.gpu(platform.node.gpu, platform.node.gpu_place, c.point->gpu);
    add(i, CatalogKind::platform, c.platform_label, catalog_.path(CatalogKind::platform, name, place),
        c.point->platform, gpu.name, formats, platform.partition);
    add(i, CatalogKind::gpu, gpu.name,
        catalog_.path(CatalogKind::gpu, platform.node.gpu, platform.node.gpu_place), c.point->gpu, gpu.name,
        formats);
    add(i, CatalogKind::stack, catalog_.stack(training.stack, training.stack_place).name,
        catalog_.path(CatalogKind::stack, training.stack, training.stack_place), c.point->stack, "", formats);
  }

  void add(std::size_t proposal, CatalogKind kind, const std::string& label,
           const std::filesystem::path& file, const Settings& swept, const std::string& gpu,
           const std::set<std::string>& formats, const std::string& partition = "") {
    auto& rows = figures_[file.string()];
    if (rows.empty()) rows = catalog_.figures(file);
    for (const FigureRow& row : rows) {
      std::string path = row.path;
      if (path.starts_with(
              "partitions.")) {  // a partition's own figure is the platform's, as its jobs see it
        const std::string own = "partitions." + partition + ".";
        if (!path.starts_with(own)) continue;
        path = path.substr(own.size());
      }
      if (row.confidence.empty() || !(is_guess(row.confidence) || is_main(kind, path))) continue;
      if (is_idle(path, formats) || is_count(path, row.value)) continue;
      if (scaled_figure(row.value, 1.1).empty()) continue;
      if (std::any_of(swept.begin(), swept.end(), [&](const Setting& s) { return s.path == path; })) continue;
      const bool of_site = starts(path, "facility.");
      const std::string key =
          fmt::format("{}:{}:{} {}", row.place.file, row.place.line, row.place.column, path) +
          (of_site ? "" : " " + gpu);
      const auto [at, fresh] = known_.try_emplace(key, candidates_.size());
      if (fresh) {
        MovableFigure one;
        one.kind = kind;
        one.key = key;
        one.path = path;
        one.row.path = path;
        one.row.value = row.value;
        one.row.source = row.source;
        one.row.confidence = row.confidence;
        one.row.range = influence_range(row.confidence);
        candidates_.push_back(std::move(one));
      }
      Influence& one = candidates_[at->second].row;
      one.proposals.push_back(proposal);
      const std::string object = fmt::format("{} {}", name_of(kind), label);
      if (std::find(one.objects.begin(), one.objects.end(), object) == one.objects.end())
        one.objects.push_back(object);
    }
  }

  const Catalog& catalog_;
  const std::vector<Proposal>& proposals_;
  InputReader inputs_;
  std::map<std::string, std::vector<FigureRow>> figures_;  // by file
  std::map<std::string, std::size_t> known_;
  std::vector<MovableFigure> candidates_;
};

// One figure, moved to both ends.
std::string moved(Studying& study, const MovableFigure& one, const std::vector<InfluenceFactors>& unmoved) {
  Packer packer;
  for (const double factor : {1 - one.row.range, 1 + one.row.range}) {
    std::string value = scaled_figure(one.row.value, factor);
    std::vector<InfluenceFactors> factors;
    try {
      if (value == one.row.value) value.clear();
      for (const std::size_t p : one.row.proposals) {
        if (value.empty()) break;
        InfluenceFactors of = study.run(p, &one, value);
        for (std::size_t m = 0; m < of.size(); ++m) of[m] /= unmoved[p][m];
        factors.push_back(of);
      }
    } catch (const InputError&) {
      value.clear();
    }
    if (value.empty()) factors.assign(one.row.proposals.size(), {1, 1, 1});
    packer.add(value, factors);
  }
  return packer.take();
}

}  // namespace

double influence_range(const std::string& confidence) {
  static const std::map<std::string, double> ranges{
      {"measured", 0.03}, {"published", 0.05}, {"low", 0.2}, {"assumed", 0.3}};
  const auto found = ranges.find(confidence);
  return found == ranges.end() ? 0.1 : found->second;
}

std::string scaled_figure(const std::string& value, double factor) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || number == 0) return "";
  const std::string unit(end, value.data() + value.size());
  double to = number * factor;
  const double whole = unit == "%" ? 100 : 1;
  if (unit.empty() || unit == "%") to = number <= whole ? std::min(to, whole) : std::max(to, whole);
  return fmt::format("{:.6g}{}", to, unit);
}

InfluenceStudy study_influence(const Catalog& catalog, const std::vector<Proposal>& proposals, Store& store,
                               const std::string& build, std::size_t workers,
                               const InfluenceProgress& progress) {
  Studying study(catalog, proposals);
  const std::vector<MovableFigure>& candidates = study.candidates();
  InfluenceStudy answer;
  answer.asked = true;
  answer.moved = candidates.size();

  std::vector<InfluenceFactors> unmoved(proposals.size(), {no_answer, no_answer, no_answer});
  std::string text = "influence";
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    text += " " + proposals[i].at.hash;
    if (proposals[i].problem.empty()) text += " " + words_of(proposals[i].best.choice);
  }
  std::vector<std::string> hashes;
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::string own =
        fmt::format("{} {} {}", text, candidates[i].row.objects.front(), candidates[i].key);
    hashes.push_back(fmt::format("{:016x}{:016x}", hash_of(own), hash_of("again " + own)));
    if (!store.has(hashes.back())) missing.push_back(i);
  }
  if (!missing.empty())
    for (std::size_t i = 0; i < proposals.size(); ++i)
      if (proposals[i].problem.empty()) unmoved[i] = study.run(i, nullptr, "");
  std::size_t ended = 0;
  run_in_workers(
      missing.size(), {.workers = workers},
      [&](std::size_t task) { return moved(study, candidates[missing[task]], unmoved); },
      [&](std::size_t task, TaskEnd&& end) {
        const MovableFigure& one = candidates[missing[task]];
        store.add(hashes[missing[task]], {build, "influence of " + one.row.objects.front() + " " + one.path,
                                          end.died, std::move(end.bytes), !end.died.empty()});
        if (progress) progress(++ended, missing.size(), one.row.objects.front() + " " + one.path);
      });
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Store::Row kept = *store.find(hashes[i]);
    if (kept.died) {
      --answer.moved;
      continue;
    }
    Influence row = candidates[i].row;
    Unpacker unpacker(kept.outcome);
    for (InfluenceEnd* end : {&row.low, &row.high}) {
      unpacker.get(end->value, end->factors);
      if (!end->value.empty()) answer.runs += row.proposals.size();
    }
    study.keep(std::move(row), answer);
  }
  return answer;
}

}  // namespace aifsim
