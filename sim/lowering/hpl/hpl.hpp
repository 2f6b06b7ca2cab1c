// One run of High-Performance Linpack: LU factorisation of a dense matrix with partial pivoting on P x Q ranks,
// panel after panel, with the next panel looked ahead to.
//
//   N   = NB floor(sqrt(s M P Q / 8) / NB)         where no order is given
//   F   = 2/3 N^3 + 3/2 N^2                        operations, as HPL counts them
//   x_j = 1 - (j + 1/2) / K,  j = 0 .. K - 1       what is left of the matrix at sampled panel j, K of N/NB panels
//   m = N x / P, n = N x / Q                       rows and columns of a rank's part of it
//
// Per sampled panel, on each rank:
//   update    C[m,n] -= L[m,NB] U[NB,n] in FP64, in three pieces: the columns of the next panel, then two halves of
//             the others; before each half the triangular solve of its U (NB^2 n/2 FLOP) and the copies of its rows
//   rows      of either half: scatter of the rows that leave and all-gather of U along the process column (8 NB n/2
//             bytes each), the first half during the update of the second half before it, and the other way round
//   panel     of the next one, from when its columns are up to date: t_f(m), then L and the pivots to the process row
//             by a broadcast of 8 (m NB + NB^2) bytes
// A run takes (N / NB) / K times the program.
//
//   N 1 order    NB 1 columns of a panel    P, Q 1 process rows, columns    M B memory of a device    s 1 share filled
//   t_f s  factorisation of a panel, which the caller prices (factory/hpl_kind.cpp)
//
// Ranks are laid out in tiles of the grid, each column of a tile after the other, so that rows are swapped over a node's
// own links first, and a tile fills a group of the fabric (cell, island) as nearly as divisors of P and Q let it: then
// rings along rows and along columns both leave a group with few ranks. Of grids with up to 0.5 % fewer ranks the one
// with the best tiles is taken.
//
// Assumption: the owner of a panel changes, so all ranks do alike; the panel is factored beside the update and slows no
// product; the solve of the triangular system at the end (2 N^2 FLOP) and the generation of the matrix take nothing.
// Range: N/NB of 32 on.
// Source: HPL 2.3 (Petitet, Whaley, Dongarra, Cleary; netlib.org/benchmark/hpl); the split update of rocHPL (Chalmers,
// Kurzak, McDougall, Bauman 2023, arXiv:2304.10397).
#pragma once
#include <cstdint>
#include <vector>

#include "catalog/gpu.hpp"
#include "catalog/scenario.hpp"
#include "program/program.hpp"

namespace aifsim {

struct HplShape {
  std::int64_t order = 0, block = 0, rows = 1, columns = 1;
  std::int64_t tile_rows = 1, tile_columns = 1;  // divide those
  std::int64_t ranks() const { return rows * columns; }
  std::int64_t panels() const { return order / block; }
  Flops flops() const;
  Bytes matrix() const;  // on a rank
};

// Devices of a machine's published run; all that it has where that is not said.
std::int64_t hpl_devices(const PlatformDescription& platform);

// `group`: ranks of a group of the fabric. InputError where the grid does not fit the ranks, or the order is less than
// one panel.
HplShape hpl_shape(const HplDescription& hpl, const GpuDescription& gpu, std::int64_t ranks,
                   std::int64_t group = 1);

// Whether the cores of the host factor the panels.
bool panels_on_host(const HplDescription& hpl, const GpuDescription& gpu);

struct HplPanel {
  std::int64_t m = 0, n = 0;
  Seconds factor;  // t_f
};
// The sampled panels, without the time of their factorisation.
std::vector<HplPanel> hpl_panels(const HplShape& shape);
double times_each(const HplShape& shape);  // how many panels one stands for

Program lower_hpl(const HplShape& shape, const std::vector<HplPanel>& panels);
// One process column's search for a pivot, with the exchange of two rows of the panel: what factoring takes for each
// of its columns. The other process columns do not factor at that time, so they are not in it.
Program lower_pivot(const HplShape& shape);

}  // namespace aifsim
