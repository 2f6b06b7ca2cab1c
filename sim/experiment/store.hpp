// The outcomes of a folder: one SQLite file that holds a row for each case that has ended, by the case's hash. A row
// is committed as its case ends, so whatever ends the program costs only the cases that were running.
// Stores of the same cases hold the same rows but for `seconds`, whoever ran them and however often they were ended.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/error.hpp"

struct sqlite3;

namespace aifsim {

class Store {
 public:
  enum class Use {
    shared,  // other processes of this machine may use the file too
    alone    // no other process may: also safe where machines share the folder
  };
  // Opens what an earlier run left in the folder; a new file is made with the first row. InputError where the
  // folder cannot be written, or its file is no store. CannotAnswer where there is no room, or another process has it.
  explicit Store(std::filesystem::path folder, Use use = Use::shared);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  static constexpr const char* file_name = "store.sqlite";
  std::filesystem::path file() const { return folder_ / file_name; }
  const std::filesystem::path& folder() const { return folder_; }

  struct Row {
    std::string build, name, problem, outcome;  // the first three for people who look into the file
    bool died = false;                          // a process ended without an answer: another run tries again
    double seconds = 0;                         // that the case took; differs from run to run
  };
  static constexpr const char* no_case = "comparison of variants";  // name of a row that is of several cases
  std::optional<Row> find(const std::string& hash);
  bool has(const std::string& hash);  // with an answer, or the reason why there is none
  void add(const std::string& hash, const Row& row);
  std::unordered_set<std::string> answered(bool with_died = false);  // of cases that `has` has
  void keep_only(const std::string& build);                          // what others left is of no use
  // Takes away the file that this object has made, and the folder if it is empty.
  void discard();

  // Of which cases the rows are: the store of a task says so before its first row. "": it does not.
  std::string cases();
  void set_cases(const std::string& of);
  // What its run was asked: a scenario's file, and the values of the command line in place of its own, "" where it
  // has none. nullopt: of a store that no `run` has ended.
  struct Asked {
    std::string scenario, fidelity, seed;
  };
  std::optional<Asked> asked();
  void set_asked(const Asked& what);
  // Takes the rows of the store in another folder that are of this build; those that it has stay. Either all or none.
  void merge(const std::filesystem::path& folder, const std::string& build);

 private:
  void open(bool make);
  void run(const char* sql);
  [[noreturn]] void fail() const;

  std::filesystem::path folder_;
  Use use_;
  sqlite3* db_ = nullptr;
  bool made_ = false, made_folder_ = false;
};

// The hashes that a store holds which nobody writes: its file is read as it lies there, without a lock.
std::unordered_set<std::string> answered_at_rest(const std::filesystem::path& folder);

}  // namespace aifsim
