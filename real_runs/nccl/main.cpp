// NCCL's collectives, one process per GPU; `aifsim measure --device cuda` starts it on one node. On several:
//   mpirun -n 16 --npernode 8 measure_nccl [--full] [--name NAME]
#include "nccl/world.hpp"

int main(int argc, char** argv) {
  using namespace real_runs;
  int provided = 0;
  MPI_CHECK(MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided));
  nccl::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--full") {
      options.full = true;
    } else if (argument == "--name" && i + 1 < argc) {
      options.name = argv[++i];
    } else {
      fail("unknown argument " + argument);
    }
  }
  {
    nccl::World world(options);
    if (world.ranks < 2)
      fail("a collective needs two processes at least; start this program with mpirun -n 2");
    for (const bool run : {false, true}) {
      nccl::collective_cases(world, run);
      nccl::overlap_cases(world, run);
    }
  }
  MPI_CHECK(MPI_Finalize());
  return 0;
}
