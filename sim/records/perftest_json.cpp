// What perftest writes with --out_json, one object per test:
//
//   {"test_info": {"test": "RDMA_Write_BW_Test", "Device": "mlx5_0", "Number_of_qps": 1, ...},
//    "results": {"MsgSize": 65536, "n_iterations": 5000, "BW_peak": 197.1, "BW_average": 196.6, "MsgRate": 0.375}}
//
// or t_min, t_max, t_typical, t_avg of a latency test. BW_average has no unit: it is in what the run was asked for
// (2^20 bytes/s, or 10^9 bit/s with --report_gbits), which size times message rate tells.
#include <fmt/format.h>

#include <cmath>

#include "records/cells.hpp"
#include "records/json_walk.hpp"
#include "records/perftest.hpp"

namespace aifsim::records {
namespace {

constexpr double kUnits[] = {1048576, 1e9 / 8};  // of BW_average, in bytes/s

// "RDMA_Write_BW_Test" -> "RDMA_Write BW Test", as the text has it.
std::string title_of(std::string test) {
  for (const char* word : {"_Bidirectional", "_BW", "_Latency", "_Test"})
    if (const std::size_t at = test.find(word); at != std::string::npos && at > 0) test[at] = ' ';
  return test;
}

class PerftestJsonReader : public JsonVisitor {
 public:
  explicit PerftestJsonReader(Sink& sink) : sink_(sink) {}
  bool any() const { return any_; }

  void value(const JsonPath& path, const JsonScalar& value) override {
    if (path.size() < 2) return;
    const std::string& key = path.back();
    const std::string* text = text_in(value);
    if (is_at(path, {"test_info", key})) {
      if (key == "test" && text) about_.title = title_of(text->substr(0, 200));
      if (key == "Number_of_qps")
        about_.queue_pairs = number_in(value) ? fmt::format("{:g}", *number_in(value)) : "";
      if (text && *text == "ON" && (holds(key, "CUDA") || holds(key, "ROCm_memory"))) about_.on_gpu = true;
    } else if (in_results(path, 1)) {
      const std::optional<double> number = number_in(value);
      if (!number) return;
      if (key == "MsgSize") now_.size = *number;
      if (key == "n_iterations") now_.count = *number;
      if (key == "BW_average") average_ = *number;
      if (key == "MsgRate") now_.messages = *number * 1e6;
      if (key == "t_min") now_.least = *number;
      if (key == "t_typical") now_.median = *number;
      if (key == "t_avg") now_.mean = *number;
    }
  }

  void begin(const JsonPath& path) override {
    if (path.empty()) about_ = {};
    if (!in_results(path, 0)) return;
    now_ = about_;
    average_ = 0;
  }

  void end(const JsonPath& path) override {
    if (!in_results(path, 0) || (now_.size == 0 && average_ == 0 && now_.mean == 0)) return;
    any_ = true;
    row_or_skip(sink_, [&] { row(); });
    now_ = about_;
    average_ = 0;
  }

 private:
  // The results themselves, or one of a list of them, and what is `deeper` inside.
  static bool in_results(const JsonPath& path, std::size_t deeper) {
    const std::size_t size = path.size() - std::min(path.size(), deeper);
    return (size == 1 && path[0] == "results") || (size == 2 && path[0] == "results" && path[1].empty());
  }

  void row() {
    now_.message_step = 0.5;  // six digits of 10^6 per second
    if (average_ > 0 && !(now_.messages > 0))
      return sink_.skip("bandwidths without a message rate, which alone tells their unit", place());
    if (average_ > 0) {
      const double bytes = now_.size * now_.messages;
      double unit = kUnits[0];
      for (const double other : kUnits)
        if (std::abs(std::log(bytes / (average_ * other))) < std::abs(std::log(bytes / (average_ * unit))))
          unit = other;
      now_.rate = average_ * unit;
      now_.rate_step = 0.005 * unit;
    }
    if (now_.title.empty()) now_.title = average_ > 0 ? "BW Test" : "Latency Test";
    write_perftest(now_, place(), sink_);
  }

  Sink& sink_;
  PerftestResult about_, now_;
  double average_ = 0;
  bool any_ = false;
};

}  // namespace

void read_perftest_json(const Input& input, Sink& sink) {
  PerftestJsonReader reader(sink);
  walk_json(input, reader);
  if (!reader.any())
    throw InputError(
        Place{input.name()},
        "no results; expected JSON of perftest's --out_json with the keys test_info and results");
}

bool looks_like_perftest_json(std::string_view head) {
  return holds(head, "\"test_info\"") && holds(head, "\"results\"") &&
         (holds(head, "\"BW_average\"") || holds(head, "\"t_typical\"") || holds(head, "\"t_avg\""));
}

}  // namespace aifsim::records
