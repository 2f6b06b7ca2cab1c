// Tables of storage submissions.
#include "records/storage_rows.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "base/error.hpp"

namespace aifsim {
namespace {

StorageTable table_of(const std::string& text) {
  std::istringstream in(text);
  return read_storage_table(in, "t.csv");
}

std::string problem_of(const std::string& text) {
  try {
    table_of(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

const std::string io500_head =
    "site,system,filesystem,year,submission,ior-easy-read[GiB/s],ior-easy-write[GiB/s],"
    "ior-hard-read[GiB/s],ior-hard-write[GiB/s]\n";
const std::string mlperf_head = "submitter,system,model,accelerator,accelerators,samples_per_s\n";

}  // namespace

TEST_CASE("tables of storage submissions are told apart by their columns", "[records]") {
  const StorageTable io500 = table_of(io500_head + "Lab,Box,Lustre,2024,submission-1,10,8,5.5,\n" +
                                      "Lab,Box,Lustre,2024,submission-2,10,8,5.5,\n");
  CHECK(io500.io500);
  REQUIRE(io500.rows.size() == 2);
  CHECK(io500.rows[0].phases[2] == 5.5);
  CHECK_FALSE(io500.rows[0].phases[3]);
  CHECK(io500.rows[0].cells.at("year") == "2024");
  CHECK(io500.rows[0].repeats == 0);
  CHECK(io500.rows[1].repeats == 2);

  const StorageTable mlperf = table_of(mlperf_head + "Shop,Box_3hosts,unet3d,h100,12,200.5\n");
  CHECK_FALSE(mlperf.io500);
  REQUIRE(mlperf.rows.size() == 1);
  CHECK(mlperf.rows[0].accelerators == 12);
  CHECK(mlperf.rows[0].samples_per_s == 200.5);
  CHECK(mlperf.rows[0].line == 2);
}

TEST_CASE("what is wrong in a table of storage submissions is told with its place", "[records]") {
  CHECK(problem_of(mlperf_head + "Shop,Box,unet3d,h100,some,200\n") ==
        "t.csv:2:22: column 'accelerators' must be a number, found 'some'");
  CHECK(problem_of(mlperf_head + "Shop,Box,unet3d,h100,2,-1\n") ==
        "t.csv:2:24: samples_per_s: expected a number above 0, found \"-1\"");
  CHECK(problem_of(mlperf_head + "Shop,,unet3d,h100,2,1\n") ==
        "t.csv:2:6: system: expected a name, found an empty cell");
  CHECK(problem_of(io500_head + "Lab,Box,Lustre,2024,submission-1,10,fast,5,1\n") ==
        "t.csv:2:37: column 'ior-easy-write[GiB/s]' must be a number, found 'fast'");
  CHECK_THAT(problem_of("a,b\n1,2\n"),
             Catch::Contains("t.csv:1:1: expected the columns of MLPerf Storage submissions"));
  CHECK_THAT(problem_of("samples_per_s,model\n"), Catch::Contains("submitter"));
}

}  // namespace aifsim
