#include "records/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/quote.hpp"
#include "records/lines.hpp"

namespace aifsim::records {

std::vector<std::string_view> header_of(std::string_view head) {
  std::vector<std::string_view> columns;
  for (std::string_view line : lines_of(head)) {
    if (line.empty() || line.starts_with("#")) continue;
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find(',', at), line.size());
      columns.push_back(trimmed(line.substr(at, end - at)));
      at = end + 1;
    }
    break;
  }
  return columns;
}

bool header_has(std::string_view head, std::initializer_list<std::string_view> columns) {
  const std::vector<std::string_view> header = header_of(head);
  return std::all_of(columns.begin(), columns.end(), [&](std::string_view column) {
    return std::find(header.begin(), header.end(), column) != header.end();
  });
}

}  // namespace aifsim::records
