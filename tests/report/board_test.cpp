// What the page of a comparison says and how it is put together; tests/board has it in a browser.
#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "experiment/influence.hpp"
#include "report/board_answer.hpp"
#include "report/board_bundle.hpp"
#include "report/board_data.hpp"
#include "report/board_influence.hpp"
#include "report/board_links.hpp"
#include "report/compare_report.hpp"

namespace aifsim {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

// With a band of `width` on each side, relative.
Proposal board_proposal(const std::string& title, double days, double tonnes, double euros,
                        double width = 0.2) {
  Proposal p;
  p.at.scenario = std::make_shared<ScenarioDescription>();
  p.at.point = std::make_shared<SweepPoint>();
  p.at.platform_label = title;
  p.title = title;
  p.best.choice.gpus = 512;
  Metrics& m = p.best.figures.metrics;
  for (const auto& [metric, value] : {std::pair{Metric::run_time, days * 86400},
                                      {Metric::run_carbon, tonnes * 1e6},
                                      {Metric::run_cost, euros},
                                      {Metric::run_energy, 3.6e12}})
    m[metric] = {value, value * (1 - width), unknown, value * (1 + width)};
  m[Metric::mfu].value = 0.4;
  m[Metric::step_time].value = days;
  return p;
}

ProposalComparison board_comparison() {
  ProposalComparison c;
  c.title = "title </script><b>";
  c.works.push_back({"m", "Model", false, 2e12, 1024, 4096});
  c.proposals.push_back(board_proposal("Slow (contracted)", 60, 100, 2e6));
  c.proposals.push_back(board_proposal("Quick", 30, 300, 1e6));
  c.proposals.push_back(board_proposal("Near", 33, 310, 3e6));
  return c;
}

Influence moved(const std::string& path, std::vector<std::size_t> proposals,
                std::vector<InfluenceFactors> low, std::vector<InfluenceFactors> high) {
  Influence row;
  row.objects = {"platform quick"};
  row.path = path;
  row.value = "100Gbps";
  row.confidence = "assumed";
  row.range = 0.3;
  row.proposals = std::move(proposals);
  row.low = {"70Gbps", std::move(low)};
  row.high = {"130Gbps", std::move(high)};
  return row;
}

std::string script_of(const std::string& page, const std::string& open) {
  const std::size_t from = page.find(open) + open.size();
  return page.substr(from, page.find("</script>", from) - from);
}

}  // namespace

TEST_CASE("three sentences say who is best and what is not told apart", "[report]") {
  const ProposalComparison c = board_comparison();
  const std::vector<std::string> answer = board_answer(c);
  REQUIRE(answer.size() == 3);
  CHECK(answer[0] == "Soonest is Quick with 30.0 d (24.0 d to 36.0 d), not told apart from Near.");
  CHECK(
      answer[1] ==
      "The least carbon has Slow with 100 t CO2e (80.0 t CO2e to 120 t CO2e), ahead of the next, Quick, told "
      "apart; the least cost has Quick with 1.00 MEUR (800 kEUR to 1.20 MEUR), ahead of the next, Slow, told "
      "apart.");
  ProposalComparison alike = board_comparison();
  for (Proposal& p : alike.proposals) p = board_proposal(p.title, 30, 1, 1, 0.5);
  CHECK(board_answer(alike)[0].find("not told apart from any other") != std::string::npos);
  ProposalComparison failed = board_comparison();
  for (Proposal& p : failed.proposals) p.problem = "does not fit";
  CHECK(board_answer(failed)[0] == "No proposal has an answer.");
  CHECK(board_answer(failed).size() == 3);
}

TEST_CASE("of several works each sentence names the best of each", "[report]") {
  ProposalComparison c = board_comparison();
  c.works.push_back({"n", "Network", true, 1e9, 512, 1});
  c.proposals.push_back(board_proposal("Quick", 2, 1, 9e6, 0.01));
  c.proposals.push_back(board_proposal("Near", 3, 2, 8e6, 0.01));
  c.proposals[3].work = c.proposals[4].work = 1;
  const std::vector<std::string> answer = board_answer(c);
  CHECK(
      answer[0] ==
      "Soonest is Quick for Model (30.0 d, not told apart from Near) and Network (2.00 d, ahead of the next, "
      "Near, told apart).");
  CHECK(answer[1].find("Quick for Model (1.00 MEUR") != std::string::npos);
  CHECK(answer[1].find("Near for Network (8.00 MEUR") != std::string::npos);
}

