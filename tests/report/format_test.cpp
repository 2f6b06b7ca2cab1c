#include "report/format.hpp"

#include <rapidcheck.h>

#include <boost/property_tree/xml_parser.hpp>
#include <catch2/catch.hpp>
#include <sstream>

using namespace aifsim;

TEST_CASE("numbers keep three digits and the unit that suits them") {
  CHECK(three_digits(0) == "0");
  CHECK(three_digits(1.0344) == "1.03");
  CHECK(three_digits(0.012345) == "0.0123");
  CHECK(three_digits(9.999) == "10.0");
  CHECK(three_digits(12345) == "12345");
  CHECK(human_time(Seconds{63e-6}) == "63.0 µs");
  CHECK(human_time(Seconds{0.87599}) == "876 ms");
  CHECK(human_time(Seconds{0.99996}) == "1.00 s");
  CHECK(human_time(Seconds{119}) == "119 s");
  CHECK(human_time(Seconds{750}) == "12.5 min");
  CHECK(human_time(Seconds{0}) == "0 s");
  CHECK(human_bytes(Bytes{157.3e6}) == "157 MB");
  CHECK(human_bytes(Bytes{12}) == "12.0 B");
  CHECK(human_rate(BytesPerSecond{12.5e9}) == "12.5 GB/s");
  CHECK(gibibytes(Bytes{64 * 1073741824.0}) == "64.0 GiB");
  CHECK(human_count(999) == "999");
  CHECK(human_count(999.7) == "1.00k");
  CHECK(human_count(2.08e6) == "2.08M");
  CHECK(percent(0.5733) == "57 %");
  CHECK(percent(0.0996) == "10 %");
  CHECK(percent(0.031) == "3.1 %");
  CHECK(signed_percent(-0.0288) == "-2.9 %");
  CHECK(band(Seconds{0.93}, Seconds{1.08}) == "0.930-1.08 s");
  CHECK(band(Seconds{0.5}, Seconds{0.58}) == "500-580 ms");
  CHECK(plural(1, "point") == "1 point");
  CHECK(plural(0, "point") == "0 points");
}

TEST_CASE("text is cut by characters, not bytes") {
  CHECK(shortened("µµµµ", 4) == "µµµµ");
  CHECK(shortened("µµµµµ", 4) == "µµ..");
  CHECK(width_of("µs") == 2);
}

TEST_CASE("escaped text survives an XML parser") {
  CHECK(escape("<script>\"&'") == "&lt;script&gt;&quot;&amp;&#39;");
  CHECK(escape(std::string("a\x01z")) == "a\xEF\xBF\xBDz");
  REQUIRE(rc::check("parsing gives the text back", [](std::string text) {
    for (char& c : text) c = static_cast<char>(' ' + static_cast<unsigned char>(c) % 95);
    std::istringstream xml("<a b=\"" + escape(text) + "\">" + escape(text) + "</a>");
    boost::property_tree::ptree tree;
    boost::property_tree::read_xml(xml, tree, boost::property_tree::xml_parser::no_concat_text);
    RC_ASSERT(tree.get<std::string>("a.<xmlattr>.b") == text);
  }));
}
