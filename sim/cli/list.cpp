// aifsim list [KIND]: the names in the catalogue, with their titles. GPUs and platforms, listed alone, also say what
// they can run, and what stands behind it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text_table.hpp"
#include "catalog/words.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/entry.hpp"
#include "cli/output_width.hpp"
#include "kernels/evidence.hpp"
#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

constexpr const char* kBroken = "(broken)";

struct ListOptions {
  std::string kind, platform;
  bool names = false, json = false;
};

// The sites of a platform, one a line.
void list_sites(const Catalog& catalog, const ListOptions& options) {
  if (options.platform.empty()) missing_argument("PLATFORM");
  const PlatformDescription platform = catalog.partitions(options.platform).front();
  nlohmann::ordered_json names = nlohmann::ordered_json::array();
  if (const auto* sites = std::get_if<SitesDescription>(&platform.fabric.topology))
    for (const SiteDescription& site : sites->sites) names.push_back(site.name);
  if (const auto* joined = std::get_if<JoinedDescription>(&platform.fabric.topology))
    for (const std::string& site : sites_of(*joined)) names.push_back(site);
  if (names.empty()) names.push_back(platform.site);
  if (options.json) {
    std::cout << names.dump(2) << '\n';
    return;
  }
  for (const auto& name : names) std::cout << name.get<std::string>() << '\n';
}

using Json = nlohmann::ordered_json;

// Words folded into lines of at most 80 columns, indented.
std::string folded(const std::string& text) {
  constexpr std::size_t kWidth = 80;
  const std::string indent = "    ";
  std::string out, line = indent;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (line.size() > indent.size() && line.size() + 1 + word.size() > kWidth) {
      out += line + '\n';
      line = indent + "  ";
    }
    line += (line.find_first_not_of(' ') == std::string::npos ? "" : " ") + word;
  }
  return out + line + '\n';
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::vector<std::string> precisions_of(const GpuDescription& gpu) {
  std::vector<std::string> words;
  if (!can_train(gpu)) return words;
  for (std::size_t i = 0; i < catalog::words<Precision>().size(); ++i)
    if (const auto precision = static_cast<Precision>(i); runs_on(gpu, precision))
      words.emplace_back(name_of(precision));
  return words;
}

std::vector<std::string> formats_of(const GpuDescription& gpu) {
  std::vector<std::string> words;
  for (const auto& [dtype, peak] : gpu.peak) words.emplace_back(name_of(dtype));
  return words;
}

std::string can(const GpuDescription& gpu) {
  const std::vector<std::string> precisions = precisions_of(gpu);
  std::string text =
      precisions.empty() ? "cannot train: constants are missing" : "trains in " + joined(precisions);
  return text + (can_serve(gpu) ? "; serves" : "; cannot serve: constants are missing");
}

// Into the entry, or as lines below its name.
std::string describe(const GpuDescription& gpu, Json* entry) {
  std::map<Evidence, std::vector<std::string>> by;
  for (const OperationEvidence& one : evidence_of(gpu)) by[one.evidence].push_back(one.operation);
  if (entry) {
    (*entry)["trains"] = precisions_of(gpu);
    (*entry)["serves"] = can_serve(gpu);
    (*entry)["formats"] = formats_of(gpu);
    for (const OperationEvidence& one : evidence_of(gpu))
      (*entry)["evidence"][one.operation] = name_of(one.evidence);
    return "";
  }
  std::string out = folded(can(gpu)) + folded("formats: " + joined(formats_of(gpu)));
  for (const auto& [evidence, operations] : by)
    out += folded(fmt::format("{}: {}", name_of(evidence), joined(operations)));
  return out;
}

// "Finland, with Belgium, Czechia": whose the site is.
std::string owners_of(const PlatformDescription& platform) {
  if (!platform.facility || platform.facility->country.empty()) return "";
  std::vector<std::string> others = platform.facility->consortium;
  std::erase(others, platform.facility->country);
  return platform.facility->country + (others.empty() ? "" : ", with " + joined(others));
}

// What stands behind the times of a platform's network.
std::string network_of(const PlatformDescription& platform) {
  std::vector<std::string> words;
  if (platform.communication.log_spread > 0 || !platform.collectives.steps.empty())
    words.emplace_back("collectives measured");
  if (platform.calibration.rows > 0)
    words.push_back(fmt::format("fitted to {} training runs", platform.calibration.rows.value));
  return words.empty() ? "data sheet" : joined(words);
}