TEST_CASE("a proposal is on the front unless another is as good in all and better in one", "[report]") {
  const ProposalComparison c = board_comparison();
  CHECK(on_front(c, 0));
  CHECK(on_front(c, 1));
  CHECK_FALSE(on_front(c, 2));
  ProposalComparison twins = board_comparison();
  twins.proposals[2] = twins.proposals[1];
  CHECK(on_front(twins, 1));
  CHECK(on_front(twins, 2));
}

TEST_CASE("a tornado follows the lead over whoever is next, and tells who would be best", "[report]") {
  ProposalComparison c = board_comparison();
  c.influence.asked = true;
  c.influence.moved = 7;
  // Of the best alone: up by 20 % it is behind Near; of all: the lead stays; the best one no longer runs at the low end.
  c.influence.rows = {moved("node.a_rate", {1}, {{0.9, 1, 1}}, {{1.2, 1, 1}}),
                      moved("clock.sustained", {0, 1, 2}, {{2, 2, 2}, {2, 2, 2}, {2, 2, 2}},
                            {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}),
                      moved("memory", {1}, {{none, none, none}}, {{1, 1, 1}}),
                      moved("x.y.price", {2}, {{1, 1, 0.5}}, {{1, 1, 1.5}})};
  const std::optional<Tornado> t = tornado(c, 0, Metric::run_time);
  REQUIRE(t);
  CHECK(t->best == 1);
  CHECK(t->lead == Approx(0.1));
  CHECK(t->turning == 2);
  REQUIRE(t->bars.size() == 2);
  CHECK(t->bars[0].row == 2);
  CHECK_FALSE(t->bars[0].low);
  CHECK(t->bars[0].turns_to == "Near");  // the soonest of those that still have an answer
  CHECK(t->bars[1].row == 0);
  CHECK(*t->bars[1].low == Approx(1.1 / 0.9 - 1));
  CHECK(*t->bars[1].high == Approx(1.1 / 1.2 - 1));
  CHECK(t->bars[1].turns_to == "Near");
  CHECK(tornado(c, 0, Metric::run_cost)->turning == 1);
  CHECK(tornado(c, 0, Metric::run_carbon)->turning == 0);  // of another proposal
  CHECK(board_answer(c)[2] ==
        "Of 7 guesses and main inputs, each moved over its range and run again, 2 alone turn who is soonest "
        "and 1 the "
        "least cost; first of all the memory of quick (100Gbps, assumed), at one end of which Quick has no "
        "answer.");
  const std::vector<Influence> all = c.influence.rows;
  c.influence.rows = {moved("memory", {0, 1, 2}, {{none, none, none}, {none, none, none}, {none, none, none}},
                            {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}})};
  CHECK(tornado(c, 0, Metric::run_time)->turning == 0);  // nobody has an answer there
  c.influence.rows = all;
  c.influence.rows.resize(1);
  c.influence.rows[0].high.factors = {{1.05, 1, 1}};
  CHECK(board_answer(c)[2].find("none alone turns the answer") != std::string::npos);
  CHECK(figure_words("facility.cooling.outside.mean") == "outside mean");
  CHECK(figure_words("node.wiring[5].bandwidth") == "wiring bandwidth");
  CHECK(figure_words("communication.inter_node_step") == "inter node step");
  CHECK(figure_words("memory_bandwidth") == "memory bandwidth");
}

TEST_CASE("figures move with their unit and stay on their side of one", "[experiment]") {
  CHECK(scaled_figure("400Gbps", 1.1) == "440Gbps");
  CHECK(scaled_figure("97%", 1.3) == "100%");
  CHECK(scaled_figure("0.85", 1.3) == "1");
  CHECK(scaled_figure("1.1", 0.7) == "1");
  CHECK(scaled_figure("0.21EUR/kWh", 0.8) == "0.168EUR/kWh");
  CHECK(scaled_figure("0W", 1.1).empty());
  CHECK(scaled_figure("fat_tree", 1.1).empty());
  CHECK(influence_range("published") < influence_range("low"));
  CHECK(influence_range("low") < influence_range("assumed"));
}

