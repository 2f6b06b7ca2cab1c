// Errors of the user, with the place where they stand. A message says what is wrong, what was found,
// and what would be right. Asserts are for our own bugs.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

namespace aifsim {

// A position in a file; line and column count from 1, 0 means "the whole file".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string str() const;  // "file:line:column", or "file" when line is 0
};

struct Problem {
  Place place;
  std::string message;
  std::string str() const;  // "file:line:column: message"
};

// Bad input: one or more problems, found together. The command line prints each and exits with 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(std::vector<Problem> problems);
  InputError(Place place, std::string message);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

// The input is well-formed, but no model can answer it (outside every model, does not fit in memory).
// The command line prints it and exits with 1.
class CannotAnswer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace aifsim
