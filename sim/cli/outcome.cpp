#include "cli/outcome.hpp"

#include <exception>
#include <filesystem>
#include <ostream>
#include <streambuf>

namespace aifsim {
namespace {

// Passes everything on, and remembers whether there was anything.
class Watch : public std::streambuf {
 public:
  explicit Watch(std::ostream* stream) : stream_(stream) {
    if (stream_) target_ = stream_->rdbuf(this);
  }
  ~Watch() override {
    if (stream_) stream_->rdbuf(target_);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  bool written() const { return written_; }

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    written_ = true;
    return target_->sputc(traits_type::to_char_type(c));
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    written_ = written_ || size > 0;
    return target_->sputn(text, size);
  }
  int sync() override { return target_->pubsync(); }

 private:
  std::ostream* stream_;
  std::streambuf* target_ = nullptr;
  bool written_ = false;
};

struct Ending {
  ExitCode code = exit_fine;
  std::vector<Problem> problems;
};

Ending run(const std::function<void()>& command, std::ostream& errors) {
  try {
    command();
    return {};
  } catch (const AlreadyTold& told) {
    return {told.code, {}};
  } catch (const UsageError& error) {
    errors << "aifsim: " << error.what() << "\nSee `aifsim --help`.\n";
    return {exit_bad_input, {{{}, error.what()}}};
  } catch (const InputError& error) {
    for (const Problem& problem : error.problems()) errors << problem.str() << '\n';
    return {exit_bad_input, error.problems()};
  } catch (const CannotAnswer& error) {
    errors << "aifsim: no answer: " << error.what() << '\n';
    return {exit_cannot_answer, {{{}, error.what()}}};
  } catch (const std::filesystem::filesystem_error& error) {  // a path of the user's
    const Problem problem{Place{error.path1().string()}, error.code().message()};
    errors << problem.str() << '\n';
    return {exit_bad_input, {problem}};
  } catch (const std::exception& error) {
    errors
        << "aifsim: internal error: " << error.what()
        << "\nThis is a bug of aifsim. Please report it with the command that you ran and its input files.\n";
    return {exit_our_bug, {{{}, std::string("internal error: ") + error.what()}}};
  }
}

}  // namespace

int outcome_of(const std::function<void()>& command, std::ostream& errors, std::ostream* json) {
  Ending ending;
  bool answered = false;
  {
    const Watch watch(json);
    ending = run(command, errors);
    answered = watch.written();
  }
  if (json && !answered && !ending.problems.empty()) {
    *json << errors_json(ending.problems, ending.code);
    json->flush();
  }
  return ending.code;
}

}  // namespace aifsim
