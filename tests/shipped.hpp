// The catalogue of the checkout that the tests belong to.
#pragma once
#include "catalog/catalog.hpp"
#include "root.hpp"

namespace aifsim {

inline const Catalog& shipped() {
  static const Catalog all(test_root());
  return all;
}

}  // namespace aifsim
