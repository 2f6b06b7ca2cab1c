#include "report/html.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <regex>

#include "report/fake_result.hpp"
#include "report/format.hpp"
#include "report/placement_note.hpp"
#include "report/site_units.hpp"
#include "report/svg_check.hpp"

using namespace aifsim;

namespace {

nlohmann::json timeline_data(const std::string& html) {
  const std::string open = "<script type=\"application/json\" id=\"timelines\">";
  const std::size_t start = html.find(open) + open.size();
  return nlohmann::json::parse(html.substr(start, html.find("</script>", start) - start));
}

// What a browser would fetch.
void check_loads_nothing(const std::string& html) {
  CHECK_FALSE(std::regex_search(html, std::regex(R"(\s(src|href|srcset|action|poster)\s*=)")));
  CHECK(html.find("url(") == std::string::npos);
  CHECK(html.find("<object") == std::string::npos);
  CHECK(html.find("<link") == std::string::npos);
  CHECK(html.find("@import") == std::string::npos);
  CHECK(html.find("fetch(") == std::string::npos);
  CHECK(html.find("default-src 'none'") != std::string::npos);
}

}  // namespace

TEST_CASE("the page is self-contained and its SVG is well formed") {
  const std::string html = to_html(fake::result());
  check_loads_nothing(html);
  const std::vector<std::string> svgs = svgs_of(html);
  // 4 curves, 2 bar charts of 4 groups, and for each of 23 points: 3 tracks, 4 colour keys, 1 chart of links.
  CHECK(svgs.size() == 4 + 2 * 4 + 23 * 8);
  for (const std::string& svg : svgs) CHECK_NOTHROW(parsed_xml(svg));
  CHECK(html.size() < 1000000);
}

TEST_CASE("the page shows question, headline, points, problem and inputs") {
  const std::string html = to_html(fake::result());
  CHECK(html.find("<h1>Full or hybrid sharding?</h1>") != std::string::npos);
  CHECK(html.find("Full sharding on leonardo_booster falls from 57 % to 30 % MFU") != std::string::npos);
  CHECK(html.find("No answer: does not fit: 61.2 GiB needed") != std::string::npos);
  CHECK(occurrences(html, "<option ") == 23);
  CHECK(occurrences(html, "class=\"badge ") == 15);  // of each object: two sources, three other words
  CHECK(html.find("<span class=\"badge published\">published</span>") != std::string::npos);
  CHECK(html.find("and 1 constant of fitted models") != std::string::npos);
  CHECK(html.find("inter_node_step") == std::string::npos);
  CHECK(html.find("<th>energy per token</th>") != std::string::npos);
  CHECK(html.find("<td>300 W</td>") != std::string::npos);
}

TEST_CASE("equal results give equal pages, whatever the simulation took") {
  Result r = fake::result();
  const std::string html = to_html(r);
  for (Point& p : r.points) p.wall_time = Seconds{99};
  CHECK(to_html(r) == html);
}

TEST_CASE("the data behind the timeline gives times and labels back") {
  const Result r = fake::result();
  const nlohmann::json data = timeline_data(to_html(r));
  REQUIRE(data["points"].size() == 23);
  const nlohmann::json& track = data["points"]["0"]["tracks"][1];
  const StreamTrack& stream = r.points[0].timeline.roles[0].streams[1];
  REQUIRE(track.size() == 3 * stream.spans.size());
  const double unit = r.points[0].timeline.duration.value / 100000;
  double end = 0;
  for (std::size_t i = 0; i < stream.spans.size(); ++i) {
    const double start = end + track[3 * i].get<double>();
    end = start + track[3 * i + 1].get<double>();
    CHECK(std::abs(start * unit - stream.spans[i].start.value) <= 0.51 * unit);
    CHECK(std::abs(end * unit - stream.spans[i].end.value) <= 0.51 * unit);
  }
  const nlohmann::json& label = data["labels"][track[3 * 3 + 2].get<std::size_t>()];
  CHECK(label == nlohmann::json::array({"communication", "all_gather layer 3, 157 MB, ring, 8 ranks"}));
}

TEST_CASE("text from descriptions cannot become markup") {
  const std::string evil = "</script><script>alert(\"1\")</script><img src='x' onerror='y'>&";
  Result r = fake::result();
  r.scenario = r.title = r.question = r.version = r.fidelity = r.workload = evil;
  for (Point& p : r.points) {
    p.platform = p.variant = evil;
    if (!p.problem.empty()) p.problem = evil;
    p.measured_source = evil;
    for (RoleTrack& role : p.timeline.roles) {
      role.name = evil;
      for (StreamTrack& s : role.streams) {
        s.name = evil;
        for (Span& span : s.spans) span.label = span.detail = evil;
      }
    }
    for (LinkUse& link : p.timeline.links) link.name = evil;
  }
  for (InputFigure& i : r.inputs) i.object = i.path = i.value = i.source = i.confidence = evil;
  const std::string html = to_html(r);
  CHECK(occurrences(html, "<script") == 2);  // the data and the script of the page itself
  CHECK(occurrences(html, "</script>") == 2);
  CHECK(html.find("<img") == std::string::npos);
  for (const std::string& svg : svgs_of(html)) CHECK_NOTHROW(parsed_xml(svg));
  CHECK(timeline_data(html)["labels"][0][1].get<std::string>().find(evil) == 0);
}

