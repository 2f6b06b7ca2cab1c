// A product and an all-reduce at the same time: how much each slows the other down.
#include "nccl/product.hpp"
#include "nccl/world.hpp"

namespace real_runs::nccl {

void overlap_cases(World& w, bool run) {
  if (!run) {
    w.cases += 2;
    return;
  }
  const std::size_t most = w.free_bytes() / 10;
  std::size_t bytes = std::size_t{256} << 20U;
  while (bytes > most) bytes /= 2;
  const std::size_t count = bytes / 2;
  const Buffer in(bytes), out(bytes);
  GPU_CHECK(cudaMemset(in.at(0), 0, bytes));
  GPU_CHECK(cudaDeviceSynchronize());
  const Product product;
  const Queue multiply = [&](cudaStream_t stream) { product.queue(stream); };
  const Queue reduce = [&](cudaStream_t stream) {
    NCCL_CHECK(ncclAllReduce(in.at(0), out.at(0), count, ncclBfloat16, ncclSum, w.comm(), stream));
  };
  const Times product_alone = w.time(multiply), reduce_alone = w.time(reduce);
  for (const bool of_product : {true, false}) {
    const char* const layer = of_product ? "gemm beside all_reduce" : "all_reduce beside gemm";
    w.begin(layer);
    const Times times = of_product ? w.time_beside(multiply, reduce, reduce_alone.median)
                                   : w.time_beside(reduce, multiply, product_alone.median);
    if (times.count == 0) {
      if (w.rank == 0) skip(layer, "the two could not be kept busy together");
      continue;
    }
    Row row = w.row("overlap");
    row.set("layer", layer).set("dtype", "bf16").set("message_bytes", static_cast<double>(bytes));
    row.set("m", Product::side).set("n", Product::side).set("k", Product::side).set("batch", 1);
    row.set("alone_us", (of_product ? product_alone : reduce_alone).median * 1e6);
    w.print(row, times);
  }
  w.check_communicator();
}

}  // namespace real_runs::nccl
