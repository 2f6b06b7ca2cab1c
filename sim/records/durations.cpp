#include "records/durations.hpp"

#include <algorithm>
#include <cmath>

#include "base/statistics.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kExact = 1024;
constexpr double kFirst = 1e-3, kStep = 0.005;  // 1 ns; bin i begins at kFirst * exp(i * kStep)
constexpr std::size_t kBins = 5600;             // up to 1,400 s

std::size_t bin_of(double t) {
  const double bin = std::log(t / kFirst) / kStep;
  return bin <= 0 ? 0 : std::min(static_cast<std::size_t>(bin), kBins - 1);
}

}  // namespace

void Durations::add(double t) {
  smallest_ = count_ ? std::min(smallest_, t) : t;
  ++count_;
  if (bins_.empty() && exact_.size() < kExact) {
    exact_.push_back(t);
    return;
  }
  if (bins_.empty()) {
    bins_.resize(kBins);
    for (const double earlier : exact_) ++bins_[bin_of(earlier)];
    std::vector<double>().swap(exact_);
  }
  ++bins_[bin_of(t)];
}

double Durations::quantile(double q) const {
  if (bins_.empty()) return aifsim::quantile(exact_, q);
  auto left = static_cast<std::size_t>(q * static_cast<double>(count_ - 1));
  std::size_t bin = 0;
  while (bin + 1 < kBins && left >= bins_[bin]) left -= bins_[bin++];
  return std::max(smallest_, kFirst * std::exp((static_cast<double>(bin) + 0.5) * kStep));
}

}  // namespace aifsim::records
