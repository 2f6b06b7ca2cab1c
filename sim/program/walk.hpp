// A stream's operations in the order in which they run, each Repeat's body as often as it says.
#pragma once
#include <cstdint>
#include <vector>

#include "program/program.hpp"

namespace aifsim {

class Walk {
 public:
  explicit Walk(const std::vector<Operation>& operations) : levels_{{&operations, 0, 0, 1}} { settle(); }
  bool ended() const { return levels_.empty(); }
  const Operation& operation() const { return (*levels_.back().operations)[levels_.back().at]; }
  std::int64_t run() const { return levels_.back().run; }  // of the innermost Repeat, from 0
  void next() {
    ++levels_.back().at;
    settle();
  }

 private:
  struct Level {
    const std::vector<Operation>* operations;
    std::size_t at;
    std::int64_t run, times;
  };
  void settle();  // on an operation that is no Repeat, or at the end
  std::vector<Level> levels_;
};

// Calls visit(operation, times): how often it runs in all.
template <class Visit>
void for_each_operation(const std::vector<Operation>& operations, Visit visit, std::int64_t times = 1) {
  for (const Operation& op : operations) {
    if (const auto* repeat = std::get_if<Repeat>(&op.what))
      for_each_operation(repeat->body, visit, times * repeat->times);
    else
      visit(op, times);
  }
}

}  // namespace aifsim
