#include "experiment/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "base/atomic_file.hpp"

namespace aifsim {
namespace {

constexpr int format = 2;  // of the rows; raised when they or the bytes of outcomes change

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
  Statement& number(int i, double n) {
    good_ = good_ && sqlite3_bind_double(raw_, i, n) == SQLITE_OK;
    return *this;
  }
  std::string bytes_at(int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(raw_, column));
    return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(raw_, column))) : "";
  }
  int number_at(int column) { return sqlite3_column_int(raw_, column); }
  double double_at(int column) { return sqlite3_column_double(raw_, column); }

 private:
  sqlite3_stmt* raw_ = nullptr;
  bool good_ = false;
};

// Of all cases; the last step's result comes back in `end`.
std::unordered_set<std::string> hashes(sqlite3* db, bool with_died, int& end) {
  std::unordered_set<std::string> all;
  Statement get(db, "SELECT hash FROM outcomes WHERE died <= ? AND name <> ?");
  const std::string no_case = Store::no_case;
  get.number(1, with_died ? 1 : 0).text(2, no_case);
  while ((end = get.step()) == SQLITE_ROW) all.insert(get.bytes_at(0));
  return all;
}

}  // namespace

Store::Store(std::filesystem::path folder, Use use) : folder_(std::move(folder)), use_(use) {
  std::error_code error;
  if (std::filesystem::exists(file(), error)) open(false);
}

Store::~Store() { sqlite3_close_v2(db_); }

void Store::fail() const {
  const int code = db_ ? sqlite3_errcode(db_) : SQLITE_NOMEM, system = db_ ? sqlite3_system_errno(db_) : 0;
  // Every row that was told of is in the file: a write that found no room took nothing away.
  if (code == SQLITE_FULL || (code == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT)))
    throw CannotAnswer(
        fmt::format("no room for outcomes in {}: {}; what has ended is kept there: make room, and the same "
                    "command goes on from it",
                    file().string(), std::strerror(system == EDQUOT ? EDQUOT : ENOSPC)));
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
    throw CannotAnswer(fmt::format("another process has {}; wait for its end", file().string()));
  throw InputError(
      Place{file().string()},
      fmt::format("cannot keep outcomes here: {}; remove the file or choose another folder with --out",
                  db_ ? sqlite3_errmsg(db_) : "out of memory"));
}

void Store::run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
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
  // Another run in the same folder; alone, what has it will not be through with it in a while.
  sqlite3_busy_timeout(db_, use_ == Use::alone ? 0 : 10'000);
  // Alone, the log's index is not in a file that processes map, which no network's file system keeps right.
  if (use_ == Use::alone) run("PRAGMA locking_mode = EXCLUSIVE");
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
      "  seconds REAL NOT NULL,     -- that the case took; differs from run to run, and nothing else does\n"
      "  outcome BLOB NOT NULL      -- CBOR, compressed with zlib behind its length\n"
      ");\n"
      "CREATE TABLE IF NOT EXISTS cases (\n"
      "  hash TEXT NOT NULL  -- of a task's store: over all cases of the scenario\n"
      ");\n"
      "CREATE TABLE IF NOT EXISTS asked (\n"
      "  scenario TEXT NOT NULL,  -- its file\n"
      "  fidelity TEXT NOT NULL,  -- of the command line; empty: the scenario's\n"
      "  seed TEXT NOT NULL       -- the same\n"
      ")");
  if (found != format) run(fmt::format("PRAGMA user_version = {}", format).c_str());
}

std::optional<Store::Row> Store::find(const std::string& hash) {
  if (!db_) return std::nullopt;
  Statement get(db_, "SELECT build, name, problem, died, outcome, seconds FROM outcomes WHERE hash = ?");
  switch (get.text(1, hash).step()) {
    case SQLITE_ROW:
      return Row{get.bytes_at(0), get.bytes_at(1),       get.bytes_at(2),
                 get.bytes_at(4), get.number_at(3) != 0, get.double_at(5)};
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

std::unordered_set<std::string> Store::answered(bool with_died) {
  if (!db_) return {};
  int end = SQLITE_DONE;
  std::unordered_set<std::string> all = hashes(db_, with_died, end);
  if (end != SQLITE_DONE) fail();
  return all;
}

void Store::add(const std::string& hash, const Row& row) {
  if (!db_) open(true);
  Statement insert(db_,
                   "INSERT OR REPLACE INTO outcomes (hash, build, name, problem, died, seconds, outcome) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.text(1, hash).text(2, row.build).text(3, row.name).number(5, row.died ? 1 : 0);
  insert.number(6, row.seconds).blob(7, row.outcome);
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

std::string Store::cases() {
  if (!db_) return "";
  Statement get(db_, "SELECT hash FROM cases");
  const int result = get.step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) fail();
  return result == SQLITE_ROW ? get.bytes_at(0) : "";
}

void Store::set_cases(const std::string& of) {
  if (!db_) open(true);
  Statement insert(db_, "INSERT INTO cases SELECT ? WHERE NOT EXISTS (SELECT 1 FROM cases)");
  if (insert.text(1, of).step() != SQLITE_DONE) fail();
}

std::optional<Store::Asked> Store::asked() {
  if (!db_) return std::nullopt;
  Statement get(db_, "SELECT scenario, fidelity, seed FROM asked");
  const int result = get.step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) fail();
  if (result == SQLITE_DONE) return std::nullopt;
  return Asked{get.bytes_at(0), get.bytes_at(1), get.bytes_at(2)};
}

void Store::set_asked(const Asked& what) {
  if (!db_) open(true);
  run("DELETE FROM asked");
  Statement insert(db_, "INSERT INTO asked VALUES (?, ?, ?)");
  if (insert.text(1, what.scenario).text(2, what.fidelity).text(3, what.seed).step() != SQLITE_DONE) fail();
}

void Store::merge(const std::filesystem::path& folder, const std::string& build) {
  if (!db_) open(true);
  made_ = false;  // it holds what others have run: not this run's to discard
  {
    Statement attach(db_, "ATTACH DATABASE ? AS task");
    if (attach.text(1, (folder / file_name).string()).step() != SQLITE_DONE) fail();
    Statement take(db_,
                   "INSERT INTO outcomes (hash, build, name, problem, died, seconds, outcome)\n"
                   "SELECT hash, build, name, problem, died, seconds, outcome FROM task.outcomes\n"
                   "WHERE build = ? ORDER BY hash\n"
                   "ON CONFLICT (hash) DO UPDATE SET problem = excluded.problem, died = 0,\n"
                   "  seconds = excluded.seconds, outcome = excluded.outcome\n"
                   "WHERE outcomes.died = 1 AND excluded.died = 0");
    if (take.text(1, build).step() != SQLITE_DONE) fail();
  }
  run("DETACH DATABASE task; PRAGMA wal_checkpoint(TRUNCATE)");  // on the disk before the task's store goes
}

std::unordered_set<std::string> answered_at_rest(const std::filesystem::path& folder) {
  const std::filesystem::path file = std::filesystem::absolute(folder) / Store::file_name;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  std::string uri = "file:";
  for (const char c : file.string())
    uri += std::isalnum(static_cast<unsigned char>(c)) || c == '/'
               ? std::string(1, c)
               : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  sqlite3* raw = nullptr;
  sqlite3_open_v2((uri + "?immutable=1").c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> db(raw, sqlite3_close_v2);
  int end = 0;
  return hashes(db.get(), false, end);  // what cannot be read is run again
}

}  // namespace aifsim
