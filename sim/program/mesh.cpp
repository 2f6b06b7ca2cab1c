#include "program/mesh.hpp"

namespace aifsim {

Mesh::Mesh(std::vector<MeshAxis> axes) : axes_(std::move(axes)) {
  for (const MeshAxis& axis : axes_) {
    strides_.push_back(ranks_);
    ranks_ *= axis.size;
  }
}

std::optional<std::size_t> Mesh::find(std::string_view axis) const {
  for (std::size_t i = 0; i < axes_.size(); ++i)
    if (axes_[i].name == axis) return i;
  return std::nullopt;
}

std::int64_t RankLattice::size() const {
  std::int64_t product = 1;
  for (const Direction& d : directions) product *= d.count;
  return product;
}

void RankLattice::add(std::int64_t count, std::int64_t stride) {
  if (count == 1) return;
  if (!directions.empty() && directions.back().count * directions.back().stride == stride) {
    directions.back().count *= count;
    return;
  }
  directions.push_back({count, stride});
}

std::vector<std::int64_t> RankLattice::ranks() const {
  std::vector<std::int64_t> all{first};
  all.reserve(static_cast<std::size_t>(size()));
  for (const Direction& d : directions) {
    const std::size_t so_far = all.size();
    for (std::int64_t i = 1; i < d.count; ++i)
      for (std::size_t k = 0; k < so_far; ++k) all.push_back(all[k] + i * d.stride);
  }
  return all;
}

}  // namespace aifsim
