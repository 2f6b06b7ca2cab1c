#include "cpu/bench.hpp"

#include <algorithm>
#include <ctime>
#include <random>

namespace real_runs::cpu {
namespace {

double seconds(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Sample {
  double wall;
  bool disturbed;
};

Sample sample(const std::function<void()>& work) {
  const double cpu = thread_seconds(), wall = now();
  work();
  const double took = now() - wall, worked = thread_seconds() - cpu;
  return {took, took > worked * 1.01 + 2e-5};
}

std::vector<double> undisturbed(const std::vector<Sample>& samples) {
  std::vector<double> kept, all;
  for (const Sample& s : samples) {
    all.push_back(s.wall);
    if (!s.disturbed) kept.push_back(s.wall);
  }
  if (kept.size() >= 3) return kept;
  // All disturbed: the quickest half, which was disturbed least.
  std::sort(all.begin(), all.end());
  all.resize((all.size() + 1) / 2);
  return all;
}

}  // namespace

double now() { return seconds(CLOCK_MONOTONIC); }
double thread_seconds() { return seconds(CLOCK_THREAD_CPUTIME_ID); }

Buffer::Buffer(std::size_t floats, unsigned seed) : data_(floats) {
  std::minstd_rand random(seed);
  for (float& x : data_) x = static_cast<float>(random() % 65536) / 32768.0F - 1;
}

Times Bench::time(const std::function<void()>& work, double budget_seconds) {
  const double limit = budget_seconds > 0 ? budget_seconds : budget();
  work();
  MPI_Barrier(MPI_COMM_WORLD);
  std::vector<Sample> all;
  std::size_t good = 0;
  const double begin = now();
  for (double spent = 0; all.size() < 5 || spent < limit; spent = now() - begin) {
    if (good >= 5 && spent > limit) break;
    if (spent > 6 * limit || all.size() >= 5000) break;
    all.push_back(sample(work));
    good += all.back().disturbed ? 0 : 1;
  }
  samples += all.size();
  disturbed += all.size() - good;
  std::vector<double> mine = undisturbed(all);
  // Both ranks' together.
  const int count = static_cast<int>(mine.size());
  std::vector<int> counts(static_cast<std::size_t>(ranks)), at(counts.size());
  MPI_Gather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, MPI_COMM_WORLD);
  int total = 0;
  for (std::size_t r = 0; r < counts.size(); ++r) {
    at[r] = total;
    total += counts[r];
  }
  std::vector<double> everyone(static_cast<std::size_t>(rank == 0 ? total : 0));
  MPI_Gatherv(mine.data(), count, MPI_DOUBLE, everyone.data(), counts.data(), at.data(), MPI_DOUBLE, 0,
              MPI_COMM_WORLD);
  return summary(everyone);
}

Times Bench::time_together(const std::function<void()>& work, double budget_seconds, std::size_t least,
                           std::size_t most) {
  const double limit = budget_seconds > 0 ? budget_seconds : budget();
  work();
  std::vector<Sample> all;
  const double begin = now();
  for (int more = 1; more;) {
    MPI_Barrier(MPI_COMM_WORLD);
    const Sample s = sample(work);
    double slowest = s.wall;
    int any = s.disturbed ? 1 : 0;
    MPI_Allreduce(MPI_IN_PLACE, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    all.push_back({slowest, any != 0});
    more = all.size() < least || (now() - begin < limit && all.size() < most) ? 1 : 0;
    MPI_Bcast(&more, 1, MPI_INT, 0, MPI_COMM_WORLD);
  }
  samples += all.size();
  for (const Sample& s : all) disturbed += s.disturbed ? 1 : 0;
  return summary(undisturbed(all));
}

}  // namespace real_runs::cpu
