#include "cli/terminal.hpp"

#include <utility>

namespace aifsim {

constexpr std::size_t kHeld = 1 << 16;

TerminalFilter::TerminalFilter(std::ostream& stream, Shown how)
    : stream_(stream), target_(stream.rdbuf()), how_(how) {
  stream_.rdbuf(this);
}

TerminalFilter::~TerminalFilter() {
  pass_on();
  if (!rest_.empty()) target_->sputc('?');
  target_->pubsync();
  const std::ios::iostate state = stream_.rdstate();
  stream_.rdbuf(target_);  // forgets the state
  stream_.setstate(state);
}

bool TerminalFilter::pass_on() {
  const std::string all = std::exchange(rest_, {}) + std::exchange(text_, {});
  const std::string safe = printable_lines(all, how_, rest_);
  return target_->sputn(safe.data(), static_cast<std::streamsize>(safe.size())) ==
         static_cast<std::streamsize>(safe.size());
}

TerminalFilter::int_type TerminalFilter::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  const char character = traits_type::to_char_type(c);
  return TerminalFilter::xsputn(&character, 1) == 1 ? c : traits_type::eof();
}

std::streamsize TerminalFilter::xsputn(const char* text, std::streamsize size) {
  text_.append(text, static_cast<std::size_t>(size));
  return text_.size() < kHeld || pass_on() ? size : 0;
}

int TerminalFilter::sync() { return pass_on() && target_->pubsync() == 0 ? 0 : -1; }

}  // namespace aifsim
