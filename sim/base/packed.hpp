// Values as bytes for another process of the same build: plain ones as they lie in memory, texts and vectors with
// their length, in the order in which they are added.
#pragma once
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace aifsim {

class Packer {
 public:
  template <class... Values>
  void add(const Values&... values) {
    (one(values), ...);
  }
  std::string take() { return std::move(bytes_); }

 private:
  void raw(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void one(const T& value) { raw(&value, sizeof value); }
  void one(const std::string& text) {
    one(text.size());
    raw(text.data(), text.size());
  }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void one(const std::vector<T>& all) {
    one(all.size());
    raw(all.data(), all.size() * sizeof(T));
  }

  std::string bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}  // which must outlive it
  template <class... Values>
  void get(Values&... values) {
    (one(values), ...);
  }
  template <class T>
  T get() {
    T value{};
    one(value);
    return value;
  }

 private:
  std::string_view raw(std::size_t size) {
    if (size > bytes_.size()) throw std::runtime_error("packed bytes are cut off");
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void one(T& value) { std::memcpy(&value, raw(sizeof value).data(), sizeof value); }
  void one(std::string& text) { text = raw(get<std::size_t>()); }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void one(std::vector<T>& all) {
    const std::size_t count = get<std::size_t>();
    const std::string_view part = raw(count * sizeof(T));
    all.resize(count);
    if (count > 0) std::memcpy(all.data(), part.data(), part.size());
  }

  std::string_view bytes_;
};

}  // namespace aifsim
