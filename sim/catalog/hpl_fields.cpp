#include "catalog/fields.hpp"

namespace aifsim::catalog {

Table<HplDescription> TableOf<HplDescription>::make() {
  using T = HplDescription;
  return {
      {
          optional("order", &T::order, kCountOrZero, "N, the order of the matrix; 0: what memory holds."),
          optional("memory", &T::memory, kShare,
                   "Share of the devices' memory that the matrix fills, where order is 0."),
          optional("block", &T::block, {.min = 0, .max = 16384, .whole = true},
                   "NB, the columns of a panel; 0: 1024 on GPUs of NVIDIA, 512 on others."),
          optional("rows", &T::rows, kCountOrZero,
                   "P, the process rows; 0: the largest grid on the job's GPUs with P <= Q <= 2 P."),
          optional("columns", &T::columns, kCountOrZero, "Q, the process columns; 0: what rows leaves."),
          optional("panels", &T::panels,
                   "Where panels are factored: on the device or by the cores of the host; automatic: on the "
                   "host with GPUs of AMD (rocHPL), else on the device."),
      },
      [](Reader& reader, const Node& node, const T& hpl) {
        if (hpl.order > 0 && node.find("memory"))
          reader.problem_in(node, "memory", "belongs to a run without an order, this has one");
        if (hpl.columns > 0 && hpl.rows == 0) reader.problem_in(node, "columns", "needs rows beside it");
      }};
}

}  // namespace aifsim::catalog
