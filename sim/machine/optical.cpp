// Optical circuit switch: blocks of nodes below an electrical switch; circuits join the blocks of a job.
//
//   mesh   each pair of the job's k blocks has floor(ports / (k - 1)) circuits
//   ring   each block has floor(ports / 2) circuits to each of its two neighbours; two blocks: all ports
//
// A mesh of more blocks than a block has ports for becomes a ring. Circuits are full duplex. A machine that
// is not wired for one job is wired over all its blocks. Assumption: switching takes no time that a job would
// notice, since it happens before the job starts.
#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "machine/count.hpp"
#include "machine/fabric.hpp"

namespace aifsim {
namespace {

class Optical final : public Fabric {
 public:
  Optical(const OpticalDescription& description, const FabricPorts& ports, std::vector<std::int64_t> wired)
      : Fabric(ports, Routing::adaptive),
        description_(description),
        per_block_(whole(description.nodes_per_block, "nodes_per_block", 1)),
        wired_(std::move(wired)) {
    const std::int64_t blocks = whole(description.blocks, "blocks", 1);
    if (blocks * per_block_ < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the {} blocks hold {}", ports.nodes, blocks,
                                                blocks * per_block_));
    if (wired_.empty()) {
      wired_.resize(static_cast<std::size_t>((ports.nodes + per_block_ - 1) / per_block_));
      std::iota(wired_.begin(), wired_.end(), 0);
    }
    switches_ = static_cast<SwitchId>(blocks);
    position_.assign(static_cast<std::size_t>(blocks), -1);
    for (std::size_t i = 0; i < wired_.size(); ++i)
      position_[static_cast<std::size_t>(wired_[i])] = static_cast<std::int64_t>(i);
    const std::int64_t k = std::ssize(wired_), block_ports = whole(description.ports, "ports", 1);
    if (k < 2) return;
    if (k > 2 && block_ports < 2)
      throw InputError(description.ports.place, "ports: found 1; blocks of a ring need 2");
    mesh_ = (description.circuits == Circuits::mesh && block_ports >= k - 1) || k == 2;
    const std::int64_t circuits = mesh_ ? block_ports / (k - 1) : block_ports / 2;
    for (std::int64_t i = 0; i < k; ++i)
      for (std::int64_t slot = 0; slot < slots(); ++slot)
        join(block(i), block(neighbour(i, slot)), circuits, *description.port_bandwidth, ports.hop_latency);
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    std::int64_t at = wired_at(from);
    const std::int64_t target = wired_at(to), k = std::ssize(wired_);
    while (at != target) {
      const std::int64_t ahead = (target - at + k) % k, slot = mesh_ ? ahead - 1 : (ahead * 2 <= k ? 0 : 1);
      out.push_back(first + static_cast<LinkId>(at * slots() + slot));
      at = neighbour(at, slot);
    }
  }

  std::string link_name(std::size_t index) const override {
    return fmt::format("{}>{}", switch_name(link(index).from), switch_name(link(index).to));
  }
  std::string class_name(std::size_t) const override { return "circuits"; }
  SwitchId switch_of(FabricPort port) const override { return static_cast<SwitchId>(port.node / per_block_); }
  std::string switch_name(SwitchId at) const override { return fmt::format("block {}", at); }
  std::int64_t leaf_of(std::int64_t node) const override { return node / per_block_; }
  std::int64_t group_of(std::int64_t node) const override { return node / per_block_; }

  std::unique_ptr<const Fabric> for_nodes(std::span<const std::int64_t> nodes) const override {
    std::vector<std::int64_t> blocks;
    for (const std::int64_t node : nodes) blocks.push_back(node / per_block_);
    std::sort(blocks.begin(), blocks.end());
    blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
    return std::make_unique<Optical>(description_, ports_, std::move(blocks));
  }

 private:
  std::int64_t slots() const { return mesh_ ? std::ssize(wired_) - 1 : 2; }
  std::int64_t neighbour(std::int64_t at, std::int64_t slot) const {
    const std::int64_t k = std::ssize(wired_);
    return (at + (!mesh_ && slot == 1 ? k - 1 : slot + 1)) % k;
  }
  SwitchId block(std::int64_t at) const {
    return static_cast<SwitchId>(wired_[static_cast<std::size_t>(at)]);
  }
  std::int64_t wired_at(FabricPort port) const {
    const std::int64_t at = position_[static_cast<std::size_t>(port.node / per_block_)];
    if (at < 0)
      throw CannotAnswer(fmt::format("node {}: no circuits lead to its block {} in this job", port.node,
                                     port.node / per_block_));
    return at;
  }

  OpticalDescription description_;
  std::int64_t per_block_ = 1;
  bool mesh_ = true;
  std::vector<std::int64_t> wired_;     // blocks that circuits join, in order
  std::vector<std::int64_t> position_;  // of each block among them, or -1
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const OpticalDescription& fabric, const FabricPorts& ports) {
  return std::make_unique<Optical>(fabric, ports, std::vector<std::int64_t>{});
}

}  // namespace aifsim
