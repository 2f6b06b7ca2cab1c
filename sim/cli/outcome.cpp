#include "cli/outcome.hpp"

#include <exception>
#include <ostream>

#include "base/error.hpp"

namespace aifsim {

int outcome_of(const std::function<void()>& command, std::ostream& errors) {
  try {
    command();
    return exit_fine;
  } catch (const InputError& error) {
    for (const Problem& problem : error.problems()) errors << problem.str() << '\n';
    return exit_bad_input;
  } catch (const CannotAnswer& error) {
    errors << "aifsim: no answer: " << error.what() << '\n';
    return exit_cannot_answer;
  } catch (const std::exception& error) {
    errors
        << "aifsim: internal error: " << error.what()
        << "\nThis is a bug of aifsim. Please report it with the command that you ran and its input files.\n";
    return exit_our_bug;
  }
}

}  // namespace aifsim
