#include "report/write.hpp"

#include <utility>

#include "base/atomic_folder.hpp"
#include "report/curves.hpp"
#include "report/database.hpp"
#include "report/html.hpp"
#include "report/json.hpp"
#include "report/perfetto.hpp"

namespace aifsim {

const std::vector<std::string>& result_files() {
  static const std::vector<std::string> names{"result.json", "result.sqlite", "trace.perfetto", "report.html",
                                              "mfu.svg"};
  return names;
}

void write_all(const Result& result, const std::filesystem::path& out_dir) {
  std::vector<std::pair<std::string, std::string>> files{{"result.json", to_json(result)},
                                                         {"report.html", to_html(result)},
                                                         {"result.sqlite", to_sqlite(result)}};
  std::string trace = to_perfetto(result);
  if (!trace.empty()) files.emplace_back("trace.perfetto", std::move(trace));
  std::string curve = chart_svg_for_readme(result);
  if (!curve.empty()) files.emplace_back("mfu.svg", std::move(curve));
  write_folder(out_dir, files, result_files());
}

}  // namespace aifsim
