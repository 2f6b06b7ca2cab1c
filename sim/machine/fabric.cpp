#include "machine/fabric.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/hash.hpp"

namespace aifsim {

namespace {
constexpr std::size_t most_links = 5'000'000, most_switches = 5'000'000;
}

double FabricPorts::relative_injection(std::int64_t first, std::int64_t places) const {
  if (rows.size() < 2) return 1;
  double sum = 0, standing = 0;
  for (const Row& row : rows) {
    const std::int64_t here = std::min(first + places, row.first + row.nodes) - std::max(first, row.first);
    if (here <= 0) continue;
    standing += static_cast<double>(here);
    sum += static_cast<double>(here * row.nics) * row.injection.value;
  }
  if (standing == 0) return 1;
  return sum / standing / (static_cast<double>(nics_per_node) * injection.value);
}

Fabric::Fabric(const FabricPorts& ports, Routing usual)
    : ports_(ports), routing_(ports.routing == Routing::usual ? usual : ports.routing) {}

std::size_t Fabric::join(SwitchId from, SwitchId to, std::int64_t count, BytesPerSecond each,
                         Seconds latency) {
  const std::size_t first = links_.size();
  const std::int64_t apart = parallel_links(count);
  if (first + static_cast<std::size_t>(apart) > most_links)
    throw InputError(ports_.place,
                     fmt::format("the fabric has more than {} links between its switches, which "
                                 "is more than is simulated; fewer or smaller groups, or routing "
                                 "adaptive, would be right",
                                 most_links));
  const double share = static_cast<double>(count) / static_cast<double>(apart) * ports_.efficiency;
  links_.insert(links_.end(), static_cast<std::size_t>(apart),
                {from, to, each * share, latency, count / apart});
  return first;
}

std::size_t Fabric::adopt(const Fabric& part, SwitchId first_switch) {
  const std::size_t first = links_.size();
  for (Link link : part.links_) {
    link.from += first_switch;
    link.to += first_switch;
    links_.push_back(link);
  }
  return first;
}

SwitchId Fabric::switch_count(std::initializer_list<std::int64_t> factors) const {
  double count = 1;
  for (const std::int64_t factor : factors) count *= static_cast<double>(factor);
  if (count > static_cast<double>(most_switches))
    throw InputError(
        ports_.place,
        fmt::format("the fabric has {:.3g} switches, more than the {} that are simulated; fewer or "
                    "smaller groups would be right",
                    count, most_switches));
  return static_cast<SwitchId>(count);
}

std::uint64_t Fabric::choice(FabricPort from, FabricPort to) const {
  if (adaptive()) return 0;
  if (routing_ == Routing::fixed) return number_of(to);
  const std::uint64_t start = ports_.hash == 0 ? 0 : mixed(ports_.hash);
  return mixed(mixed(number_of(from) + start) + number_of(to));
}

std::string Fabric::parallel_name(std::int64_t which, std::int64_t of) const {
  return of == 1 ? "" : fmt::format(" link {}", which);
}

std::unique_ptr<Fabric> build_fabric(const FabricDescription& fabric, const FabricPorts& ports) {
  return std::visit([&](const auto& topology) { return build_fabric(topology, ports); }, fabric.topology);
}

}  // namespace aifsim
