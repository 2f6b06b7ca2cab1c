// The table of a network.
#pragma once
#include "catalog/field.hpp"
#include "catalog/network.hpp"

namespace aifsim::catalog {

template <>
struct TableOf<NetworkDescription> {
  static Table<NetworkDescription> make();
};

}  // namespace aifsim::catalog
