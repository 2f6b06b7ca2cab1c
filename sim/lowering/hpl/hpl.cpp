#include "lowering/hpl/hpl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace aifsim {
namespace {

constexpr std::int64_t kSamples = 32;
constexpr double kWord = 8;       // bytes of a number
constexpr double kWhole = 0.995;  // of the largest grid's ranks, for better tiles
constexpr double kSquarest = 2;   // most that Q is over P in a grid that nobody gave

// How much of a tile's ranks sends out of it, along rows and along columns.
double border(const HplShape& shape) {
  return 1 / static_cast<double>(shape.tile_rows) + 1 / static_cast<double>(shape.tile_columns);
}

// The tile of at most so many ranks with the least border.
void set_tile(HplShape& shape, std::int64_t group) {
  shape.tile_rows = shape.tile_columns = 1;
  for (std::int64_t rows = 1; rows <= std::min(shape.rows, group); ++rows) {
    if (shape.rows % rows != 0) continue;
    std::int64_t columns = std::min(shape.columns, group / rows);
    while (shape.columns % columns != 0) --columns;
    HplShape tried = shape;
    tried.tile_rows = rows;
    tried.tile_columns = columns;
    if (border(tried) < border(shape)) shape = tried;
  }
}

// Near-square and large, with the best tiles.
void set_grid(HplShape& shape, std::int64_t ranks, std::int64_t group) {
  const auto visit = [&](auto use) {
    for (std::int64_t p = 1; p * p <= ranks; ++p) {
      HplShape tried = shape;
      tried.rows = p;
      tried.columns = std::min(ranks / p, static_cast<std::int64_t>(kSquarest * static_cast<double>(p)));
      if (tried.columns >= p) use(tried);
    }
  };
  std::int64_t most = 1;
  visit([&](const HplShape& tried) { most = std::max(most, tried.ranks()); });
  HplShape best;
  visit([&](HplShape& tried) {
    if (static_cast<double>(tried.ranks()) < kWhole * static_cast<double>(most)) return;
    set_tile(tried, group);
    const bool better =
        border(tried) < border(best) || (border(tried) == border(best) && tried.ranks() >= best.ranks());
    if (best.ranks() == 1 || better) best = tried;
  });
  shape.rows = best.rows;
  shape.columns = best.columns;
}

std::int64_t usual_block(const GpuDescription& gpu) { return gpu.vendor == "NVIDIA" ? 1024 : 512; }

Mesh grid_of(const HplShape& shape) {
  return Mesh({{"row", shape.tile_rows},
               {"column", shape.tile_columns},
               {"row of tiles", shape.rows / shape.tile_rows},
               {"column of tiles", shape.columns / shape.tile_columns}});
}

enum HplEvent : std::size_t {
  panel_here,
  first_rows,
  other_rows,
  next_columns,
  first_half,
  other_half,
  kEvents
};

class HplLowering {
 public:
  HplLowering(const HplShape& shape, const std::vector<HplPanel>& panels) : shape_(shape), panels_(panels) {}

  Program program() {
    Program made;
    made.meshes.push_back(grid_of(shape_));
    made.groups = {{"process column", {{"row"}, {"row of tiles"}}},
                   {"process row", {{"column"}, {"column of tiles"}}}};
    made.events = kEvents;
    Role role{"ranks", {}, {{"update", {}}, {"panel", {}}, {"rows", {}}}};
    role.streams[0].operations.push_back({Hold{MemoryPurpose::parameters, shape_.matrix()}});
    role.streams[0].operations.push_back({Hold{MemoryPurpose::buffers, buffers()}});
    for (std::size_t j = 0; j < panels_.size(); ++j) {
      look_ahead(role.streams[1].operations, j);
      swap_rows(role.streams[2].operations, j);
      update(role.streams[0].operations, j);
    }
    made.roles.push_back(std::move(role));
    return made;
  }

 private:
  double nb() const { return static_cast<double>(shape_.block); }
  // Two panels and two blocks of rows.
  Bytes buffers() const {
    const auto m = static_cast<double>(panels_.front().m), n = static_cast<double>(panels_.front().n);
    return Bytes{kWord * nb() * 2 * (m + n)};
  }

  void look_ahead(std::vector<Operation>& to, std::size_t j) const {
    if (j > 0) to.push_back({Wait{next_columns}});
    const HplPanel& panel = panels_[j];
    to.push_back({HostWork{panel.factor}, "factor panel"});
    const double numbers = static_cast<double>(panel.m) * nb() + nb() * nb();
    if (shape_.columns > 1)
      to.push_back({Collective{CollectiveKind::broadcast, 1, Bytes{kWord * numbers}}, "panel to its row"});
    to.push_back({Record{panel_here}});
  }

  void swap_rows(std::vector<Operation>& to, std::size_t j) const {
    to.push_back({Wait{panel_here}});
    for (const bool other : {false, true}) {
      if (j > 0) to.push_back({Wait{other ? other_half : first_half}});
      const Bytes rows{kWord * nb() * static_cast<double>(half(j, other))};
      if (shape_.rows > 1) {
        to.push_back({Collective{CollectiveKind::scatter, 0, rows}, "rows that leave"});
        to.push_back({Collective{CollectiveKind::all_gather, 0, rows}, "rows of U"});
      }
      to.push_back({Record{other ? other_rows : first_rows}});
    }
  }

