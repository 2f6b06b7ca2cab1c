// Optical circuit switch: blocks of nodes below an electrical switch; circuits join the blocks of a job.
//
//   mesh   each pair of the job's k blocks has floor(ports / (k - 1)) circuits
//   ring   each block has floor(ports / 2) circuits to each of its two neighbours; two blocks: all ports
//
// A mesh of more blocks than a block has ports for becomes a ring. Circuits are full duplex. Jobs that share
// a block are wired as one; a machine that is not wired for jobs is wired over all its blocks. Assumption:
// switching takes no time that a job would notice, since it happens before the job starts.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "machine/count.hpp"
#include "machine/fabric.hpp"

namespace aifsim {
namespace {

// Blocks that circuits join, in order.
struct Wired {
  std::vector<std::int64_t> blocks;
  bool mesh = true;
  std::size_t first_link = 0;

  std::int64_t size() const { return std::ssize(blocks); }
  std::int64_t slots() const { return mesh ? size() - 1 : 2; }  // links of each block
  std::int64_t neighbour(std::int64_t at, std::int64_t slot) const {
    return (at + (!mesh && slot == 1 ? size() - 1 : slot + 1)) % size();
  }
};

class Optical final : public Fabric {
 public:
  // `jobs`: the blocks of each; none: all blocks for one.
  Optical(const OpticalDescription& description, const FabricPorts& ports,
          std::vector<std::set<std::int64_t>> jobs)
      : Fabric(ports, Routing::adaptive),
        description_(description),
        per_block_(whole(description.nodes_per_block, "nodes_per_block", 1)) {
    const std::int64_t blocks = whole(description.blocks, "blocks", 1);
    if (blocks * per_block_ < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the {} blocks hold {}", ports.nodes, blocks,
                                                blocks * per_block_));
    if (jobs.empty()) {
      std::set<std::int64_t>& all = jobs.emplace_back();
      for (std::int64_t node = 0; node < ports.nodes; node += per_block_) all.insert(node / per_block_);
    }
    switches_ = switch_count({blocks});
    position_.assign(static_cast<std::size_t>(blocks), {});
    for (std::set<std::int64_t>& job : jobs) wire(job);
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    const Position source = position(from), target = position(to);
    if (source.wired != target.wired)
      throw CannotAnswer(fmt::format("no circuits join node {} and node {}, which belong to different jobs",
                                     from.node, to.node));
    const Wired& wired = wired_[static_cast<std::size_t>(source.wired)];
    for (std::int64_t at = source.at, k = wired.size(); at != target.at;) {
      const std::int64_t ahead = (target.at - at + k) % k,
                         slot = wired.mesh ? ahead - 1
                                           : (ahead * 2 < k || (ahead * 2 == k && at % 2 == 0) ? 0 : 1);
      out.push_back(first + static_cast<LinkId>(wired.first_link) +
                    static_cast<LinkId>(at * wired.slots() + slot));
      at = wired.neighbour(at, slot);
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

  std::unique_ptr<const Fabric> for_jobs(std::span<const std::vector<std::int64_t>> jobs) const override {
    std::vector<std::set<std::int64_t>> merged;
    for (const std::vector<std::int64_t>& nodes : jobs) {
      std::set<std::int64_t> blocks;
      for (const std::int64_t node : nodes) blocks.insert(node / per_block_);
      std::erase_if(merged, [&](const std::set<std::int64_t>& other) {
        const bool meet = std::any_of(other.begin(), other.end(),
                                      [&](std::int64_t block) { return blocks.contains(block); });
        if (meet) blocks.insert(other.begin(), other.end());
        return meet;
      });
      merged.push_back(std::move(blocks));
    }
    return std::make_unique<Optical>(description_, ports_, std::move(merged));
  }

 private:
  struct Position {
    std::int64_t wired = -1, at = 0;  // which of wired_ a block belongs to, and where in it
  };

  void wire(const std::set<std::int64_t>& blocks) {
    Wired wired{{blocks.begin(), blocks.end()}, true, link_count()};
    const std::int64_t k = wired.size(), ports = whole(description_.ports, "ports", 1);
    for (std::int64_t i = 0; i < k; ++i)
      position_[static_cast<std::size_t>(wired.blocks[static_cast<std::size_t>(i)])] = {std::ssize(wired_),
                                                                                        i};
    if (k > 2 && ports < 2)
      throw InputError(description_.ports.place, "ports: found 1; blocks of a ring need 2");
    wired.mesh = (description_.circuits == Circuits::mesh && ports >= k - 1) || k <= 2;
    const auto block = [&](std::int64_t at) {
      return static_cast<SwitchId>(wired.blocks[static_cast<std::size_t>(at)]);
    };
    const std::int64_t circuits = !wired.mesh ? ports / 2 : ports / std::max<std::int64_t>(1, k - 1);
    for (std::int64_t i = 0; i < k; ++i)
      for (std::int64_t slot = 0; slot < wired.slots(); ++slot)
        join(block(i), block(wired.neighbour(i, slot)), circuits, *description_.port_bandwidth,
             ports_.hop_latency);
    wired_.push_back(std::move(wired));
  }

  Position position(FabricPort port) const {
    const Position at = position_[static_cast<std::size_t>(port.node / per_block_)];
    if (at.wired < 0)
      throw CannotAnswer(fmt::format("node {}: no circuits lead to its block {} in this job", port.node,
                                     port.node / per_block_));
    return at;
  }

  OpticalDescription description_;
  std::int64_t per_block_ = 1;
  std::vector<Wired> wired_;
  std::vector<Position> position_;  // of each block
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const OpticalDescription& fabric, const FabricPorts& ports) {
  return std::make_unique<Optical>(fabric, ports, std::vector<std::set<std::int64_t>>{});
}

}  // namespace aifsim
