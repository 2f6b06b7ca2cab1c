// The wiring inside one node: devices, directed links, and the shortest path between any two devices.
//
// A path is the one that (1) relays through the fewest GPUs and NICs, since data from a GPU to a NIC runs
// over PCIe and not through a neighbour if it can; then (2) through the fewest CPUs, since GPUs of a
// superchip talk over NVLink; then (3) over the fewest links of the host, since GPUs that share a PCIe switch
// talk over NVLink too; then (4) has the least latency; then (5) the widest bottleneck; then (6) the fewest
// links. Assumption: one path per pair, no spreading over parallel links.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/platform.hpp"
#include "machine/link.hpp"

namespace aifsim {

using DeviceId = std::uint32_t;

struct Device {
  std::string kind;  // "gpu"
  std::string name;  // "gpu0"
};

struct WiringLink {
  DeviceId from = 0, to = 0;
  LinkClass cls = LinkClass::host;
  BytesPerSecond capacity;
  Seconds latency;
};

class NodeWiring {
 public:
  // InputError where a rule names a device that the node lacks, or where a GPU cannot reach another GPU or a
  // NIC.
  explicit NodeWiring(const NodeDescription& node);

  std::int64_t gpus() const { return gpus_; }
  std::int64_t nics() const { return nics_; }
  const std::vector<Device>& devices() const { return devices_; }
  const std::vector<WiringLink>& links() const { return links_; }

  DeviceId gpu(std::int64_t index) const { return static_cast<DeviceId>(index); }
  DeviceId nic(std::int64_t index) const { return static_cast<DeviceId>(gpus_ + index); }
  // By name; the device must exist.
  DeviceId device(std::string_view name) const;

  // The same wiring, whose paths avoid these links.
  NodeWiring without(std::span<const std::uint32_t> failed) const;

  // Indices into links(), in order; empty from a device to itself and where there is no path.
  std::span<const std::uint32_t> path(DeviceId from, DeviceId to) const;
  // The NIC that a GPU uses: nearest by path; among equally near ones, that which serves the fewest GPUs.
  std::int64_t nic_of(std::int64_t gpu) const { return nic_of_[static_cast<std::size_t>(gpu)]; }

 private:
  void add_devices(const NodeDescription& node);
  void add_links(const WiringRule& rule);
  std::vector<DeviceId> matching(std::string_view pattern, const WiringRule& rule) const;
  void connect(DeviceId from, DeviceId to, const WiringRule& rule);
  void find_paths(std::span<const std::uint32_t> failed = {});
  void require_connected(const NodeDescription& node) const;
  void choose_nics();

  std::int64_t gpus_, nics_;
  std::vector<Device> devices_;  // GPUs, then NICs, then CPUs, then what the rules name
  std::vector<WiringLink> links_;
  std::vector<std::uint32_t> path_start_;  // (from * devices + to) -> start in path_links_
  std::vector<std::uint32_t> path_links_;
  std::vector<std::int64_t> nic_of_;
};

// The kind of a device or of a pattern: "gpu" of "gpu3" and of "gpu*".
std::string_view device_kind(std::string_view name);
// How a rule's links are classed: between GPUs and scale-up switches, or over the host's CPU, PCIe and NICs.
LinkClass wiring_class(std::string_view from_kind, std::string_view to_kind);

}  // namespace aifsim