TEST_CASE("the page allows its own bundle alone, and its data cannot end its block", "[report]") {
  CHECK(csp_hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") ==
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");  // of nothing
  const ProposalComparison c = board_comparison();
  const std::string page = compare_html(c);
  CHECK(page.find("unsafe") == page.find("unsafe", page.find("<style>")));  // none in the policy
  CHECK(script_of(page, "<script>") == board_script);
  const auto data = nlohmann::json::parse(script_of(page, "id=\"data\">"));
  CHECK(data["title"] == c.title);
  CHECK(data == nlohmann::json(board_data(c)));
  CHECK(page.find("<title>title &lt;/script&gt;") != std::string::npos);
  CHECK(page.size() < 1'500'000);
  for (const std::string& sentence : board_answer(c)) CHECK(page.find("<p>" + sentence) != std::string::npos);
}

TEST_CASE("the data of the page has each proposal by its place, with the texts of its figures", "[report]") {
  ProposalComparison c = board_comparison();
  c.proposals.push_back(board_proposal("None", 1, 1, 1));
  c.proposals.back().problem = "does not fit";
  const nlohmann::ordered_json data = board_data(c);
  REQUIRE(data["proposals"].size() == 4);
  const auto& first = data["proposals"][0];
  CHECK(first["number"] == 2);
  CHECK(first["standing"] == "first");
  CHECK(first["time"]["text"] == "30.0 d");
  CHECK(first["time"]["band"] == "24.0 d to 36.0 d");
  CHECK(first["million_g"] == "150");
  CHECK(data["proposals"][1]["against_first"] == "+10.0 %, not told apart");
  CHECK(data["proposals"][1]["standing"] == "alike");
  CHECK(data["proposals"][2]["standing"] == "behind");
  CHECK(data["proposals"][2]["short"] == "Slow");
  CHECK(data["proposals"][3]["problem"] == "does not fit");
  CHECK(data["influence"].is_null());
  CHECK(data["curves"].empty());
}

TEST_CASE("the page has each class of links and who sends to whom, or says nothing of links", "[report]") {
  ProposalComparison c = board_comparison();
  CHECK(board_data(c)["proposals"][0]["links"].is_null());
  Proposal& p = c.proposals[1];
  LinkHeat nic{"nic out", 200,        std::vector<double>(128, 0.25), "node 3 nic0 out", BytesPerSecond{25e9},
               0.2,       Bytes{3e12}};
  nic.bins[77] = 0.4118;
  p.best.links = {
      nic, {"gpu-gpu", 12, {0.125, 0.0004}, "node 0 gpu0>gpu1", BytesPerSecond{100e9}, 0.06, Bytes{1e9}}};
  p.traffic = {{"group 0", "group 1"}, {6e9, 1e9, 1.5e9, 1.5e9}};
  CHECK(links_sentence(p) ==
        "Busiest: nic out, up to 41 % of 25.0 GB/s over a step (node 3 nic0 out). Of what leaves a node or "
        "scale-up "
        "domain, 75 % stays in its part of the fabric.");
  const auto links = board_data(c)["proposals"][0]["links"];
  REQUIRE(links["classes"].size() == 2);
  CHECK(links["classes"][0]["bins"].size() == 64);
  CHECK(links["classes"][0]["bins"][38] == 412);
  CHECK(links["classes"][0]["bins"][39] == 250);
  CHECK(links["classes"][0]["most"] == "41 %");
  CHECK(links["classes"][1]["bins"] == nlohmann::json{125, 0});
  CHECK(links["traffic"]["unit"] == "GB");
  CHECK(links["traffic"]["sent"] == nlohmann::json{{6.0, 1.0}, {1.5, 1.5}});
  const auto json = nlohmann::json::parse(compare_json(c))["works"][0]["proposals"][0];
  CHECK(json["links"][0]["utilisation"] == 0.4118);
  CHECK(json["traffic_between"]["bytes"] == nlohmann::json{6e9, 1e9, 1.5e9, 1.5e9});
  p.traffic.bytes.assign(4, 0);
  CHECK(board_data(c)["proposals"][0]["links"]["traffic"].is_null());
}

TEST_CASE("proposals that differ in their GPU counts are a curve", "[report]") {
  ProposalComparison c = board_comparison();
  for (Proposal& p : c.proposals) p.at.platform_label = "same";
  c.proposals[0].best.choice.gpus = 64;
  c.proposals[2].best.choice.gpus = 128;
  const auto curves = board_curves(c);
  REQUIRE(curves.size() == 1);
  CHECK(curves[0]["proposals"] == nlohmann::json{1, 3, 2});
  c.proposals[1].work = c.proposals.size();
  CHECK(board_curves(c)[0]["proposals"] == nlohmann::json{1, 3});
}

}  // namespace aifsim
