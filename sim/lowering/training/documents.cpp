#include "lowering/training/documents.hpp"

#include <cmath>
#include <limits>

namespace aifsim {
namespace {

// b for a mean m: with u = s / b, (1 - exp(-u)) / u = m / s falls from 1 at u = 0 below m / s at u = s / m.
double scale_of(double mean, double sequence) {
  if (mean >= sequence) return std::numeric_limits<double>::infinity();
  const double share = mean / sequence;
  double low = 0, high = 1 / share;
  for (int i = 0; i < 100 && low < high; ++i) {
    const double u = (low + high) / 2;
    (-std::expm1(-u) > share * u ? low : high) = u;
  }
  return sequence / high;
}

}  // namespace

DocumentLengths::DocumentLengths(double mean, double sequence)
    : mean_(mean), sequence_(sequence), scale_(scale_of(mean, sequence)) {}

double DocumentLengths::keys(double w) const {
  const double s = sequence_, b = scale_;
  // Near that limit the closed form is a difference of large figures; these are its first terms.
  if (s / b < 1e-3) return (w * (s - w / 2) - w * (s * s / 2 - w * w / 6) / b) / mean_;
  const double inside = b * b * (-std::expm1(-w / b) - w / b * std::exp(-w / b));
  return (inside + w * b * (std::exp(-w / b) - std::exp(-s / b))) / mean_;
}

DocumentLengths DocumentLengths::in_blocks(double w) const {
  return {std::isinf(scale_) ? w : -scale_ * std::expm1(-w / scale_), w, scale_};
}

double block_of_token(double s, double w) {
  const double last = std::fmod(s, w);
  return ((s - last) * w + last * last) / s;
}

std::optional<DocumentLengths> packed_lengths(const TrainingDescription& t) {
  if (!t.documents || t.documents->packing != Packing::packed) return std::nullopt;
  return DocumentLengths(static_cast<double>(t.documents->tokens), static_cast<double>(t.sequence));
}

double useful_share(const TrainingDescription& t) {
  if (!t.documents || t.documents->packing != Packing::padded) return 1;
  return static_cast<double>(t.documents->tokens) / static_cast<double>(t.sequence);
}

}  // namespace aifsim