std::string describe(const Catalog& catalog, const PlatformDescription& platform, Json* entry) {
  const std::string who = platform.partition.empty() ? "" : platform.partition + ": ";
  if (platform.node.gpu.empty()) return entry ? "" : folded(who + "no GPUs");
  const GpuDescription gpu = catalog.gpu(platform.node.gpu, platform.node.gpu_place);
  if (entry) {
    (*entry)["gpu"] = gpu.name;
    (*entry)["gpus_per_node"] = *platform.node.gpus;
    (*entry)["trains"] = precisions_of(gpu);
    (*entry)["serves"] = can_serve(gpu);
    (*entry)["site"] = platform.site;
    if (platform.facility) {
      (*entry)["country"] = platform.facility->country;
      (*entry)["consortium"] = platform.facility->consortium;
    }
    (*entry)["evidence"] = {{"kernels", name_of(kernel_evidence(gpu))}, {"network", network_of(platform)}};
    return "";
  }
  const std::string owners = owners_of(platform);
  return folded(who + platform.site + (owners.empty() ? "" : "; " + owners)) +
         folded(fmt::format("{} x {} per node: {}", platform.node.gpus, gpu.name, can(gpu))) +
         folded(fmt::format("kernels: {}; network: {}", name_of(kernel_evidence(gpu)), network_of(platform)));
}

// Partition by partition, where there are some.
std::string describe(const Catalog& catalog, const std::vector<PlatformDescription>& partitions,
                     Json* entry) {
  std::string text;
  for (const PlatformDescription& platform : partitions) {
    Json* own = entry;
    if (entry && !platform.partition.empty()) {
      (*entry)["partitions"].push_back({{"name", platform.partition}, {"title", platform.title}});
      own = &(*entry)["partitions"].back();
    }
    text += describe(catalog, platform, own);
  }
  return text;
}

void list(const Catalog& catalog, const ListOptions& options) {
  if (options.kind == "sites") return list_sites(catalog, options);
  if (!options.platform.empty())
    throw InputError(Place{}, fmt::format("{}: a platform is for `list sites PLATFORM`", options.platform));
  const std::vector<std::string> kinds =
      options.kind.empty() ? plural_kind_words() : std::vector<std::string>{options.kind};
  Json entries = Json::array();
  std::vector<Problem> problems;
  for (const std::string& word : kinds) {
    const CatalogKind kind = *catalog_kind(word);
    if (options.names) {  // for completion: no file is read
      for (const std::string& name : catalog.names(kind)) std::cout << name << '\n';
      continue;
    }
    TextTable table({{"", true}, {"", true}});
    if (!options.json && kinds.size() > 1) std::cout << (word == kinds.front() ? "" : "\n") << word << '\n';
    for (const CatalogEntry& entry : catalog.entries(kind)) {
      std::string title;
      try {
        title = title_of(catalog, kind, entry.name);
      } catch (const InputError& error) {
        // One broken file must not hide the others; its problems end the command.
        problems.insert(problems.end(), error.problems().begin(), error.problems().end());
        title = kBroken;
      }
      Json* row = nullptr;
      if (options.json) {
        entries.push_back({{"kind", name_of(kind)},
                           {"name", entry.name},
                           {"title", title},
                           {"file", entry.file.string()},
                           {"shipped", entry.shipped}});
        row = &entries.back();
      } else {
        table.row({entry.name, entry.shipped ? title : fmt::format("{} ({})", title, entry.file.string())});
      }
      const bool detailed = (options.json || kinds.size() == 1) && title != kBroken;
      std::string details;
      if (detailed && kind == CatalogKind::gpu) details = describe(catalog.gpu(entry.name), row);
      if (detailed && kind == CatalogKind::platform)
        details = describe(catalog, catalog.partitions(entry.name), row);
      if (!details.empty()) table.heading(details.substr(0, details.size() - 1));
    }
    if (!options.json) std::cout << table.str(output_width(), kinds.size() > 1 ? 2 : 0);
  }
  if (options.json) std::cout << entries.dump(2) << '\n';
  if (!problems.empty()) throw InputError(std::move(problems));
}

}  // namespace

void register_list(const Command& app, const Context& context) {
  auto options = std::make_shared<ListOptions>();
  const Command command = app.add_subcommand("list", "List what the catalogue holds");
  std::vector<std::string> words = plural_kind_words();
  words.emplace_back("sites");
  command->add_option("KIND", options->kind, "Only this kind; sites are those of a platform")
      ->check(choice(words));
  command->add_option("PLATFORM", options->platform, "With sites: whose")->type_name("PLATFORM");
  const Option names = command->add_flag("--names", options->names, "Only the names, one a line");
  command->add_flag("--json", options->json, "Print JSON")->excludes(names);
  command->footer("Examples:\n  aifsim list platforms\n  aifsim list sites meluxina_ai");
  command->callback([options, &context] { list(context.catalog(), *options); });
}

}  // namespace aifsim
