// The constants of a GPU library, one line each: key in `communication`, bounds and typical value of a fit.
// Typical values are medians over the machines fitted so far; platforms/parts/usual.yaml has the same.
#include "calibration/library_model.hpp"

namespace aifsim {

template <>
std::span<const ModelConstant<LibraryModel>> model_constants() {
  using U = ModelUnit;
  using L = LibraryModel;
  static constexpr ModelConstant<L> made[] = {
      {"launch", &L::launch, U::seconds, 5e-7, 2e-4, 7e-6, 0.7, ""},
      {"bulk_start", &L::bulk_start, U::seconds, 1e-8, 2e-4, 9e-6, 0.7, ""},
      {"low_latency_share", &L::low_share, U::number, 0.02, 1, 0.55, 0.5, ""},
      {"intra_node_low_step", &L::inside_low_step, U::seconds, 1e-9, 3e-5, 4e-7, 0.5, ""},
      {"intra_node_step", &L::inside_step, U::seconds, 1e-9, 6e-5, 3.4e-6, 0.5, ""},
      {"intra_node_efficiency", &L::inside_share, U::number, 0.02, 1, 0.78, 1, ""},
      {"loss_per_rank_doubling", &L::inside_loss, U::number, 1e-4, 0.95, 1e-3, 3, ""},
      {"intra_node_ramp", &L::inside_ramp, U::ramp, 1e-13, 1e-6, 2.5e-9, 0.7, ""},
      {"copy_bandwidth", &L::copy_bandwidth, U::bandwidth, 1e10, 1e13, 9e11, 0.5, ""},
      {"in_switch_efficiency", &L::in_switch_share, U::number, 0.2, 1, 0.6, 0.3, ""},
      {"peer_gap", &L::peer_gap, U::seconds, 1e-9, 1e-5, 7e-7, 0.7, ""},
      {"inter_node_low_step", &L::between_low_step, U::seconds, 1e-9, 2e-4, 1e-6, 0.7, ""},
      {"inter_node_step", &L::between_step, U::seconds, 1e-8, 2e-4, 8e-6, 0.7, ""},
      {"inter_node_efficiency", &L::between_share, U::number, 0.3, 1, 0.95, 0.3, ""},
      {"loss_per_doubling", &L::between_loss, U::number, 1e-4, 0.3, 0.03, 1, ""},
      {"inter_node_ramp", &L::between_ramp, U::number, 0.01, 20, 2.5, 0.5, ""},
  };
  return made;
}

bool is_between(const ModelConstant<LibraryModel>& c) {
  return c.member == &LibraryModel::between_low_step || c.member == &LibraryModel::between_step ||
         c.member == &LibraryModel::between_share || c.member == &LibraryModel::between_loss ||
         c.member == &LibraryModel::between_ramp;
}

}  // namespace aifsim
