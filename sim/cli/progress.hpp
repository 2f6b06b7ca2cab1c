// How far long work is, and when it will end: one line of a terminal that is written over, and elsewhere (a file, a pipe)
// a line now and then, so that who waits for a search of minutes sees that it goes on.
#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace aifsim {

// What is to be told of work at `seconds` since it began. Pieces are counted anew in each phase of it.
class ProgressText {
 public:
  // "[3/12, about 40 s left] NAME"
  std::string text(double seconds, std::size_t done, std::size_t count, const std::string& name);
  // The same for a stream that keeps its lines, or nothing: none in the first seconds, then one every half minute, and
  // where a phase begins.
  std::optional<std::string> line(double seconds, std::size_t done, std::size_t count,
                                  const std::string& name);

 private:
  bool new_phase(double seconds, std::size_t done, std::size_t count);
  double begin_ = 0, told_ = 0;  // of the phase; of the last line
  std::size_t done_ = 0, count_ = 0;
};

class Progress {
 public:
  // With AIFSIM_PROGRESS=lines, for programs that read it, each call is a line "progress DONE COUNT NAME".
  Progress();
  ~Progress() { clear(); }
  void clear();  // a terminal's line
  // `done` of `count` pieces are finished; `name` is the one that begins.
  void show(std::size_t done, std::size_t count, const std::string& name);

 private:
  bool terminal_, lines_, shown_ = false;
  std::chrono::steady_clock::time_point begin_, last_;
  ProgressText text_;
};

}  // namespace aifsim
