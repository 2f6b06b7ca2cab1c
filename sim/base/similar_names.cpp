#include "base/similar_names.hpp"

#include <fmt/format.h>

#include <cctype>
#include <vector>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"

namespace aifsim {
namespace {

constexpr std::size_t most_named = 12;

// Letters and digits only, in small letters.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Whether a part of the name, as - and _ divide it, begins with the word: h200 is a part of h200_sxm, not of
// gh200.
bool has_part(const std::string& name, const std::string& wanted) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    const bool begins = at == 0 || std::isalnum(static_cast<unsigned char>(name[at - 1])) == 0;
    if (begins && plain(std::string_view(name).substr(at)).starts_with(wanted)) return true;
  }
  return false;
}

// The names that hold the word; those that have it as a part, if any do.
std::vector<std::string_view> holding(std::string_view part, std::span<const std::string> known) {
  std::vector<std::string_view> found, with_part;
  const std::string wanted = plain(part);
  if (wanted.size() < 2) return found;
  for (const std::string& name : known) {
    if (plain(name).find(wanted) == std::string::npos) continue;
    found.push_back(name);
    if (has_part(name, wanted)) with_part.push_back(name);
  }
  return with_part.empty() ? found : with_part;
}

// "NVIDIA-H200" -> "NVIDIA", "H200", with digits first, as they tell models apart.
std::vector<std::string_view> parts(std::string_view word) {
  std::vector<std::string_view> with_digits, without;
  for (std::size_t at = 0; at < word.size();) {
    std::size_t end = at;
    bool digit = false;
    for (; end < word.size() && std::isalnum(static_cast<unsigned char>(word[end])) != 0; ++end)
      digit = digit || std::isdigit(static_cast<unsigned char>(word[end])) != 0;
    if (end - at >= 3) (digit ? with_digits : without).push_back(word.substr(at, end - at));
    at = end + 1;
  }
  with_digits.insert(with_digits.end(), without.begin(), without.end());
  return with_digits;
}

std::string asked(const std::vector<std::string_view>& names) {
  if (names.size() == 1) return fmt::format(", did you mean {}?", quote(names.front()));
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < most_named; ++i)
    list += (i == 0 ? "" : ", ") + quote(names[i]);
  if (names.size() > most_named) list += fmt::format(" ({} more)", names.size() - most_named);
  return fmt::format(", did you mean one of {}?", list);
}

}  // namespace

std::string similar_names(std::string_view word, std::span<const std::string> known) {
  if (word.size() > 100) return "";
  if (const auto found = holding(word, known); !found.empty()) return asked(found);
  const std::vector<std::string_view> views(known.begin(), known.end());
  if (nearest_word(word, views)) return suggestion(word, views);
  for (const std::string_view part : parts(word))
    if (const auto found = holding(part, known); !found.empty() && found.size() < known.size())
      return asked(found);
  return suggestion(word, views);
}

}  // namespace aifsim
