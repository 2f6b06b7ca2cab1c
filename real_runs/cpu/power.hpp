// Energy of the processor packages, from RAPL through the kernel's powercap files: a counter in microjoules
// per package, which starts again from 0 beyond a range. Most systems let only root read it.
#pragma once
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace real_runs::cpu {

class PackageEnergy {
 public:
  explicit PackageEnergy(const std::filesystem::path& folder = "/sys/class/powercap") {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
      // "package-0"; the zones of cores and memory inside it have other names.
      std::string name;
      std::ifstream(entry.path() / "name") >> name;
      if (name.rfind("package-", 0) != 0) continue;
      Package package{entry.path() / "energy_uj", 0, 0};
      const auto range = number(entry.path() / "max_energy_range_uj"), now = number(package.file);
      if (!range || !now) {
        packages_.clear();  // part of the energy would be missing
        return;
      }
      package.range = *range;
      package.last = *now;
      packages_.push_back(package);
    }
  }
  bool readable() const { return !packages_.empty(); }
  // Joules of all packages since the last call, or since the start. A counter may have started again once; at
  // 300 W that takes a quarter of an hour.
  std::optional<double> joules() {
    double microjoules = 0;
    for (Package& p : packages_) {
      const auto now = number(p.file);
      if (!now) return std::nullopt;
      microjoules += *now >= p.last ? *now - p.last : *now + p.range - p.last;
      p.last = *now;
    }
    if (packages_.empty()) return std::nullopt;
    return 1e-6 * microjoules;
  }

 private:
  struct Package {
    std::filesystem::path file;
    double range, last;
  };
  static std::optional<double> number(const std::filesystem::path& file) {
    std::ifstream in(file);
    double value = 0;
    if (in >> value) return value;
    return std::nullopt;
  }
  std::vector<Package> packages_;
};

}  // namespace real_runs::cpu
