// Tables of published storage submissions, told apart by their columns:
//
//   MLPerf Storage   submitter, system, model, accelerator, accelerators, samples_per_s
//   IO500            site, system, filesystem, submission, ior-easy-read[GiB/s], ior-easy-write[GiB/s],
//                    ior-hard-read[GiB/s], ior-hard-write[GiB/s]; a phase without a figure is empty
//
// Other columns are kept as they are written. A repeated row says in which line its figures stood before.
#pragma once
#include <array>
#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aifsim {

struct StorageRow {
  std::map<std::string, std::string> cells;  // by column
  int line = 0;
  int repeats = 0;  // the line where the same figures of the same submitter stood; 0: none
  // MLPerf Storage
  std::int64_t accelerators = 0;
  double samples_per_s = 0;
  // IO500, in the order of io500_phases, GiB/s
  std::array<std::optional<double>, 4> phases = {};
};

inline constexpr std::array<const char*, 4> io500_phases{"ior-easy-read", "ior-easy-write", "ior-hard-read",
                                                         "ior-hard-write"};

struct StorageTable {
  bool io500 = false;  // else MLPerf Storage
  std::vector<std::string> columns;
  std::vector<StorageRow> rows;
};

// InputError at the cell that is wrong, or naming the columns of both layouts where the table has neither.
StorageTable read_storage_table(std::istream& in, const std::string& name);

}  // namespace aifsim