  void update(std::vector<Operation>& to, std::size_t j) const {
    to.push_back({Wait{panel_here}});
    to.push_back({Wait{first_rows}});
    multiply(to, j, std::min(shape_.block, panels_[j].n));
    to.push_back({Record{next_columns}});
    multiply(to, j, half(j, false));
    to.push_back({Record{first_half}});
    to.push_back({Wait{other_rows}});
    multiply(to, j, half(j, true));
    to.push_back({Record{other_half}});
  }

  // Columns of either half, without those of the next panel.
  std::int64_t half(std::size_t j, bool other) const {
    const std::int64_t left = std::max<std::int64_t>(0, panels_[j].n - shape_.block);
    return other ? left - left / 2 : left / 2;
  }

  void multiply(std::vector<Operation>& to, std::size_t j, std::int64_t n) const {
    if (n < 1) return;
    // Rows come out of the matrix and go into it, each read and written once.
    const Bytes copied{4 * kWord * nb() * static_cast<double>(n)};
    to.push_back({Kernel{Streaming{StreamKind::copy, copied}}, "rows in and out"});
    // NB^2 n FLOP, half a product's of that shape.
    to.push_back({Kernel{Gemm{shape_.block, n, std::max<std::int64_t>(1, shape_.block / 2), 1, Dtype::fp64}},
                  "triangular solve"});
    to.push_back({Kernel{Gemm{panels_[j].m, n, shape_.block, 1, Dtype::fp64}}, "update"});
  }

  const HplShape& shape_;
  const std::vector<HplPanel>& panels_;
};

}  // namespace

Flops HplShape::flops() const {
  const auto n = static_cast<double>(order);
  return Flops{(2.0 / 3 * n + 1.5) * n * n};
}

Bytes HplShape::matrix() const {
  const auto n = static_cast<double>(order);
  return Bytes{kWord * n * n / static_cast<double>(ranks())};
}

std::int64_t hpl_devices(const PlatformDescription& platform) {
  if (platform.published && platform.published->hpl_devices > 0)
    return static_cast<std::int64_t>(platform.published->hpl_devices.value);
  return static_cast<std::int64_t>(*platform.nodes * *platform.node.gpus);
}

HplShape hpl_shape(const HplDescription& hpl, const GpuDescription& gpu, std::int64_t ranks,
                   std::int64_t group) {
  HplShape shape;
  if (hpl.rows > 0) {
    shape.rows = hpl.rows;
    shape.columns = hpl.columns > 0 ? hpl.columns : ranks / hpl.rows;
    if (shape.columns < 1 || shape.rows > ranks / shape.columns)
      throw InputError(hpl.place, fmt::format("hpl: {} x {} processes are more than the job's {} GPUs",
                                              hpl.rows, std::max<std::int64_t>(1, hpl.columns), ranks));
  } else {
    set_grid(shape, ranks, group);
  }
  set_tile(shape, group);
  shape.block = hpl.block > 0 ? hpl.block : usual_block(gpu);
  const double numbers = hpl.memory * gpu.memory->value * static_cast<double>(shape.ranks()) / kWord;
  const std::int64_t order = hpl.order > 0 ? hpl.order : static_cast<std::int64_t>(std::sqrt(numbers));
  shape.order = order / shape.block * shape.block;
  if (shape.order < shape.block)
    throw InputError(hpl.place, fmt::format("hpl: a matrix of order {} has not one panel of {} columns",
                                            order, shape.block));
  return shape;
}

bool panels_on_host(const HplDescription& hpl, const GpuDescription& gpu) {
  if (hpl.panels != HplPanels::automatic) return hpl.panels == HplPanels::host;
  return gpu.vendor == "AMD" && gpu.architecture.starts_with("CDNA");
}

std::vector<HplPanel> hpl_panels(const HplShape& shape) {
  const std::int64_t samples = std::min(kSamples, shape.panels());
  std::vector<HplPanel> panels;
  for (std::int64_t j = 0; j < samples; ++j) {
    const double left = 1 - (static_cast<double>(j) + 0.5) / static_cast<double>(samples);
    const auto of = [&](std::int64_t processes) {
      const double numbers = static_cast<double>(shape.order) * left / static_cast<double>(processes);
      return std::max<std::int64_t>(1, static_cast<std::int64_t>(numbers));
    };
    panels.push_back({of(shape.rows), of(shape.columns), {}});
  }
  return panels;
}

double times_each(const HplShape& shape) {
  return static_cast<double>(shape.panels()) / static_cast<double>(std::min(kSamples, shape.panels()));
}

Program lower_hpl(const HplShape& shape, const std::vector<HplPanel>& panels) {
  return HplLowering(shape, panels).program();
}

Program lower_pivot(const HplShape& shape) {
  const Bytes rows{2 * kWord * static_cast<double>(shape.block)};
  return single_collective(shape.rows, {CollectiveKind::all_reduce, 0, rows, Algorithm::recursive_doubling},
                           "pivot");
}

}  // namespace aifsim
