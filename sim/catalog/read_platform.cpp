#include "catalog/read_platform.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/partitions.hpp"

namespace aifsim::catalog {
namespace {

Read<PlatformDescription> read_single_platform(const Catalog& catalog, Document document,
                                               const std::filesystem::path& file) {
  Read<PlatformDescription> result = read_document<PlatformDescription>(std::move(document), file);
  const NodeDescription& node = result.description.node;
  if (!node.gpu.empty()) {
    if (auto problem = unknown_name(catalog.search(), CatalogKind::gpu, node.gpu, node.gpu_place)) {
      problem->message = "node.gpu: " + problem->message;
      result.problems.push_back(std::move(*problem));
    }
  }
  return result;
}

bool of_all_partitions(const Setting& setting) { return setting.path.starts_with("partitions"); }

bool alike(const PartitionDescription& one, const PartitionDescription& other) {
  const NodeDescription &a = one.node, &b = other.node;
  const auto same = [](const WiringRule& x, const WiringRule& y) {
    return x.from == y.from && x.to == y.to && x.pairing == y.pairing && *x.bandwidth == *y.bandwidth &&
           *x.latency == *y.latency;
  };
  return a.gpu == b.gpu && *a.gpus == *b.gpus && *a.nics == *b.nics && *a.cpus == *b.cpus &&
         a.scale_up.through == b.scale_up.through && *a.scale_up.nodes == *b.scale_up.nodes &&
         std::equal(a.wiring.begin(), a.wiring.end(), b.wiring.begin(), b.wiring.end(), same) &&
         *one.injection == *other.injection && *one.nic_latency == *other.nic_latency;
}

bool same_drives(const NodeDescription& a, const NodeDescription& b) {
  const auto rate = [](const auto& drive) { return std::pair(*drive.read, *drive.write); };
  return a.nvme.has_value() == b.nvme.has_value() && (!a.nvme || rate(*a.nvme) == rate(*b.nvme));
}

template <class T>
void add_to(Figure<T>& sum, const Figure<T>& one) {
  sum.value = sum.value + one.value;
  sum.source += "; " + one.source;
  sum.confidence = std::max(sum.confidence, one.confidence);
}

std::tuple<std::string, int, int> stated_at(const CostDescription& cost) {
  const Place& place = cost.capital.place;
  return {place.file, place.line, place.column};
}

// What machines cost together: the sum of all, written off so that a year of all costs what their years cost, used as
// they are on average over their nodes. One figure that stands for several of them counts once. Nothing where one does
// not say its own.
void join_costs(PlatformDescription& own, const std::vector<std::string>& names,
                const std::vector<const PlatformDescription*>& parts) {
  own.cost.reset();
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!parts[i]->cost || !(parts[i]->cost->capital->value > 0)) own.without_cost.push_back(names[i]);
  if (!own.without_cost.empty()) return;
  CostDescription all = *parts.front()->cost;
  Euros a_year = *all.capital / all.years;
  GramsCO2 embodied_a_year = *all.embodied / all.years;
  double used = *all.utilisation * *parts.front()->nodes, nodes = *parts.front()->nodes;
  std::set<std::tuple<std::string, int, int>> known;
  const auto is_new = [&](const CostDescription& cost) { return known.insert(stated_at(cost)).second; };
  is_new(all);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const CostDescription& one = *parts[i]->cost;
    used += *one.utilisation * *parts[i]->nodes;
    nodes += *parts[i]->nodes;
    if (!is_new(one)) continue;
    add_to(all.capital, one.capital);
    add_to(all.maintenance, one.maintenance);
    add_to(all.staff, one.staff);
    a_year += *one.capital / one.years;
    embodied_a_year += *one.embodied / one.years;
  }
  all.years.value = *all.capital / a_year;
  all.embodied.value = embodied_a_year * all.years.value;
  all.utilisation.value = used / nodes;
  own.cost = std::move(all);
}

