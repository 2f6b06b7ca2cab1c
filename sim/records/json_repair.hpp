// What tools write into JSON that is no JSON, made readable in place, byte for byte, so that places stay: control
// characters, bytes that are not UTF-8 and wrong escapes in texts, NaN and Infinity, figures beyond a double, commas
// before a closing bracket. A figure that is none becomes an empty text, which no reader takes for a number.
#pragma once
#include <cstddef>
#include <vector>

namespace aifsim::records {

class JsonRepair {
 public:
  // Works on `size` bytes; how many of them are done. The others (part of a character or a figure) come again, in
  // front of what follows; all are done where `last`.
  std::size_t apply(char* bytes, std::size_t size, bool last);
  // The next byte is outside of texts, whatever came before.
  void restart() { in_text_ = escaped_ = false; }

  // Of the last call: where line breaks stood in texts, and the first byte that was changed in a text.
  const std::vector<std::size_t>& breaks() const { return breaks_; }
  std::size_t first() const { return first_; }
  std::size_t changed() const { return changed_; }  // bytes of texts, of all calls

 private:
  std::size_t in_text(char* bytes, std::size_t at, std::size_t size, bool last);
  std::size_t figure(char* bytes, std::size_t at, std::size_t size, bool last) const;
  void change(char* bytes, std::size_t at, char to);
  bool in_text_ = false, escaped_ = false;
  std::vector<std::size_t> breaks_;
  std::size_t first_ = 0, changed_ = 0;
};

}  // namespace aifsim::records
