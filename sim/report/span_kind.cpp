#include "report/span_kind.hpp"

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

}  // namespace aifsim
