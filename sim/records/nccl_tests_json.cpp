// JSON that nccl-tests 2.17 writes with -J: {"version", "args", "nccl_version", "config": {"iterations",
// "devices": [{"rank", "hostname", "device_info"}]}, "results": [{"size", "type", "redop", "out_of_place":
// {"time", "alg_bw", "bus_bw", "nwrong"}, "in_place": ..., "out_of_place_per_iter": {"min_us", "p50_us",
// ...}}]}.
//
// And the JSON of rccl-tests (-Z json): [{"numCycle", "name": "AllReduce", "ranks", "ranksPerNode",
// "gpusPerRank", "size", "type", "redop", "inPlace": 0 or 1, "time", "algBw", "busBw", "wrong": "0" or
// "N/A"}].
#include <fmt/format.h>

#include <cmath>

#include "records/format.hpp"
#include "records/json_walk.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"
#include "records/nccl_tests.hpp"

namespace aifsim::records {
namespace {

class NcclTestsJsonVisitor : public JsonVisitor {
 public:
  explicit NcclTestsJsonVisitor(Sink& sink) : sink_(sink) {}
  std::size_t results() const { return results_; }

  void value(const JsonPath& path, const JsonScalar& value) override {
    const std::string* text = text_in(value);
    const auto number = number_in(value);
    if (is_at(path, {"args", ""}) && text && run_.op.empty()) {
      const std::size_t slash = text->rfind('/');
      const std::string program = slash == std::string::npos ? *text : text->substr(slash + 1);
      if (program.ends_with("_perf") && program.size() < 60) run_.program = program;
      if (const auto op = collective_word(program)) run_.op = *op;
    } else if (is_at(path, {"nccl_version"}) && number && *number > 0 && *number < 1e6) {
      const int v = static_cast<int>(*number);  // 22703 is 2.27.3
      run_.version = fmt::format("nccl-{}.{}.{}", v / 10000, v / 100 % 100, v % 100);
    } else if (is_at(path, {"config", "iterations"}) && number) {
      run_.iterations = *number;
    } else if (is_at(path, {"config", "nthreads"}) || is_at(path, {"config", "ngpus"})) {
      per_process_ *= number.value_or(1) >= 1 && *number <= 1024 ? static_cast<std::int64_t>(*number) : 1;
    } else if (is_at(path, {"config", "devices", "", "hostname"}) && text) {
      device_.host = *text;
    } else if (is_at(path, {"config", "devices", "", "pid"}) && number) {
      device_.process = fmt::format("{}", *number);
    } else if (is_at(path, {"config", "devices", "", "group"}) && number && std::abs(*number) < 1e9) {
      device_.group = static_cast<std::int64_t>(*number);
    } else if (is_at(path, {"config", "devices", "", "rank"}) && number && *number >= 0 && *number < 1e7) {
      rank_ = static_cast<std::int64_t>(*number);
    } else if (is_at(path, {"config", "devices", "", "device_info"}) && text) {
      device_name_ = trimmed(*text);
      sink_.fact("device", device_name_);
    } else if (path.size() >= 3 && path[0] == "results") {
      result(path, value);
    } else if (path.size() == 2 && path[0].empty()) {
      rccl(path[1], value);
    }
  }

  void begin(const JsonPath& path) override {
    if (is_at(path, {""})) {
      run_ = {};
      timing_[0] = {};
      wrong_.reset();
      in_place_ = false;
      gpus_per_rank_ = 1;
    }
    if (is_at(path, {"results", ""})) {
      timing_[0] = timing_[1] = {};
      there_[0] = there_[1] = cpu_[0] = cpu_[1] = false;
      wrong_.reset();
    }
  }

  void end(const JsonPath& path) override {
    if (is_at(path, {"config", "devices", ""})) {
      run_.devices_per_line = per_process_;
      device_.process += " on " + device_.host;
      run_.list(rank_, device_, device_name_);
      device_ = {};
      rank_ += per_process_;
    }
    if (is_at(path, {"results", ""})) finish();
    if (is_at(path, {""})) finish_rccl();
  }

