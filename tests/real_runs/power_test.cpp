#include "cpu/power.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;

// A folder as the kernel's, with two packages and what lies inside one of them.
class Powercap {
 public:
  Powercap() : folder_(fs::temp_directory_path() / ("powercap_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    zone("intel-rapl:0", "package-0", 1000000, 262143328850);
    zone("intel-rapl:0:0", "core", 5, 262143328850);
    zone("intel-rapl:1", "package-1", 262143000000, 262143328850);
    zone("intel-rapl:2", "psys", 7, 262143328850);
    fs::create_directories(folder_ / "intel-rapl");
  }
  ~Powercap() { fs::remove_all(folder_); }
  const fs::path& folder() const { return folder_; }
  void set(const std::string& zone, long long microjoules) const {
    std::ofstream(folder_ / zone / "energy_uj") << microjoules << '\n';
  }
  void remove(const std::string& file) const { fs::remove(folder_ / file); }

 private:
  void zone(const std::string& zone, const std::string& name, long long microjoules, long long range) const {
    fs::create_directories(folder_ / zone);
    std::ofstream(folder_ / zone / "name") << name << '\n';
    std::ofstream(folder_ / zone / "max_energy_range_uj") << range << '\n';
    set(zone, microjoules);
  }
  fs::path folder_;
};

}  // namespace

using real_runs::cpu::PackageEnergy;

TEST_CASE("the packages' energy adds up, also where a counter starts again", "[power]") {
  const Powercap powercap;
  PackageEnergy energy(powercap.folder());
  REQUIRE(energy.readable());
  CHECK(energy.joules() == 0);
  powercap.set("intel-rapl:0", 3500000);
  powercap.set("intel-rapl:0:0", 999000000);
  CHECK(*energy.joules() == Approx(2.5));
  powercap.set("intel-rapl:1", 671150);  // over the range by 1 J
  CHECK(*energy.joules() == Approx(1.0));
}

TEST_CASE("energy that cannot be read in full is not given", "[power]") {
  CHECK_FALSE(PackageEnergy("/nowhere").readable());
  CHECK_FALSE(PackageEnergy("/nowhere").joules().has_value());
  const Powercap powercap;
  PackageEnergy energy(powercap.folder());
  powercap.remove("intel-rapl:1/energy_uj");
  CHECK_FALSE(energy.joules().has_value());
  CHECK_FALSE(PackageEnergy(powercap.folder()).readable());
}