// A job on several partitions sees their nodes one after the other, as the first one's.
void join_parts(PlatformDescription& own, const std::vector<std::string>& parts,
                const std::vector<Read<PlatformDescription>>& all, std::vector<Problem>& problems) {
  PartitionDescription* first = nullptr;
  double nodes = 0;
  bool drives = true;  // the same everywhere; else a job on all of them has none
  for (const std::string& part : parts)
    for (PartitionDescription& one : own.partitions) {
      if (one.name != part) continue;
      if (!first) first = &one;
      nodes += *one.nodes;
      drives = drives && same_drives(first->node, one.node);
      if (!alike(*first, one))
        problems.push_back(
            {one.place, fmt::format("nodes of {} and {} differ, and ranks of one job do the same at "
                                    "the same pace: partitions of alike nodes would go",
                                    first->name, one.name)});
    }
  if (!drives) {
    own.node.nvme.reset();
    for (PartitionDescription& one : own.partitions)
      if (std::ranges::count(parts, one.name) > 0) one.node.nvme.reset();
  }
  own.nodes.value = nodes;
  own.published.reset();                              // of one of them
  std::vector<const PlatformDescription*> described;  // as each of the parts is read on its own
  for (const std::string& part : parts)
    for (std::size_t i = 0; i < std::min(own.partitions.size(), all.size()); ++i)
      if (own.partitions[i].name == part) described.push_back(&all[i].description);
  if (problems.empty()) join_costs(own, parts, described);
  own.title.clear();
  for (const PlatformDescription* one : described) own.title += (own.title.empty() ? "" : " + ") + one->title;
  for (std::size_t i = 0; i < described.size(); ++i) {
    const PlatformDescription& one = *described[i];
    own.spanned.push_back({parts[i], one.site, one.nodes, one.facility, one.power, one.cost, 0});
    for (const PlatformDescription* other : described)
      if (one.cost && other->cost && stated_at(*one.cost) == stated_at(*other->cost))
        own.spanned.back().nodes_of_cost += *other->nodes;
  }
}

}  // namespace

Document document_of(Document document, const std::string& partition, const Settings& settings) {
  Settings of_one = settings;
  const auto own = std::stable_partition(of_one.begin(), of_one.end(), of_all_partitions);
  catalog::apply(Settings(of_one.begin(), own), document);
  of_one.erase(of_one.begin(), own);
  document = partition_document(std::move(document), parts_of_partition(partition).front());
  catalog::apply(of_one, document);
  return document;
}

namespace {

// What each partition's nodes are, from all of them, read one by one.
void complete(PlatformDescription& own, const std::vector<Read<PlatformDescription>>& all,
              std::vector<Problem>& problems) {
  for (std::size_t i = 0; i < std::min(own.partitions.size(), all.size()); ++i) {
    const PlatformDescription& as = all[i].description;
    own.partitions[i].nodes = as.nodes;
    own.partitions[i].node = as.node;
    own.partitions[i].injection = as.fabric.injection;
    own.partitions[i].nic_latency = as.fabric.nic_latency;
  }
  if (problems.empty()) place_partitions(own.partitions, own.fabric, problems);
}

void name_after(PlatformDescription& own, const Document& document, const std::string& partition) {
  if (const Node* title = document.root.find("title")) own.machine_title = title->text;
  if (partition.empty()) return;
  own.partition = partition;
  own.name = with_partition(own.name, partition);
}

// All of a file's partitions, each read once; the machine where it has none.
std::vector<Read<PlatformDescription>> read_each(const Catalog& catalog, const Document& document,
                                                 const std::filesystem::path& file) {
  std::vector<std::string> names = partition_names(document);
  if (names.empty()) names.emplace_back();
  std::vector<Read<PlatformDescription>> all;
  for (const std::string& name : names) {
    all.push_back(read_single_platform(catalog, document_of(document, name, {}), file));
    name_after(all.back().description, document, name);
  }
  const bool sound =
      std::all_of(all.begin(), all.end(), [](const auto& one) { return one.problems.empty(); });
  if (sound)
    for (auto& one : all) complete(one.description, all, one.problems);
  return all;
}

}  // namespace

