#include "report/span_kind.hpp"

#include <algorithm>

#include <stdexcept>

namespace aifsim {

const char* kind_name(SpanKind kind) {
  switch (kind) {
    case SpanKind::compute:
      return "compute";
    case SpanKind::communication:
      return "communication";
    case SpanKind::host:
      return "host";
    case SpanKind::wait:
      return "wait";
  }
  throw std::logic_error("SpanKind out of range");
}

std::size_t written_spans(const Timeline& timeline) {
  constexpr std::size_t of_all = 100'000, of_each = 500;
  std::size_t streams = 0;
  for (const RoleTrack& role : timeline.roles) streams += role.streams.size();
  return std::max(of_each, of_all / std::max<std::size_t>(1, streams));
}

}  // namespace aifsim
