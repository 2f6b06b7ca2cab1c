// A data set on its way from one site to another.
//
//   t = sum over the links (round trip / 2) + size / rate,   rate = min over the links of min(r, n w / RTT),
//                                                            and what the NICs of either site send and take
//
// r rate of a link [B/s], n its streams, w window of each [B], RTT its round trip [s]. Assumption: no loss,
// the link to itself, streams at their full window (TCP's slow start takes about log2(w / 14.6 kB) round
// trips before that, RFC 6928), storage that keeps up at both ends. Source: Mathis et al. 1997, for the
// window's limit.
#pragma once
#include <string>
#include <vector>

#include "catalog/platform.hpp"
#include "machine/topology.hpp"

namespace aifsim {

struct SiteTransfer {
  std::vector<std::string> sites;  // on the way, ends included
  Seconds latency, time;
  BytesPerSecond rate;
  std::string bound;  // what holds the rate down: "link a>b, its rate"
};

// InputError where the platform has no sites or no such site.
SiteTransfer transfer_between(const PlatformDescription& platform, const Topology& machine,
                              const std::string& from, const std::string& to, Bytes size);

}  // namespace aifsim