// The others of its partitions are read for their nodes alone.
Read<PlatformDescription> read_platform(const Catalog& catalog, const Document& document,
                                        const std::filesystem::path& file, const std::string& partition,
                                        const Settings& settings) {
  Read<PlatformDescription> result =
      read_single_platform(catalog, document_of(document, partition, settings), file);
  PlatformDescription& own = result.description;
  name_after(own, document, partition);
  if (partition.empty()) return result;
  const std::vector<std::string> parts = parts_of_partition(partition);
  Settings of_others = settings;
  std::erase_if(of_others, [](const Setting& setting) { return !of_all_partitions(setting); });
  std::vector<Read<PlatformDescription>> all;
  for (const PartitionDescription& one : own.partitions) {
    const bool is_own = one.name == parts.front();
    const bool of_job = std::find(parts.begin(), parts.end(), one.name) != parts.end();
    all.push_back(is_own
                      ? Read<PlatformDescription>{own, {}, {}, 0}
                      : read_single_platform(
                            catalog, document_of(document, one.name, of_job ? settings : of_others), file));
    append(result.problems, all.back().problems);
  }
  complete(own, all, result.problems);
  if (parts.size() > 1) join_parts(own, parts, all, result.problems);
  return result;
}

std::string partition_meant(const Document& document, std::string_view name, const Place& asked_at) {
  const std::vector<std::string> names = partition_names(document);
  const auto [platform, asked] = split_platform_name(name);
  if (names.empty()) {
    if (asked.empty()) return "";
    throw InputError(asked_at, fmt::format("{} has no partitions, found {}", platform, quote(asked)));
  }
  if (!asked.empty()) {
    const std::vector<std::string> parts = parts_of_partition(asked);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (std::find(names.begin(), names.end(), parts[i]) == names.end()) {
        const std::vector<std::string_view> known(names.begin(), names.end());
        throw InputError(asked_at, fmt::format("{} has no partition {}{}", platform, quote(parts[i]),
                                               suggestion(parts[i], known)));
      }
      if (std::find(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i), parts[i]) !=
          parts.begin() + static_cast<std::ptrdiff_t>(i))
        throw InputError(asked_at, fmt::format("partition {} is named twice", quote(parts[i])));
    }
    return std::string(asked);
  }
  std::vector<std::string> with_gpus;
  for (const std::string& one : names) {
    const Document as = partition_document(document, one);
    const Node* gpus = at_path(as.root, "node.gpus");
    if (gpus && gpus->is_map()) gpus = gpus->find("value");
    if (!gpus || gpus->text != "0") with_gpus.push_back(with_partition(platform, one));
  }
  if (with_gpus.size() == 1) return std::string(split_platform_name(with_gpus.front()).partition);
  throw InputError(asked_at, fmt::format("{} has several partitions; one of {} would be right", platform,
                                         fmt::join(with_gpus, ", ")));
}

std::vector<PlatformDescription> read_all_partitions(const Catalog& catalog, const Document& document,
                                                     const std::filesystem::path& file) {
  std::vector<PlatformDescription> found;
  std::vector<Problem> problems;
  for (Read<PlatformDescription>& one : read_each(catalog, document, file)) {
    append(problems, one.problems);
    found.push_back(std::move(one.description));
  }
  if (!problems.empty()) throw InputError(sorted(std::move(problems), file.string()));
  return found;
}

FileFindings read_partitions(const Catalog& catalog, const Document& document,
                             const std::filesystem::path& file) {
  std::vector<std::string> names = partition_names(document);
  if (names.empty()) names.emplace_back();
  FileFindings all;
  std::vector<std::vector<FigureRow>> rows;
  for (Read<PlatformDescription>& read : read_each(catalog, document, file)) {
    append(all.problems, read.problems);
    rows.push_back(std::move(read.rows));
  }
  // A row of the first stands for all where each of them has it.
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> known;
  const auto key = [](const FigureRow& row) { return std::tuple(row.path, row.value, row.source); };
  for (const std::vector<FigureRow>& of_one : rows)
    for (const FigureRow& row : of_one) ++known[key(row)];
  const auto in_all = [&](const FigureRow& row) { return known[key(row)] >= rows.size(); };
  for (const FigureRow& row : rows.front())
    if (in_all(row)) all.rows.push_back(row);
  for (std::size_t i = 0; i < names.size(); ++i)
    for (FigureRow& row : rows[i])
      if (!in_all(row)) {
        FigureRow own = row;
        own.path = fmt::format("partitions.{}.{}", names[i], row.path);
        all.rows.push_back(std::move(own));
      }
  return all;
}

}  // namespace aifsim::catalog
