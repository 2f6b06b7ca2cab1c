#include "records/progress_bars.hpp"

#include <algorithm>

#include "records/lines.hpp"
#include "records/log_facts.hpp"

namespace aifsim::records {

std::optional<double> clock_seconds(std::string_view text) {
  double seconds = 0;
  int parts = 0;
  while (!text.empty()) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto part = as_number(text.substr(0, colon));
    if (!part || *part < 0 || ++parts > 3) return std::nullopt;
    seconds = seconds * 60 + *part;
    text.remove_prefix(std::min(colon + 1, text.size()));
  }
  return parts >= 2 ? std::optional(seconds) : std::nullopt;
}

std::optional<ProgressBar> progress_bar(std::string_view line) {
  // 100/240 [02:03<02:51,  1.22s/it
  const std::size_t open = line.find(" [");
  if (open == std::string_view::npos) return std::nullopt;
  std::size_t begin = open;
  while (begin > 0 && line[begin - 1] != ' ' && line[begin - 1] != '|') --begin;
  const std::string_view count = line.substr(begin, open - begin);
  const std::size_t slash = count.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto done = as_number(count.substr(0, slash));
  const std::string_view total = count.substr(slash + 1);
  const auto all = total == "?" ? std::optional(0.0) : as_number(total);
  const std::string_view inside = line.substr(open + 2, line.find(']', open) - open - 2);
  const std::size_t less = inside.find('<');
  if (!done || !all || *done < 0 || *all < 0 || less == std::string_view::npos) return std::nullopt;
  const auto elapsed = clock_seconds(trimmed(inside.substr(0, less)));
  if (!elapsed) return std::nullopt;
  ProgressBar bar{*done, *all, *elapsed, 0};
  if (const std::size_t comma = inside.find(','); comma != std::string_view::npos) {
    const std::string_view rate = trimmed(inside.substr(comma + 1));
    const std::size_t unit = rate.find_first_not_of("0123456789.");
    const auto value = as_number(rate.substr(0, unit));
    if (value && *value > 0 && unit != std::string_view::npos) {
      if (rate.substr(unit).starts_with("s/it")) bar.seconds = *value;
      if (rate.substr(unit).starts_with("it/s")) bar.seconds = 1 / *value;
    }
  }
  return bar;
}

void BarClock::see(const ProgressBar& bar) {
  if (bar.done < 1) return;
  if (!seen_) first_ = bar;
  last_ = bar;
  seen_ = true;
}

// Clocks show whole seconds: only a stretch of 20 s tells more than the printed rate.
std::optional<double> BarClock::seconds() const {
  if (!seen_) return std::nullopt;
  const double stretch = last_.elapsed - first_.elapsed;
  if (stretch >= 20 && last_.done > first_.done) return stretch / (last_.done - first_.done);
  if (last_.seconds > 0) return last_.seconds;
  return last_.elapsed > 0 ? std::optional(last_.elapsed / last_.done) : std::nullopt;
}

}  // namespace aifsim::records
