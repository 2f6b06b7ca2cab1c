// The CPU suite, one MPI rank per core. `aifsim measure --device cpu` starts it; alone:
//   mpirun -n 2 --bind-to none measure_cpu [--full] [--name NAME] [--folder DIR] [--only collectives|storage]
#include <cblas.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "cpu/bench.hpp"
#include "cpu/power.hpp"

namespace {

using namespace real_runs;

// Core number `rank` of those that we may use.
void pin(int rank) {
  cpu_set_t allowed, mine;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  int index = 0;
  const int count = CPU_COUNT(&allowed);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed) || index++ != rank % count) continue;
    CPU_ZERO(&mine);
    CPU_SET(core, &mine);
    sched_setaffinity(0, sizeof mine, &mine);
    return;
  }
}

std::string value_in(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(':');
    if (line.compare(0, key.size(), key) == 0 && colon != std::string::npos && colon + 2 <= line.size())
      return line.substr(colon + 2);
  }
  return "unknown";
}

void describe(const cpu::Bench& bench) {
  utsname system{};
  uname(&system);
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(mpi, &length);
  meta("device", value_in("/proc/cpuinfo", "model name"));
  meta("driver", std::string(system.sysname) + " " + system.release);
  meta("libraries", std::string(openblas_get_config()) + "; " + mpi);
  meta("power_limit", "not readable");
  meta("power", cpu::PackageEnergy().readable()
                    ? "RAPL, all packages, over the ranks"
                    : "not readable: /sys/class/powercap has no package, or not for us");
  meta("ranks", std::to_string(bench.ranks) +
                    ", one core each, one thread per rank, pinned; all busy with the same case");
  meta("l2_bytes", std::to_string(sysconf(_SC_LEVEL2_CACHE_SIZE)));
  meta("l3_bytes", std::to_string(sysconf(_SC_LEVEL3_CACHE_SIZE)));
  meta("memory_bytes", std::to_string(sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / bench.ranks));
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  cpu::Bench bench;
  MPI_Comm_rank(MPI_COMM_WORLD, &bench.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &bench.ranks);
  pin(bench.rank);
  openblas_set_num_threads(1);
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--full") {
      bench.full = true;
    } else if (argument == "--name" && i + 1 < argc) {
      bench.name = argv[++i];
    } else if (argument == "--folder" && i + 1 < argc) {
      bench.folder = argv[++i];
    } else if (argument == "--only" && i + 1 < argc &&
               (std::strcmp(argv[i + 1], "collectives") == 0 || std::strcmp(argv[i + 1], "storage") == 0)) {
      only = argv[++i];
    } else {
      fail("unknown argument " + argument);
    }
  }
  const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 ..."
  bench.software = "openblas-" + config.substr(9, config.find(' ', 9) - 9);
  const auto all = [&](bool run) {
    if (only.empty()) {
      step_cases(bench, run, "before");
      gemm_cases(bench, run);
      layer_cases(bench, run);
      memory_cases(bench, run);
    }
    if (only != "collectives") storage_cases(bench, run);
    if (only != "storage" && bench.ranks > 1) collective_cases(bench, run);
    if (only.empty()) step_cases(bench, run, "after");
  };
  if (bench.rank == 0 && only.empty()) {
    describe(bench);
    meta("clock_before", value_in("/proc/cpuinfo", "cpu MHz") + " MHz");
  }
  all(false);
  all(true);
  if (bench.rank == 0 && only.empty()) {
    meta("clock_after", value_in("/proc/cpuinfo", "cpu MHz") + " MHz");
    meta("disturbed", std::to_string(bench.disturbed) + " of " + std::to_string(bench.samples) +
                          " samples of rank 0 shared their core with another process and do not count");
  }
  MPI_Finalize();
  return 0;
}
