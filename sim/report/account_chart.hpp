// Where the time of steps goes, drawn: a bar for each step, and the waterfall of one.
#pragma once
#include <string>

#include "metrics/step_account.hpp"
#include "report/bars.hpp"

namespace aifsim {

// Parts of an account in eight groups, which a bar can show.
std::vector<BarPart> account_bar_parts();
std::vector<double> account_bar(const StepAccount& account);

class AccountChart {
 public:
  void add(const std::string& label, const StepAccount& account);
  std::string svg() const;

 private:
  std::vector<BarRow> rows_;
};

// Each part as a bar that begins where the one before ends: from the first kernel to the whole step.
std::string waterfall_svg(const StepAccount& account);

}  // namespace aifsim
