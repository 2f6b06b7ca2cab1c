#include "machine/site_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "machine/count.hpp"

namespace aifsim {
namespace {

struct SiteEnd {
  std::size_t index = 0;
  std::int64_t first_node = 0, nodes = 0;
};

SiteEnd find_site(const PlatformDescription& platform, const SitesDescription& sites, const std::string& name) {
  SiteEnd site;
  std::vector<std::string_view> known;
  for (const SiteDescription& s : sites.sites) {
    site.nodes = whole(s.nodes, "nodes", 1);
    if (s.name == name) return site;
    known.push_back(s.name);
    site.first_node += site.nodes;
    ++site.index;
  }
  throw InputError(Place{},
                   fmt::format("{} has no site {}{}", platform.name, quote(name), suggestion(name, known)));
}

}  // namespace

SiteTransfer transfer_between(const PlatformDescription& platform, const Topology& machine,
                              const std::string& from, const std::string& to, Bytes size) {
  const auto* sites = std::get_if<SitesDescription>(&platform.fabric.topology);
  if (!sites)
    throw InputError(Place{},
                     fmt::format("{} is on one site; a fabric of kind sites has several", platform.name));
  const SiteEnd source = find_site(platform, *sites, from), target = find_site(platform, *sites, to);
  if (source.index == target.index)
    throw InputError(Place{}, fmt::format("from {} to itself; two sites would be right", quote(from)));

  SiteTransfer t;
  t.sites = {from};
  const auto offer = [&](BytesPerSecond rate, std::string bound) {
    if (t.rate.value > 0 && t.rate <= rate) return;
    t.rate = rate;
    t.bound = std::move(bound);
  };
  for (const SiteEnd& end : {source, target})
    offer(machine.injection(end.first_node, end.nodes),
          fmt::format("the NICs of {}", sites->sites[end.index].name));
  std::vector<LinkId> route;
  machine.fabric().route({source.first_node, 0}, {target.first_node, 0}, machine.fabric_first(), route);
  for (const LinkId id : route) {
    const LinkInfo link = machine.link(id);
    if (link.class_name != "wide area") continue;
    t.latency += link.latency;
    const auto split = link.name.find('>');
    const auto wan = std::find_if(sites->wan.begin(), sites->wan.end(), [&](const WanLink& w) {
      return link.name == w.from + ">" + w.to || link.name == w.to + ">" + w.from;
    });
    t.sites.push_back(link.name.substr(split + 1));
    const bool window = wan != sites->wan.end() && throughput(*wan) < *wan->rate;
    offer(link.capacity,
          fmt::format("link {}, {}", link.name, window ? "the windows of its streams" : "its rate"));
  }
  t.time = t.latency + size / t.rate;
  return t;
}

}  // namespace aifsim
