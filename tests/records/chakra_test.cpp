// Chakra traces of both schemas, and what is wrong in broken ones, with the byte where it stands.
#include "records/chakra.hpp"

#include <catch2/catch.hpp>

#include "records/chakra_samples.hpp"

namespace aifsim::records {
namespace {

using Catch::Contains;

std::string chakra_error(const std::string& bytes) {
  try {
    parse_chakra("t.et", bytes);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a trace of the current schema", "[chakra]") {
  const ChakraTrace trace = parse_chakra(
      "t.et", trace_sample(
                  {NodeSample(9, "## process_group:init ##", 1)
                       .inputs(R"(["[{\"pg_name\": \"3\", \"ranks\": [0, 2], \"group_size\": 2}]"])"),
                   computed(0, 1500).flag("is_cpu_op", false).number("stream", 7),
                   NodeSample(1, "roof", 4).ctrl(0).number("num_ops", 5000000000).number("tensor_size", 4096),
                   collective(2, 2, 1024, "3").data({0, 1}),
                   NodeSample(3, "send", 5)
                       .number("comm_size", 8)
                       .number("comm_src", 0)
                       .number("comm_dst", 2)
                       .number("comm_tag", 5),
                   NodeSample(4, "load", 2).number("tensor_size", 100),
                   collective(5, 0, 64, "").flags("involved_dim", {true, false})}));
  REQUIRE(trace.nodes.size() == 7);
  CHECK(trace.nodes[0].kind == ChakraNodeKind::other);
  CHECK(trace.groups.at("3") == std::vector<std::int64_t>{0, 2});
  CHECK(trace.nodes[1].duration.value == Approx(1.5e-3));
  CHECK(trace.nodes[1].stream == 7);
  CHECK(trace.nodes[2].operations->value == 5e9);
  CHECK(trace.nodes[2].dependencies == std::vector<std::uint64_t>{0});
  CHECK(trace.nodes[3].collective == ChakraCollective::all_gather);
  CHECK(trace.nodes[3].dependencies == std::vector<std::uint64_t>{0, 1});
  CHECK(trace.nodes[3].group == "3");
  CHECK(trace.nodes[4].destination == 2);
  CHECK(trace.nodes[4].tag == 5);
  CHECK(trace.nodes[5].kind == ChakraNodeKind::load);
  CHECK(trace.nodes[6].involved == std::vector<bool>{true, false});
}

TEST_CASE("a trace of Chakra 0.0.1 has other numbers for everything", "[chakra]") {
  const ChakraTrace trace = parse_chakra(
      "t.et", old_node(0, 3, {{7, 2000}}) + old_node(1, 6, {{4, 0}, {13, 3}, {14, 1}, {14, 0}, {18, 512}}) +
                  old_node(2, 4, {{16, 0}, {17, 1}, {18, 7}, {19, 3}}));
  REQUIRE(trace.nodes.size() == 3);
  CHECK(trace.nodes[0].kind == ChakraNodeKind::compute);
  CHECK(trace.nodes[0].duration.value == Approx(2e-6));
  CHECK(trace.nodes[1].collective == ChakraCollective::all_gather);
  CHECK(trace.nodes[1].dependencies == std::vector<std::uint64_t>{0});
  CHECK(trace.nodes[1].involved == std::vector<bool>{true, false});
  CHECK(trace.nodes[2].kind == ChakraNodeKind::send);
  CHECK(trace.nodes[2].destination == 1);
  CHECK(trace.nodes[2].size->value == 7);
}

TEST_CASE("what is wrong in a trace is told with its byte", "[chakra]") {
  const std::string whole = trace_sample({computed(0, 10), collective(1, 0, 8, "1")});
  CHECK_THAT(chakra_error(""), Contains("t.et: byte 0: the file is empty"));
  CHECK_THAT(chakra_error("hello, world"),
             Contains("byte 0: a message of 104 bytes, of which the file holds 11"));
  CHECK_THAT(chakra_error(whole.substr(0, whole.size() - 3)),
             Contains("cut short or no Chakra execution trace"));
  CHECK_THAT(chakra_error(trace_sample({NodeSample(0, "x", 4).raw(7, 1.0)})),
             Contains("duration_micros of a node: expected a varint, found 8 bytes") && Contains("byte 16"));
  CHECK_THAT(chakra_error(trace_sample({collective(4, 12, 8, "1")})),
             Contains("node 4 (\"c4\"): comm_type: 12 is no CollectiveCommType"));
  CHECK_THAT(chakra_error(trace_sample({NodeSample(4, "x", 33)})), Contains("33 is no NodeType"));
  CHECK_THAT(chakra_error(trace_sample({collective(4, 0, -8, "1")})), Contains("comm_size: must be from 0"));
  CHECK_THAT(chakra_error(trace_sample({computed(3, 1), computed(3, 1)})),
             Contains("node 3 stands in the file twice"));
  CHECK_THAT(chakra_error(trace_sample({})), Contains("the trace has no node"));
  CHECK_THAT(chakra_error(trace_sample({}) + with_length("\x07")), Contains("broken protobuf in a node"));
}

TEST_CASE("every beginning of a trace is read or refused", "[chakra]") {
  const std::string whole = trace_sample({computed(0, 10), collective(1, 0, 8, "1").data({0})});
  for (std::size_t n = 0; n < whole.size(); ++n)
    for (const char other : {'\0', '\x7f', '\xff'}) {
      std::string bytes = whole;
      bytes[n] = other;
      chakra_error(bytes);
      chakra_error(whole.substr(0, n));
    }
}

}  // namespace aifsim::records
