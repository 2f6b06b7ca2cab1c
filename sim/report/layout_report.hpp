// The answer of a search for layouts: a table, JSON, a page with the Pareto front, and the best layout as a scenario.
#pragma once
#include <filesystem>
#include <string>

#include "experiment/layout_search.hpp"

namespace aifsim {

// What was asked, for people and files.
struct LayoutReport {
  const LayoutSearch& search;
  const SearchResult& result;
  std::string platform, workload;  // as the scenario names them
  std::string version;
};

std::string layout_table(const LayoutReport& report, std::size_t width);
std::string layout_json(const LayoutReport& report);
std::string layout_html(const LayoutReport& report);
// A scenario of the best layout, which `aifsim run` takes.
std::string layout_scenario(const LayoutReport& report);
// result.json, report.html and best.yaml, in place of those of an earlier search.
void write_layouts(const LayoutReport& report, const std::filesystem::path& folder);

const char* name_of(SearchObjective objective);

}  // namespace aifsim
