// Nsight Systems exports (nsys export --type sqlite): tables CUPTI_ACTIVITY_KIND_KERNEL (start and end in ns,
// gridX ..., demangledName -> StringIds), CUPTI_ACTIVITY_KIND_MEMCPY and TARGET_INFO_GPU. SQLite walks the
// tables row by row; only the groups of KernelGroups are held. Shapes are not recorded.
#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>

#include "records/format.hpp"
#include "records/kernel_groups.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

class Database {
 public:
  explicit Database(const Input& input) : name_(input.name()) {
    sqlite3* raw = nullptr;
    const int rc = sqlite3_open_v2(input.path().c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
    db_.reset(raw);
    if (rc != SQLITE_OK) fail();
    sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, 16 << 20);
  }
  // Calls `take` on each row until the end.
  template <class Take>
  void rows(const std::string& sql, const Take& take) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) fail();
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
    for (;;) {
      const int rc = sqlite3_step(raw);
      if (rc == SQLITE_DONE) return;
      if (rc != SQLITE_ROW) fail();
      take(raw);
    }
  }
  bool has_column(const std::string& table, const std::string& column) {
    bool found = false;
    rows("SELECT name FROM pragma_table_info('" + table + "')",
         [&](sqlite3_stmt* row) { found |= column.empty() || text(row, 0) == column; });
    return found;
  }
  static std::string text(sqlite3_stmt* row, int column) {
    const unsigned char* value = sqlite3_column_text(row, column);
    return value ? reinterpret_cast<const char*>(value) : "";
  }

 private:
  [[noreturn]] void fail() const {
    throw InputError(Place{name_}, fmt::format("not a sound SQLite file: {}", sqlite3_errmsg(db_.get())));
  }
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::string name_;
  std::unique_ptr<sqlite3, Close> db_;
};

const char* copy_op(int kind) {  // CUpti_ActivityMemcpyKind
  switch (kind) {
    case 1:
      return "memcpy_h2d";
    case 2:
      return "memcpy_d2h";
    case 8:
      return "memcpy_d2d";
    case 10:
      return "memcpy_p2p";
    default:
      return "";
  }
}

void read_kernels(Database& db, const Input& input, const std::string& gpu, KernelGroups& groups,
                  Sink& sink) {
  const std::string table = "CUPTI_ACTIVITY_KIND_KERNEL";
  if (!db.has_column(table, ""))
    throw InputError(
        Place{input.name()},
        "no table CUPTI_ACTIVITY_KIND_KERNEL; export with `nsys export --type sqlite`, from a profile "
        "with --trace=cuda");
  std::string name;
  for (const char* column : {"demangledName", "name", "shortName"})
    if (name.empty() && db.has_column(table, column)) name = column;
  for (const char* column : {"start", "end"})
    if (!db.has_column(table, column))
      throw InputError(Place{input.name()}, fmt::format("the table {} lacks the column {}", table, column));
  if (name.empty())
    throw InputError(Place{input.name()}, fmt::format("the table {} lacks demangledName", table));
  const bool grid = db.has_column(table, "gridX") && db.has_column(table, "blockX");
  db.rows(fmt::format("SELECT s.value, k.\"end\" - k.start{} FROM {} k LEFT JOIN StringIds s ON s.id = k.{}",
                      grid ? ", k.gridX, k.gridY, k.gridZ, k.blockX, k.blockY, k.blockZ" : "", table, name),
          [&](sqlite3_stmt* row) {
            Launch launch;
            launch.name = Database::text(row, 0);
            if (launch.name.empty()) {
              sink.skip("kernels without a name");
              return;
            }
            launch.gpu = gpu;
            if (sink.given().software.empty()) launch.software = "nsys";
            launch.time_us = sqlite3_column_double(row, 1) * 1e-3;
            const auto cell = [&](int i) { return sqlite3_column_double(row, i); };
            if (grid) launch.grid = dim3_text(cell(2), cell(3), cell(4));
            if (grid) launch.block = dim3_text(cell(5), cell(6), cell(7));
            groups.add(launch);
          });
}

void read_copies(Database& db, const std::string& gpu, KernelGroups& groups, Sink& sink) {
  const std::string table = "CUPTI_ACTIVITY_KIND_MEMCPY";
  for (const char* column : {"start", "end", "bytes", "copyKind"})
    if (!db.has_column(table, column)) return;
  db.rows("SELECT copyKind, bytes, \"end\" - start FROM " + table, [&](sqlite3_stmt* row) {
    Launch launch;
    launch.op = copy_op(sqlite3_column_int(row, 0));
    if (launch.op.empty()) {
      sink.skip("copies between unknown places");
      return;
    }
    launch.name = "memcpy";
    launch.gpu = gpu;
    if (sink.given().software.empty()) launch.software = "nsys";
    launch.shape.emplace_back("bytes", fmt::format("{}", sqlite3_column_double(row, 1)));
    launch.time_us = sqlite3_column_double(row, 2) * 1e-3;
    groups.add(launch);
  });
}

void read(const Input& input, Sink& sink) {
  if (input.path().empty() || !input.head().starts_with("SQLite format 3"))
    throw InputError(Place{input.name()},
                     "not an SQLite file; export with `nsys export --type sqlite REPORT.nsys-rep`");
  Database db(input);
  std::string device;
  if (db.has_column("TARGET_INFO_GPU", "name"))
    db.rows("SELECT name FROM TARGET_INFO_GPU ORDER BY rowid LIMIT 1",
            [&](sqlite3_stmt* row) { device = Database::text(row, 0); });
  if (!device.empty()) sink.fact("device", device);
  if (!db.has_column("StringIds", "value"))
    throw InputError(Place{input.name()}, "no table StringIds; is this an export of Nsight Systems?");
  const std::string gpu = sink.gpu_of(device);
  KernelGroups groups(sink);
  read_kernels(db, input, gpu, groups, sink);
  read_copies(db, gpu, groups, sink);
  groups.write();
}

bool looks_like(std::string_view head) { return head.starts_with("SQLite format 3"); }

}  // namespace

const Format nsys{"nsys", "Nsight Systems exports (nsys export --type sqlite): kernels and copies",
                  looks_like, read};

}  // namespace aifsim::records
