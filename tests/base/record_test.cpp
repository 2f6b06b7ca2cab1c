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
