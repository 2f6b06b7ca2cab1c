// What readers write into: rows of a record, counts of what they left out and why, and notes.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/csv.hpp"
#include "base/record.hpp"
#include "catalog/catalog.hpp"

namespace aifsim::records {

// What the user says about the runs; a cell that the file fills itself keeps the file's value, but a GPU or
// a platform given here wins, because files name the device in the vendor's words.
struct Given {
  std::string gpu, platform, software, op, dtype;
  std::optional<std::int64_t> ranks, ranks_per_node;
  bool in_place = false;                       // nccl-tests: take the in-place timings
  std::map<std::string, std::string> columns;  // training logs: cells that win over the log's
};

class Sink {
 public:
  // `take` gets each row that is kept. `catalog` may be null: then device names stay as they are.
  Sink(const Given& given, const Catalog* catalog, std::function<void(const RecordRow&)> take);

  // What those that read the record refuse: a row of a table for which `check` throws InputError is left out. What it
  // returns is a note, or "".
  using RowCheck = std::function<std::string(const CsvReader&)>;
  void check_by(RowCheck check) { check_ = std::move(check); }
  void check(const CsvReader& table) {
    if (const std::string told = check_ ? check_(table) : ""; !told.empty()) note(told);
  }

  const Given& given() const { return given_; }
  const Catalog* catalog() const { return catalog_; }
  // `platform`, `gpu` and `software` that the user gave, put into the row unless it has them.
  void row(RecordRow row);
  // A row of the table of training runs.
  void training(RecordRow row);
  // What a platform given by name tells of a training run: its GPU and how many a node has.
  void complete_from_platform(std::map<std::string, std::string>& cells) const;
  void skip(const std::string& reason, std::size_t times = 1);
  // The first place of each reason is told, and what is wrong there.
  void skip(const std::string& reason, const Place& place);
  void skip(const std::string& reason, const Problem& problem);
  // Once each, for the metadata and the summary.
  void note(const std::string& text);
  void fact(const std::string& key, const std::string& value);  // device, versions; the first value counts

  // The catalogue's name of a device as drivers print it, else the text itself and a note.
  std::string gpu_of(std::string_view device);

  // The platform of collectives in a table that names only GPUs: the user's, else the usual one, with a note.
  std::string platform_for(std::string_view gpu);

  std::size_t rows() const { return rows_; }
  const std::map<std::string, std::size_t>& skipped() const { return skipped_; }
  const std::map<std::string, Problem>& first_skipped() const { return first_skipped_; }
  const std::map<std::string, std::size_t>& ops() const { return ops_; }  // rows by operation
  const std::vector<std::string>& notes() const { return notes_; }
  const Metadata& facts() const { return facts_; }

 private:
  const Given& given_;
  const Catalog* catalog_;
  std::function<void(const RecordRow&)> take_;
  RowCheck check_;
  std::size_t rows_ = 0;
  std::map<std::string, std::size_t> skipped_, ops_;
  std::map<std::string, Problem> first_skipped_;  // by reason
  std::vector<std::string> notes_;
  Metadata facts_;
  std::map<std::string, std::string, std::less<>> devices_;
};

}  // namespace aifsim::records
