#include "cli/warnings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/quote.hpp"
#include "catalog/file_kind.hpp"
#include "catalog/plausible_gpu.hpp"
#include "catalog/sweep.hpp"
#include "machine/plausible_platform.hpp"

namespace aifsim {
namespace {

std::vector<Problem> of_both(const PlatformDescription& platform, const GpuDescription& gpu) {
  std::vector<Problem> all = implausible(platform, gpu);
  const std::vector<Problem> of_gpu = implausible(gpu);
  all.insert(all.end(), of_gpu.begin(), of_gpu.end());
  return all;
}

// The points of a sweep by what they change of platforms and GPU models: one of each.
std::vector<SweepPoint> points_of_hardware(const std::vector<SweepAxis>& sweep) {
  constexpr double most = 200;
  const auto of_hardware = [](const std::string& path) {
    return path.starts_with("platform.") || path.starts_with("gpu.");
  };
  std::vector<SweepAxis> axes = sweep;
  for (SweepAxis& axis : axes)
    std::erase_if(axis, [&](const SweptField& field) { return !of_hardware(field.path); });
  std::erase_if(axes, [](const SweepAxis& axis) { return axis.empty(); });
  double count = 1;
  for (const SweepAxis& axis : axes) count *= static_cast<double>(axis.front().values.size());
  return count <= most ? sweep_points(axes) : sweep_samples(axes);
}

using PointValues = std::vector<std::pair<std::string, std::string>>;  // path and value

std::string values_text(const PointValues& values) {
  std::string text;
  for (const auto& [path, value] : values)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", path, value);
  return text;
}

// Which of `all` points are those `at`: by the values of one path where that says it.
std::string where_it_is(const std::vector<PointValues>& at, const std::vector<PointValues>& all) {
  static constexpr std::size_t named = 3;
  const auto listed = [](const std::vector<std::string>& texts, const char* between) {
    std::string text;
    for (std::size_t i = 0; i < std::min(named, texts.size()); ++i)
      text += (i == 0 ? "" : between) + texts[i];
    return printable(texts.size() > named ? fmt::format("{}{}{} more", text, between, texts.size() - named)
                                          : text);
  };
  for (std::size_t path = 0; path < at.front().size(); ++path) {
    std::vector<std::string> values;
    for (const PointValues& one : at)
      if (std::find(values.begin(), values.end(), one[path].second) == values.end())
        values.push_back(one[path].second);
    const auto same = std::count_if(all.begin(), all.end(), [&](const PointValues& one) {
      return std::find(values.begin(), values.end(), one[path].second) != values.end();
    });
    if (same == std::ssize(at)) return at.front()[path].first + " " + listed(values, ", ");
  }
  std::vector<std::string> texts;
  for (const PointValues& one : at) texts.push_back(values_text(one));
  return listed(texts, "; ");
}

// A warning without its numbers: the same one of other points.
std::string kind_of_warning(const Problem& warning) {
  std::string kind;
  for (const char c : warning.message)
    if (std::isdigit(static_cast<unsigned char>(c)) == 0 && c != '.') kind += c;
  return kind;
}

// Of one machine at all points.
class PointWarnings {
 public:
  void add(const SweepPoint& point, const std::vector<Problem>& warnings) {
    if (std::find(points_.begin(), points_.end(), point.values) != points_.end())
      return;  // beside other values of its axis
    points_.push_back(point.values);
    std::map<std::string, int> seen;
    for (const Problem& warning : warnings) {
      const std::string kind = kind_of_warning(warning);
      // Two of one kind at one point are two.
      const auto [at, fresh] = index_.try_emplace(std::pair(kind, seen[kind]++), found_.size());
      if (fresh) found_.push_back({warning, {}});
      found_[at->second].at.push_back(point.values);
    }
  }
  void tell(std::vector<Problem>& to) const {
    for (const auto& [warning, at] : found_) {
      to.push_back(warning);
      if (at.size() != points_.size()) to.back().message += fmt::format(" (at {})", where_it_is(at, points_));
    }
  }

 private:
  struct Found {
    Problem warning;  // of the first point
    std::vector<PointValues> at;
  };
  std::vector<PointValues> points_;
  std::vector<Found> found_;
  std::map<std::pair<std::string, int>, std::size_t> index_;
};

// Nothing where values do not go together, which their points say.
std::optional<std::vector<Problem>> of_point(const Catalog& catalog, const std::string& name,
                                             const Place& asked_at, const SweepPoint& point) {
  try {
    const PlatformDescription platform = catalog.platform(name, asked_at, point.platform);
    const NodeDescription& node = platform.node;
    const GpuDescription gpu = catalog.gpu(node.gpu, node.gpu_place, point.gpu);
    std::vector<Problem> found = of_both(platform, gpu);
    const Watts limit = *catalog.gpu(node.gpu, node.gpu_place).power_limit;
    for (Problem& problem : limit_without_cap(gpu, limit)) found.push_back(std::move(problem));
    return found;
  } catch (const InputError&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<Problem> warnings_of(const Catalog& files, const ScenarioDescription& scenario) {
  const Catalog catalog = files.reading_once();
  const std::vector<SweepPoint> points = points_of_hardware(scenario.sweep);
  std::vector<Problem> all;
  std::set<std::string> told;
  for (std::size_t i = 0; i < scenario.platforms.size(); ++i)
    for (const auto& [name, place] : scenario.platforms_of_jobs(i)) {
      PointWarnings of_machine;
      for (const SweepPoint& point : points)
        if (const auto warnings = of_point(catalog, name, place, point)) of_machine.add(point, *warnings);
      std::vector<Problem> found;
      of_machine.tell(found);
      for (Problem& problem : found)
        if (told.insert(problem.str()).second) all.push_back(std::move(problem));
    }
  return all;
}

std::vector<Problem> warnings_of(const Catalog& catalog, const std::filesystem::path& file) {
  try {
    const std::optional<CatalogKind> kind = kind_of_file(catalog, file);
    if (kind == CatalogKind::scenario) return warnings_of(catalog, catalog.scenario(file));
    const std::string path = std::filesystem::absolute(file).string();  // no name of the catalogue
    std::vector<Problem> found;
    const auto add = [&](const std::vector<Problem>& more) {
      found.insert(found.end(), more.begin(), more.end());
    };
    if (kind == CatalogKind::gpu) add(implausible(catalog.gpu(path)));
    if (kind == CatalogKind::platform)
      for (const PlatformDescription& platform : catalog.partitions(path))
        if (!platform.node.gpu.empty())
          add(implausible(platform, catalog.gpu(platform.node.gpu, platform.node.gpu_place)));
    for (Problem& problem : found)
      if (problem.place.file == path) problem.place.file = file.string();  // as it was called
    return found;
  } catch (const InputError&) {
    // Mistakes are told as such.
  }
  return {};
}

std::string warning_text(const Problem& problem) {
  return Problem{problem.place, "warning: " + problem.message}.str();
}

void print_warnings(const PlatformDescription& platform, const GpuDescription& gpu) {
  for (const Problem& problem : of_both(platform, gpu)) std::cerr << warning_text(problem) << '\n';
}

void print_warnings(const Catalog& catalog, const ScenarioDescription& scenario) {
  for (const Problem& problem : warnings_of(catalog, scenario)) std::cerr << warning_text(problem) << '\n';
}

}  // namespace aifsim
