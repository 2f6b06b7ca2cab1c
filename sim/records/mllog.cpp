// MLPerf training logs: lines `:::MLLOG {"key": ..., "value": ..., "metadata": {...}, "time_ms": ...}`, maybe
// behind a rank ("0: "). Steps come from `tracked_stats` (throughput, divided into the global batch) or from
// a `step_time`; run_start and run_stop give the whole run.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/quote.hpp"
#include "records/durations.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

using Json = nlohmann::json;
constexpr std::string_view kMark = ":::MLLOG";

struct Run {
  std::string benchmark, submitter, platform;
  double batch = 0, sequence = 0, start_ms = 0, stop_ms = 0;
  Durations steps;
  bool any = false, success = true;
};

class Reader {
 public:
  Reader(const Input& input, Sink& sink) : lines_(input), sink_(sink) {}

  void read() {
    bool any = false;
    while (lines_.next()) {
      const std::size_t mark = lines_.text().find(kMark);
      if (mark == std::string::npos) {
        sink_.skip("lines that are no :::MLLOG");
        continue;
      }
      any = true;
      event(mark + kMark.size());
    }
    if (!any) throw InputError(lines_.place(0), "no line with :::MLLOG; expected a log of MLPerf training");
    finish();
  }

 private:
  void event(std::size_t begin) {
    const std::string text = lines_.text().substr(begin);
    Json json;
    try {
      json = Json::parse(text);
    } catch (const Json::parse_error& error) {
      throw InputError(lines_.place(static_cast<int>(begin + error.byte)), "not JSON behind :::MLLOG");
    } catch (const Json::exception&) {
      throw InputError(lines_.place(static_cast<int>(begin) + 1), "a number out of range behind :::MLLOG");
    }
    if (!json.is_object() || !json.contains("key") || !json["key"].is_string())
      throw InputError(lines_.place(static_cast<int>(begin) + 1),
                       "expected {\"key\": ..., \"value\": ..., \"time_ms\": ...} behind :::MLLOG");
    const std::string key = json["key"];
    const Json& value = json.contains("value") ? json["value"] : Json();
    const auto number = [&](const Json& from) {
      if (from.is_number() && from.get<double>() > 0) return from.get<double>();
      throw InputError(lines_.place(static_cast<int>(begin) + 1),
                       fmt::format("{}: expected a number above 0, found {}", quote(key),
                                   quote(from.dump(-1, ' ', false, Json::error_handler_t::replace))));
    };
    const auto word = [&] {
      return value.is_string() ? value.get<std::string>().substr(0, 200) : std::string();
    };
    if (key == "submission_benchmark") {
      if (run_.any && !run_.benchmark.empty() && run_.stop_ms > 0) finish();
      run_.benchmark = word();
    } else if (key == "submission_platform") {
      run_.platform = word();
    } else if (key == "submission_org") {
      run_.submitter = word();
    } else if (key == "global_batch_size") {
      run_.batch = number(value);
    } else if (key == "max_sequence_length") {
      run_.sequence = number(value);
    } else if (key == "run_start" && json.contains("time_ms")) {
      run_.start_ms = number(json["time_ms"]);
    } else if (key == "run_stop" && json.contains("time_ms")) {
      run_.stop_ms = number(json["time_ms"]);
      const Json& meta = json.contains("metadata") ? json["metadata"] : Json();
      run_.success = !(meta.is_object() && meta.contains("status") && meta["status"] == "aborted");
    } else if (key == "tracked_stats" && value.is_object()) {
      step(value, number);
    } else {
      sink_.skip("events that tell no step or run (kept: batch, run_start, run_stop, tracked_stats)");
      return;
    }
    run_.any = true;
  }

  template <class Number>
  void step(const Json& value, const Number& number) {
    if (value.contains("step_time")) {
      run_.steps.add(number(value["step_time"]) * 1e6);
    } else if (value.contains("train_step_time")) {
      run_.steps.add(number(value["train_step_time"]) * 1e6);
    } else if (value.contains("throughput") && run_.batch > 0) {
      throughput(number(value["throughput"]));
    } else {
      sink_.skip("tracked_stats without step_time, or throughput before a global_batch_size");
    }
  }

  // Samples a second, but some logs of language models count tokens: no step of a benchmark takes less than
  // 10 ms, and taken as samples, tokens would say so.
  void throughput(double rate) {
    double seconds = run_.batch / rate;
    if (seconds < 0.01 && run_.sequence > 0) {
      seconds *= run_.sequence;
      sink_.note("throughput is taken as tokens a second: as samples it would mean steps below 10 ms");
    }
    if (seconds < 0.01) {
      sink_.skip("throughputs that would mean steps below 10 ms (tokens, and no max_sequence_length?)");
      return;
    }
    run_.steps.add(seconds * 1e6);
    sink_.note("step times are the global batch divided by the logged throughput");
  }

  RecordRow row(const char* op) const {
    RecordRow row;
    row.set("op", op).set("layer", run_.benchmark);
    if (run_.batch > 0) row.set("batch", run_.batch);
    if (run_.sequence > 0) row.set("seq_q", run_.sequence);
    if (sink_.given().ranks) row.set("ranks", static_cast<double>(*sink_.given().ranks));
    if (sink_.given().ranks_per_node)
      row.set("ranks_per_node", static_cast<double>(*sink_.given().ranks_per_node));
    if (sink_.given().software.empty())
      row.set("software", "mlperf" + (run_.submitter.empty() ? "" : " " + run_.submitter));
    return row;
  }

  void finish() {
    if (!run_.platform.empty()) sink_.fact("submission platform", run_.platform);
    if (run_.steps.count() > 0)
      sink_.row(row("training_step")
                    .set("time_us", run_.steps.quantile(0.5))
                    .set("min_us", run_.steps.smallest())
                    .set("p90_us", run_.steps.quantile(0.9))
                    .set("count", static_cast<double>(run_.steps.count())));
    if (run_.start_ms > 0 && run_.stop_ms > run_.start_ms) {
      if (run_.success) {
        sink_.row(row("training_run").set("time_us", (run_.stop_ms - run_.start_ms) * 1e3).set("count", 1.0));
      } else {
        sink_.skip("runs that were aborted");
      }
    } else if (run_.any) {
      sink_.skip("runs without both run_start and run_stop");
    }
    run_ = {};
  }

  Lines lines_;
  Sink& sink_;
  Run run_;
};

void read(const Input& input, Sink& sink) { Reader(input, sink).read(); }

bool looks_like(std::string_view head) { return has(head, kMark); }

}  // namespace

const Format mllog{"mllog", "MLPerf training logs (:::MLLOG): step and run times", looks_like, read};

}  // namespace aifsim::records
