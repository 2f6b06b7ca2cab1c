#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include "root.hpp"

const std::string& aifsim::test_root() {
  static const std::string root = AIFSIM_ROOT;
  return root;
}
