// Many durations in bounded memory: exact up to 1,024, from then on counts in bins half a percent wide, so
// that a quantile is right to a quarter of a percent.
#pragma once
#include <cstdint>
#include <vector>

namespace aifsim::records {

class Durations {
 public:
  void add(double microseconds);  // above 0
  std::size_t count() const { return count_; }
  double smallest() const { return smallest_; }
  double quantile(double q) const;

 private:
  std::vector<double> exact_;
  std::vector<std::uint32_t> bins_;
  std::size_t count_ = 0;
  double smallest_ = 0;
};

}  // namespace aifsim::records
