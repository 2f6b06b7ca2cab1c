// A file being read: plain or gzip bytes, and where in it the reader stands. No reader holds the file in
// memory: each keeps a buffer of 64 KiB, one line or one JSON value, and what it sums up.
#pragma once
#include <zlib.h>

#include <array>
#include <filesystem>
#include <functional>
#include <istream>
#include <memory>
#include <streambuf>
#include <string>

#include "base/error.hpp"

namespace aifsim::records {

// Passes bytes on and knows the line and column of the next one.
class PlacedBuffer : public std::streambuf {
 public:
  PlacedBuffer(std::streambuf& source, std::string name) : source_(source), name_(std::move(name)) {}
  Place place() const;
  // More than `limit` bytes read between two calls of mark() are an InputError that calls them `what`: a
  // string of a gigabyte, say. No limit before the first call.
  void mark(std::size_t limit, const char* what);

 protected:
  int_type underflow() override;

 private:
  std::streambuf& source_;
  std::string name_;
  std::array<char, 65536> buffer_{};
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

// Opens the bytes of one file anew.
using Opener = std::function<std::unique_ptr<std::streambuf>()>;

class Input {
 public:
  Input(std::string name, Opener open) : name_(std::move(name)), open_(std::move(open)) {}
  static Input of_file(const std::filesystem::path& path);  // InputError when it cannot be opened
  static Input of_text(std::string name, std::string text);

  const std::string& name() const { return name_; }
  const std::filesystem::path& path() const { return path_; }  // empty for text
  // The first bytes (at most 64 KiB), inflated.
  std::string head() const;
  // From the beginning; may be called again.
  class Stream {
   public:
    std::istream& in() { return in_; }
    PlacedBuffer& buffer() { return *placed_; }
    Place place() const { return placed_->place(); }

   private:
    friend class Input;
    std::unique_ptr<std::streambuf> raw_, plain_;
    std::unique_ptr<PlacedBuffer> placed_;
    std::istream in_{nullptr};
  };
  std::unique_ptr<Stream> open() const;

 private:
  std::string name_;
  std::filesystem::path path_;
  Opener open_;
};

}  // namespace aifsim::records
