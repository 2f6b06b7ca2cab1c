// One line on a terminal's standard error stream that tells how far long work is, and when it will end.
#pragma once
#include <chrono>
#include <string>

namespace aifsim {

class Progress {
 public:
  // Shows nothing when standard error is not a terminal; with AIFSIM_PROGRESS=lines, for programs that read it, each
  // call is a line "progress DONE COUNT NAME".
  Progress();
  ~Progress() { clear(); }
  void clear();  // the line
  // `done` of `count` pieces are finished; `name` is the one that begins.
  void show(std::size_t done, std::size_t count, const std::string& name);

 private:
  bool terminal_, lines_, shown_ = false;
  std::chrono::steady_clock::time_point begin_, last_;
};

}  // namespace aifsim
