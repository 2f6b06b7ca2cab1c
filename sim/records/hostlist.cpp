#include "records/hostlist.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/ascii.hpp"
#include "base/quote.hpp"

namespace aifsim::records {
namespace {

// The values of "0-15,20", with as many digits as they are written with.
std::vector<std::string> numbers(std::string_view ranges, const Place& place, std::size_t most) {
  std::vector<std::string> all;
  const auto broken = [&]() -> InputError {
    return {place, fmt::format("expected numbers and ranges such as [0-15,20], found {}", quote(ranges))};
  };
  while (true) {
    const std::size_t comma = std::min(ranges.find(','), ranges.size());
    const std::string_view part = ranges.substr(0, comma);
    const std::size_t dash = part.find('-');
    const std::string_view first = part.substr(0, dash),
                           last = dash == std::string_view::npos ? first : part.substr(dash + 1);
    unsigned long from = 0, to = 0;
    for (const auto& [text, value] : {std::pair{first, &from}, {last, &to}}) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
      if (text.empty() || error != std::errc{} || end != text.data() + text.size()) throw broken();
    }
    if (to < from) throw broken();
    if (to - from >= most || all.size() + (to - from) >= most)
      throw InputError(place, fmt::format("a list of more than {} names", most));
    for (unsigned long value = from; value <= to; ++value)
      all.push_back(fmt::format("{:0{}}", value, first.size()));
    if (comma == ranges.size()) return all;
    ranges.remove_prefix(comma + 1);
  }
}

}  // namespace

std::vector<std::string> expanded_hosts(std::string_view list, const Place& place, std::size_t most) {
  std::vector<std::string> all, names{""};
  const auto finish = [&] {
    for (std::string& name : names) {
      if (name.empty()) throw InputError(place, fmt::format("an empty name in {}", quote(list)));
      if (all.size() == most) throw InputError(place, fmt::format("a list of more than {} names", most));
      all.push_back(std::move(name));
    }
    names = {""};
  };
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (list[at] == ',') {
      finish();
    } else if (list[at] == '[') {
      const std::size_t end = list.find(']', at);
      if (end == std::string_view::npos)
        throw InputError(place, fmt::format("an open bracket in {}", quote(list)));
      const std::vector<std::string> values = numbers(list.substr(at + 1, end - at - 1), place, most);
      if (names.size() * values.size() > most)
        throw InputError(place, fmt::format("a list of more than {} names", most));
      std::vector<std::string> longer;
      for (const std::string& name : names)
        for (const std::string& value : values) longer.push_back(name + value);
      names = std::move(longer);
      at = end;
    } else {
      if (names[0].size() == 255) throw InputError(place, "a name of more than 255 characters");
      for (std::string& name : names) name += list[at];
    }
  }
  finish();
  return all;
}

bool natural_less(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::size_t first_i = i, first_j = j;
      while (i < a.size() && is_digit(a[i])) ++i;
      while (j < b.size() && is_digit(b[j])) ++j;
      std::string_view m = a.substr(first_i, i - first_i), n = b.substr(first_j, j - first_j);
      while (m.size() > 1 && m.front() == '0') m.remove_prefix(1);
      while (n.size() > 1 && n.front() == '0') n.remove_prefix(1);
      if (m.size() != n.size()) return m.size() < n.size();
      if (m != n) return m < n;
    } else if (a[i] != b[j]) {
      return a[i] < b[j];
    } else {
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

}  // namespace aifsim::records
