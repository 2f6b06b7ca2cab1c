// A CUDA driver without a GPU. `aifsim measure --device cuda` asks it, before it starts a program, how many
// GPUs there are (STUB_DEVICES, 2 if not given). cuDNN makes plans on it: it takes every kernel that is
// loaded, and runs none.
#include <cstdlib>

namespace {
int handle;
int take(void** out) {
  *out = &handle;
  return 0;
}
}  // namespace

extern "C" {
int cuInit(unsigned) { return 0; }
int cuDriverGetVersion(int* version) {
  *version = 13000;
  return 0;
}
int cuDeviceGetCount(int* count) {
  const char* const given = std::getenv("STUB_DEVICES");
  *count = given ? std::atoi(given) : 2;
  return 0;
}

int cuGetExportTable(const void** table, const void*) {
  *table = nullptr;
  return 34;  // CUDA_ERROR_STUB_LIBRARY
}
int cuLibraryLoadData(void** library, const void*, void*, void*, unsigned, void*, void*, unsigned) {
  return take(library);
}
int cuLibraryUnload(void*) { return 0; }
int cuLibraryGetKernel(void** kernel, void*, const char*) { return take(kernel); }
int cuLibraryGetModule(void** module, void*) { return take(module); }
int cuKernelGetFunction(void** function, void*) { return take(function); }
int cuKernelSetAttribute(int, int, void*, int) { return 0; }
int cuKernelGetAttribute(int* value, int, void*, int) {
  *value = 0;
  return 0;
}
int cuFuncSetAttribute(void*, int, int) { return 0; }
int cuFuncGetAttribute(int* value, int, void*) {
  *value = 0;
  return 0;
}
int cuModuleLoadData(void** module, const void*) { return take(module); }
int cuModuleGetFunction(void** function, void*, const char*) { return take(function); }
int cuModuleUnload(void*) { return 0; }

// cuDNN does not start without these; what they would tell is not used while it makes plans.
#define SUCCEEDS(name) \
  int name() { return 0; }
SUCCEEDS(cuGetErrorName)
SUCCEEDS(cuGetErrorString)
SUCCEEDS(cuCtxGetCurrent)
SUCCEEDS(cuCtxGetLimit)
SUCCEEDS(cuCtxPopCurrent)
SUCCEEDS(cuCtxPushCurrent)
SUCCEEDS(cuStreamGetCtx)
SUCCEEDS(cuLinkCreate)
SUCCEEDS(cuLinkAddData)
SUCCEEDS(cuLinkComplete)
SUCCEEDS(cuLinkDestroy)
SUCCEEDS(cuLaunchKernel)
SUCCEEDS(cuLaunchKernelEx)
SUCCEEDS(cuLaunchCooperativeKernel)
SUCCEEDS(cuDeviceGet)
SUCCEEDS(cuLibraryLoadFromFile)
SUCCEEDS(cuOccupancyMaxPotentialClusterSize)
}
