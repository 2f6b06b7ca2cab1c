#include "records/kernel_groups.hpp"

#include <fmt/format.h>

#include "records/names.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kMostKernelGroups = 8192, kLongestName = 300;

}  // namespace

std::string shortened_kernel(const std::string& name) {
  return name.size() <= kLongestName ? name : name.substr(0, kLongestName) + "...";
}

std::string dim3_text(double x, double y, double z) { return fmt::format("{}x{}x{}", x, y, z); }

void KernelGroups::add(const Launch& launch) {
  if (!(launch.time_us > 0)) {
    sink_.skip("launches with a duration of 0");
    return;
  }
  const std::string op = launch.op.empty() ? kernel_class(launch.name) : launch.op;
  const std::string name = shortened_kernel(launch.name);
  std::string key = op;
  for (const std::string* part : {&name, &launch.gpu, &launch.grid, &launch.block}) key += '\x1f' + *part;
  for (const auto& [column, value] : launch.shape) key += '\x1f' + column + '=' + value;
  auto found = groups_.find(key);
  if (found == groups_.end()) {
    if (groups_.size() == kMostKernelGroups) {
      sink_.skip(fmt::format("launches beyond {} different kernels and shapes", kMostKernelGroups));
      return;
    }
    Group group;
    if (!launch.gpu.empty()) group.row.set("gpu", launch.gpu);
    if (!launch.software.empty()) group.row.set("software", launch.software);
    group.row.set("op", op).set("layer", name);
    if (!launch.grid.empty()) group.row.set("grid", launch.grid).set("block", launch.block);
    for (const auto& [column, value] : launch.shape) group.row.set(column, value);
    found = groups_.emplace(std::move(key), std::move(group)).first;
  }
  found->second.durations.add(launch.time_us);
}

void KernelGroups::write() {
  for (auto& [key, group] : groups_) {
    const Durations& d = group.durations;
    const auto rounded = [](double t) { return fmt::format("{:.6g}", t); };
    group.row.set("time_us", rounded(d.quantile(0.5))).set("min_us", rounded(d.smallest()));
    group.row.set("p90_us", rounded(d.quantile(0.9))).set("count", static_cast<double>(d.count()));
    sink_.row(std::move(group.row));
  }
  groups_.clear();
}

}  // namespace aifsim::records
