#include "report/database.hpp"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "base/error.hpp"
#include "report/fake_result.hpp"
#include "report/scratch_folder.hpp"

using namespace aifsim;

namespace {

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) {
    REQUIRE(sqlite3_open_v2(file.c_str(), &db_, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  }
  ~Reader() { sqlite3_close(db_); }

  // The first column of each row as text; "NULL" for NULL.
  std::vector<std::string> column(const std::string& sql) {
    std::vector<std::string> rows;
    sqlite3_stmt* s = nullptr;
    INFO(sql);
    REQUIRE(sqlite3_prepare_v2(db_, sql.c_str(), -1, &s, nullptr) == SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
      const unsigned char* text = sqlite3_column_text(s, 0);
      rows.push_back(text == nullptr ? "NULL" : reinterpret_cast<const char*>(text));
    }
    sqlite3_finalize(s);
    return rows;
  }
  double number(const std::string& sql) {
    sqlite3_stmt* s = nullptr;
    REQUIRE(sqlite3_prepare_v2(db_, sql.c_str(), -1, &s, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(s) == SQLITE_ROW);
    const double value = sqlite3_column_double(s, 0);
    sqlite3_finalize(s);
    return value;
  }
  std::string one(const std::string& sql) {
    const std::vector<std::string> rows = column(sql);
    REQUIRE(rows.size() == 1);
    return rows[0];
  }

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace

TEST_CASE("the database holds the whole result") {
  ScratchFolder folder;
  const Result r = fake::result();
  std::ofstream(folder.path() / "r.sqlite", std::ios::binary) << to_sqlite(r);
  Reader db(folder.path() / "r.sqlite");

  CHECK(db.one("PRAGMA integrity_check") == "ok");
  CHECK(db.one("SELECT seed FROM run") == "18446744073709551615");
  CHECK(db.one("SELECT count(*) FROM points") == "24");
  CHECK(db.one("SELECT count(*) FROM links") == std::to_string(23 * 3));
  CHECK(db.one("SELECT count(*) FROM spans") == std::to_string(23 * 302));
  CHECK(db.one("SELECT count(*) FROM inputs") == "21");
  CHECK(
      db.number(
          "SELECT mfu FROM points WHERE platform = 'mn5_acc' AND variant = 'full sharding' AND gpus = 64") ==
      r.points[15].mfu());
  CHECK(db.one("SELECT problem FROM points WHERE step_time_s IS NULL") == r.points[7].problem);
  CHECK(db.one("SELECT count(*) FROM points WHERE problem IS NULL") == "23");
  CHECK(db.one("SELECT count(measured_source) FROM points") == "11");
  CHECK(db.one("SELECT name FROM links WHERE point = 6 AND rank = 2") == "nic (256 links)");
  CHECK(
      db.one(
          "SELECT label || ', ' || detail FROM spans WHERE point = 6 AND stream = 'gather' AND number = 4") ==
      "all_gather layer 3, ring, 256 ranks");
  CHECK(db.column("SELECT DISTINCT kind FROM spans WHERE bytes IS NULL ORDER BY kind") ==
        std::vector<std::string>{"compute", "host", "wait"});
}

TEST_CASE("every column of the database is described") {
  ScratchFolder folder;
  std::ofstream(folder.path() / "r.sqlite", std::ios::binary) << to_sqlite({});
  Reader db(folder.path() / "r.sqlite");
  for (const std::string table : {"run", "points", "sweep", "jobs", "links", "spans", "inputs"}) {
    CHECK(db.column("SELECT name FROM pragma_table_info('" + table + "')") ==
          db.column("SELECT \"column\" FROM columns WHERE \"table\" = '" + table + "' ORDER BY rowid"));
    CHECK(db.one("SELECT sql FROM sqlite_master WHERE name = '" + table + "'").find("-- ") !=
          std::string::npos);
  }
  CHECK(db.column("SELECT * FROM columns WHERE description = ''").empty());
}
