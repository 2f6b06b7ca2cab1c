// Published storage submissions: what names say of hardware, and invented rows against the shipped catalogue.
#include "calibration/storage_validation.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "base/error.hpp"
#include "calibration/storage_hardware.hpp"
#include "catalog/known_storage.hpp"
#include "lowering/storage/storage.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

StorageTierDescription tier_known_as(std::vector<std::string> words) {
  StorageTierDescription tier;
  tier.known_as = std::move(words);
  tier.appliance = true;
  return tier;
}

Validation validated(const std::string& text, const std::string& by, bool leave_out = false) {
  std::istringstream in(text);
  return leave_out ? validate_storage_left_out(shipped(), in, "t.csv", by)
                   : validate_storage(shipped(), in, "t.csv", by);
}

const std::string io500_head =
    "site,system,filesystem,submission,ior-easy-read[GiB/s],ior-easy-write[GiB/s],ior-hard-read[GiB/s],"
    "ior-hard-write[GiB/s]\n";
const std::string mlperf_head = "submitter,system,model,accelerator,accelerators,samples_per_s\n";

}  // namespace

TEST_CASE("a name says clients, networks and drives", "[calibration][storage]") {
  const auto said = [](const char* name) { return hardware_named(name, {}).str(); };
  CHECK(said("F1_8x7000GiB_nvme_2xHDR200_Nclient3") == "8 drives, NICs 2 x 200 Gb/s, 3 clients");
  CHECK(said("Box_6xSlow200_5hosts") == "NICs 6 x 200 Gb/s, 5 clients");
  CHECK(said("Box-4-Nodes-21-Hosts-unet3d-h100") == "4 storage nodes, 21 clients");
  CHECK(said("Box-6-Grey-Clients-3-target") == "6 clients");
  CHECK(said("Box_1Client_A100") == "1 client");
  CHECK(said("Box_51_hosts") == "51 clients");
  CHECK(said("Box-1-client-dual-socket-56-cores") == "1 client");
  CHECK(said("2x100GbE_2clients") == "NICs 2 x 100 Gb/s, 2 clients");
  CHECK(said("Box-cloud-nvme-cache") == "");
  CHECK(said("8xH100") == "");  // accelerators, no network
}

TEST_CASE("a name says which product, and how many of it", "[calibration][storage]") {
  const std::vector<StorageTierDescription> tiers{tier_known_as({"AI9"}), tier_known_as({"AI9 Turbo"}),
                                                  tier_known_as({"Scale System 7", "Scale 7"})};
  const auto said = [&](const char* name) { return hardware_named(name, tiers).str(); };
  CHECK(said("ai9 Lustre") == "AI9, number not said");
  CHECK(said("AI9-II EXA") == "2 x AI9");
  CHECK(said("4xAI9-Turbo EXA") == "4 x AI9 Turbo");
  CHECK(said("Arches 2 Scale 7 BBs") == "2 x Scale System 7");
  CHECK(said("Scale System 7 - 3 Building Blocks") == "3 x Scale System 7");
  CHECK(said("AI99") == "");
}

TEST_CASE("every tier and file system of the catalogue is read by itself", "[calibration][storage]") {
  const KnownStorage known = known_storage(shipped());
  CHECK(known.tiers.size() > 10);
  for (const StorageTierDescription& tier : known.tiers) {
    CAPTURE(tier.name, tier.software);
    CHECK(file_system_of(known.file_systems, tier.software));
    for (const std::string& word : tier.known_as) CHECK(hardware_named(word, known.tiers).tier == &tier);
  }
}

