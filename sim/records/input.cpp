#include "records/input.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace aifsim::records {
namespace {

void advance(const char* begin, const char* end, int& line, int& column) {
  for (; begin != end; ++begin) {
    if (*begin == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
}

constexpr auto kEnd = std::streambuf::traits_type::eof();

}  // namespace

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
  setg(buffer_.data(), buffer_.data(), buffer_.data());
  if (limit_ && taken_ - marked_ > limit_)
    throw InputError(place(),
                     fmt::format("{} of more than {} bytes; is this the right format?", what_, limit_));
  const std::streamsize got = source_.sgetn(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  if (got <= 0) return kEnd;
  taken_ += static_cast<std::size_t>(got);
  setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
  return traits_type::to_int_type(*gptr());
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
      if (inside_) throw InputError(Place{name_}, "the gzip data end too early; is the file cut off?");
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

Input Input::of_file(const std::filesystem::path& path) {
  const std::string name = path.string();
  Input input(name, [path, name]() -> std::unique_ptr<std::streambuf> {
    auto file = std::make_unique<std::filebuf>();
    if (std::filesystem::is_directory(path)) throw InputError(Place{name}, "is a folder; name a file");
    errno = 0;
    if (!file->open(path, std::ios::in | std::ios::binary))
      throw InputError(Place{name}, fmt::format("cannot be opened: {}", std::strerror(errno ? errno : EIO)));
    return file;
  });
  input.path_ = path;
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
  stream->placed_ = std::make_unique<PlacedBuffer>(*plain, name_);
  stream->in_.rdbuf(stream->placed_.get());
  stream->in_.exceptions(std::ios::badbit);  // an InputError of the buffers passes through the stream
  return stream;
}

std::string Input::head() const {
  const auto stream = open();
  std::string text(65536, '\0');
  text.resize(static_cast<std::size_t>(stream->buffer().sgetn(text.data(), 65536)));
  return text;
}

}  // namespace aifsim::records
