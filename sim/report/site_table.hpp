// What points draw at the meter of their site, its carbon and price for a million tokens; and what whole runs come to.
#pragma once
#include <string>
#include <vector>

#include "experiment/result.hpp"

namespace aifsim {

struct SiteRow {
  const Point* point;
  std::vector<std::string> cells;
};

// One table for terminal and page.
struct SiteTable {
  std::string title;
  std::vector<std::string> heads;
  std::vector<SiteRow> rows;  // none: nothing to tell
};

SiteTable meter_table(const Result& result);
SiteTable run_table(const Result& result);

std::string text_of(const SiteTable& table, std::size_t width);
void put_site_tables(std::string& out, const Result& result);  // of the page

}  // namespace aifsim