TEST_CASE("MLPerf Storage: paces, stragglers and what the NICs let through", "[calibration][storage]") {
  const Validation v = validated(
      mlperf_head + "Shop,Box_3hosts,unet3d,h100,1,20\n" + "Shop,Box_3hosts,unet3d,h100,100,1900\n" +
          "Shop,Box_1xEDR100_1host,unet3d,h100,100,80\n" + "Shop,Box,unet3d,h100,1,21\n" +
          "Shop,Box_3hosts,unet3d,b200,1,20\n" + "Shop,Box_3hosts,unet3d,h100,1,20\n",
      "workload,hardware");
  REQUIRE(v.rows.size() == 6);
  CHECK(v.unit == "samples/s");
  CHECK(v.rows[0].group == "unet3d h100, 3 clients");
  CHECK(v.rows[0].control == Approx(7 / 0.323));
  CHECK(v.rows[0].predicted < v.rows[0].control);
  CHECK(v.rows[1].predicted < 100 * v.rows[0].predicted);  // the last of more comes later
  CHECK(v.rows[2].predicted == Approx(12.5e9 / 146.6e6).epsilon(1e-3));
  CHECK_THAT(v.rows[3].unsupported, Catch::Contains("does not say what hardware"));
  CHECK_THAT(v.rows[4].unsupported, Catch::Contains("no job unet3d_b200"));
  CHECK(v.rows[5].unsupported == "the same figures as in line 2");
  CHECK(v.summary.covered == 3);
}

TEST_CASE("IO500: easy and hard phases of a product, and a machine's own figures", "[calibration][storage]") {
  const Validation v =
      validated(io500_head + "Lab,AI400X2-II,EXAScaler,submission-1,160,120,100,12\n" +
                    "Lab,Leonardo,EXAScaler,submission-645,1885.9,1551.6,900,150\n" +
                    "Lab,Box,Lustre,submission-3,1,1,1,1\n" + "Lab,AI400X2-I,EXAScaler,submission-4,80,,,\n" +
                    "Lab,AI400X2,EXAScaler,submission-5,81,,,\n",
                "workload");
  REQUIRE(v.rows.size() == 20);
  CHECK(v.rows[0].group == "ior-easy-read");
  CHECK(v.rows[0].predicted == Approx(2 * 90e9 / (1024. * 1024 * 1024)));
  CHECK(v.rows[3].predicted < 0.2 * v.rows[1].predicted);
  CHECK(v.rows[3].control == Approx(v.rows[1].predicted));
  CHECK_THAT(v.rows[4].unsupported, Catch::Contains("given"));
  CHECK(v.rows[6].covered());
  CHECK_THAT(v.rows[8].unsupported, Catch::Contains("does not say what hardware"));
  CHECK(v.rows[13].unsupported == "the submission has no figure");
  CHECK(v.rows[16].unsupported == "the submission does not say how many AI400X2 it has");
  std::ostringstream text;
  print_validation_text(text, v, true);
  CHECK_THAT(text.str(), Catch::Contains("predicted GiB/s") && Catch::Contains("no figure: the submission"));
}

TEST_CASE("constants of the others predict a group that they have not seen", "[calibration][storage]") {
  std::string io500 = io500_head;
  for (const char* system : {"a", "b", "c", "d"})
    io500 += "Lab" + std::string(system) + "," + system + ",Lustre,s,10,10,5,1\n";
  io500 += "Labe,e,DAOS,s,10,10,9,9\n";
  const Validation v = validated(io500, "system", true);
  CHECK(v.rows[2].predicted == Approx(5));
  CHECK(v.rows[3].predicted == Approx(1));
  CHECK_FALSE(v.rows[0].covered());
  CHECK(v.rows[18].unsupported == kNotLeftOut);

  // Rows that follow the equation tell its constant.
  StorageJobDescription job;
  for (const JobDescription& one :
       shipped().scenario(shipped().path(CatalogKind::scenario, "mlperf-storage")).jobs)
    if (one.name == "cosmoflow_a100") job = *one.storage;
  job.straggle = 0.1;
  std::string mlperf = mlperf_head;
  for (const int n : {1, 5, 20, 100})
    mlperf += "Shop" + std::to_string(n) + ",Box_3hosts,cosmoflow,a100," + std::to_string(n) + "," +
              std::to_string(n / unhindered_step(job, n).value) + "\n";
  for (const ValidatedRow& row : validated(mlperf, "submitter", true).rows)
    CHECK(row.predicted == Approx(row.measured).epsilon(1e-6));
}

TEST_CASE("a column that groups storage rows must be there", "[calibration][storage]") {
  CHECK_THROWS_WITH(validated(mlperf_head, "colour"), Catch::Contains("hardware, found \"colour\""));
}

}  // namespace aifsim
