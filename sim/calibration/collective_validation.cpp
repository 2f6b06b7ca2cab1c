#include "calibration/collective_validation.hpp"

#include <map>

#include "base/error.hpp"
#include "calibration/collective_fit.hpp"
#include "collectives/predict.hpp"
#include "factory/collective_run.hpp"
#include "factory/training_table.hpp"

namespace aifsim {
namespace {

// The library of each platform, routed once; platforms by name, none where the catalogue has no such platform.
class Libraries {
 public:
  explicit Libraries(const Catalog& catalog) : shelf_(catalog) {}
  const PlatformInstance* find(const std::string& name) { return shelf_.find(name); }
  LibraryRuns& of(const PlatformInstance& platform) {
    return runs_.try_emplace(&platform, platform).first->second;
  }

 private:
  PlatformShelf shelf_;
  std::map<const PlatformInstance*, LibraryRuns> runs_;
};

ValidatedRow described(const CollectiveRow& row) {
  ValidatedRow out;
  out.id = row.id;
  out.group = row.group;
  out.measured = row.time.value;
  out.unsupported = row.unsupported;
  return out;
}

std::string no_platform(const std::string& name) { return "no platform \"" + name + "\" in the catalogue"; }

ValidatedRow predicted(const CollectiveRow& row, Libraries& libraries) {
  ValidatedRow out = described(row);
  if (!out.unsupported.empty()) return out;
  const PlatformInstance* platform = libraries.find(row.platform);
  if (!platform) {
    out.unsupported = no_platform(row.platform);
    return out;
  }
  try {
    LibraryRuns& library = libraries.of(*platform);
    const CollectivePrediction p =
        predict(platform->description, row.query, [&](const CollectiveQuery& q) { return library.time(q); });
    out.predicted = p.time.value;
    out.control = p.control.value;
    out.set_band(p.spread);
  } catch (const CannotAnswer& error) {
    out.unsupported = error.what();
  }
  return out;
}

}  // namespace

Validation validate_collectives(const Catalog& catalog, std::istream& in, const std::string& name,
                                const std::string& by) {
  Libraries libraries(catalog);
  std::vector<ValidatedRow> rows;
  read_collective_rows(in, name, by, &catalog,
                       [&](CollectiveRow&& row) { rows.push_back(predicted(row, libraries)); });
  return summarise(std::move(rows));
}

Validation validate_collectives_left_out(const Catalog& catalog, std::istream& in, const std::string& name,
                                         const std::string& by, const FitProgress& progress) {
  Libraries libraries(catalog);
  std::map<std::string, std::vector<CollectiveRow>> of_platform;
  read_collective_rows(in, name, by, &catalog,
                       [&](CollectiveRow&& row) { of_platform[row.platform].push_back(std::move(row)); });
  std::vector<ValidatedRow> rows;
  for (const auto& [name_of_platform, own] : of_platform) {
    std::vector<ValidatedRow> validated;
    for (const CollectiveRow& row : own) {
      validated.push_back(described(row));
      if (row.unsupported.empty()) validated.back().unsupported = kNotLeftOut;
    }
    if (const PlatformInstance* platform = libraries.find(name_of_platform)) {
      LibraryRuns& library = libraries.of(*platform);
      const LibraryWorks works = [&](const CollectiveQuery& q) { return library.works(q); };
      set_left_out(validated, calibrate_collectives(platform->description, own, {}, works, progress).report);
    } else {
      for (ValidatedRow& row : validated) row.unsupported = no_platform(name_of_platform);
    }
    rows.insert(rows.end(), validated.begin(), validated.end());
  }
  return summarise(std::move(rows));
}

}  // namespace aifsim
