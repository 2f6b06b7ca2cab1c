#include "nccl/world.hpp"

#include <chrono>

namespace real_runs::nccl {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

World::World(const Options& options) : options_(options) {
  MPI_CHECK(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
  MPI_CHECK(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  MPI_CHECK(MPI_Comm_size(MPI_COMM_WORLD, &ranks));
  MPI_Comm node = MPI_COMM_NULL;
  int local = 0, devices = 0;
  MPI_CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node));
  MPI_CHECK(MPI_Comm_rank(node, &local));
  MPI_CHECK(MPI_Comm_size(node, &per_node));
  MPI_CHECK(MPI_Comm_free(&node));
  int range[2] = {per_node, -per_node};
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
  if (range[0] != -range[1])
    fail("nodes with " + std::to_string(-range[1]) + " and with " + std::to_string(range[0]) +
         " processes; each needs as many");
  GPU_CHECK(cudaGetDeviceCount(&devices));
  if (per_node > devices)
    fail(std::to_string(per_node) + " processes on a node of " + std::to_string(devices) +
         " GPUs; each needs its own");
  GPU_CHECK(cudaSetDevice(local));
  stream_ = std::make_unique<const Stream>();
  begin_ = std::make_unique<const Event>();
  end_ = std::make_unique<const Event>();
  ncclUniqueId id{};
  if (rank == 0) NCCL_CHECK(ncclGetUniqueId(&id));
  MPI_CHECK(MPI_Bcast(&id, static_cast<int>(sizeof id), MPI_BYTE, 0, MPI_COMM_WORLD));
  NCCL_CHECK(ncclCommInitRank(&comm_, ranks, id, rank));
  int version = 0;  // 22703 is 2.27.3
  NCCL_CHECK(ncclGetVersion(&version));
  software_ = "nccl-" + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
              std::to_string(version % 100);
  if (rank == 0) {
    meta("nccl", software_);
    meta("ranks", std::to_string(ranks) + " GPUs, " + std::to_string(per_node) + " a node, a process each");
  }
}

World::~World() { ncclCommDestroy(comm_); }

std::size_t World::free_bytes() const {
  std::size_t free = 0, total = 0;
  GPU_CHECK(cudaMemGetInfo(&free, &total));
  return static_cast<std::size_t>(-largest(-static_cast<double>(free)));
}

void World::begin(const std::string& what) {
  ++done_;
  if (rank != 0) return;
  std::printf("case\t%zu\t%zu\t%s\n", done_, cases, clean(what).c_str());
  std::fflush(stdout);
}

double World::largest(double mine) const {
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &mine, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
  return mine;
}

double World::of_first(double mine) const {
  MPI_CHECK(MPI_Bcast(&mine, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD));
  return mine;
}

double World::region(const Queue& work, std::size_t calls) {
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  begin_->record(*stream_);
  for (std::size_t i = 0; i < calls; ++i) work(*stream_);
  end_->record(*stream_);
  stream_->wait();
  return largest(end_->since(*begin_)) / static_cast<double>(calls);
}

Times World::time(const Queue& work) {
  const double limit = options_.full ? 0.5 : 0.1;
  region(work, 3);  // warm-up: connections, buffers
  const double once = std::max(region(work, 3), 1e-6);
  // 2 ms at least, so that the skew between processes, some microseconds, does not count.
  const auto calls = static_cast<std::size_t>(std::clamp(2e-3 / once, 1.0, 200.0));
  std::vector<double> samples;
  const double begin = now();
  for (bool more = true; more;) {
    samples.push_back(region(work, calls));
    more = of_first(samples.size() < 5 || (samples.size() < 500 && now() - begin < limit) ? 1 : 0) > 0;
  }
  return summary(samples);
}

Times World::time_beside(const Queue& work, const Queue& other, double other_seconds) {
  const Times alone = time(work);
  const auto calls = static_cast<std::size_t>(std::clamp(2e-3 / alone.median, 2.0, 200.0));
  const Stream second;
  const Event busy, other_end;
  // Of the other: enough for its neighbour at half speed; more where that is too few. No more than a stream
  // takes without holding up the host (1,024 launches).
  auto others = static_cast<std::size_t>(
      std::clamp(2 * static_cast<double>(calls) * alone.median / other_seconds + 2, 4.0, 512.0));
  std::vector<double> samples;
  for (int tries = 0; samples.size() < (options_.full ? 20U : 5U) && tries < 60; ++tries) {
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    other(second);
    busy.record(second);
    for (std::size_t i = 1; i < others; ++i) other(second);
    other_end.record(second);
    GPU_CHECK(cudaStreamWaitEvent(*stream_, busy, 0));
    begin_->record(*stream_);
    for (std::size_t i = 0; i < calls; ++i) work(*stream_);
    end_->record(*stream_);
    stream_->wait();
    second.wait();
    const double beyond = -largest(-other_end.since(*end_));  // of the process where it ended first
    const double sample = largest(end_->since(*begin_)) / static_cast<double>(calls);
    if (beyond >= 0)
      samples.push_back(sample);
    else
      others = std::min<std::size_t>(2 * others, 512);
  }
  return summary(samples);
}

Row World::row(const std::string& op) const {
  Row row(op);
  row.set("gpu", options_.name)
      .set("platform", options_.name)
      .set("mode", "burst")
      .set("software", software_);
  row.set("ranks", ranks).set("ranks_per_node", per_node).set("buffers", "gpu");
  return row;
}

void World::print(Row& row, const Times& times) const {
  if (rank != 0) return;
  set_times(row, times);
  row.print();
}

void World::check_communicator() const {
  ncclResult_t found = ncclSuccess;
  NCCL_CHECK(ncclCommGetAsyncError(comm_, &found));
  NCCL_CHECK(found);
}

}  // namespace real_runs::nccl