TEST_CASE("a result without points, or with problems only, is a page all the same") {
  Result r = fake::result();
  r.points.resize(0);
  CHECK(to_html(r).find("This result holds no points.") != std::string::npos);
  r.points.push_back(fake::result().points[7]);
  const std::string html = to_html(r);
  check_loads_nothing(html);
  CHECK(html.find("1 of 1 point has no answer") != std::string::npos);
  CHECK(html.find("<select") == std::string::npos);
  CHECK(html.find("No answer: does not fit") != std::string::npos);
  CHECK(to_html(Result{}).find("</html>") != std::string::npos);
}

TEST_CASE("long timelines keep their first and last part, and the page small") {
  Result r = fake::result();
  for (Point& p : r.points) {
    for (RoleTrack& role : p.timeline.roles) {
      for (StreamTrack& s : role.streams) {
        const Seconds duration = p.timeline.duration;
        s.spans.clear();
        for (int i = 0; i < 5000; ++i) {
          s.spans.push_back({SpanKind::compute,
                             "op " + std::to_string(i),
                             duration * (i / 5000.0),
                             duration * ((i + 0.9) / 5000.0),
                             {},
                             ""});
        }
      }
    }
  }
  const std::string html = to_html(r);
  CHECK(html.size() < 3000000);
  const nlohmann::json data = timeline_data(html);
  const nlohmann::json& track = data["points"]["0"]["tracks"][0];
  const auto label = [&](std::size_t i) { return data["labels"][track[3 * i + 2].get<std::size_t>()][1]; };
  const std::size_t n = track.size() / 3, half = (n - 1) / 2;
  CHECK(n < 5000);
  CHECK(label(0) == "op 0");
  CHECK(label(half - 1) == "op " + std::to_string(half - 1));
  CHECK(label(half) == std::to_string(5000 - 2 * half) + " spans not drawn here; the trace file has them");
  CHECK(label(n - 1) == "op 4999");
}
TEST_CASE("titles stand where people read, names beside them") {
  Result r = fake::result();
  r.workload_title = "GPT 2.7B";
  for (Point& p : r.points)
    p.platform_title = p.platform == "mn5_acc" ? "MareNostrum 5 ACC" : "Leonardo Booster";
  const std::string html = to_html(r);
  CHECK(html.find("workload <b>GPT 2.7B</b>") != std::string::npos);
  CHECK(html.find("Full sharding on Leonardo Booster falls") != std::string::npos);
  CHECK(html.find("MareNostrum 5 ACC, full sharding <small>mn5_acc</small>") != std::string::npos);
  CHECK(html.find("mn5_acc, ") == std::string::npos);
}

TEST_CASE("where other nodes change a step, the page says so") {
  Result r = fake::result();
  Point& p = r.points.front();
  p.placement = "contiguous";
  p.other_placements = {{PlacementPolicy::fragmented, p.step_time() * 1.1},
                        {PlacementPolicy::random, p.step_time() * 3}};
  r.points[1].other_placements = {{PlacementPolicy::random, r.points[1].step_time() * 1.01}};
  const std::string html = to_html(r);
  CHECK(occurrences(html, "GPUs: contiguous ") == 1);
  CHECK(html.find(", fragmented ") != std::string::npos);
  p.other_hashes = {{1, p.step_time()}, {2, p.step_time() * 1.5}};
  CHECK(placement_note(p).ends_with(", 2 other hashes " + human_time(p.step_time()) + " to " +
                                    human_time(p.step_time() * 1.5)));
  p.other_placements.clear();
  p.other_hashes.pop_back();
  CHECK(placement_note(p).empty());
}

TEST_CASE("amounts below nothing keep the unit of those above") {
  CHECK(human_euros(-75.83) == "-75.8 EUR");
  CHECK(human_grams(-2500) == "-2.50 kg");
}

TEST_CASE("a page of 600 points stays under 1.5 MB") {
  Result r = fake::result();
  const std::vector<Point> some = r.points;
  for (int variant = 0; r.points.size() < 600; ++variant)
    for (Point p : some) {
      p.variant += " " + std::to_string(variant);
      r.points.push_back(std::move(p));
    }
  const std::string html = to_html(r);
  CHECK(html.size() < 1500000);
  CHECK(html.find(">32 of ") != std::string::npos);
  CHECK(html.find(">12 of ") != std::string::npos);
  CHECK(occurrences(html, "<option ") == 32);
}
