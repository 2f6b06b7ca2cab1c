#include "report/write.hpp"

#include <cerrno>
#include <string>
#include <vector>

#include "base/atomic_file.hpp"
#include "report/curves.hpp"
#include "report/database.hpp"
#include "report/html.hpp"
#include "report/json.hpp"
#include "report/perfetto.hpp"

namespace aifsim {

void write_all(const Result& result, const std::filesystem::path& out_dir) {
  std::error_code error;
  std::filesystem::create_directories(out_dir, error);
  if (error || !std::filesystem::is_directory(out_dir)) {
    throw unwritable(out_dir, error ? error.value() : ENOTDIR, "");
  }
  std::vector<AtomicFile> files;
  const auto add = [&](const char* name, const std::string& content) {
    files.emplace_back(out_dir / name).write(content);
  };
  add("result.json", to_json(result));
  add("trace.perfetto", to_perfetto(result));
  add("report.html", to_html(result));
  const std::string curve = chart_svg_for_readme(result);
  if (!curve.empty()) add("mfu.svg", curve);
  write_database(result, files.emplace_back(out_dir / "result.sqlite").temporary());
  for (AtomicFile& file : files) file.commit();
  if (curve.empty()) std::filesystem::remove(out_dir / "mfu.svg", error);  // of an earlier run
}

}  // namespace aifsim
