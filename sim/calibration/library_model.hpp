// The constants of a GPU library as a fit moves them.
#pragma once
#include "catalog/collective_models.hpp"
#include "collectives/price.hpp"

namespace aifsim {

struct LibraryModel : LibraryConstants {
  AlphaBeta control;
  FitInfo fit;
};

template <>
std::span<const ModelConstant<LibraryModel>> model_constants();

bool is_between(const ModelConstant<LibraryModel>& constant);  // nodes; else inside a node or of both

}  // namespace aifsim
