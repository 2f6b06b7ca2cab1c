// A file descriptor that closes itself, and streams over it.
#pragma once
#include <array>
#include <istream>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>
#include <utility>

namespace aifsim {

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  // All of `bytes`, at the descriptor's position; false with errno where that fails.
  bool write(const char* bytes, std::size_t size) const;

 private:
  int number_;
};

// Reads from the beginning, whatever else reads the same descriptor. InputError, with the file's name, where
// the system cannot read on.
class ReadBuffer : public std::streambuf {
 public:
  ReadBuffer(std::shared_ptr<const Descriptor> file, std::string name)
      : file_(std::move(file)), name_(std::move(name)) {}

 protected:
  int_type underflow() override;

 private:
  std::shared_ptr<const Descriptor> file_;
  std::string name_;
  std::array<char, 65536> buffer_{};
  long long at_ = 0;
};

// A stream that owns its buffer and lets the buffer's InputError through.
class ReadStream : public std::istream {
 public:
  explicit ReadStream(std::unique_ptr<std::streambuf> buffer)
      : std::istream(buffer.get()), buffer_(std::move(buffer)) {
    exceptions(std::ios::badbit);
  }

 private:
  std::unique_ptr<std::streambuf> buffer_;
};

// Writes at the descriptor's position.
class WriteBuffer : public std::streambuf {
 public:
  explicit WriteBuffer(const Descriptor& file);
  ~WriteBuffer() override { WriteBuffer::sync(); }
  int problem() const { return problem_; }

 private:
  int_type overflow(int_type c) override;
  int sync() override;
  const Descriptor& file_;
  std::array<char, 65536> buffer_{};
  int problem_ = 0;
};

// After a failure the stream is bad, and problem() is the system's error.
class WriteStream : public std::ostream {
 public:
  explicit WriteStream(const Descriptor& file) : std::ostream(nullptr), buffer_(file) { rdbuf(&buffer_); }
  int problem() const { return buffer_.problem(); }

 private:
  WriteBuffer buffer_;
};

// A file without a name in `folder`: gone when the descriptor closes, however the program ends. A folder that
// is empty stands for the system's for temporary files. Invalid, with errno, where none can be made.
Descriptor unnamed_file(const std::string& folder);

// 16 hexadecimal digits from the system's random numbers: a name that no other run takes, on whatever
// machine or in whatever container.
std::string random_name();

}  // namespace aifsim
