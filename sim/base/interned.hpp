// A text that is held once, however many have it, until the program ends: for labels that come again and again.
#pragma once
#include <string>
#include <string_view>

namespace aifsim {

class Interned {
 public:
  Interned();  // ""
  Interned(std::string_view text);
  Interned(const std::string& text) : Interned(std::string_view(text)) {}
  Interned(const char* text) : Interned(std::string_view(text)) {}

  const std::string& str() const { return *text_; }
  operator const std::string&() const { return *text_; }
  bool empty() const { return text_->empty(); }
  bool operator==(const Interned& other) const { return text_ == other.text_; }

 private:
  const std::string* text_;
};

}  // namespace aifsim
