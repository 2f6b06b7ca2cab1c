// Rates of storage jobs beside what the links let through: processes that share a file, and emulated training.
//
// Records of one shared file (IO500's ior-hard: 47,008 bytes, those of all processes in turn):
//   R   = min(media, servers x NICs x rate of a NIC)                of the tier, in large pieces
//   t   = B / R + B / R (1 / s - 1) = B / (s R)
// The second term is what locks, and blocks that a record does not fill, cost the servers; it comes on top of what the
// way to them takes.
//
//   B bytes of all processes    R B/s    s 1  share of the file system (`shared_read`, `shared_write`)    t s
//
// Emulated training (MLPerf Storage, DLIO): in each step every accelerator computes on a batch while its reader threads
// fetch the next ones, and all wait at a barrier for the one whose batch comes last. With delays that are independent
// and exponential, the last of N is late by their mean times the harmonic number H_N:
//   T   = max(c + h + k c H_N,  time in which storage delivers N batches)
//   H_N = 1 + 1/2 + ... + 1/N
//   rate = N b / T,   utilisation = c / T
//
//   c s compute of a batch    h s host time of a step    k 1 mean delay over c (`straggle`)    b samples of a batch
//   N accelerators
//
// Assumption: a share is the file system's, whatever its size, media and number of clients; delays grow with the compute
// that hides them, since submissions add accelerators until little of it is left.
// Range: N up to 2,100; s from appliances and machines of 40 to 2,000 GB/s.
// Source: IO500 rules (io500.org/rules-submission); mlcommons/storage 1.0 and argonne-lcf/dlio_benchmark.
#pragma once
#include <cstdint>

#include "catalog/scenario.hpp"
#include "catalog/storage.hpp"

namespace aifsim {

// That a tier delivers or takes in large pieces.
BytesPerSecond tier_rate(const StorageTierDescription& tier, bool write);
double shared_share(const FileSystemDescription& software, bool write);
// The second term of t.
Seconds shared_delay(const StorageTierDescription& tier, const FileSystemDescription& software, bool write,
                     Bytes all);

double harmonic_number(std::int64_t n);
// The first argument of the maximum.
Seconds unhindered_step(const StorageJobDescription& job, std::int64_t accelerators);

}  // namespace aifsim
