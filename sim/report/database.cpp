#include "report/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

#include "report/database_schema.hpp"
#include "report/site_totals.hpp"
#include "report/span_kind.hpp"

namespace aifsim {
namespace {

class Database {
 public:
  Database() {
    sqlite3* raw = nullptr;
    const int rc = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    db_.reset(raw);
    if (rc != SQLITE_OK) fail();
  }

  void run(const std::string& sql) {
    if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  }

  [[noreturn]] void fail() const {
    throw std::runtime_error(fmt::format("SQLite: {}", db_ ? sqlite3_errmsg(db_.get()) : "out of memory"));
  }

  sqlite3* get() const { return db_.get(); }

  std::string bytes() const {
    sqlite3_int64 size = 0;
    const std::unique_ptr<unsigned char, void (*)(void*)> copy(sqlite3_serialize(db_.get(), "main", &size, 0),
                                                               sqlite3_free);
    if (!copy) fail();
    return {reinterpret_cast<const char*>(copy.get()), static_cast<std::size_t>(size)};
  }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Close> db_;
};

constexpr double null = std::numeric_limits<double>::quiet_NaN();

// One prepared INSERT with a parameter for each column of the table.
class Insert {
 public:
  Insert(Database& db, const char* table, std::size_t columns) : db_(db) {
    std::string sql = fmt::format("INSERT INTO {} VALUES (?", table);
    for (std::size_t i = 1; i < columns; ++i) sql += ",?";
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db.get(), (sql + ")").c_str(), -1, &raw, nullptr) != SQLITE_OK) db.fail();
    statement_.reset(raw);
  }

  template <class... Values>
  void row(const Values&... values) {
    add(values...);
    end();
  }
  // A row piece by piece. Texts must live until its end.
  template <class... Values>
  void add(const Values&... values) {
    (bind(++column_, values), ...);
  }
  void end() {
    column_ = 0;
    if (sqlite3_step(statement_.get()) != SQLITE_DONE) db_.fail();
    sqlite3_reset(statement_.get());
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };

  void bind(int i, const std::string& text) {
    sqlite3_bind_text(statement_.get(), i, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  // SQLite turns a null pointer and NaN into NULL.
  void bind(int i, const char* text) { sqlite3_bind_text(statement_.get(), i, text, -1, SQLITE_STATIC); }
  void bind(int i, double number) { sqlite3_bind_double(statement_.get(), i, number); }
  void bind(int i, std::int64_t number) { sqlite3_bind_int64(statement_.get(), i, number); }

  Database& db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int column_ = 0;
};

void create_tables(Database& db) {
  db.run(
      "CREATE TABLE columns (\"table\" TEXT NOT NULL, \"column\" TEXT NOT NULL, description TEXT NOT NULL,"
      " PRIMARY KEY (\"table\", \"column\"))");
  Insert insert(db, "columns", 3);
  for (const TableSchema& table : database_schema()) {
    std::string sql = fmt::format("CREATE TABLE {} (\n", table.name);
    for (const ColumnSchema& column : table.columns) {
      const bool last = &column == &table.columns.back() && table.constraint[0] == '\0';
      sql += fmt::format("  {} {}{}  -- {}\n", column.name, column.type, last ? "" : ",", column.description);
      insert.row(table.name, column.name, column.description);
    }
    if (table.constraint[0] != '\0') sql += fmt::format("  {}\n", table.constraint);
    db.run(sql + ")");
  }
}

void insert_spans(Insert& spans, std::int64_t point, const Timeline& timeline) {
  const auto most = static_cast<std::int64_t>(written_spans(timeline));
  for (const RoleTrack& role : timeline.roles)
    for (const StreamTrack& stream : role.streams) {
      std::int64_t place = 0;
      for (const Span& span : stream.spans) {
        if (place == most) break;
        const bool moves = span.kind == SpanKind::communication;
        spans.row(point, role.name, role.ranks, stream.name, ++place, kind_name(span.kind), span.label.str(),
                  span.start.value, span.end.value, moves ? span.bytes.value : null, span.detail.str());
      }
    }
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

void insert_points(Database& db, const Result& result) {
  Insert points(db, "points", database_schema()[1].columns.size());
  Insert swept(db, "sweep", 3);
  Insert links(db, "links", 6);
  Insert spans(db, "spans", 11);
  std::int64_t number = 0;
  for (const Point& p : result.points) {
    ++number;
    points.add(number, p.platform, or_null(p.variant), or_null(p.job), p.gpus, p.nodes, or_null(p.problem),
               or_null(p.note));
    for (std::size_t i = 0; i < metric_count; ++i) {
      const Measure& one = p.metrics[static_cast<Metric>(i)];
      points.add(one.value);
      if (about(static_cast<Metric>(i)).p10[0] != '\0') points.add(one.p10, one.p90);
    }
    const MemoryUse& m = p.memory;
    for (const Bytes b :
         {m.parameters, m.gradients, m.optimizer, m.activations, m.buffers, m.total(), m.capacity})
      points.add(m.capacity.value > 0 ? b.value : null);
    points.row(p.measured ? p.measured->value : null, or_null(p.measured_source),
               p.problem.empty() ? p.wall_time.value : null);
    for (const auto& [path, value] : p.values) swept.row(number, path, value);
    std::int64_t rank = 0;
    for (const LinkUse& link : p.timeline.links)
      links.row(number, ++rank, link.name, link.capacity.value, link.carried.value, link.utilisation);
    insert_spans(spans, number, p.timeline);
  }
}

// The points of jobs among others, which stand in the order of the runs.
void insert_jobs(Database& db, const Result& result) {
  Insert jobs(db, "jobs", 8);
  Insert sites(db, "sites", 5 + 2 * site_figure_keys.size());
  std::int64_t number = 0;
  for (const JobsRun& run : result.runs) {
    if (!run.problem.empty()) ++number;
    for (const FabricJob& job : run.run.jobs) {
      const auto of_ended = [&](double value) { return job.endless ? null : value; };
      jobs.row(++number, job.what, job.start.value, job.end.value, job.steps, of_ended(job.step_alone.value),
               of_ended(job.slowdown), or_null(job.bottleneck));
      for (const SiteDraw& draw : job.figures.energy.sites) {
        const SiteFigures figures = figures_of(draw, time_of(job, run.run.duration));
        sites.add(number, draw.site, draw.partition, draw.nodes);
        for (const SiteFigureKeys& keys : site_figure_keys)
          sites.add((figures.*keys.figure).least, (figures.*keys.figure).most);
        sites.row(or_null(draw.why));
      }
    }
  }
}

}  // namespace

std::string to_sqlite(const Result& result) {
  Database db;
  db.run("PRAGMA user_version = 2; BEGIN");
  create_tables(db);
  Insert(db, "run", 7)
      .row(result.scenario, result.title, result.question, result.version, result.fidelity,
           std::to_string(result.seed), result.workload);
  insert_points(db, result);
  insert_jobs(db, result);
  Insert inputs(db, "inputs", 5);
  for (const InputFigure& i : result.inputs) inputs.row(i.object, i.path, i.value, i.source, i.confidence);
  db.run("CREATE INDEX spans_of_point ON spans (point, role, stream, number); COMMIT");
  return db.bytes();
}

}  // namespace aifsim
