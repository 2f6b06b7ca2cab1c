// The drawing of a machine: well-formed, self-contained, with the machine's numbers in it.
#include "report/drawing/draw.hpp"

#include <boost/property_tree/xml_parser.hpp>
#include <catch2/catch.hpp>
#include <sstream>

#include "machine/every_fabric.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

boost::property_tree::ptree parsed(const std::string& svg) {
  std::istringstream text(svg);
  boost::property_tree::ptree tree;
  boost::property_tree::read_xml(text, tree);
  return tree;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Leonardo's drawing names its cells, trunks and links") {
  const std::string svg = draw_svg({leonardo()});
  CHECK(parsed(svg).count("svg") == 1);
  CHECK(contains(svg, "20 cells"));
  CHECK(contains(svg, "19 × 180 nodes (18 leaf switches of 10)"));
  CHECK(contains(svg, "each two joined by 18 × 25 GB/s = 450 GB/s"));
  CHECK(contains(svg, "450 GB/s up, 500 GB/s from below"));
  CHECK(contains(svg, "gpu – gpu"));
  CHECK(contains(svg, "100 GB/s, 700 ns, assumed"));
  CHECK(contains(svg, "13824 GPUs"));
}

TEST_CASE("a fat tree's drawing names its levels and trunks") {
  const std::string svg =
      draw_svg({fat_tree(switched_node(), 12, {{"leaf", 2, 1}, {"island", 4, 2}, {"core", 12, 1}})});
  CHECK(parsed(svg).count("svg") == 1);
  CHECK(contains(svg, "3 × island"));
  CHECK(contains(svg, "2 × leaf per island"));
  CHECK(contains(svg, "4 nodes each; trunk of 50 GB/s"));
  CHECK(contains(svg, "oversubscription 2 : 1, assumed"));
  CHECK(contains(svg, ">nvswitch0<"));
}

TEST_CASE("machines of one node, one level, one cell or many devices are drawn too") {
  CHECK(parsed(draw_svg({fat_tree(mesh_node(1), 1, {{"leaf", 1, 1}})})).count("svg") == 1);
  CHECK(parsed(draw_svg({dragonfly_plus(mesh_node(4), 1, {{1, 1, 1}}, 1, 1)})).count("svg") == 1);
  const std::string many = draw_svg({dragonfly_plus(mesh_node(72), 100, {{50, 1, 2}}, 2, 1)});
  CHECK(parsed(many).count("svg") == 1);
  CHECK(many.size() < 200'000);
}

TEST_CASE("every fabric is drawn, with one node too") {
  for (PlatformDescription platform : all_kinds()) {
    INFO(platform.fabric.kind);
    CHECK(contains(draw_svg({platform}), "Fabric: "));
    platform.nodes = count(1);
    CHECK(draw_svg({platform}).starts_with("<svg"));
  }
}

TEST_CASE("names are escaped, and nothing outside is loaded") {
  PlatformDescription platform = leonardo();
  platform.title = "<script>alert(1)</script> & \"co\"";
  const std::string svg = draw_svg({platform});
  CHECK(parsed(svg).get<std::string>("svg.title") == platform.title);
  CHECK(!contains(svg, "<script"));
  for (const char* loads : {"href", "url(", "@import", "<image"}) CHECK(!contains(svg, loads));
}
