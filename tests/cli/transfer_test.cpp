// aifsim transfer, through the real binary.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/binary.hpp"
#include "root.hpp"

namespace aifsim {

TEST_CASE("a data set between two sites takes its bytes over what the wide-area link gives", "[cli]") {
  const std::string home = "AIFSIM_HOME=" + test_root();
  const auto ask = [&](const std::string& more) { return run_aifsim("transfer meluxina_ai " + more, home); };
  const Ran r = ask("Bissen Bettembourg --size 1PB --json");
  INFO(r.err);
  REQUIRE(r.code == 0);
  const auto json = nlohmann::json::parse(r.out);
  // 1,600 Gb/s are 200 GB/s, less than 64 windows of 256 MiB in 0.5 ms: 1e15 B take 5,000 s and half a round
  // trip.
  CHECK(json.at("rate_bytes_per_s") == 200e9);
  CHECK(json.at("time_s").get<double>() == Approx(5000 + 0.25e-3).epsilon(1e-12));
  CHECK(json.at("bound") == "link Bissen>Bettembourg, its rate");
  CHECK(json.at("sites") == nlohmann::json({"Bissen", "Bettembourg"}));
  CHECK(ask("Bettembourg Bissen").code == 0);

  CHECK(ask("Bissen Betembourg").code == 2);
  CHECK_THAT(ask("Bissen Betembourg").err,
             Catch::Contains("meluxina_ai has no site \"Betembourg\"") && Catch::Contains("Bettembourg"));
  CHECK_THAT(ask("Bissen Bettembourg --size 40TB").out, Catch::Contains("40TB from Bissen to Bettembourg"));
  CHECK_THAT(run_aifsim("transfer federation here there", home).err,
             Catch::Contains("federation has no site \"here\""));
  CHECK_THAT(ask("Bissen Bissen").err, Catch::Contains("two sites would be right"));
  CHECK(ask("Bissen Bettembourg --size 1").code == 2);
  CHECK(ask("Bissen Bettembourg --size 0TB").code == 2);
  const Ran one = run_aifsim("transfer lumi_g a b", home);
  CHECK(one.code == 2);
  CHECK_THAT(one.err, Catch::Contains("lumi_g is on one site"));
}

}  // namespace aifsim
