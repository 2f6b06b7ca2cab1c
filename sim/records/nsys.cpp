// Nsight Systems exports (nsys export --type sqlite): tables CUPTI_ACTIVITY_KIND_KERNEL (start and end in ns,
// gridX ..., demangledName -> StringIds), CUPTI_ACTIVITY_KIND_MEMCPY and TARGET_INFO_GPU. SQLite walks the
// tables row by row; only the groups of KernelGroups are held. Shapes are not recorded.
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>

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
    // The schema is the file's, so nobody's we know: it may call nothing, and the work that it makes is
    // bounded by the file's size (a row of any table costs far less for each of its bytes).
    sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    std::error_code ignored;
    rounds_left_ = 1000 + static_cast<std::int64_t>(std::filesystem::file_size(input.path(), ignored)) *
                              kStepsPerByte / kRound;
    sqlite3_progress_handler(
        raw, kRound, [](void* left) { return --*static_cast<std::int64_t*>(left) < 0 ? 1 : 0; },
        &rounds_left_);
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
    bool found = false, plain = true;
    rows("SELECT type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE name = '" +
             table + "'",
         [&](sqlite3_stmt* row) { plain &= sqlite3_column_int(row, 0) != 0; });
    if (!plain)
      throw InputError(Place{name_}, table + " is no plain table; is this an export of Nsight Systems?");
    rows("SELECT name FROM pragma_table_info('" + table + "')",
         [&](sqlite3_stmt* row) { found |= column.empty() || text(row, 0) == column; });
    return found;
  }
  static std::string text(sqlite3_stmt* row, int column) {
    const unsigned char* value = sqlite3_column_text(row, column);
    return value ? reinterpret_cast<const char*>(value) : "";
  }

 private:
  static constexpr int kRound = 10'000;  // steps of SQLite's machine between two calls of the handler
  static constexpr std::int64_t kStepsPerByte = 50;

  [[noreturn]] void fail() const {
    if (rounds_left_ < 0)
      throw InputError(Place{name_},
                       "reading it takes far more work than a file of its size should; are there many "
                       "StringIds of one id?");
    throw InputError(Place{name_}, fmt::format("not a sound SQLite file: {}", sqlite3_errmsg(db_.get())));
  }
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::string name_;
  std::int64_t rounds_left_ = 0;
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

// The GPU of a row, by its device number: a profile may hold several.
class Gpus {
 public:
  Gpus(Database& db, Sink& sink) : sink_(sink) {
    const char* table = "TARGET_INFO_GPU";
    if (!db.has_column(table, "name")) return;
    db.rows(fmt::format("SELECT name, {} FROM {} ORDER BY rowid LIMIT 1024",
                        db.has_column(table, "id") ? "id" : "rowid - 1", table),
            [&](sqlite3_stmt* row) { take(sqlite3_column_int64(row, 1), Database::text(row, 0)); });
    // Programs count their own devices (CUDA_VISIBLE_DEVICES).
    const char* own = "TARGET_INFO_CUDA_DEVICE";
    if (kinds_.size() < 2 || !db.has_column(own, "gpuId") || !db.has_column(own, "cudaId")) return;
    std::map<std::int64_t, std::string> by_cuda;
    std::set<std::int64_t> several;
    db.rows(fmt::format("SELECT DISTINCT cudaId, gpuId FROM {} LIMIT 65536", own), [&](sqlite3_stmt* row) {
      const auto gpu = by_id_.find(sqlite3_column_int64(row, 1));
      if (gpu == by_id_.end()) return;
      const auto [at, is_new] = by_cuda.emplace(sqlite3_column_int64(row, 0), gpu->second);
      if (!is_new && at->second != gpu->second) several.insert(at->first);
    });
    for (const std::int64_t id : several) by_cuda.erase(id);
    by_id_ = std::move(by_cuda);
  }
  // Nothing, and the row is counted as left out, where it does not tell.
  std::optional<std::string> of(std::int64_t device) {
    if (!sink_.given().gpu.empty() || kinds_.empty()) return sink_.given().gpu;
    if (kinds_.size() == 1) return *kinds_.begin();
    const auto found = by_id_.find(device);
    if (found != by_id_.end()) return found->second;
    sink_.skip("rows that do not tell on which of the profile's GPUs they ran");
    return std::nullopt;
  }

 private:
  void take(std::int64_t id, const std::string& device) {
    if (device.empty()) return;
    sink_.fact("device", device);
    by_id_[id] = sink_.gpu_of(device);
    kinds_.insert(by_id_[id]);
  }
  Sink& sink_;
  std::map<std::int64_t, std::string> by_id_;
  std::set<std::string> kinds_;
};

