// What was published of a whole machine, to compare with what follows from its parts.
#pragma once
#include <optional>
#include <string>

#include "base/units.hpp"
#include "catalog/figure.hpp"
#include "catalog/hpl.hpp"

namespace aifsim {

// 0: not published.
struct PublishedDescription {
  Figure<double> devices;
  Figure<FlopsPerSecond> peak_fp64, peak_bf16, peak_fp8, peak_fp4;  // dense
  Figure<FlopsPerSecond> rmax;                                      // of HPL
  Figure<double> hpl_devices;                                       // that its run took; 0: all
  std::optional<HplDescription> hpl;                                // how that run was made
  Figure<BytesPerSecond> injection;                                 // of a node, per direction
  Figure<BytesPerSecond> bisection;                                 // per direction
  Figure<BytesPerSecond> storage;                                   // that its fastest tier delivers
  Figure<Watts> power;  // IT power with all parts at work: HPL's, or what the machine was announced with
  std::string differs;  // why what follows from the parts is not that
  Place place;
};

}  // namespace aifsim
