// MLPerf training logs: lines `:::MLLOG {"key": ..., "value": ..., "metadata": {...}, "time_ms": ...}`, maybe
// behind a rank ("0: "). Steps come from `tracked_stats` (throughput, divided into the global batch) or from
// a `step_time`; run_start and run_stop give the whole run. A row of the table of training runs for each.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/quote.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/training_run.hpp"

namespace aifsim::records {
namespace {

using Json = nlohmann::json;
constexpr std::string_view kMark = ":::MLLOG";

struct Run {
  std::string benchmark, submitter, platform;
  double batch = 0, sequence = 0, start_ms = 0, stop_ms = 0;
  bool any = false, success = true;
};

class MllogReader {
 public:
  MllogReader(const Input& input, Sink& sink)
      : lines_(input), sink_(sink), row_(input, sink, "mlperf", StepFigure::seconds) {}

  void read() {
    bool any = false;
    while (lines_.next()) {
      const std::size_t mark = lines_.text().find(kMark);
      if (mark == std::string::npos) {
        sink_.skip("lines that are no :::MLLOG");
        continue;
      }
      any = true;
      try {
        event(mark + kMark.size());
      } catch (const InputError& error) {
        if (broken_.empty()) broken_ = error.problems();
        sink_.skip(":::MLLOG lines that cannot be read", error.problems().front());
      }
    }
    if (!any) throw InputError(lines_.place(0), "no line with :::MLLOG; expected a log of MLPerf training");
    finish();
    if (sink_.rows() == 0 && !broken_.empty()) throw InputError(std::move(broken_));
    row_.finish();
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
      step_of(number(value["step_time"]));
    } else if (value.contains("train_step_time")) {
      step_of(number(value["train_step_time"]));
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
    step_of(seconds);
    sink_.note("step times are the global batch divided by the logged throughput");
  }

  void step_of(double seconds) { row_.step({.value = seconds}, lines_.place()); }

  void finish() {
    if (!run_.platform.empty()) sink_.fact("submission platform", run_.platform);
    row_.say("model", run_.benchmark);
    if (holds(run_.benchmark, "lora")) row_.say("task", "lora");
    row_.say("global_batch", run_.batch);
    row_.say("seq_len", run_.sequence);
    row_.say("stack", run_.submitter.empty() ? "mlperf" : "mlperf " + run_.submitter);
    if (run_.start_ms > 0 && run_.stop_ms > run_.start_ms) {
      if (run_.success) {
        row_.say("run_time_s", (run_.stop_ms - run_.start_ms) / 1e3);
      } else {
        sink_.note("a run was aborted: it has no run_time_s");
      }
    } else if (run_.any) {
      sink_.note("a run without both run_start and run_stop has no run_time_s");
    }
    row_.begin();
    run_ = {};
  }

  Lines lines_;
  Sink& sink_;
  TrainingRun row_;
  Run run_;
  std::vector<Problem> broken_;  // the first
};

void read_mllog(const Input& input, Sink& sink) { MllogReader(input, sink).read(); }

bool looks_like_mllog(std::string_view head) { return holds(head, kMark); }

}  // namespace

const Format mllog{"mllog", "MLPerf training logs (:::MLLOG): step and run times", looks_like_mllog,
                   read_mllog, true};

}  // namespace aifsim::records
