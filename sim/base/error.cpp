#include "base/error.hpp"

#include <fmt/core.h>

namespace aifsim {
namespace {

std::string joined(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& p : problems) {
    if (!text.empty()) text += '\n';
    text += p.str();
  }
  return text;
}

}  // namespace

std::string Place::str() const { return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column); }

std::string Problem::str() const {
  const std::string where = place.str();
  return where.empty() ? message : where + ": " + message;
}

InputError::InputError(std::vector<Problem> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}

InputError::InputError(Place place, std::string message)
    : InputError(std::vector<Problem>{{std::move(place), std::move(message)}}) {}

}  // namespace aifsim
