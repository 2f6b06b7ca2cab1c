#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "catalog/catalog.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

struct OwnSite {
  fs::path folder = fs::temp_directory_path() / ("aifsim_hours_" + std::to_string(::getpid()));
  Catalog catalog{fs::path(test_root())};
  OwnSite() {
    fs::create_directories(folder);
    std::ofstream(folder / "ours.yaml")
        << "kind: platform\ninclude: leonardo_booster.yaml\nfacility:\n  hours_file: hours.csv\n";
  }
  ~OwnSite() { fs::remove_all(folder); }
  void write(const std::string& header, std::size_t rows, const std::string& row) const {
    std::ofstream out(folder / "hours.csv");
    out << header << '\n';
    for (std::size_t i = 0; i < rows; ++i) out << row << '\n';
  }
  std::string problem() const {
    const std::vector<Problem> all = catalog.check(folder / "ours.yaml");
    return all.empty() ? "" : all.front().str();
  }
};

}  // namespace

TEST_CASE("a site's hours come from a table beside its file") {
  const OwnSite own;
  own.write("carbon_g_per_kwh,temperature_c", 8760, "120.5,-3");
  CHECK(own.problem().empty());
  const PlatformDescription platform = own.catalog.platform((own.folder / "ours.yaml").string());
  CHECK(platform.facility->hours.carbon == std::vector<double>(8760, 120.5));
  CHECK(platform.facility->hours.temperature[8759] == -3);
  CHECK(platform.facility->hours.price.empty());
  const std::string before = own.catalog.digest(CatalogKind::platform, (own.folder / "ours.yaml").string());
  own.write("carbon_g_per_kwh,temperature_c", 8760, "120.6,-3");
  CHECK(own.catalog.digest(CatalogKind::platform, (own.folder / "ours.yaml").string()) != before);
}

TEST_CASE("what is no table of a year's hours is told with its place") {
  using Catch::Contains;
  const OwnSite own;
  CHECK_THAT(own.problem(), Contains("ours.yaml:4:15: ") && Contains("hours.csv"));  // it is not there
  own.write("carbon", 8760, "1");
  CHECK_THAT(own.problem(),
             Contains("hours.csv:1:1: expected a table (CSV) with one or more of the columns"));
  own.write("carbon_g_per_kwh", 100, "1");
  CHECK_THAT(own.problem(),
             Contains("hours.csv:101:1: a row for each hour of a year is expected, 8760 or 8784, found 100"));
  own.write("carbon_g_per_kwh", 8790, "1");
  CHECK_THAT(own.problem(), Contains("hours.csv:8786:1: a row for each hour of a year"));
  own.write("carbon_g_per_kwh", 0, "");
  CHECK_THAT(own.problem(), Contains("hours.csv:1:1: a row for each hour of a year"));
  own.write("price_eur_per_kwh,carbon_g_per_kwh", 8760, "0.1,-4");
  CHECK_THAT(own.problem(),
             Contains("hours.csv:2:5: carbon_g_per_kwh: must be at least 0 and at most 5000, found \"-4\""));
  own.write("price_eur_per_kwh", 8760, "dear");
  CHECK_THAT(own.problem(), Contains("hours.csv:2:1: "));
}

TEST_CASE(
    "a column of a site's hours that is not known is a mistake; one that says the hour may stand there") {
  using Catch::Contains;
  const OwnSite own;
  for (const char* hour : {"time", "date", "hour"}) {
    own.write(std::string(hour) + ",carbon_g_per_kwh", 8760, "2027-01-01 00:00,120");
    CHECK(own.problem().empty());
  }
  own.write("carbon_g_per_kwh,price_eur_per_mwh,temperature_c", 8760, "1,90,3");
  CHECK_THAT(own.problem(),
             Contains("hours.csv:1:18: unknown column \"price_eur_per_mwh\", did you mean "
                      "\"price_eur_per_kwh\"? known: carbon_g_per_kwh, price_eur_per_kwh, temperature_c; and "
                      "time, date, hour, which are not read"));
  own.write("carbon_g_kwh,price_eur_per_kwh,temp,wind", 8760, "1,0.1,3,4");
  const std::vector<Problem> all = own.catalog.check(own.folder / "ours.yaml");
  REQUIRE(all.size() == 3);
  CHECK_THAT(all[0].str(), Contains(":1:1: ") && Contains("did you mean \"carbon_g_per_kwh\"?"));
  CHECK_THAT(all[1].str(), Contains(":1:32: ") && Contains("did you mean \"temperature_c\"?"));
  CHECK_THAT(all[2].str(), Contains("unknown column \"wind\"; known: "));
}

}  // namespace aifsim
