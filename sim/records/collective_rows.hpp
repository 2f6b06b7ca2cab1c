// A collective as somebody measured it, and rows of such measurements.
#pragma once
#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/units.hpp"
#include "catalog/catalog.hpp"
#include "catalog/collective_models.hpp"

namespace aifsim {

class CsvReader;

const char* name_of(MeasuredOp op);

struct CollectiveQuery {
  MeasuredOp op = MeasuredOp::all_reduce;
  std::int64_t ranks = 1, ranks_per_node = 1;
  Bytes bytes;              // the whole buffer: gathered, or before scattering
  std::string algorithm;    // as the table says; "" or automatic = the library's choice
  std::string software;     // library or engine with its release
  std::string mpi_library;  // MPI: OMPI, CRAY_MPICH
  bool gpu_buffers = true;
  std::int64_t rails = 0;  // MPI: NICs that a message may be spread over; 0: the library's own choice
  bool eight_bit = false;  // elements of one byte
  // Dispatch and combine: per rank `tokens` of `hidden` 16-bit numbers, `topk` of `experts` experts each.
  std::int64_t tokens = 0, hidden = 0, topk = 0, experts = 0;
  double multiprocessors = 0;
  bool low_latency = false;

  double nodes() const {
    return static_cast<double>(ranks) / static_cast<double>(ranks_per_node < ranks ? ranks_per_node : ranks);
  }
  // Bytes that a rank must send whatever the algorithm.
  double volume() const;
};

struct CollectiveRow {
  std::string platform, op_word;
  Seconds time;  // median
  CollectiveQuery query;
  std::string unsupported;  // why it is no collective that the models know, or ""
  Place place;
  std::string group;  // cells of the columns given as `by`
  std::string id;
};

// The release in a cell `software`: its first word.
std::string_view release_of_library(std::string_view software);

// Calls `take` on each row of a table in one of these layouts (told by the columns):
//   platform, op, ranks, ranks_per_node, message_bytes, algorithm, software, dtype, time_us   (also records)
//   those of published_tables.hpp
// InputError: columns missing, a cell that is no number above 0, a column `by` that the table lacks.
// `catalog` knows which platform a table means by a GPU; it may be null.
void read_collective_rows(std::istream& in, const std::string& name, const std::string& by,
                          const Catalog* catalog, const std::function<void(CollectiveRow&&)>& take);
// InputError where that would refuse the table's current row.
void check_collective_row(const CsvReader& table);

}  // namespace aifsim
