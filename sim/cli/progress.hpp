// One line on a terminal's standard error stream that tells how far long work is, and when it will end.
#pragma once
#include <chrono>
#include <string>

namespace aifsim {

class Progress {
 public:
  Progress();  // shows nothing when standard error is not a terminal
  ~Progress() { clear(); }
  void clear();  // the line
  // `done` of `count` pieces are finished; `name` is the one that begins.
  void show(std::size_t done, std::size_t count, const std::string& name);

 private:
  bool terminal_, shown_ = false;
  std::chrono::steady_clock::time_point begin_, last_;
};

}  // namespace aifsim
