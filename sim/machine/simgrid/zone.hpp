// SimGrid's view of a machine: one flat zone of our own, because nested zones of SimGrid 3.32 route wrongly
// and its cluster zones are too slow for a whole machine. Its hosts are endpoints: GPUs, whose routes the
// topology computes, or the two ends of a pair, whose route is a list that was handed in.
//
// SimGrid weighs a flow by the inverse of its route's latency, as TCP would; the fabrics here share a link
// evenly among flows. So every route reports a latency of one, and the zone's latency factor, which SimGrid
// applies to the delay but not to the weight, is the route's true latency in seconds.
#pragma once
#include <map>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "machine/topology.hpp"

namespace aifsim {

class FabricZone final : public simgrid::kernel::routing::NetZoneImpl {
 public:
  // `topology` must outlive the zone.
  explicit FabricZone(const Topology& topology);

  // A place for actors that send nothing.
  simgrid::s4u::Host* add_host(const std::string& name);
  simgrid::s4u::Host* add_gpu(GpuId gpu);
  // One that computes, at one of several speeds (operations per second); the first to begin with.
  simgrid::s4u::Host* add_processor(const std::string& name, const std::vector<double>& speeds);
  // A link of the machine, created on first use; and one that is none of the machine's.
  simgrid::s4u::Link* link(LinkId id);
  simgrid::s4u::Link* add_link(BytesPerSecond capacity);
  // Two hosts joined by exactly these links; a link that stands n times carries every byte n times.
  // A finite `at_most` becomes a link of the pair's own.
  std::pair<simgrid::s4u::Host*, simgrid::s4u::Host*> add_pair(std::span<simgrid::s4u::Link* const> links,
                                                               Seconds latency, BytesPerSecond at_most);
  // Transfers between GPUs take the time of their bytes alone.
  void drop_message_latency() { message_latency_ = false; }
  // All GPUs of the machine, and its links.
  void add_all_gpus();

  // Creates the links that routes between the GPU hosts need; nothing can be added afterwards.
  void complete();

  // The machine whose routes transfers between GPUs take from now on; the one before.
  const Topology& set_machine(const Topology& machine) { return *std::exchange(machine_, &machine); }
  void expect_rerouting() { rerouting_ = true; }
  GpuId gpu_of(const simgrid::s4u::Host* host) const;

  std::size_t created_links() const { return created_links_; }

  void get_local_route(const simgrid::kernel::routing::NetPoint* src,
                       const simgrid::kernel::routing::NetPoint* dst, simgrid::kernel::routing::Route* into,
                       double* latency) override;
  void get_graph(const s_xbt_graph_t* graph, std::map<std::string, xbt_node_t, std::less<>>* nodes,
                 std::map<std::string, xbt_edge_t, std::less<>>* edges) override;

 private:
  using SimLink = simgrid::s4u::Link;
  struct Pair {
    std::vector<SimLink*> links;
    Seconds latency;
  };
  enum class Role : std::uint8_t { bystander, gpu, source, destination };
  struct Endpoint {  // of the host with the same number in the zone
    Role role = Role::bystander;
    std::int64_t index = 0;  // of the GPU or of the pair
  };

  simgrid::s4u::Host* add_endpoint(const std::string& name, Endpoint endpoint,
                                   const std::vector<double>& speeds = {1});
  SimLink* create_link(const std::string& name, BytesPerSecond capacity);
  void create_links_of(const NodeRow& row);
  void create_links_of_gpus();
  Seconds latency_between(const simgrid::s4u::Host* src, const simgrid::s4u::Host* dst) const;

  const Topology& topology_;
  const Topology* machine_;  // the same but for links that are down
  bool rerouting_ = false;
  std::vector<SimLink*> links_;  // by LinkId; null until needed
  std::size_t created_links_ = 0, own_links_ = 0;
  std::vector<Endpoint> endpoints_;
  std::vector<Pair> pairs_;
  bool message_latency_ = true;
  std::vector<LinkId> route_;  // kept between calls, which come by the million
};

}  // namespace aifsim
