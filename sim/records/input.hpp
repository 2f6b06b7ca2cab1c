// A file being read: plain or gzip bytes, and where in it the reader stands. No reader holds the file in
// memory: each keeps a buffer of 64 KiB, one line or one JSON value, and what it sums up.
#pragma once
#include <zlib.h>

#include <array>
#include <filesystem>
#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "records/json_repair.hpp"

namespace aifsim::records {

// Passes bytes on and knows the line and column of the next one.
class PlacedBuffer : public std::streambuf {
 public:
  PlacedBuffer(std::streambuf& source, std::string name) : source_(source), name_(std::move(name)) {}
  Place place() const;
  // More than `limit` bytes read between two calls of mark() are an InputError that calls them `what`: a
  // string of a gigabyte, say. No limit before the first call.
  void mark(std::size_t limit, const char* what);
  // From now on the bytes are JSON that is to be made readable (json_repair.hpp).
  void repair_json() { repair_ = std::make_unique<JsonRepair>(); }
  // What comes next is outside of texts.
  void restart_json();
  const JsonRepair* repaired() const { return repair_.get(); }
  const Place& first_repaired() const { return first_repaired_; }

 protected:
  int_type underflow() override;

 private:
  void advance(const char* begin, const char* end, int& line, int& column) const;
  std::size_t repair(std::size_t from);
  std::streambuf& source_;
  std::string name_;
  std::array<char, 65536> buffer_{};
  std::unique_ptr<JsonRepair> repair_;
  std::vector<std::size_t> breaks_;  // line breaks of the buffer that were repaired away
  std::size_t filled_ = 0;           // bytes of the buffer; those behind the get area come again
  bool ended_ = false;
  Place first_repaired_;
  int line_ = 1, column_ = 1;  // of the first byte in the buffer
  std::size_t taken_ = 0, limit_ = 0, marked_ = 0;
  const char* what_ = "";
};

// Bytes of a gzip stream (RFC 1952, members one after the other), inflated. InputError where it is broken.
class GzipBuffer : public std::streambuf {
 public:
  GzipBuffer(std::streambuf& source, std::string name);
  ~GzipBuffer() override;
  GzipBuffer(const GzipBuffer&) = delete;
  GzipBuffer& operator=(const GzipBuffer&) = delete;

 protected:
  int_type underflow() override;

 private:
  bool fill();
  std::streambuf& source_;
  std::string name_;
  z_stream inflater_{};
  std::array<char, 65536> packed_{}, plain_{};
  bool inside_ = false;  // of a member
};

// Text in UTF-16 or UTF-32, with a byte order mark or evidently without one, as UTF-8; other bytes as they are, but
// for a byte order mark of UTF-8 at the front.
class DecodeBuffer : public std::streambuf {
 public:
  explicit DecodeBuffer(std::streambuf& source) : source_(source) {}
  ~DecodeBuffer() override;
  DecodeBuffer(const DecodeBuffer&) = delete;
  DecodeBuffer& operator=(const DecodeBuffer&) = delete;
  const std::string& encoding() const { return encoding_; }  // "" for bytes as they are

 protected:
  int_type underflow() override;

 private:
  std::size_t mark_length();  // of the byte order mark; finds the encoding
  std::size_t convert(std::size_t bytes);
  std::streambuf& source_;
  std::string encoding_;
  void* converter_ = nullptr;  // iconv_t
  std::array<char, 65536> raw_{};
  std::array<char, 3 * 65536> text_{};
  std::size_t held_ = 0;  // bytes at the front of raw_ that are no whole character yet
  bool begun_ = false;
};

// The file ends in the middle of what it holds.
class CutShort : public InputError {
 public:
  using InputError::InputError;
};

// What was done to a file's text before it was read.
struct Cleaning {
  std::string encoding, repaired;               // the latter: what was made readable, with a place
  std::map<std::string, std::size_t> stripped;  // what was taken off -> from how many lines
};

// Does a file that begins so hold JSON? A list begins with a list, an object or a text.
bool is_json(std::string_view head);

// Opens the bytes of one file anew.
using Opener = std::function<std::unique_ptr<std::streambuf>()>;

class Input {
 public:
  Input(std::string name, Opener open) : name_(std::move(name)), open_(std::move(open)) {}
  static Input of_file(const std::filesystem::path& path);  // InputError when it cannot be opened
  static Input of_text(std::string name, std::string text);

  const std::string& name() const { return name_; }
  const std::filesystem::path& path() const { return path_; }  // empty for text and pipes
  // The first MiB, inflated and as UTF-8; head() is cleaned (clean.hpp) as well, unless it is JSON or no text.
  std::string raw_head() const;
  // The first 512 bytes as they stand in the file, packed or not: what kind of file it is.
  std::string first_bytes() const;
  std::string head() const;
  // As the last reading of the text found it.
  const Cleaning& cleaning() const { return *cleaning_; }
  const std::shared_ptr<Cleaning>& told() const { return cleaning_; }
  // From the beginning; may be called again.
  class Stream {
   public:
    std::istream& in() { return in_; }
    PlacedBuffer& buffer() { return *placed_; }
    Place place() const { return placed_->place(); }

   private:
    friend class Input;
    std::unique_ptr<std::streambuf> raw_, plain_;
    std::unique_ptr<DecodeBuffer> text_;
    std::unique_ptr<PlacedBuffer> placed_;
    std::istream in_{nullptr};
  };
  std::unique_ptr<Stream> open() const;

 private:
  std::string name_;
  std::filesystem::path path_;
  Opener open_;
  std::shared_ptr<Cleaning> cleaning_ = std::make_shared<Cleaning>();
};

}  // namespace aifsim::records