 private:
  void result(const JsonPath& path, const JsonScalar& value) {
    const std::string* text = text_in(value);
    const std::string& key = path[2];
    for (NcclTiming& t : timing_) {
      if (path.size() != 3) break;
      if (key == "size") t.bytes = number(key, value);
      if (key == "type" && text) t.dtype = dtype_word(*text);
      if (key == "redop" && text) t.redop = *text;
      if (key == "root") t.root = number_in(value);
    }
    if (path.size() != 4) return;
    for (const int place : {0, 1}) {
      NcclTiming& t = timing_[place];
      const std::string name = place ? "in_place" : "out_of_place";
      const std::string& figure = path[3];
      if (key == name) {
        if (figure == "time" || figure == "cpu_time") {
          t.time_us = number(figure, value);
          there_[place] = true;
          cpu_[place] = figure == "cpu_time";
        }
        if (figure == "alg_bw") t.algbw = number(figure, value);
        if (figure == "bus_bw") t.busbw = number(figure, value);
        if (figure == "nwrong" && !std::holds_alternative<std::nullptr_t>(value))
          t.wrong = number(figure, value);
      } else if (key == name + "_per_iter" && figure == "min_us") {
        t.min_us = number(figure, value);
      }
    }
  }

  void rccl(const std::string& key, const JsonScalar& value) {
    NcclTiming& t = timing_[0];
    const std::string* text = text_in(value);
    if (key == "name" && text) {
      run_.program = text->substr(0, 60);
      run_.op = collective_word(*text).value_or("");
    }
    if (key == "ranks") run_.ranks = whole(key, value);
    if (key == "ranksPerNode") per_node_ = whole(key, value);
    if (key == "gpusPerRank") gpus_per_rank_ = number(key, value);
    if (key == "size") t.bytes = number(key, value);
    if (key == "type" && text) t.dtype = dtype_word(*text);
    if (key == "redop" && text) t.redop = *text;
    if (key == "inPlace") in_place_ = number(key, value) != 0;
    if (key == "time") t.time_us = number(key, value);
    if (key == "algBw") t.algbw = number(key, value);
    if (key == "busBw") t.busbw = number(key, value);
    if (key == "wrong" && !(text && *text == "N/A")) t.wrong = number(key, value);
  }

  void finish_rccl() {
    ++results_;
    if (left_out()) return;
    if (in_place_ != sink_.given().in_place) {
      sink_.skip(in_place_ ? "in-place timings (--in-place takes them instead)"
                           : "out-of-place timings (--in-place takes the in-place ones)");
    } else if (gpus_per_rank_ != 1) {
      sink_.skip("results with several GPUs in a rank");
    } else {
      run_.version = "rccl-tests";
      run_.per_node = per_node_;
      write_row(run_, timing_[0], sink_, place());
    }
  }

  std::int64_t whole(const std::string& key, const JsonScalar& value) {
    const double v = number(key, value);
    if (v == std::floor(v) && v < 1e9) return static_cast<std::int64_t>(v);
    wrong(fmt::format("{}: expected a whole number", key));
    return 0;
  }

  double number(const std::string& key, const JsonScalar& value) {
    const auto number = number_in(value);
    if (number && *number >= 0) return *number;
    if (!std::holds_alternative<std::nullptr_t>(value))
      wrong(fmt::format("results: {}: expected a number, 0 or more", key));
    return 0;
  }

  // Costs the result, not the file.
  void wrong(std::string message) {
    if (!wrong_) wrong_ = Problem{place(), std::move(message)};
  }
  bool left_out() {
    if (wrong_) sink_.skip("rows that cannot be read", *wrong_);
    return wrong_.has_value();
  }

  void finish() {
    ++results_;
    if (left_out()) return;
    const bool in_place = sink_.given().in_place || !there_[0];
    if (!there_[in_place]) {
      sink_.skip("timings that the file leaves out");
      return;
    }
    if (cpu_[in_place])
      return sink_.skip("times of the launch on the CPU (-C 1), not of the collective", place());
    if (there_[!in_place])
      sink_.skip(in_place ? "out-of-place timings (--in-place takes the in-place ones)"
                          : "in-place timings (--in-place takes them instead)");
    write_row(run_, timing_[in_place], sink_, place());
  }

  Sink& sink_;
  NcclRun run_;
  NcclTiming timing_[2];  // out of place, in place
  bool there_[2] = {}, cpu_[2] = {};
  NcclRun::Rank device_;
  std::int64_t rank_ = 0;
  std::string device_name_;
  std::optional<Problem> wrong_;  // in the result being read
  std::size_t results_ = 0;
  std::int64_t per_process_ = 1, per_node_ = 0;
  bool in_place_ = false;
  double gpus_per_rank_ = 1;
};

}  // namespace

void read_nccl_json(const Input& input, Sink& sink) {
  NcclTestsJsonVisitor visitor(sink);
  walk_json(input, visitor);
  if (visitor.results() == 0)
    throw InputError(Place{input.name()}, "no results; expected a list \"results\", or a list of results");
}

}  // namespace aifsim::records
