// The outcomes of a folder: one SQLite file that holds a row for each case that has ended, by the case's hash. A row
// is committed as its case ends, so whatever ends the program costs only the cases that were running.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"

struct sqlite3;

namespace aifsim {

class Store {
 public:
  // Opens what an earlier run left in the folder; a new file is made with the first row. InputError where the
  // folder cannot be written, or its file is no store.
  explicit Store(std::filesystem::path folder);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  static constexpr const char* file_name = "store.sqlite";
  std::filesystem::path file() const { return folder_ / file_name; }

  struct Row {
    std::string build, name, problem, outcome;  // the first three for people who look into the file
    bool died = false;                          // a process ended without an answer: another run tries again
  };
  std::optional<Row> find(const std::string& hash);
  bool has(const std::string& hash);  // with an answer, or the reason why there is none
  void add(const std::string& hash, const Row& row);
  void keep_only(const std::string& build);  // what others left is of no use
  // Takes away the file that this object has made, and the folder if it is empty.
  void discard();

 private:
  void open(bool make);
  [[noreturn]] void fail() const;

  std::filesystem::path folder_;
  sqlite3* db_ = nullptr;
  bool made_ = false, made_folder_ = false;
};

}  // namespace aifsim
