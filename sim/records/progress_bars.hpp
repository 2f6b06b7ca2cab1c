// Progress bars of tqdm in logs: `Epoch 0:  42%|####  | 100/240 [02:03<02:51,  1.22s/it, loss=2.3]`.
#pragma once
#include <optional>
#include <string_view>

namespace aifsim::records {

struct ProgressBar {
  double done = 0, total = 0;  // iterations; total 0: unknown
  double elapsed = 0;          // seconds
  double seconds = 0;          // per iteration as printed; 0: not yet known
};

// The bar of a line, or nothing.
std::optional<ProgressBar> progress_bar(std::string_view line);

// One bar as it moves on: the mean time of an iteration, without the first ones shown.
class BarClock {
 public:
  void see(const ProgressBar& bar);
  bool of_same_bar(const ProgressBar& bar) const {
    return !seen_ || (bar.total == last_.total && bar.done >= last_.done);
  }
  std::optional<double> seconds() const;  // per iteration
  bool seen() const { return seen_; }

 private:
  ProgressBar first_, last_;
  bool seen_ = false;
};

// "02:03", "1:02:03", "0:41:23.45"; nothing for another text.
std::optional<double> clock_seconds(std::string_view text);

}  // namespace aifsim::records
