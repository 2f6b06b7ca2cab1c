#include "base/record.hpp"

#include <catch2/catch.hpp>
#include <sstream>

using namespace aifsim;

TEST_CASE("a record is read back as it was written") {
  std::ostringstream out;
  RecordWriter writer(out, {{"device", "A \"fast\" one"}, {"note", "two\nlines"}},
                      {"op", "gpu", "time_us", "layer"});
  writer.write(RecordRow().set("op", "gemm").set("time_us", 0.1).set("layer", "a, b"));
  writer.write(RecordRow().set("gpu", "x"));
  CHECK(writer.rows() == 2);
  std::istringstream in(out.str());
  int lines = 0;
  const Metadata metadata = read_metadata(in, lines);
  CHECK(lines == 2);
  CHECK(metadata == Metadata{{"device", "A \"fast\" one"}, {"note", "two lines"}});
  CsvReader table(in, "r.csv", lines);
  CHECK(table.columns() == std::vector<std::string>{"gpu", "op", "layer", "time_us"});  // their fixed order
  REQUIRE(table.next());
  CHECK(table.cell("layer") == "a, b");
  CHECK(*table.number("time_us") == 0.1);
  CHECK(table.place("op").line == 4);
  REQUIRE(table.next());
  CHECK(table.cell("gpu") == "x");
  CHECK_FALSE(table.next());
}

TEST_CASE("a cell in a column that the record lacks is our own bug") {
  std::ostringstream out;
  RecordWriter writer(out, {}, {"op"});
  CHECK_THROWS_AS(writer.write(RecordRow().set("colour", "red")), std::logic_error);
}

TEST_CASE("a table without metadata loses nothing") {
  std::istringstream in("op,gpu\n");
  int lines = 7;
  CHECK(read_metadata(in, lines).empty());
  CHECK(lines == 0);
  CHECK(CsvReader(in, "r.csv").has("op"));
}

TEST_CASE("tables parted by semicolons or tabs, and decimal commas, are told as what they are") {
  const auto message = [](const std::string& text) -> std::string {
    std::istringstream in(text);
    try {
      CsvReader table(in, "t.csv");
      table.next();
      table.number("time_us");
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  CHECK_THAT(message("op;time_us\nx;3,5\n"),
             Catch::StartsWith("t.csv:1:3: the columns are parted by semicolons; expected commas"));
  CHECK_THAT(message("a,b;op;time_us\n"),
             Catch::StartsWith("t.csv:1:4: the columns are parted by semicolons"));
  CHECK_THAT(message("op\ttime_us\nx\t3.5\n"),
             Catch::StartsWith("t.csv:1:3: the columns are parted by tabs"));
  CHECK_THAT(message("op,time_us\nx,\"3,5\"\n"),
             Catch::StartsWith("t.csv:2:3: column 'time_us' must be a number, found '3,5'") &&
                 Catch::Contains("decimals with a point"));
  CHECK_THAT(message("op,time_us\nx,3,5\n"),
             Catch::Contains("3 cells, but the header names 2 columns; a text with a comma needs quotes, and "
                             "decimals have a point"));
  CHECK(message("op,time_us,\"a;b\"\nx,3.5,\n").empty());
}

TEST_CASE("a column that a table lacks is answered with the nearest that it has") {
  std::istringstream in("gpu,software,time_us\na,b,1\n");
  const CsvReader table(in, "t.csv");
  CHECK_THROWS_WITH(table.require({"sofware"}),
                    Catch::Contains("t.csv:1:1: missing column(s) sofware, did you mean "
                                    "\"software\"?; the table has gpu"));
  CHECK_THROWS_WITH(table.require({"gpu", "quantum"}),
                    Catch::Contains("missing column(s) quantum; the table has"));
}
