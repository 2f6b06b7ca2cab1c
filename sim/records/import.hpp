// From files in other formats to a record: recognise, read, count what is left out, write whole or not at
// all.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "records/format.hpp"

namespace aifsim::records {

struct FileSummary {
  std::string file, format;
  std::size_t rows = 0;
  std::map<std::string, std::size_t> skipped;        // reason -> how many
  std::map<std::string, Problem> first;              // reason -> the first, and what is wrong with it
  std::map<std::string, std::size_t> stripped = {};  // what was taken off the lines -> how many
};

struct Summary {
  std::vector<FileSummary> files;
  std::size_t rows = 0;
  std::map<std::string, std::size_t> ops;  // rows by operation
  std::vector<std::string> notes;
};

struct Request {
  std::string format = "auto";  // a name of formats(), or "auto"
  std::vector<Input> files;
  std::filesystem::path out;
  Given given;
  Sink::RowCheck check = {};  // of rows of a table, for Sink::check_by
};

// Writes `out`, or throws InputError and leaves nothing behind. Rows go to a temporary file first, because
// the metadata at the front counts what was left out, and columns that no row fills are dropped.
Summary import_files(const Request& request, const Catalog* catalog);

// The format of a file; InputError where it is none that is known, or another than the one asked for.
const Format& format_of(const Input& input, const std::string& asked);

std::string summary_text(const Summary& summary, const std::filesystem::path& out);
std::string summary_json(const Summary& summary, const std::filesystem::path& out);

}  // namespace aifsim::records