// By default nsys records a launch of a CUDA graph as a whole, without its kernels.
void tell_graphs(Database& db, Sink& sink) {
  const std::string table = "CUPTI_ACTIVITY_KIND_GRAPH_TRACE";
  if (!db.has_column(table, "start") || !db.has_column(table, "end")) return;
  std::size_t launches = 0;
  double time_ns = 0;
  db.rows("SELECT COUNT(*), SUM(\"end\" - start) FROM " + table, [&](sqlite3_stmt* row) {
    launches = static_cast<std::size_t>(std::max<sqlite3_int64>(sqlite3_column_int64(row, 0), 0));
    time_ns = sqlite3_column_double(row, 1);
  });
  sink.skip(
      "launches of CUDA graphs, whose kernels the export does not name; profile with --cuda-graph-trace=node",
      launches);
  if (launches > 0)
    sink.note(fmt::format("{} launches of CUDA graphs took {:.4g} ms", launches, time_ns * 1e-6));
}

void read_kernels(Database& db, const Input& input, Gpus& gpus, KernelGroups& groups, Sink& sink) {
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
  const char* device = db.has_column(table, "deviceId") ? "k.deviceId" : "-1";
  db.rows(fmt::format(
              "SELECT s.value, k.\"end\" - k.start, {}{} FROM {} k LEFT JOIN StringIds s ON s.id = k.{}",
              device, grid ? ", k.gridX, k.gridY, k.gridZ, k.blockX, k.blockY, k.blockZ" : "", table, name),
          [&](sqlite3_stmt* row) {
            Launch launch;
            launch.name = Database::text(row, 0);
            if (launch.name.empty()) {
              sink.skip("kernels without a name");
              return;
            }
            const auto gpu = gpus.of(sqlite3_column_int64(row, 2));
            if (!gpu) return;
            launch.gpu = *gpu;
            if (sink.given().software.empty()) launch.software = "nsys";
            launch.time_us = sqlite3_column_double(row, 1) * 1e-3;
            const auto cell = [&](int i) { return sqlite3_column_double(row, i); };
            if (grid) launch.grid = dim3_text(cell(3), cell(4), cell(5));
            if (grid) launch.block = dim3_text(cell(6), cell(7), cell(8));
            groups.add(launch);
          });
}

void read_copies(Database& db, Gpus& gpus, KernelGroups& groups, Sink& sink) {
  const std::string table = "CUPTI_ACTIVITY_KIND_MEMCPY";
  for (const char* column : {"start", "end", "bytes", "copyKind"})
    if (!db.has_column(table, column)) return;
  const std::string device = db.has_column(table, "deviceId") ? "deviceId" : "-1";
  db.rows("SELECT copyKind, bytes, \"end\" - start, " + device + " FROM " + table, [&](sqlite3_stmt* row) {
    Launch launch;
    launch.op = copy_op(sqlite3_column_int(row, 0));
    if (launch.op.empty()) {
      sink.skip("copies between unknown places");
      return;
    }
    const auto gpu = gpus.of(sqlite3_column_int64(row, 3));
    if (!gpu) return;
    launch.name = "memcpy";
    launch.gpu = *gpu;
    if (sink.given().software.empty()) launch.software = "nsys";
    launch.shape.emplace_back("bytes", fmt::format("{}", sqlite3_column_double(row, 1)));
    launch.time_us = sqlite3_column_double(row, 2) * 1e-3;
    groups.add(launch);
  });
}

void read_nsys(const Input& input, Sink& sink) {
  if (!input.head().starts_with("SQLite format 3"))
    throw InputError(Place{input.name()},
                     "not an SQLite file; export with `nsys export --type sqlite REPORT.nsys-rep`");
  if (input.path().empty())
    throw InputError(Place{input.name()}, "an SQLite file cannot be read from a pipe; name the file");
  Database db(input);
  if (!db.has_column("StringIds", "value"))
    throw InputError(Place{input.name()}, "no table StringIds; is this an export of Nsight Systems?");
  Gpus gpus(db, sink);
  KernelGroups groups(sink);
  read_kernels(db, input, gpus, groups, sink);
  read_copies(db, gpus, groups, sink);
  tell_graphs(db, sink);
  groups.write();
}

bool looks_like_nsys(std::string_view head) { return head.starts_with("SQLite format 3"); }

}  // namespace

const Format nsys{"nsys", "Nsight Systems exports (nsys export --type sqlite): kernels and copies",
                  looks_like_nsys, read_nsys};

}  // namespace aifsim::records
