#include "cli/warnings.hpp"

#include <iostream>

#include "catalog/file_kind.hpp"
#include "catalog/plausible_gpu.hpp"
#include "machine/plausible_platform.hpp"

namespace aifsim {

std::vector<Problem> warnings_of(const Catalog& catalog, const std::filesystem::path& file) {
  try {
    const std::optional<CatalogKind> kind = kind_of_file(catalog, file);
    if (kind == CatalogKind::gpu) return implausible(gpu_of_file(file));
    if (kind == CatalogKind::platform) {
      std::vector<Problem> found;
      for (const PlatformDescription& platform : catalog.partitions(file.string())) {
        if (platform.node.gpu.empty()) continue;
        const std::vector<Problem> own =
            implausible(platform, catalog.gpu(platform.node.gpu, platform.node.gpu_place));
        found.insert(found.end(), own.begin(), own.end());
      }
      return found;
    }
  } catch (const InputError&) {
    // Mistakes are told as such.
  }
  return {};
}

std::string warning_text(const Problem& problem) {
  return Problem{problem.place, "warning: " + problem.message}.str();
}

void print_warnings(const PlatformDescription& platform, const GpuDescription& gpu) {
  std::vector<Problem> all = implausible(platform, gpu);
  const std::vector<Problem> of_gpu = implausible(gpu);
  all.insert(all.end(), of_gpu.begin(), of_gpu.end());
  for (const Problem& problem : all) std::cerr << warning_text(problem) << '\n';
}

}  // namespace aifsim
