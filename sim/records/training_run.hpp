// Runs of training as their logs tell them. Each becomes a row of the table that `aifsim validate training`
// reads: what the log says of the layout, and the median time of its steady iterations.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/durations.hpp"
#include "records/input.hpp"
#include "records/sink.hpp"

namespace aifsim::records {

// What a log tells of each iteration.
enum class StepFigure { seconds, samples_per_second, tokens_per_second_and_gpu };

// One logged iteration; what is 0 was not logged.
struct LoggedStep {
  std::int64_t iteration = -1;  // -1: without a number
  double value = 0;             // as the run's StepFigure says
  double batch = 0;             // sequences
  double tflops_per_gpu = 0, tokens_per_second_and_gpu = 0;
};

class TrainingRun {
 public:
  // `stack`: the software. `conclude` derives columns from what was said, when a run ends.
  TrainingRun(const Input& input, Sink& sink, const char* stack, StepFigure figure,
              std::function<void(TrainingRun&)> conclude = {});

  // What the log says of a column; the first word on it counts. Names that are no columns of the table are
  // kept for `conclude`.
  void say(const std::string& name, std::string_view value);
  void say(const std::string& name, double value);
  void correct(const std::string& name, std::string_view value);  // this word counts
  std::string said(const std::string& name) const;                // "": nothing
  double number(const std::string& name) const;                   // 0: none
  void at_least(const std::string& name, double value);           // the largest counts

  // A value that is not finite or out of all bounds is left out and told, with its place.
  void step(const LoggedStep& step, const Place& place);
  void figure(StepFigure figure) { figure_ = figure; }
  // A line of an iteration that cannot be used.
  void unusable(const Place& place, const std::string& what);
  // An evaluation or a checkpoint: what the log tells next is no steady iteration.
  void pause() { paused_ = logged_ > 0; }
  // The log begins another run: what was said so far is of the one before, if that one has iterations (or a
  // run_time_s at least).
  void begin();
  // The row of the last run. InputError where no iteration was found.
  void finish();
  bool has_steps() const { return logged_ > 0; }
  Sink& sink() { return sink_; }

 private:
  struct Kept {
    std::int64_t iteration = -1;
    double period = 0;  // seconds, per sample, or per token and GPU
    double tflops = 0, tokens = 0;
  };
  struct Totals {
    Durations period, tflops, tokens;
    void add(const Kept& step);
  };
  bool repeated(std::int64_t iteration);
  bool of_this_batch(double batch);
  std::size_t warm_up() const;  // of first_
  void write();
  void summarise();
  void fill_from_user();
  double seconds_per_period() const;  // 0: the log does not tell
  void name_missing_columns();

  std::string name_;
  Sink& sink_;
  std::string stack_;
  StepFigure figure_;
  std::function<void(TrainingRun&)> conclude_;
  std::size_t runs_ = 0;
  // Of the present run:
  std::map<std::string, std::string> said_;
  std::vector<Kept> first_;  // which may be warm-up
  Totals later_, after_pause_;
  std::vector<std::int64_t> recent_;  // iterations logged last
  std::size_t logged_ = 0;
  double batch_ = 0;
  bool paused_ = false;
};

}  // namespace aifsim::records
