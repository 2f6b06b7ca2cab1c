#include "report/database_schema.hpp"

#include <array>
#include <vector>

#include "metrics/metric.hpp"
#include "report/site_totals.hpp"

namespace aifsim {
namespace {

constexpr auto run_columns = std::to_array<ColumnSchema>({
    {"scenario", "TEXT NOT NULL", "name of the scenario"},
    {"title", "TEXT NOT NULL", "title of the scenario"},
    {"question", "TEXT NOT NULL", "question that the scenario asks"},
    {"version", "TEXT NOT NULL", "version of aifsim"},
    {"fidelity", "TEXT NOT NULL", "level of the simulation: flow or analytical"},
    {"seed", "TEXT NOT NULL", "seed of the random numbers, unsigned 64-bit in decimal"},
    {"workload", "TEXT NOT NULL", "name of the workload"},
});

constexpr auto point_begin = std::to_array<ColumnSchema>({
    {"point", "INTEGER PRIMARY KEY", "number of the point, from 1, in the order of the scenario"},
    {"platform", "TEXT NOT NULL", "id of the platform"},
    {"variant", "TEXT",
     "label of the training variant, with the values of the sweep; NULL where there is neither"},
    {"job", "TEXT", "name of the job among several; NULL where it is the only one"},
    {"gpus", "INTEGER NOT NULL", "GPUs of the job"},
    {"nodes", "INTEGER NOT NULL", "nodes of the job"},
    {"problem", "TEXT", "why this point has no answer; NULL when it has one, else every figure is NULL"},
    {"note", "TEXT", "what a reader should know before trusting the figures; NULL when there is nothing"},
});

// Between them stand the metrics, each with its band.
constexpr auto point_end = std::to_array<ColumnSchema>({
    {"parameters_bytes", "REAL", "peak memory per GPU held by parameters, bytes"},
    {"gradients_bytes", "REAL", "peak memory per GPU held by gradients, bytes"},
    {"optimizer_bytes", "REAL", "peak memory per GPU held by the optimizer state, bytes"},
    {"activations_bytes", "REAL", "peak memory per GPU held by activations, bytes"},
    {"buffers_bytes", "REAL", "peak memory per GPU held by communication and other buffers, bytes"},
    {"memory_bytes", "REAL", "sum of the five parts above, bytes"},
    {"capacity_bytes", "REAL", "memory per GPU that a framework can allocate, bytes"},
    {"measured_step_time_s", "REAL", "measured step time that the scenario cites, seconds; NULL if none"},
    {"measured_source", "TEXT", "source of the measured step time; NULL if none"},
    {"wall_time_s", "REAL", "time that simulating this point took, seconds; differs from run to run"},
});

std::vector<ColumnSchema> point_columns() {
  std::vector<ColumnSchema> columns(point_begin.begin(), point_begin.end());
  for (std::size_t i = 0; i < metric_count; ++i) {
    const MetricInfo& info = about(static_cast<Metric>(i));
    columns.push_back({info.name, "REAL", info.meaning});
    if (info.p10[0] == '\0') continue;
    columns.push_back({info.p10, "REAL", "lower end of its 80 % band"});
    columns.push_back({info.p90, "REAL", "upper end of its 80 % band"});
  }
  columns.insert(columns.end(), point_end.begin(), point_end.end());
  return columns;
}

constexpr auto sweep_columns = std::to_array<ColumnSchema>({
    {"point", "INTEGER NOT NULL REFERENCES points(point)", "the point"},
    {"path", "TEXT NOT NULL", "field that the scenario sweeps"},
    {"value", "TEXT NOT NULL", "what it is at this point, as the scenario says it"},
});

constexpr auto job_columns = std::to_array<ColumnSchema>({
    {"point", "INTEGER PRIMARY KEY REFERENCES points(point)", "the job's point"},
    {"what", "TEXT NOT NULL", "what it does"},
    {"start_s", "REAL NOT NULL", "when it starts, seconds"},
    {"end_s", "REAL NOT NULL", "when it has ended, seconds"},
    {"steps", "INTEGER NOT NULL", "steps that have ended"},
    {"step_alone_s", "REAL", "mean step with no other job, seconds; NULL for jobs without an end"},
    {"slowdown", "REAL", "mean step over that; NULL for jobs without an end"},
    {"shared_bottleneck", "TEXT", "busiest link that it shares with another job; NULL where it shares none"},
});

constexpr auto site_begin = std::to_array<ColumnSchema>({
    {"point", "INTEGER NOT NULL REFERENCES points(point)", "the job's point"},
    {"site", "TEXT NOT NULL", "site that it draws from"},
    {"partition", "TEXT NOT NULL", "its nodes' partition, or the platform"},
    {"nodes", "INTEGER NOT NULL", "nodes of the job there"},
});

// Over the time that the job runs: each figure, and its most where it is a range.
std::vector<ColumnSchema> site_columns() {
  std::vector<ColumnSchema> columns(site_begin.begin(), site_begin.end());
  for (const SiteFigureKeys& keys : site_figure_keys) {
    columns.push_back({keys.key, "REAL", keys.meaning});
    columns.push_back({keys.at_most, "REAL", "its most, where it is not known what the boards draw"});
  }
  columns.push_back({"why", "TEXT", "why it is a range, or not known; NULL where it is known"});
  return columns;
}

constexpr auto link_columns = std::to_array<ColumnSchema>({
    {"point", "INTEGER NOT NULL REFERENCES points(point)", "the point"},
    {"rank", "INTEGER NOT NULL", "1 for the busiest link of the point, then 2, ..."},
    {"name", "TEXT NOT NULL", "a link, or a class of alike links"},
    {"capacity_bytes_per_s", "REAL NOT NULL", "capacity per direction, bytes per second"},
    {"carried_bytes", "REAL NOT NULL", "bytes that the busiest link of the class carried over the run"},
    {"utilisation", "REAL NOT NULL", "carried over capacity x duration, 0 to 1"},
});

constexpr auto span_columns = std::to_array<ColumnSchema>({
    {"point", "INTEGER NOT NULL REFERENCES points(point)", "the point"},
    {"role", "TEXT NOT NULL", "role: ranks that do the same share one timeline"},
    {"ranks", "INTEGER NOT NULL", "ranks of the role"},
    {"stream", "TEXT NOT NULL", "stream of the role"},
    {"number", "INTEGER NOT NULL", "place of the span in its stream, from 1"},
    {"kind", "TEXT NOT NULL", "compute, communication, host or wait"},
    {"label", "TEXT NOT NULL", "what ran"},
    {"start_s", "REAL NOT NULL", "start, seconds from the start of the run"},
    {"end_s", "REAL NOT NULL", "end, seconds from the start of the run"},
    {"bytes", "REAL", "communication: the whole buffer, bytes; else NULL"},
    {"detail", "TEXT NOT NULL", "communication: algorithm and ranks"},
});

constexpr auto input_columns = std::to_array<ColumnSchema>({
    {"object", "TEXT NOT NULL", "description that holds the figure, e.g. platform leonardo_booster"},
    {"path", "TEXT NOT NULL", "path of the figure in the description"},
    {"value", "TEXT NOT NULL", "value with its unit"},
    {"source", "TEXT NOT NULL", "where the value comes from"},
    {"confidence", "TEXT NOT NULL",
     "measured, published, announced, derived, fitted, low or assumed; empty for a plain setting"},
});

}  // namespace

std::span<const TableSchema> database_schema() {
  static const std::vector<ColumnSchema> points = point_columns();
  static const std::vector<ColumnSchema> sites = site_columns();
  static const std::array<TableSchema, 8> schema{{
      {"run", "", run_columns},
      {"points", "", points},
      {"sweep", "PRIMARY KEY (point, path)", sweep_columns},
      {"jobs", "", job_columns},
      {"links", "PRIMARY KEY (point, rank)", link_columns},
      {"spans", "", span_columns},
      {"inputs", "", input_columns},
      {"sites", "PRIMARY KEY (point, partition)", sites},
  }};
  return schema;
}

}  // namespace aifsim
