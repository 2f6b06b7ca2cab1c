#include "records/input.hpp"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <string_view>

#include "base/user_file.hpp"
#include "records/clean.hpp"

namespace aifsim::records {
namespace {

constexpr auto kEnd = std::streambuf::traits_type::eof();

}  // namespace

void PlacedBuffer::advance(const char* begin, const char* end, int& line, int& column) const {
  for (; begin != end; ++begin) {
    if (*begin == '\n' ||
        (!breaks_.empty() && std::binary_search(breaks_.begin(), breaks_.end(),
                                                static_cast<std::size_t>(begin - buffer_.data())))) {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
}

Place PlacedBuffer::place() const {
  int line = line_, column = column_;
  advance(eback(), gptr(), line, column);
  return {name_, line, column};
}

void PlacedBuffer::mark(std::size_t limit, const char* what) {
  limit_ = limit;
  what_ = what;
  marked_ = taken_ - static_cast<std::size_t>(egptr() - gptr());
}

PlacedBuffer::int_type PlacedBuffer::underflow() {
  advance(eback(), egptr(), line_, column_);
  const std::size_t done = static_cast<std::size_t>(egptr() - eback());
  std::copy(buffer_.data() + done, buffer_.data() + filled_, buffer_.data());
  filled_ -= done;
  breaks_.clear();
  setg(buffer_.data(), buffer_.data(), buffer_.data());
  if (limit_ && taken_ - marked_ > limit_)
    throw InputError(place(),
                     fmt::format("{} of more than {} bytes; is this the right format?", what_, limit_));
  while (!ended_ && filled_ < buffer_.size()) {
    const std::streamsize got =
        source_.sgetn(buffer_.data() + filled_, static_cast<std::streamsize>(buffer_.size() - filled_));
    if (got <= 0) ended_ = true;
    if (got > 0) filled_ += static_cast<std::size_t>(got);
    if (!repair_) break;  // what is there, as it is
  }
  if (filled_ == 0) return kEnd;
  const std::size_t ready = repair(0);
  taken_ += ready;
  setg(buffer_.data(), buffer_.data(), buffer_.data() + ready);
  return traits_type::to_int_type(*gptr());
}

// Repairs the buffer from `from` on; the end of what can be given out.
std::size_t PlacedBuffer::repair(std::size_t from) {
  if (!repair_) return filled_;
  const std::size_t before = repair_->changed();
  const std::size_t ready = from + repair_->apply(buffer_.data() + from, filled_ - from, ended_);
  for (const std::size_t at : repair_->breaks()) breaks_.push_back(from + at);
  std::sort(breaks_.begin(), breaks_.end());
  if (before == 0 && repair_->changed() > 0) {
    int line = line_, column = column_;
    advance(buffer_.data(), buffer_.data() + from + repair_->first(), line, column);
    first_repaired_ = {name_, line, column};
  }
  return ready;
}

void PlacedBuffer::restart_json() {
  repair_->restart();
  const auto from = static_cast<std::size_t>(gptr() - eback());
  const std::size_t ready = repair(from);
  taken_ += ready - static_cast<std::size_t>(egptr() - eback());
  setg(eback(), gptr(), eback() + ready);
}

GzipBuffer::GzipBuffer(std::streambuf& source, std::string name) : source_(source), name_(std::move(name)) {
  if (inflateInit2(&inflater_, 15 + 16) != Z_OK) throw std::bad_alloc();  // 16: gzip, not zlib
}

GzipBuffer::~GzipBuffer() { inflateEnd(&inflater_); }

// More packed bytes; false at the end of the source.
bool GzipBuffer::fill() {
  const std::streamsize got = source_.sgetn(packed_.data(), static_cast<std::streamsize>(packed_.size()));
  inflater_.next_in = reinterpret_cast<Bytef*>(packed_.data());
  inflater_.avail_in = static_cast<uInt>(got > 0 ? got : 0);
  return got > 0;
}

GzipBuffer::int_type GzipBuffer::underflow() {
  inflater_.next_out = reinterpret_cast<Bytef*>(plain_.data());
  inflater_.avail_out = static_cast<uInt>(plain_.size());
  while (inflater_.avail_out == plain_.size()) {
    if (inflater_.avail_in == 0 && !fill()) {
      if (inside_) throw CutShort(Place{name_}, "the gzip data end too early; is the file cut off?");
      return kEnd;
    }
    inside_ = true;
    const int result = inflate(&inflater_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      inside_ = false;
      inflateReset(&inflater_);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      throw InputError(Place{name_}, fmt::format("broken gzip data{}{}", inflater_.msg ? ": " : "",
                                                 inflater_.msg ? inflater_.msg : ""));
    }
  }
  setg(plain_.data(), plain_.data(), plain_.data() + (plain_.size() - inflater_.avail_out));
  return traits_type::to_int_type(*gptr());
}

DecodeBuffer::~DecodeBuffer() {
  if (converter_) iconv_close(converter_);
}

// `held_` bytes are at the front of raw_.
std::size_t DecodeBuffer::mark_length() {
  const std::string_view front(raw_.data(), held_);
  const auto begins = [&](std::string_view mark) { return front.starts_with(mark); };
  using namespace std::string_view_literals;
  if (begins("\xEF\xBB\xBF"sv)) return 3;
  if (begins("\xFF\xFE\0\0"sv)) return encoding_ = "UTF-32LE", 4;
  if (begins("\0\0\xFE\xFF"sv)) return encoding_ = "UTF-32BE", 4;
  if (begins("\xFF\xFE"sv)) return encoding_ = "UTF-16LE", 2;
  if (begins("\xFE\xFF"sv)) return encoding_ = "UTF-16BE", 2;
  // Without a mark: ASCII in two bytes each.
  for (const std::size_t zero : {0, 1}) {
    std::size_t pairs = 0, ascii = 0;
    for (std::size_t at = 0; at + 1 < std::min<std::size_t>(held_, 512); at += 2, ++pairs)
      ascii += front[at + zero] == '\0' && front[at + 1 - zero] != '\0';
    if (pairs >= 4 && ascii * 10 >= pairs * 9) return encoding_ = zero ? "UTF-16LE" : "UTF-16BE", 0;
  }
  return 0;
}

// Turns the `bytes` of raw_ into text_ and keeps what is no whole character yet; the length of the text.
std::size_t DecodeBuffer::convert(std::size_t bytes) {
  char *from = raw_.data(), *to = text_.data();
  std::size_t left = bytes, room = text_.size();
  while (left > 0 && iconv(converter_, &from, &left, &to, &room) == static_cast<std::size_t>(-1)) {
    if (errno != EILSEQ) break;  // EINVAL: the end of a character is still to come
    const std::size_t unit = std::min<std::size_t>(left, encoding_.starts_with("UTF-32") ? 4 : 2);
    from += unit;
    left -= unit;
    for (const char c : {'\xEF', '\xBF', '\xBD'}) *to++ = c;  // U+FFFD
    room -= 3;
  }
  std::copy(from, from + left, raw_.data());
  held_ = left;
  return static_cast<std::size_t>(to - text_.data());
}

DecodeBuffer::int_type DecodeBuffer::underflow() {
  for (;;) {
    const std::streamsize got =
        source_.sgetn(raw_.data() + held_, static_cast<std::streamsize>(raw_.size() - held_));
    if (got <= 0) return kEnd;  // half a character at the end is dropped
    held_ += static_cast<std::size_t>(got);
    if (!begun_) {
      begun_ = true;
      const std::size_t mark = mark_length();
      std::copy(raw_.data() + mark, raw_.data() + held_, raw_.data());
      held_ -= mark;
      if (!encoding_.empty()) converter_ = iconv_open("UTF-8", encoding_.c_str());
    }
    char* begin = raw_.data();
    std::size_t length = held_;
    if (converter_) {
      begin = text_.data();
      length = convert(held_);
    } else {
      held_ = 0;
    }
    if (length == 0) continue;
    setg(begin, begin, begin + length);
    return traits_type::to_int_type(*gptr());
  }
}

Input Input::of_file(const std::filesystem::path& path) {
  const UserFile file = UserFile::open(path);
  Input input(file.name(), [file] { return file.bytes(); });
  if (file.has_path()) input.path_ = path;
  return input;
}

Input Input::of_text(std::string name, std::string text) {
  return {std::move(name), [text = std::move(text)]() -> std::unique_ptr<std::streambuf> {
            return std::make_unique<std::stringbuf>(text, std::ios::in);
          }};
}

std::unique_ptr<Input::Stream> Input::open() const {
  auto stream = std::make_unique<Stream>();
  stream->raw_ = open_();
  std::streambuf* plain = stream->raw_.get();
  if (plain->sgetc() == 0x1f) {  // no text begins with it
    stream->plain_ = std::make_unique<GzipBuffer>(*plain, name_);
    plain = stream->plain_.get();
  }
  stream->text_ = std::make_unique<DecodeBuffer>(*plain);
  stream->placed_ = std::make_unique<PlacedBuffer>(*stream->text_, name_);
  stream->in_.rdbuf(stream->placed_.get());
  stream->in_.exceptions(std::ios::badbit);  // an InputError of the buffers passes through the stream
  return stream;
}

std::string Input::raw_head() const {
  constexpr std::size_t kHead = 1 << 20;
  const auto stream = open();
  std::string text(kHead, '\0');
  text.resize(static_cast<std::size_t>(stream->buffer().sgetn(text.data(), kHead)));
  cleaning_->encoding = stream->text_->encoding();
  return text;
}

std::string Input::first_bytes() const {
  const auto raw = open_();
  std::string bytes(512, '\0');
  bytes.resize(static_cast<std::size_t>(
      std::max<std::streamsize>(0, raw->sgetn(bytes.data(), static_cast<std::streamsize>(bytes.size())))));
  return bytes;
}

std::string Input::head() const {
  std::string text = raw_head();
  const bool binary = text.find('\0') < 4096 || text.starts_with("PAR1") || text.starts_with("PK\x03\x04");
  return binary || is_json(text) ? text : cleaned(text);
}

bool is_json(std::string_view head) {
  constexpr const char* kBlanks = " \t\r\n";
  const std::size_t first = head.find_first_not_of(kBlanks);
  if (first == std::string_view::npos || head[first] == '{') return first != std::string_view::npos;
  if (head[first] != '[') return false;
  const std::size_t next = head.find_first_not_of(kBlanks, first + 1);
  return next == std::string_view::npos ||
         std::string_view("{[]\"").find(head[next]) != std::string_view::npos;
}

}  // namespace aifsim::records
