// What `aifsim measure --device cuda` asks of the CUDA driver before it starts a program: how many GPUs there
// are (STUB_DEVICES, 2 if not given).
#include <cstdlib>

extern "C" {
int cuInit(unsigned) { return 0; }
int cuDeviceGetCount(int* count) {
  const char* const given = std::getenv("STUB_DEVICES");
  *count = given ? std::atoi(given) : 2;
  return 0;
}
}
