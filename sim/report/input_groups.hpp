// Inputs by the description that they are of, and there by their source.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "experiment/result.hpp"

namespace aifsim {

// Figures of one object that share their source: one row.
struct InputRow {
  std::string confidence, source;
  std::vector<std::pair<std::string, std::string>> figures;  // path and value
};

struct InputGroup {
  std::string object, title;
  std::vector<InputRow> rows;
  std::size_t fitted = 0;  // constants of models, which are counted only
};

std::vector<InputGroup> input_groups(const std::vector<InputFigure>& inputs);

}  // namespace aifsim
