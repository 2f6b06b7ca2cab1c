#include "calibration/storage_hardware.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace aifsim {
namespace {

// Of a word of digits alone, up to 9999; 0: it is none.
double plain_number(const std::string& word) {
  if (word.empty() || word.size() > 4 || !std::all_of(word.begin(), word.end(), is_digit)) return 0;
  return std::stod(word);
}

struct ParsedWord {
  std::string letters, digits, rest;  // "hdr200": hdr, 200; "7000gib": "", 7000, gib
};
ParsedWord parsed(const std::string& word) {
  ParsedWord p;
  std::size_t at = 0;
  while (at < word.size() && is_alpha(word[at])) p.letters += word[at++];
  while (at < word.size() && is_digit(word[at])) p.digits += word[at++];
  p.rest = word.substr(at);
  return p;
}

bool any_of_words(const std::string& word, std::initializer_list<const char*> all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

// "hdr200", "200g", "100gbe" -> Gb/s; one letter before a number names no network ("h100").
double port_rate(const std::string& word) {
  const ParsedWord p = parsed(word);
  const bool named = p.letters.size() > 1 && p.rest.empty(),
             bare = p.letters.empty() && any_of_words(p.rest, {"g", "gbe", "gbps"});
  const double rate = plain_number(p.digits);
  constexpr std::array<double, 9> usual{10, 25, 40, 50, 56, 100, 200, 400, 800};
  return (named || bare) && std::find(usual.begin(), usual.end(), rate) != usual.end() ? rate : 0;
}

bool is_capacity(const std::string& word) {
  const ParsedWord p = parsed(word);
  return p.letters.empty() && !p.digits.empty() && any_of_words(p.rest, {"gb", "gib", "tb", "tib"});
}

// "3clients", "nclient3", "3 clients", "3 epyc clients" -> 3.
double counted(const std::vector<std::string>& words, std::size_t at,
               std::initializer_list<const char*> nouns) {
  const ParsedWord p = parsed(words[at]);
  const bool leads = std::any_of(nouns.begin(), nouns.end(), [&](const char* noun) {
    return p.letters == noun || p.letters == "n" + std::string(noun);
  });
  if (leads && p.rest.empty() && !p.digits.empty()) return plain_number(p.digits);
  if (p.letters.empty() && any_of_words(p.rest, nouns)) return plain_number(p.digits);
  if (!leads || !p.digits.empty()) return 0;
  for (std::size_t back = 1; back <= 2 && back <= at; ++back)
    if (const double n = plain_number(words[at - back]); n > 0) return n;
  return 0;
}

void count_units(const std::vector<std::string>& words, std::size_t begin, std::size_t end,
                 NamedHardware& found) {
  constexpr std::array<const char*, 8> roman{"i", "ii", "iii", "iv", "v", "vi", "vii", "viii"};
  double units = begin > 0 ? plain_number(words[begin - 1]) : 0;
  if (end < words.size()) {
    const auto numeral = std::find(roman.begin(), roman.end(), words[end]);
    if (numeral != roman.end()) units = static_cast<double>(numeral - roman.begin() + 1);
  }
  for (std::size_t i = end; i + 1 < words.size(); ++i)
    if (any_of_words(words[i + 1], {"building", "bbs", "units", "appliances"}) && plain_number(words[i]) > 0)
      units = plain_number(words[i]);
  found.units_said = units > 0;
  found.units = found.units_said ? units : 1;
}

}  // namespace

std::vector<std::string> name_words(const std::string& name) {
  std::vector<std::string> words{""};
  for (const char c : name) {
    const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    std::string& word = words.back();
    if (!is_digit(c) && !is_alpha(c)) {
      if (!word.empty()) words.emplace_back();
    } else if (small == 'x' && plain_number(word) > 0) {
      words.emplace_back();
    } else {
      word += small;
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::size_t find_words(const std::vector<std::string>& words, const std::vector<std::string>& part) {
  const auto at = std::search(words.begin(), words.end(), part.begin(), part.end());
  return at == words.end() || part.empty() ? std::string::npos : static_cast<std::size_t>(at - words.begin());
}

NamedHardware hardware_named(const std::string& name, const std::vector<StorageTierDescription>& tiers) {
  const std::vector<std::string> words = name_words(name);
  NamedHardware found;
  std::size_t longest = 0;
  for (const StorageTierDescription& tier : tiers)
    for (const std::string& known : tier.known_as) {
      const std::vector<std::string> part = name_words(known);
      const std::size_t at = find_words(words, part);
      if (at == std::string::npos || part.size() <= longest) continue;
      longest = part.size();
      found.tier = &tier;
      count_units(words, at, at + part.size(), found);
    }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (const double n = counted(words, i, {"client", "clients", "host", "hosts"}); n > 0) found.clients = n;
    if (const double n = counted(words, i, {"node", "nodes"}); n > 0) found.nodes = n;
    const double before = i > 0 ? plain_number(words[i - 1]) : 0;
    if (before > 0 && is_capacity(words[i])) found.drives = before;
    if (const double rate = port_rate(words[i]); before > 0 && rate > 0) {
      found.nics = before;
      found.nic = BytesPerSecond{rate * 1e9 / 8};
    }
  }
  return found;
}

std::string NamedHardware::str() const {
  std::vector<std::string> parts;
  if (tier)
    parts.push_back(units_said        ? fmt::format("{} x {}", units, tier->known_as.front())
                    : tier->appliance ? tier->known_as.front() + ", number not said"
                                      : tier->known_as.front());
  if (nodes > 0) parts.push_back(fmt::format("{} storage nodes", nodes));
  if (drives > 0) parts.push_back(fmt::format("{} drives", drives));
  if (nics > 0) parts.push_back(fmt::format("NICs {} x {} Gb/s", nics, nic.value * 8 / 1e9));
  if (clients > 0) parts.push_back(fmt::format("{} client{}", clients, clients > 1 ? "s" : ""));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace aifsim
