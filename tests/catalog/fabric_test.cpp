// The edges of a graph from a file, and what is wrong with them, place by place.
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "catalog/files.hpp"

namespace aifsim {
namespace {

constexpr const char* platform_text = R"(kind: platform
include: small_tree.yaml
source: the test
confidence: assumed
fabric:
  levels: null
  kind: graph
  switches:
    - {name: a, nodes: 8}
    - {name: b, nodes: 8}
  edges_file: edges.csv
)";

std::vector<std::string> problems(const std::string& edges) {
  const ScratchCatalog scratch;
  const std::filesystem::path file = scratch.write("platforms/own.yaml", platform_text);
  if (!edges.empty()) scratch.write("platforms/edges.csv", edges);
  std::vector<std::string> found;
  for (const Problem& problem : scratch.catalog().check(file)) {
    const std::string text = problem.str();
    found.push_back(text.substr(text.rfind('/', text.find(':')) + 1));
  }
  return found;
}

TEST_CASE("a graph reads its edges from a CSV file beside it") {
  const ScratchCatalog scratch;
  scratch.write("platforms/own.yaml", platform_text);
  scratch.write("platforms/edges.csv", "from,to,bandwidth,links\na,b,400Gbps,2\n");
  const PlatformDescription platform = scratch.catalog().platform("own");
  const auto& graph = std::get<GraphDescription>(platform.fabric.topology);
  REQUIRE(graph.edges.size() == 1);
  CHECK(graph.edges[0].to == "b");
  CHECK(*graph.edges[0].links == 2);
  CHECK(graph.edges[0].bandwidth->value == 50e9);
  CHECK(places_for_nodes(platform.fabric) == 16);
}

TEST_CASE("a graph holds as many nodes as the NIC that finds the fewest places") {
  GraphDescription graph;
  graph.switches = {{"a", {8, {}, Confidence::assumed, {}}, {0}, {}},
                    {"b", {6, {}, Confidence::assumed, {}}, {1}, {}}};
  FabricDescription fabric;
  fabric.topology = graph;
  CHECK(places_for_nodes(fabric, 1) == 8);
  CHECK(places_for_nodes(fabric, 2) == 6);
  CHECK(places_for_nodes(fabric, 3) == 0);
}

TEST_CASE("mistakes in a file of edges have its file, line and column") {
  using Found = std::vector<std::string>;
  CHECK(problems("from,to,bandwidth\na,b,400Gb\n")
            .at(0)
            .starts_with("edges.csv:2:5: bandwidth: expected a data rate"));
  CHECK(problems("from,to,bandwidth\na,x,400Gbps\n") ==
        Found{"edges.csv:2:1: fabric.edges.to: \"x\" is not named; known: a, b"});
  CHECK(problems("from,to,bandwidth,links\na,b,400Gbps,0\n") ==
        Found{"edges.csv:2:13: links: must be from 1 to 100000, found \"0\""});
  CHECK(problems("from,to,bandwidth,links\na,b,400Gbps,99999999999\n") ==
        Found{"edges.csv:2:13: links: must be from 1 to 100000, found \"99999999999\""});
  CHECK(problems("from,to,bandwidth\na,b,-2Gbps\n") ==
        Found{"edges.csv:2:5: bandwidth: must be above 0, found \"-2Gbps\""});
  CHECK(problems("from,to,bandwidth,latency\na,b,400Gbps,1us\n") ==
        Found{"edges.csv:1:19: unknown column \"latency\"; known: from, to, bandwidth, links"});
  CHECK(problems("from,to\na,b\n").size() == 1);
  CHECK(problems("").at(0).starts_with("own.yaml:11:15: fabric.edges_file: there is no file \"edges.csv\""));
}

TEST_CASE("a wide-area link carries its rate, or what its streams have in flight") {
  WanLink link;
  link.rate.value = BytesPerSecond{12.5e9};
  link.round_trip.value = Seconds{0.04};
  link.window.value = Bytes{64e6};
  link.streams.value = 4;
  CHECK(throughput(link).value == 6.4e9);
  link.streams.value = 64;
  CHECK(throughput(link).value == 12.5e9);
}

}  // namespace
}  // namespace aifsim
