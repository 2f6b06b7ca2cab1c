#include "experiment/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <system_error>

#include "base/atomic_file.hpp"

namespace aifsim {
namespace {

constexpr int format = 1;  // of the outcomes; raised when their bytes change

class Statement {
 public:
  Statement(sqlite3* db, const char* sql) {
    good_ = sqlite3_prepare_v2(db, sql, -1, &raw_, nullptr) == SQLITE_OK;
  }
  ~Statement() { sqlite3_finalize(raw_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& text(int i, const std::string& t) {
    good_ =
        good_ && sqlite3_bind_text(raw_, i, t.data(), static_cast<int>(t.size()), SQLITE_STATIC) == SQLITE_OK;
    return *this;
  }
  Statement& blob(int i, const std::string& t) {
    good_ =
        good_ && sqlite3_bind_blob(raw_, i, t.data(), static_cast<int>(t.size()), SQLITE_STATIC) == SQLITE_OK;
    return *this;
  }
  int step() { return good_ ? sqlite3_step(raw_) : SQLITE_ERROR; }
  Statement& number(int i, int n) {
    good_ = good_ && sqlite3_bind_int(raw_, i, n) == SQLITE_OK;
    return *this;
  }
  std::string bytes_at(int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(raw_, column));
    return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(raw_, column))) : "";
  }
  int number_at(int column) { return sqlite3_column_int(raw_, column); }

 private:
  sqlite3_stmt* raw_ = nullptr;
  bool good_ = false;
};

}  // namespace

Store::Store(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  if (std::filesystem::exists(file(), error)) open(false);
}

Store::~Store() { sqlite3_close_v2(db_); }

void Store::fail() const {
  throw InputError(
      Place{file().string()},
      fmt::format("cannot keep outcomes here: {}; remove the file or choose another folder with --out",
                  db_ ? sqlite3_errmsg(db_) : "out of memory"));
}

void Store::open(bool make) {
  if (make) {
    std::error_code error;
    made_folder_ = std::filesystem::create_directories(folder_, error);
    if (error) throw unwritable(folder_, error.value(), "");
    made_ = true;
  }
  const int flags = SQLITE_OPEN_READWRITE | (make ? SQLITE_OPEN_CREATE : 0);
  if (sqlite3_open_v2(file().c_str(), &db_, flags, nullptr) != SQLITE_OK) fail();
  sqlite3_busy_timeout(db_, 10'000);  // another run in the same folder
  const auto run = [&](const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  };
  // A row outlives the program as soon as it is written; only a power cut may take the last ones.
  run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  int found = 0;
  {
    Statement version(db_, "PRAGMA user_version");
    if (version.step() != SQLITE_ROW) fail();
    found = version.number_at(0);
  }
  if (found != format) run("DROP TABLE IF EXISTS outcomes");  // what another version left is of no use
  run("CREATE TABLE IF NOT EXISTS outcomes (\n"
      "  hash TEXT PRIMARY KEY,     -- of everything that the outcome depends on\n"
      "  build TEXT NOT NULL,       -- of aifsim\n"
      "  name TEXT NOT NULL,        -- platform, variant, GPUs\n"
      "  problem TEXT,              -- why there is no answer, else NULL\n"
      "  died INTEGER NOT NULL,     -- 1: its process ended without an answer; another run tries again\n"
      "  outcome BLOB NOT NULL      -- CBOR, compressed with zlib behind its length\n"
      "); PRAGMA user_version = 1");
}

std::optional<Store::Row> Store::find(const std::string& hash) {
  if (!db_) return std::nullopt;
  Statement get(db_, "SELECT build, name, problem, died, outcome FROM outcomes WHERE hash = ?");
  switch (get.text(1, hash).step()) {
    case SQLITE_ROW:
      return Row{get.bytes_at(0), get.bytes_at(1), get.bytes_at(2), get.bytes_at(4), get.number_at(3) != 0};
    case SQLITE_DONE:
      return std::nullopt;
    default:
      fail();
  }
}

bool Store::has(const std::string& hash) {
  if (!db_) return false;
  Statement get(db_, "SELECT 1 FROM outcomes WHERE hash = ? AND died = 0");
  const int result = get.text(1, hash).step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) fail();
  return result == SQLITE_ROW;
}

void Store::add(const std::string& hash, const Row& row) {
  if (!db_) open(true);
  Statement insert(db_,
                   "INSERT OR REPLACE INTO outcomes (hash, build, name, problem, died, outcome) VALUES (?, "
                   "?, ?, ?, ?, ?)");
  insert.text(1, hash).text(2, row.build).text(3, row.name).number(5, row.died ? 1 : 0).blob(6, row.outcome);
  if (!row.problem.empty()) insert.text(4, row.problem);
  if (insert.step() != SQLITE_DONE) fail();
}

void Store::keep_only(const std::string& build) {
  if (!db_) return;
  Statement others(db_, "DELETE FROM outcomes WHERE build <> ?");
  if (others.text(1, build).step() != SQLITE_DONE) fail();
}

void Store::discard() {
  sqlite3_close_v2(db_);
  db_ = nullptr;
  if (!made_) return;
  std::error_code ignored;
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file().string() + end, ignored);
  if (made_folder_) std::filesystem::remove(folder_, ignored);  // only where it is empty
}

}  // namespace aifsim
