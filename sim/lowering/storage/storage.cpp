#include "lowering/storage/storage.hpp"

#include <algorithm>

namespace aifsim {

BytesPerSecond tier_rate(const StorageTierDescription& tier, bool write) {
  return std::min(write ? *tier.write : *tier.read, *tier.injection * (*tier.servers * *tier.nics));
}

double shared_share(const FileSystemDescription& software, bool write) {
  return write ? software.shared_write : software.shared_read;
}

Seconds shared_delay(const StorageTierDescription& tier, const FileSystemDescription& software, bool write,
                     Bytes all) {
  return all / tier_rate(tier, write) * (1 / shared_share(software, write) - 1);
}

double harmonic_number(std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = n; i > 0; --i) sum += 1 / static_cast<double>(i);
  return sum;
}

Seconds unhindered_step(const StorageJobDescription& job, std::int64_t accelerators) {
  return job.compute + job.host + job.compute * (job.straggle * harmonic_number(accelerators));
}

}  // namespace aifsim
