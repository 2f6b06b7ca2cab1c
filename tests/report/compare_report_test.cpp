#include "report/compare_report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/text_table.hpp"

namespace aifsim {
namespace {

constexpr double day = 86400;

Proposal proposal(const std::string& title, double days, double low, double high, double grams,
                  double euros) {
  Proposal p;
  p.at.scenario = std::make_shared<ScenarioDescription>();
  p.at.point = std::make_shared<SweepPoint>();
  p.title = title;
  p.sizes = {512};
  p.best.choice.gpus = 512;
  Metrics& m = p.best.figures.metrics;
  m[Metric::step_time] = {days / 10, low / 10, unknown, high / 10};
  m[Metric::run_time] = {days * day, low * day, unknown, high * day};
  m[Metric::mfu].value = 0.4;
  m[Metric::run_gpu_hours].value = 512 * 24 * days;
  m[Metric::run_energy].value = 3.6e12;
  m[Metric::run_carbon].value = grams;
  m[Metric::run_cost].value = euros;
  return p;
}

ProposalComparison three() {
  ProposalComparison c;
  c.title = "title <b>";
  c.works.push_back({"m", "Model", false, 2e12, 1024, 4096});
  c.proposals.push_back(proposal("Slow", 60, 50, 70, 1e8, 2e6));
  c.proposals.push_back(proposal("Quick", 30, 25, 36, 3e8, 1e6));
  c.proposals.push_back(proposal("Near", 32, 28, 40, 2e8, 3e6));
  return c;
}

}  // namespace

TEST_CASE("the soonest proposal is named, with those whose bands meet its own", "[report]") {
  ProposalComparison c = three();
  CHECK(ranked(c, 0) == std::vector<std::size_t>{1, 2, 0});
  CHECK(compare_sentence(c, 0) ==
        "Soonest is Quick: 30.0 d (25.0 d to 36.0 d), 300 t CO2e, 1.00 MEUR; not told apart from Near, as "
        "their 80 % "
        "bands "
        "overlap; least carbon: Slow, 100 t.");
  c.proposals[2] = proposal("Near", 45, 37, 48, 2e8, 3e6);
  CHECK(compare_sentence(c, 0).find("not told apart") == std::string::npos);
  c.proposals[1].problem = "does not fit";
  CHECK(ranked(c, 0) == std::vector<std::size_t>{2, 0, 1});
  CHECK(compare_sentence(c, 0).starts_with("Soonest is Near: 45.0 d"));
  const std::string table = compare_table(c, 80);
  CHECK(table.find("no answer: does not fit") != std::string::npos);
  for (Proposal& p : c.proposals) p.problem = "does not fit";
  CHECK(compare_sentence(c, 0).empty());
  CHECK(nlohmann::json::parse(compare_json(c))["works"][0]["answer"].is_null());
}

TEST_CASE("a comparison as JSON has every proposal", "[report]") {
  const ProposalComparison c = three();
  const auto json = nlohmann::json::parse(compare_json(c));
  const auto& work = json["works"][0];
  CHECK(work["not_told_apart"] == nlohmann::json{3});
  CHECK(work["proposals"][0]["number"] == 2);
  CHECK(work["proposals"][0]["run_time_p90_s"] == 36 * day);
}

TEST_CASE("a comparison of many names three, and tells equal layouts once", "[report]") {
  ProposalComparison c = three();
  for (const char* title : {"Third", "Fourth", "Fifth"})
    c.proposals.push_back(proposal(title, 33, 28, 40, 2e8, 3e6));
  CHECK(compare_sentence(c, 0).find("not told apart from Near; Third; Fourth and 1 more, as") !=
        std::string::npos);
  const std::string table = compare_table(c, 80);
  CHECK(table.find(" 2, 3, 4, 5, 6, 1: TP 1, DP 512") != std::string::npos);
  CHECK(table.find("25.0-36.0 d") != std::string::npos);
  c.proposals[1] = proposal("Quick", 1, 0.5, 1.5, 3e8, 1e6);
  CHECK(compare_table(c, 80).find("12.0-36.0 h") != std::string::npos);
}

TEST_CASE("numbers of proposals and works of their own stay apart", "[report]") {
  ProposalComparison c = three();
  c.works.push_back({"n", "Network", true, 1e9, 512, 1});
  c.proposals[0].work = 1;
  CHECK(ranked(c, 0) == std::vector<std::size_t>{1, 2});
  CHECK(ranked(c, 1) == std::vector<std::size_t>{0});
  const std::string table = compare_table(c, 80);
  CHECK(table.find("for a million samples") != std::string::npos);
  CHECK(compare_sentence(c, 1) == "Soonest is Slow: 60.0 d (50.0 d to 70.0 d), 100 t CO2e, 2.00 MEUR.");
}

}  // namespace aifsim
