// What commands print passes here, so that no text of a user's (a title, a name in a table, a file's name)
// reaches the terminal as it is: printable_lines() says what is replaced.
#pragma once
#include <ostream>
#include <streambuf>
#include <string>

#include "base/quote.hpp"

namespace aifsim {

// Stands between a stream and where it wrote to, until it goes.
class TerminalFilter : public std::streambuf {
 public:
  TerminalFilter(std::ostream& stream, Shown how);
  ~TerminalFilter() override;
  TerminalFilter(const TerminalFilter&) = delete;
  TerminalFilter& operator=(const TerminalFilter&) = delete;

 private:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;
  bool pass_on();

  std::ostream& stream_;
  std::streambuf* target_;
  Shown how_;
  std::string text_, rest_;  // rest_: the beginning of a character whose other bytes are still to come
};

}  // namespace aifsim
