// The ranks of a job as a grid with named axes, fastest first: PyTorch's DeviceMesh, JAX's Mesh.
//
//   rank = sum over axes of coordinate * stride,   stride of an axis = product of the sizes of those before it
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aifsim {

struct MeshAxis {
  std::string name;
  std::int64_t size = 1;
};

// Coordinates first, first + step, ... of one axis; `count` 0: all of them.
struct AxisSlice {
  std::string axis;
  std::int64_t first = 0, count = 0, step = 1;
  auto operator<=>(const AxisSlice&) const = default;
};

class Mesh {
 public:
  explicit Mesh(std::vector<MeshAxis> axes);
  const std::vector<MeshAxis>& axes() const { return axes_; }
  std::int64_t ranks() const { return ranks_; }
  std::int64_t stride(std::size_t axis) const { return strides_[axis]; }
  std::optional<std::size_t> find(std::string_view axis) const;

 private:
  std::vector<MeshAxis> axes_;
  std::vector<std::int64_t> strides_;
  std::int64_t ranks_ = 1;
};

// Ranks at equal distances along one direction or several: first + i0 * stride0 + i1 * stride1 + ...
struct RankLattice {
  struct Direction {
    std::int64_t count = 1, stride = 1;
    auto operator<=>(const Direction&) const = default;
  };
  std::int64_t first = 0;
  std::vector<Direction> directions;  // fastest first; none of count 1, none that could be joined

  std::int64_t size() const;
  void add(std::int64_t count, std::int64_t stride);  // a slower direction
  std::vector<std::int64_t> ranks() const;            // in order, fastest direction first
  auto operator<=>(const RankLattice&) const = default;
};

}  // namespace aifsim
