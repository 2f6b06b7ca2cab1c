// The naive control of training runs: constant MFU, the median MFU of the other groups' rows with the same
// GPU family and precision; MFU = model FLOPs per second / dense peak.
#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "factory/training_table.hpp"

namespace aifsim {

// The values of a kind are sorted once; those of a row's group are then stepped over, so that a group for each row
// costs no more than one for all.
class ConstantMfu {
 public:
  explicit ConstantMfu(const std::vector<MeasuredRow>& rows);
  // Of one of these rows; NaN where no other group tells it.
  double seconds(const MeasuredRow& row) const;

 private:
  struct Kind {
    std::vector<std::pair<double, std::string>> rows;                  // MFU and group, by MFU
    std::unordered_map<std::string, std::vector<std::size_t>> places;  // of each group in `rows`, ascending
  };
  std::map<std::pair<std::string, std::string>, Kind> kinds_;  // by family and precision
};

}  // namespace aifsim
