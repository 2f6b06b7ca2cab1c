// The printed page, where a browser and Poppler are installed.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "fake_result.hpp"
#include "report/html.hpp"
#include "scratch_folder.hpp"

namespace aifsim {
namespace {

bool installed(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
}

// 4 machines, 2 variants, 4 sizes, with inputs that have long sources.
Result thirty_two_points() {
  Result r = fake::result();
  r.points.clear();
  r.inputs.clear();
  for (const char* platform : {"first", "second", "third", "fourth"}) {
    for (const char* variant : {"full sharding", "hybrid sharding"})
      for (const std::int64_t gpus : {16, 64, 128, 256}) {
        r.points.push_back(fake::point({platform, variant}, gpus));
        r.points.back().platform_title = std::string("Machine with a rather long title, the ") + platform;
        r.points.back().note = "no measured run stands behind this platform's constants";
      }
    for (int i = 0; i < 700; ++i)
      r.inputs.push_back(
          {std::string("platform ") + platform,
           (i < 40 ? "fabric.figure_" : "collectives.cluster[0].fit.covariance.") + std::to_string(i),
           "100Gbps",
           "A source whose name is as long as those of real ones, section " + std::to_string(i % 30),
           "published"});
  }
  return r;
}

}  // namespace

TEST_CASE("32 points print on at most 12 pages") {
  if (!installed("chromium") || !installed("pdfinfo")) {
    WARN("skipped: needs chromium and pdfinfo");
    return;
  }
  const ScratchFolder folder;
  const std::string page = (folder.path() / "report.html").string(), pdf = (folder.path() / "p.pdf").string();
  std::ofstream(page) << to_html(thirty_two_points());
  const std::string print = "chromium --headless --no-sandbox --disable-gpu --user-data-dir=" +
                            (folder.path() / "profile").string() +
                            " --no-pdf-header-footer --print-to-pdf=" + pdf + " file://" + page +
                            " > /dev/null 2>&1";
  if (std::system(print.c_str()) != 0) {
    WARN("skipped: chromium does not run here");
    return;
  }
  const std::string told = pdf + ".txt";
  REQUIRE(std::system(("pdfinfo " + pdf + " > " + told).c_str()) == 0);
  std::stringstream text;
  text << std::ifstream(told).rdbuf();
  const std::string info = text.str();
  CHECK(info.find("(A4)") != std::string::npos);
  const std::size_t at = info.find("Pages:");
  REQUIRE(at != std::string::npos);
  CHECK(std::stoi(info.substr(at + 6)) <= 12);
}

}  // namespace aifsim
