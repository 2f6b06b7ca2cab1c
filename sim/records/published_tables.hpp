// Two layouts of published tables of collectives, a row at a time as rows of a record:
//
//   platform, nodes, tasks_per_node, collective, mpi_lib, mpi_ver, gpu_buffers, algorithm, algo_impl,
//   bytes_per_rank_arg (the whole buffer), n_iter, min_us, median_us, p90_us, notes
//   sys, fw, fwver, kind, node_num, hidden_size, num_token, num_topk, num_experts, sms, dispatch_us, combine_us
#pragma once
#include <array>

#include "base/csv.hpp"
#include "base/record.hpp"
#include "records/sink.hpp"

namespace aifsim::records {

bool is_mpi_table(const CsvReader& table);
bool is_exchange_table(const CsvReader& table);

// InputError: what the layout needs and the table lacks.
void require_mpi_columns(const CsvReader& table);
void require_exchange_columns(const CsvReader& table);

// InputError at the cell that is wrong. What the user gave wins over the table; an operation that is not known stays
// as it is written.
RecordRow mpi_row(const CsvReader& table, const Given& given);

// What the table's `sys` means: a GPU, the platform that is usual for it, and how many of them a node has.
struct ExchangeSystem {
  std::string gpu, platform;
  std::int64_t per_node = 8;
};
// As far as the catalogue knows it; null: nothing.
ExchangeSystem exchange_system(const std::string& gpu, const std::string& platform, const Catalog* catalog);
// Dispatch and combine; `time_us` is lacking in a half that was not measured.
std::array<RecordRow, 2> exchange_rows(const CsvReader& table, const ExchangeSystem& system,
                                       const Given& given);

}  // namespace aifsim::records
