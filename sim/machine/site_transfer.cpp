#include "machine/site_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/partitions.hpp"
#include "machine/count.hpp"

namespace aifsim {
namespace {

// Places of the fabric that are at a site; of joined machines those of the site's first one, whose storage is meant to
// send or take.
struct SiteEnd {
  std::string name;
  std::int64_t first_node = 0, nodes = 0;
};

std::vector<SiteEnd> sites_with_places(const PlatformDescription& platform) {
  std::vector<SiteEnd> sites;
  if (const auto* several = std::get_if<SitesDescription>(&platform.fabric.topology)) {
    std::int64_t next = 0;
    for (const SiteDescription& s : several->sites) {
      sites.push_back({s.name, next, whole(s.nodes, "nodes", 1)});
      next += sites.back().nodes;
    }
  } else if (const auto* joined = std::get_if<JoinedDescription>(&platform.fabric.topology)) {
    const std::vector<PlaceRange> places = places_of_machines(*joined);
    for (std::size_t i = 0; i < places.size(); ++i)
      if (std::none_of(sites.begin(), sites.end(),
                       [&](const SiteEnd& site) { return site.name == joined->machines[i].at; }))
        sites.push_back({joined->machines[i].at, places[i].first, places[i].count});
  }
  return sites;
}

const SiteEnd& find_site(const PlatformDescription& platform, const std::vector<SiteEnd>& sites,
                         const std::string& name) {
  std::vector<std::string_view> known;
  for (const SiteEnd& site : sites) {
    if (site.name == name) return site;
    known.push_back(site.name);
  }
  throw InputError(Place{}, fmt::format("{} has no site {}{}", split_platform_name(platform.name).platform,
                                        quote(name), suggestion(name, known)));
}

const std::vector<WanLink>& wan_of(const PlatformDescription& platform) {
  if (const auto* joined = std::get_if<JoinedDescription>(&platform.fabric.topology)) return joined->wan;
  return std::get<SitesDescription>(platform.fabric.topology).wan;
}

}  // namespace

SiteTransfer transfer_between(const PlatformDescription& platform, const Topology& machine,
                              const std::string& from, const std::string& to, Bytes size) {
  const std::vector<SiteEnd> sites = sites_with_places(platform);
  if (sites.size() < 2)
    throw InputError(Place{}, fmt::format("{} is on one site; a fabric of kind sites or joined has several",
                                          platform.name));
  const SiteEnd &source = find_site(platform, sites, from), &target = find_site(platform, sites, to);
  if (source.first_node == target.first_node)
    throw InputError(Place{}, fmt::format("from {} to itself; two sites would be right", quote(from)));

  SiteTransfer t;
  t.sites = {from};
  const auto offer = [&](BytesPerSecond rate, std::string bound) {
    if (t.rate.value > 0 && t.rate <= rate) return;
    t.rate = rate;
    t.bound = std::move(bound);
  };
  for (const SiteEnd* each : {&source, &target}) {
    const SiteEnd& end = *each;
    offer(machine.injection(end.first_node, end.nodes), fmt::format("the NICs of {}", end.name));
  }
  std::vector<LinkId> route;
  machine.fabric().route({source.first_node, 0}, {target.first_node, 0}, machine.fabric_first(), route);
  for (const LinkId id : route) {
    const LinkInfo link = machine.link(id);
    if (link.class_name == "site uplink") offer(link.capacity, fmt::format("the uplink {}", link.name));
    if (link.class_name != "wide area") continue;
    t.latency += link.latency;
    const auto split = link.name.find('>');
    const std::vector<WanLink>& links = wan_of(platform);
    const auto wan = std::find_if(links.begin(), links.end(), [&](const WanLink& w) {
      return link.name == w.from + ">" + w.to || link.name == w.to + ">" + w.from;
    });
    t.sites.push_back(link.name.substr(split + 1));
    const bool window = wan != links.end() && throughput(*wan) < *wan->rate;
    offer(link.capacity,
          fmt::format("link {}, {}", link.name, window ? "the windows of its streams" : "its rate"));
  }
  t.time = t.latency + size / t.rate;
  return t;
}

}  // namespace aifsim
