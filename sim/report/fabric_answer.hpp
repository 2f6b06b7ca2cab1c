// The answer to a scenario of several jobs on one fabric, and its forms: a table, result.json, a page, a
// trace.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "factory/shared_fabric.hpp"

namespace aifsim {

struct FabricAnswer {
  std::string scenario, title, question, version, fidelity;
  std::uint64_t seed = 1;
  std::vector<FabricRun> runs;  // one per platform
};

FabricAnswer answer_jobs(const ScenarioDescription& scenario, const Catalog& catalog,
                         const std::string& version);

std::string text_table(const FabricAnswer& answer, std::size_t width = 0);  // folded; 0 = no limit
std::string to_json(const FabricAnswer& answer);
std::string to_html(const FabricAnswer& answer);
// report.html, result.json and trace.perfetto in a folder.
void write_all(const FabricAnswer& answer, const std::filesystem::path& out_dir);

}  // namespace aifsim
