#include "calibration/validation.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "calibration/constant_mfu.hpp"
#include "calibration/training_validation.hpp"
#include "factory/training_table.hpp"

namespace aifsim {
namespace {

std::vector<ValidatedRow> rows(std::size_t count) {
  std::vector<ValidatedRow> made;
  for (std::size_t i = 0; i < count; ++i) {
    ValidatedRow row;
    row.id = "row " + std::to_string(i);
    row.group = i % 3 == 0 ? "short" : "a longer group";
    row.measured = 1;
    row.predicted = 1.5;
    made.push_back(row);
  }
  return made;
}

std::string text(const Validation& v, std::size_t width = 0) {
  std::ostringstream out;
  print_validation_text(out, v, true, width);
  return out.str();
}

std::string json(const Validation& v) {
  std::ostringstream out;
  print_validation_json(out, v);
  return out.str();
}

}  // namespace

TEST_CASE("the JSON of a validation, written row by row, is laid out as a library would", "[calibration]") {
  std::vector<ValidatedRow> some = rows(3);
  some[0].low = 0.5, some[0].high = 2;
  some[1].id = "line\nbreak \"quoted\"";
  some[2].unsupported = "no model";
  for (const Validation& v : {summarise(some), summarise({})})
    CHECK(json(v) == nlohmann::ordered_json::parse(json(v)).dump(2) + "\n");
  const auto parsed = nlohmann::ordered_json::parse(json(summarise(some)));
  CHECK(parsed["rows"][1]["id"] == "line\nbreak \"quoted\"");
  CHECK(parsed["rows"][2]["unsupported"] == "no model");
  CHECK(parsed["summary"]["covered"] == 2);
}

TEST_CASE("logged power is told beside time, by group", "[calibration]") {
  std::vector<ValidatedRow> some = rows(4);
  CHECK_FALSE(nlohmann::json::parse(json(summarise(some))).contains("power"));
  some[1].power = ErrorRow{400, 500, 700};
  some[2].power = ErrorRow{500, 500, 700};
  const Validation v = summarise(some);
  REQUIRE(v.power.size() == 2);  // the group that has it, and all
  CHECK(v.power.front().name == "a longer group");
  CHECK(v.power.back().median_ape == Approx(12.5));
  CHECK(v.power.back().control_median_ape == Approx(57.5));
  const auto parsed = nlohmann::json::parse(json(v));
  CHECK(parsed["power"]["summary"]["covered"] == 2);
  CHECK(parsed["rows"][1]["power_w"] == 500);
  CHECK_FALSE(parsed["rows"][0].contains("power_w"));
  CHECK(json(v) == nlohmann::ordered_json::parse(json(v)).dump(2) + "\n");
  CHECK(text(v).find("power of the board, where it was logged; control: its limit") != std::string::npos);
}

TEST_CASE("many rows are one table: one head, columns aligned from the first to the last", "[calibration]") {
  std::istringstream lines(text(summarise(rows(25'000))));
  std::string line;
  std::getline(lines, line);
  CHECK(line.starts_with("row "));
  const std::size_t width = line.size();
  std::size_t count = 0, heads = 0;
  while (std::getline(lines, line) && !line.empty()) {
    ++count;
    heads += line.find("predicted") != std::string::npos;
    if (line.size() != width) FAIL("line " << count << " is not as wide as the head: " << line);
  }
  CHECK(count == 25'000);
  CHECK(heads == 0);
}

TEST_CASE("the choice of a layout is judged as a search picks it", "[calibration]") {
  std::vector<ValidatedRow> layouts = rows(6);
  for (std::size_t i = 0; i < layouts.size(); ++i) layouts[i].measured = 1 + 0.1 * static_cast<double>(i);
  for (std::size_t i = 0; i < layouts.size(); ++i) layouts[i].predicted = 2 + 0.1 * static_cast<double>(i);
  const auto over = [&] { return choice_of(std::vector<std::string>(6, "8B on 64"), layouts); };
  CHECK(over().worst == Approx(0).margin(1e-9));
  CHECK(over().within_5 == 100);
  CHECK(over().rank_correlation == Approx(1));
  layouts[2].predicted = 1;
  CHECK(over().worst == Approx(20));
  CHECK(over().within_15 == 0);
  layouts[2].fits = false;  // the quickest by far, were there room for it
  CHECK(over().worst == Approx(0).margin(1e-9));
  for (ValidatedRow& layout : layouts) layout.fits = false;
  CHECK(over().worst == Approx(20));
  CHECK(choice_of({"a", "a", "a", "a", "b", "b"}, layouts).questions == 0);
}

TEST_CASE("the control is the median of all other groups of a GPU family and precision", "[calibration]") {
  std::vector<MeasuredRow> measured;
  const auto add = [&](const char* group, double mfu, const char* family = "a100") {
    MeasuredRow row;
    row.id = std::to_string(measured.size());
    row.group = group;
    row.family = family;
    row.precision = "bf16";
    row.measured = Seconds{1 / mfu};
    row.model_flops = Flops{1e12};
    row.peak = FlopsPerSecond{1e12};
    measured.push_back(row);
  };
  add("a", 0.50), add("b", 0.20), add("a", 0.10), add("c", 0.40), add("b", 0.30), add("d", 0.6, "h100");
  const ConstantMfu control(measured);
  CHECK(control.seconds(measured[0]) == Approx(1 / 0.30));  // of 0.20, 0.30, 0.40
  CHECK(control.seconds(measured[2]) == Approx(1 / 0.30));
  CHECK(control.seconds(measured[1]) == Approx(1 / 0.40));  // of 0.10, 0.40, 0.50
  CHECK(control.seconds(measured[3]) == Approx(1 / 0.25));  // of 0.10, 0.20, 0.30, 0.50
  CHECK(std::isnan(control.seconds(measured[5])));          // no other group
}

}  // namespace aifsim
