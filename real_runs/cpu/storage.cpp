// Reads of files: sequential, random, many small ones. Rank 0 alone; the page cache is asked to let go of the
// file first (POSIX_FADV_DONTNEED), which not every file system heeds: the column `algorithm` says "direct"
// where O_DIRECT was possible and the cache cannot help.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "cpu/bench.hpp"

namespace real_runs::cpu {
namespace {

constexpr std::size_t kPage = 4096;

class File {
 public:
  File(const std::string& path, int flags) : path_(path), fd_(open(path.c_str(), flags, 0600)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  std::string path_;
  int fd_;
};

void write_file(const std::string& path, const std::vector<char>& block, std::size_t blocks) {
  const File file(path, O_CREAT | O_WRONLY | O_TRUNC);
  if (file.fd() < 0) fail("cannot write " + path);
  for (std::size_t i = 0; i < blocks; ++i)
    if (write(file.fd(), block.data(), block.size()) != static_cast<ssize_t>(block.size()))
      fail("cannot write " + path);
  if (fsync(file.fd()) != 0) fail("cannot write " + path);
  posix_fadvise(file.fd(), 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace

void storage_cases(Bench& bench, bool run) {
  if (!run) {
    bench.cases += 3;
    return;
  }
  const std::size_t block = 1 << 20, blocks = bench.full ? 1024 : 96, small = bench.full ? 2000 : 300;
  std::string folder = bench.folder + "/aifsim-measure-XXXXXX";
  const auto report = [&](const char* layer, double bytes, const char* how,
                          const std::vector<double>& seconds) {
    Row row = bench.row("storage_read");
    row.set("layer", layer).set("bytes", bytes).set("algorithm", how);
    bench.print(row, summary(seconds));
  };
  bench.begin("storage, sequential reads");
  if (bench.rank == 0) {
    if (!mkdtemp(folder.data())) fail("cannot write to " + bench.folder);
    std::vector<char> data(block);
    std::minstd_rand random(1);
    for (char& c : data) c = static_cast<char>(random());
    const std::string big = folder + "/big";
    write_file(big, data, blocks);
    void* memory = nullptr;
    if (posix_memalign(&memory, kPage, block) != 0) fail("no memory");
    int flags = O_RDONLY | O_DIRECT;
    if (File(big, flags).fd() < 0) flags = O_RDONLY;
    const char* how = flags & O_DIRECT ? "direct" : "page cache possible";
    {
      const File file(big, flags);
      std::vector<double> seconds;
      for (std::size_t i = 0; i < blocks; ++i) {
        const double begin = now();
        if (read(file.fd(), memory, block) != static_cast<ssize_t>(block)) fail("cannot read " + big);
        seconds.push_back(now() - begin);
      }
      report("sequential", double(block), how, seconds);
    }
    bench.begin("storage, random reads");
    {
      const File file(big, flags);
      std::vector<double> seconds;
      for (std::size_t i = 0; i < (bench.full ? 5000U : 500U); ++i) {
        const off_t at = static_cast<off_t>(random() % (blocks * block / kPage) * kPage);
        const double begin = now();
        if (pread(file.fd(), memory, kPage, at) != static_cast<ssize_t>(kPage)) fail("cannot read " + big);
        seconds.push_back(now() - begin);
      }
      report("random", double(kPage), how, seconds);
    }
    bench.begin("storage, small files");
    data.resize(16384);
    std::vector<double> seconds;
    for (std::size_t i = 0; i < small; ++i) write_file(folder + "/" + std::to_string(i), data, 1);
    for (std::size_t i = 0; i < small; ++i) {
      const std::string path = folder + "/" + std::to_string(i);
      const double begin = now();
      const File file(path, O_RDONLY);
      if (read(file.fd(), memory, data.size()) != static_cast<ssize_t>(data.size()))
        fail("cannot read " + path);
      seconds.push_back(now() - begin);
    }
    report("small files", double(data.size()), "open and read, page cache possible", seconds);
    for (std::size_t i = 0; i < small; ++i) unlink((folder + "/" + std::to_string(i)).c_str());
    unlink(big.c_str());
    rmdir(folder.c_str());
    std::free(memory);
  } else {
    bench.begin("");
    bench.begin("");
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

}  // namespace real_runs::cpu
