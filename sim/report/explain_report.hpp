// An explanation of a point: text, JSON, and a page with the waterfall of its step.
#pragma once
#include <filesystem>
#include <string>

#include "experiment/explain.hpp"

namespace aifsim {

struct ExplainReport {
  const Case& point;
  const Explanation& explanation;
  std::string title;  // of the scenario
  std::string version;
};

std::string explain_text(const ExplainReport& report, std::size_t width);
std::string explain_json(const ExplainReport& report);
std::string explain_html(const ExplainReport& report);
// explanation.json and explanation.html.
void write_explanation(const ExplainReport& report, const std::filesystem::path& folder);

}  // namespace aifsim
