// Rates of storage jobs beside what links let through.
#include "lowering/storage/storage.hpp"

#include <catch2/catch.hpp>

namespace aifsim {

TEST_CASE("a shared file costs what its file system keeps of the tier's rate", "[lowering][storage]") {
  StorageTierDescription tier;
  tier.servers.value = 2, tier.nics.value = 2;
  tier.injection.value = BytesPerSecond{10e9};
  tier.read.value = BytesPerSecond{100e9}, tier.write.value = BytesPerSecond{20e9};
  CHECK(tier_rate(tier, false).value == 40e9);  // the NICs
  CHECK(tier_rate(tier, true).value == 20e9);   // the media
  FileSystemDescription software;
  software.shared_read.value = 0.5, software.shared_write.value = 0.1;
  CHECK(shared_delay(tier, software, false, Bytes{40e9}).value == Approx(1));
  CHECK(shared_delay(tier, software, true, Bytes{20e9}).value == Approx(9));
}

TEST_CASE("a step waits for the last of all accelerators", "[lowering][storage]") {
  CHECK(harmonic_number(1) == 1);
  CHECK(harmonic_number(4) == Approx(25.0 / 12));
  StorageJobDescription job;
  job.compute = Seconds{0.1}, job.host = Seconds{0.01};
  CHECK(unhindered_step(job, 1000).value == Approx(0.11));
  job.straggle = 0.02;
  CHECK(unhindered_step(job, 1).value == Approx(0.112));
  CHECK(unhindered_step(job, 4).value == Approx(0.11 + 0.002 * 25 / 12));
}

}  // namespace aifsim
