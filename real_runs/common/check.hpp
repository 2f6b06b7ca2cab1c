// Calls of libraries that answer with a code: anything but success ends the program, with the call, its place
// and what the library says.
#pragma once
#include <string>

#include "common/lines.hpp"

#define REAL_RUNS_CHECK(call, success, describe)                                                         \
  do {                                                                                                   \
    const auto code_ = (call);                                                                           \
    if (code_ != (success))                                                                              \
      ::real_runs::fail(std::string(#call) + " at " + __FILE__ + ":" + std::to_string(__LINE__) + ": " + \
                        (describe)(code_));                                                              \
  } while (false)

#define GPU_CHECK(call) REAL_RUNS_CHECK(call, cudaSuccess, cudaGetErrorString)
#define BLAS_CHECK(call) REAL_RUNS_CHECK(call, CUBLAS_STATUS_SUCCESS, cublasLtGetStatusString)
#define NCCL_CHECK(call) REAL_RUNS_CHECK(call, ncclSuccess, ncclGetErrorString)
#define MPI_CHECK(call) REAL_RUNS_CHECK(call, MPI_SUCCESS, std::to_string)
