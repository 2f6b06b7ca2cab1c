#include "report/json.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "report/fake_result.hpp"

using namespace aifsim;
using Json = nlohmann::ordered_json;

TEST_CASE("equal results give equal JSON, whatever the simulation took") {
  Result a = fake::result(), b = fake::result();
  for (Point& p : b.points) p.wall_time = Seconds{123};
  CHECK(to_json(a) == to_json(b));
  b.points[0].metrics[Metric::mfu].value += 1e-15;
  CHECK(to_json(a) != to_json(b));
}

TEST_CASE("JSON holds the points, with null where there is no answer") {
  const Result r = fake::result();
  const Json json = Json::parse(to_json(r));
  CHECK(json["seed"] == 18446744073709551615u);
  REQUIRE(json["points"].size() == 24);
  const Json& p = json["points"][1];
  CHECK(p["platform"] == "leonardo_booster");
  CHECK(p["gpus"] == 16);
  CHECK(p["problem"].is_null());
  CHECK(p["step_time_s"].get<double>() == r.points[1].step_time().value);
  CHECK(p["memory"]["total_bytes"].get<double>() == r.points[1].memory.total().value);
  CHECK(p["links"][0]["utilisation"] == 0.71);
  CHECK(p["measured_source"] == "example.org scaling table, row 16");
  CHECK(p["step_time_error"].get<double>() == Approx(1 / 1.03 - 1));
  const Json& none = json["points"][7];
  CHECK(none["problem"] == r.points[7].problem);
  CHECK(none["step_time_s"].is_null());
  CHECK(none["memory"].is_null());
  CHECK(none["measured_step_time_s"].is_null());
  CHECK(json["inputs"][6]["confidence"] == "");

  std::vector<std::string> keys, keys_of_none;
  for (const auto& [key, value] : p.items()) keys.push_back(key);
  for (const auto& [key, value] : none.items()) keys_of_none.push_back(key);
  CHECK(keys == keys_of_none);
  CHECK(keys.front() == "platform");
}

TEST_CASE("doubles come back exactly") {
  REQUIRE(rc::check("step time", [](double value) {
    RC_PRE(std::isfinite(value));
    Result r;
    r.points.push_back(fake::point({"p", "v"}, 8));
    r.points[0].metrics[Metric::step_time].value = value;
    RC_ASSERT(Json::parse(to_json(r))["points"][0]["step_time_s"].get<double>() == value);
  }));
}

TEST_CASE("text that is not UTF-8 does not stop the JSON") {
  Result r;
  r.title = "caf\xE9 <script>";
  CHECK(Json::parse(to_json(r))["title"] == "caf\xEF\xBF\xBD <script>");
}
