// Links of a machine, as every room beside SimGrid sees them. A link is directed: a full-duplex cable is two.
#pragma once
#include <cstdint>
#include <string>

#include "base/units.hpp"

namespace aifsim {

using LinkId = std::uint32_t;
using GpuId = std::int64_t;  // node by node

// storage: what drives, their servers, and a client of them let through.
enum class LinkClass { scale_up, host, nic, fabric, storage };
inline constexpr std::size_t link_classes = 5;
const char* name_of(LinkClass cls);

struct LinkInfo {
  std::string name;  // "node 12 gpu0>gpu1", "cell 3 leaf 2 up"
  LinkClass cls = LinkClass::host;
  std::string class_name;  // alike links share it: "gpu-gpu", "nic out", "leaf up", "cell to cell"
  BytesPerSecond capacity;
  Seconds latency;
};

}  // namespace aifsim
