#include "base/interned.hpp"

#include <functional>
#include <mutex>
#include <unordered_set>

namespace aifsim {
namespace {

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

const std::string& known(std::string_view text) {
  static std::unordered_set<std::string, Hash, std::equal_to<>> all;
  static std::mutex guard;
  const std::lock_guard lock(guard);
  const auto found = all.find(text);
  return found != all.end() ? *found : *all.emplace(text).first;
}

}  // namespace

Interned::Interned() {
  static const std::string& none = known({});
  text_ = &none;
}

Interned::Interned(std::string_view text) : text_(&known(text)) {}

}  // namespace aifsim
