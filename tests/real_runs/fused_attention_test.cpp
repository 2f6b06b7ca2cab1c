// cuDNN recognises both graphs as fused attention and compiles its kernels, for three generations of GPUs.
// Its plans are made for descriptions of devices on a stand-in of the driver; that the kernels compute
// attention is for measure_cuda to check on a GPU.
#ifdef STUB_CUDA
#include "cuda/fused_attention.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <catch2/catch.hpp>

namespace real_runs::cuda {
namespace {

std::string device(const std::string& name, int capability, int multiprocessors, int shared_bytes) {
  return R"({"deviceName": ")" + name + R"(", "deviceVer": )" + std::to_string(capability) +
         R"(, "multiProcessorCount": )" + std::to_string(multiprocessors) +
         R"(, "maxSharedMemoryPerBlockOptin": )" + std::to_string(shared_bytes) +
         R"(, "maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64], "regsPerBlock": 65536,
         "smClockRateKHz": 1410000, "memClockRateKHz": 1593000, "l2CacheSize": 41943040, "warpSize": 32,
         "maxSharedMemoryPerBlock": 49152, "reservedSharedMemoryPerBlock": 1024, "maxRegistersPerSM": 65536,
         "pciDeviceId": 0, "maxCtasPerSM": 32, "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048,
         "isTccDriver": 0, "supportCoopLaunch": 1, "driverVer": 13000, "totalGlobalMem": 80000000000,
         "cudaDeviceId": 0})";
}

}  // namespace

TEST_CASE("cuDNN plans fused attention on A100, H100 and B200", "[cudnn]") {
  REQUIRE(dlopen(STUB_CUDA, RTLD_NOW | RTLD_GLOBAL));
  for (const std::string& json : {device("A100", 800, 108, 166912), device("H100", 900, 132, 232448),
                                  device("B200", 1000, 148, 232448)}) {
    INFO(json);
    const CudnnDevice gpu(json);
    for (const FusedShape& shape : {FusedShape{2, 4, 4, 136, 64}, FusedShape{1, 32, 8, 4096, 128}})
      for (const bool backward : {false, true}) {
        FusedAttention attention(gpu, shape, backward);
        const auto& used = attention.tensors();
        CHECK(used.size() == (backward ? 11 : 5));
        CHECK((std::find(used.begin(), used.end(), FusedAttention::kDK) != used.end()) == backward);
        CHECK(attention.bind({}, nullptr));
      }
    CHECK_THROWS_AS(FusedAttention(gpu, {1, 4, 4, 128, 1000}, true), Unsupported);
  }
  CHECK_THROWS_AS(CudnnDevice("{}"), std::runtime_error);
}

}  // namespace real_runs::cuda
#endif
