// The parts of `aifsim calibrate`, one file each, and what they share.
#pragma once
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/user_file.hpp"
#include "calibration/fit_report.hpp"
#include "cli/arguments.hpp"

namespace aifsim {

class Context;

void add_calibrate_gpu(const Command& calibrate_command, const Context& context);
void add_calibrate_collectives(const Command& calibrate_command, const Context& context);
void add_calibrate_training(const Command& calibrate_command, const Context& context);

// Prints a fit that fitted nothing, and ends the command: nothing is written.
void refuse_empty_fit(const FitReport& report, bool json);
void write_constants(const std::string& path, const std::string& text);

// The rows that `read` finds in the tables and `owner` says are `name`'s. `what`: "kernels of the GPU".
template <class Row, class Read, class Owner>
std::vector<Row> rows_to_calibrate(const std::vector<std::string>& tables, const std::string& name,
                                   const std::string& what, const std::string& by, Read read, Owner owner) {
  constexpr std::size_t kMostRows = 1'000'000;  // in some hundred bytes each
  std::vector<Row> rows;
  std::map<std::string, std::size_t> others;
  for (const std::string& path : tables) {
    const UserFile file =
        UserFile::open(path, "a table of measured " + what.substr(0, what.find(' ')) + " (CSV)");
    const auto in = file.stream();
    read(*in, file.name(), by, [&](Row&& row) {
      if (owner(row) != name) {
        ++others[owner(row)];
        return;
      }
      if (rows.size() == kMostRows)
        throw InputError(
            Place{file.name()},
            fmt::format("more than a million {} {}; a fit needs a few thousand, so give a sample of "
                        "them",
                        what, name));
      rows.push_back(std::move(row));
    });
  }
  if (!rows.empty()) return rows;
  std::string known;
  for (const auto& [other, count] : others) known += (known.empty() ? "" : ", ") + other;
  throw InputError(Place{tables.front()},
                   fmt::format("no {} {}; found {}", what, name, known.empty() ? "none" : known));
}

}  // namespace aifsim
