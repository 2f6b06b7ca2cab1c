// Topology files become a node's wiring and a network, which make a platform that is sound.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "records/hostlist.hpp"
#include "records/import.hpp"
#include "records/import_machine.hpp"
#include "records/topology_samples.hpp"
#include "replaced.hpp"
#include "report/scratch_folder.hpp"
#include "root.hpp"
#include "shipped.hpp"

using namespace aifsim;
using namespace aifsim::records;
using Catch::Contains;

namespace {

MachineGiven given(const std::string& gpu = "") {
  MachineGiven out;
  out.gpu = gpu;
  out.catalog = &shipped();
  return out;
}

MachinePart part_of(const std::string& text, const MachineGiven& given) {
  const Input input = Input::of_text("f", text);
  const TopologyFormat* format = topology_of(input, "auto");
  REQUIRE(format);
  return format->read(input, given);
}

std::string topology_error(const std::string& text, const MachineGiven& given = ::given()) {
  try {
    part_of(text, given);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// "gpu0 nvswitch0 450GB/s derived"
std::vector<std::string> links(const NodePart& node) {
  std::vector<std::string> all;
  for (const PartLink& link : node.links)
    all.push_back(link.from + " " + link.to + " " + link.bandwidth.value +
                  (link.bandwidth.confidence == Confidence::assumed ? " assumed" : ""));
  return all;
}

bool holds(const std::vector<std::string>& all, const std::string& text) {
  return std::find(all.begin(), all.end(), text) != all.end();
}

// The problems of a platform file that `import` writes from these texts.
std::vector<Problem> problems(const std::vector<std::string>& texts, const MachineGiven& given,
                              PlatformDescription* platform = nullptr) {
  const ScratchFolder folder;
  std::vector<Input> inputs;
  for (const std::string& text : texts) inputs.push_back(Input::of_text("f", text));
  const std::filesystem::path out = folder.path() / "m.yaml";
  const MachineSummary summary = import_machine("auto", inputs, given, out);
  CHECK(summary.whole);
  std::vector<Problem> found = shipped().check(out);
  if (platform && found.empty()) {
    std::filesystem::create_directories(folder.path() / "platforms");
    for (const std::filesystem::path& file : summary.written)
      std::filesystem::copy(file, folder.path() / "platforms" / file.filename());
    std::filesystem::create_directory_symlink(test_root() + "/gpu_models", folder.path() / "gpu_models");
    *platform = Catalog(folder.path()).platform("m");
  }
  return found;
}

}  // namespace

TEST_CASE("topo -m: a switch, its NVLinks by the GPU's generation, PCIe switches, CPUs by NUMA node") {
  const MachinePart part = part_of(kTopoSwitch, given());
  const NodePart& node = *part.node;
  CHECK(node.gpu == "h100_sxm_80gb");  // from nvidia-smi -L above
  CHECK(node.gpus == 4);
  CHECK(node.nics == 3);
  CHECK(node.cpus == 2);
  CHECK(node.switch_reduction);
  const std::vector<std::string> all = links(node);
  CHECK(all.size() == 14);
  CHECK(holds(all, "gpu0 nvswitch0 450GB/s"));
  CHECK(holds(all, "gpu0 pcie0 64GB/s assumed"));
  CHECK(holds(all, "nic0 pcie0 64GB/s assumed"));
  CHECK(holds(all, "gpu1 cpu0 64GB/s assumed"));
  CHECK(holds(all, "nic2 pcie1 64GB/s assumed"));
  CHECK(holds(all, "cpu1 pcie1 64GB/s assumed"));
  CHECK(holds(all, "cpu0 cpu1 64GB/s assumed"));
  // NV18 of a Blackwell carries twice as much.
  CHECK(holds(links(*part_of(kTopoSwitch, given("b200")).node), "gpu0 nvswitch0 900GB/s"));
  MachineGiven two = given();
  two.nics = {"mlx5_0", "NIC2"};
  CHECK(part_of(kTopoSwitch, two).node->nics == 2);
  two.nics = {"mlx5_9"};
  CHECK_THAT(topology_error(kTopoSwitch, two),
             Contains("no NIC is named \"mlx5_9\"; the matrix has mlx5_0, mlx5_1"));
}

TEST_CASE("topo -m: a mesh of NVLinks, PCIe alone, no NIC, no name of the GPU") {
  const MachinePart mesh = part_of(kTopoMesh, given("a100_sxm_80gb"));
  CHECK(holds(links(*mesh.node), "gpu0 gpu3 100GB/s"));
  CHECK(mesh.node->cpus == 4);
  CHECK_FALSE(mesh.node->switch_reduction);
  const MachinePart unknown = part_of(kTopoMesh, given());
  CHECK(holds(links(*unknown.node), "gpu0 gpu3 100GB/s assumed"));
  CHECK_THAT(unknown.notes.at(0), Contains("--gpu NAME sets the rates"));
  const MachinePart pcie = part_of(kTopoPcie, given("a40"));
  CHECK(holds(links(*pcie.node), "gpu1 pcie0 32GB/s assumed"));
  CHECK(holds(links(*pcie.node), "gpu3 cpu1 32GB/s assumed"));
  CHECK(pcie.node->nics_assumed);
}

TEST_CASE("topo -m: what contradicts itself has its place") {
  CHECK_THAT(topology_error(replaced(kTopoMesh, "GPU1	NV4", "GPU1	NV2")),
             Contains("GPU0 to GPU1 is NV4, but GPU1 to GPU0 is NV2"));
  CHECK_THAT(topology_error(replaced(kTopoPcie, "GPU3    SYS", "GPU3    SYZ")),
             Contains("f:5:9: GPU3 to GPU0: expected NV#, PIX, PXB, PHB, NODE, SYS or X, found \"SYZ\""));
  CHECK_THAT(topology_error(kTopoMesh.substr(0, kTopoMesh.find("GPU3	NV4"))),
             Contains("no row begins with it"));
  CHECK_THAT(topology_error(kTopoMesh, given("l40s")), Contains("has none; is --gpu right?"));
}

TEST_CASE("NCCL's XML: rates of PCIe, NVLinks added up, emulated bridges, adapters' speed") {
  const MachinePart part = part_of(kNcclTopology, given());
  const NodePart& node = *part.node;
  CHECK(node.gpu == "h200_sxm");
  CHECK(node.gpus == 2);
  CHECK(node.nics == 2);
  CHECK(node.injection->value == "400Gbps");
  const std::vector<std::string> all = links(node);
  CHECK(holds(all, "gpu0 nvswitch0 450GB/s"));
  CHECK(holds(all, "gpu0 pcie0 64GB/s"));
  CHECK(holds(all, "pcie1 cpu1 64GB/s"));  // "2.5 GT/s", one lane: a virtual machine's
  CHECK(all.size() == 9);
  CHECK_THAT(part.notes.at(1), Contains("as emulated ones do"));
  CHECK_THAT(topology_error(kNcclTopology.substr(0, 900)), Contains("not sound XML"));
  CHECK_THAT(topology_error(kNcclTopology, given("b200")), Contains("sm 90 (Hopper)"));
  // Straight links, C2C to the CPU, PCIe of a former generation.
  const std::string grace =
      "<system version=\"1\"><cpu numaid=\"0\"><pci busid=\"0009:01:00.0\" class=\"0x030200\" "
      "vendor=\"0x10de\" "
      "device=\"0x2342\" link_speed=\"16.0 GT/s PCIe\" link_width=\"16\"><gpu dev=\"0\" sm=\"90\"><nvlink "
      "target=\"0019:01:00.0\" count=\"6\" tclass=\"0x030200\"/><c2c bw=\"45000\" "
      "count=\"10\"/></gpu></pci></cpu>"
      "<cpu numaid=\"1\"><pci busid=\"0019:01:00.0\" class=\"0x030200\" vendor=\"0x10de\" device=\"0x2342\" "
      "link_speed=\"16.0 GT/s PCIe\" link_width=\"16\"><gpu dev=\"1\" sm=\"90\"><nvlink "
      "target=\"0009:01:00.0\" "
      "count=\"6\" tclass=\"0x030200\"/></gpu></pci></cpu></system>";
  const std::vector<std::string> direct = links(*part_of(grace, given()).node);
  CHECK(holds(direct, "gpu0 gpu1 150GB/s"));
  CHECK(holds(direct, "gpu0 cpu0 450GB/s"));
  CHECK(holds(direct, "gpu1 cpu1 32GB/s"));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<pci class=\"0x0604\">";
  CHECK_THAT(topology_error("<system version=\"1\"><cpu numaid=\"0\">" + deep),
             Contains("nested more than 64 deep"));
}

TEST_CASE("topology.conf: host lists, continued lines, any case; uplinks as wide as what is below") {
  MachineGiven rates = given();
  rates.link_rate = "400Gbps";
  rates.nics_per_node = 4;
  rates.oversubscription = 2;
  const NetworkPart tree = *part_of(kSlurmTree, rates).network;
  REQUIRE(tree.switches.size() == 3);
  CHECK(tree.switches[0].nodes == 17);
  CHECK(tree.switches[1].nodes == 16);
  CHECK(tree.nodes == 33);
  REQUIRE(tree.edges.size() == 2);
  CHECK(tree.edges[0].from == "leaf0");
  CHECK(tree.edges[0].bandwidth == "400Gbps");
  CHECK(tree.edges[0].links == 34);  // 17 nodes of 4 NICs, 2:1
  const MachinePart plain = part_of(kSlurmTree, given());
  CHECK(plain.network->injection.confidence == Confidence::assumed);
  CHECK_THAT(plain.notes.at(0), Contains("--link-rate RATE sets it"));
  const NetworkPart blocks = *part_of(kSlurmBlocks, given()).network;
  CHECK(blocks.switches.back().name == "core");
  CHECK(blocks.nodes == 36);
  // scontrol show topology lists the nodes of lower switches again.
  const NetworkPart shown =
      *part_of(
           "SwitchName=s0 Level=0 LinkSpeed=1 Nodes=a[0-1]\nSwitchName=s1 Level=0 LinkSpeed=1 "
           "Nodes=a[2-3]\nSwitchName=s2 Level=1 LinkSpeed=1 Nodes=a[0-3] Switches=s[0-1]\n",
           given())
           .network;
  CHECK(shown.nodes == 4);
  CHECK(shown.switches[2].nodes == 0);
  CHECK_THAT(
      topology_error("SwitchName=a Nodes=n1\nSwitchName=b Nodes=n2\n"),
      Contains("f:2:1: nothing joins the switches \"a\" and \"b\"; add a line SwitchName=core Switches=a,b"));
  CHECK_THAT(topology_error("SwitchName=a Nodes=n[1-2\n"), Contains("an open bracket"));
  CHECK_THAT(topology_error("SwitchName=a Nodes=n1\nSwitchName=b Nodes=n1\n"),
             Contains("is at two switches"));
  CHECK_THAT(topology_error("SwitchName=a Switches=b\nSwitchName=b Switches=a\n"),
             Contains("is below itself"));
  CHECK_THAT(topology_error("SwitchName=a Node=n1 Nodes=n2\n"),
             Contains("unknown key \"Node\", did you mean"));
}

TEST_CASE("topology.yaml: the default of several topologies, a tree or blocks; mistakes have their place") {
  const MachinePart part = part_of(kSlurmYaml, given());
  const NetworkPart& tree = *part.network;
  REQUIRE(tree.switches.size() == 3);
  CHECK(tree.switches[0].name == "top");
  CHECK(tree.switches[1].nodes == 17);
  CHECK(tree.nodes == 33);
  CHECK(tree.edges.size() == 2);
  CHECK_THAT(part.notes.back(), Contains("of 3 topologies \"racks\", the cluster's default, is taken"));
  const NetworkPart blocks =
      *part_of(replaced(kSlurmYaml, kSlurmYaml.substr(0, kSlurmYaml.find("- topology: nvl")), ""), given())
           .network;
  CHECK(blocks.switches.size() == 3);
  CHECK(blocks.nodes == 36);
  const std::string listed = replaced(kSlurmYaml, "leaf[0-1]", "[leaf0, \"leaf1\"]");
  CHECK(part_of(listed, given()).network->edges.size() == 2);
  CHECK_THAT(topology_error(replaced(kSlurmYaml, "children", "childs")),
             Contains("f:9:9: unknown key \"childs\", did you mean"));
  CHECK_THAT(topology_error(replaced(kSlurmYaml, "leaf[0-1]", "leaf[0-2]")),
             Contains("f:8:9: no switch is named \"leaf2\""));
  CHECK_THAT(topology_error("- topology: a\n  flat: true\n"), Contains("no topology with switches"));
  CHECK_THAT(topology_error("- topology: a\n  tree:\n    switches: 3\n"),
             Contains("f:3:15: expected switches: a list, found"));
}

TEST_CASE("iblinkinfo: a lane's signals are more than its data; links that are down, hosts without a rail") {
  const MachinePart part = part_of(kIblinkinfo, given());
  const NetworkPart& network = *part.network;
  REQUIRE(network.switches.size() == 3);
  CHECK(network.switches[0].name == "leaf01");
  CHECK(network.nodes == 2);
  CHECK(network.nics == 1);
  CHECK(network.injection.value == "200Gbps");
  CHECK_THAT(network.injection.source, Contains("iblinkinfo"));
  REQUIRE(network.edges.size() == 2);
  CHECK(network.edges[0].links == 2);
  CHECK(network.edges[0].bandwidth == "200Gbps");
  CHECK(network.edges[1].bandwidth == "100Gbps");  // as it runs, not as it could
  CHECK_THAT(part.notes.at(0), Contains("1 aggregation node"));
  const NetworkPart lines = *part_of(kIblinkinfoLines, given()).network;
  CHECK(lines.switches.size() == 1);
  CHECK(lines.nodes == 2);
  CHECK(lines.injection.value == "400Gbps");
  CHECK_THAT(topology_error(replaced(kIblinkinfo, "      10    1[  ] \"node01", "      [  ] \"node01")),
             Contains("f:9:1: expected LID and port of the other end"));
}

TEST_CASE("host lists expand as Slurm's, bounded") {
  const Place at{"f", 1, 1};
  const auto count = [&](const char* list) { return expanded_hosts(list, at, 1000).size(); };
  CHECK(expanded_hosts("tux[08-10,2],login", at, 10) ==
        std::vector<std::string>{"tux08", "tux09", "tux10", "tux2", "login"});
  CHECK(expanded_hosts("r[0-1]n[0-1]x", at, 10) ==
        std::vector<std::string>{"r0n0x", "r0n1x", "r1n0x", "r1n1x"});
  CHECK(count("n[0-999]") == 1000);
  for (const char* wrong : {"n[0-99999999999]", "n[5-3]", "n[a-b]", "n[]", "a,,b", "n[0-99]m[0-99]", ""})
    CHECK_THROWS_AS(count(wrong), InputError);
  CHECK(natural_less("node9", "node10"));
  CHECK(natural_less("mlx5_2", "mlx5_10"));
  CHECK_FALSE(natural_less("a", "a"));
}

TEST_CASE("ibnetdiscover: rails, cables counted once, rates by width and speed") {
  const MachinePart part = part_of(kIbnetdiscover, given());
  const NetworkPart& network = *part.network;
  REQUIRE(network.switches.size() == 4);
  CHECK(network.switches[0].name == "leaf01");
  CHECK(network.switches[0].nodes == 4);
  CHECK(network.switches[0].nics == std::vector<std::size_t>{0});
  CHECK(network.switches[1].nics == std::vector<std::size_t>{1});
  CHECK(network.nodes == 4);
  CHECK(network.nics == 2);
  CHECK(network.injection.value == "200Gbps");
  REQUIRE(network.edges.size() == 4);
  for (const NetworkEdge& edge : network.edges) {
    CHECK(edge.links == 2);
    CHECK(edge.bandwidth == "200Gbps");
  }
  CHECK_THAT(part.notes.at(0), Contains("2 aggregation nodes"));
  // A node whose second adapter is at another leaf than the order of the first says.
  std::string crossed = kIbnetdiscover;
  crossed = replaced(crossed, "[1]\t\"H-ec0d9a030000000", "[1]\t\"H-fc0d9a030000000");
  CHECK_FALSE(part_of(crossed, given()).notes.empty());
  CHECK_THAT(topology_error("Switch 2 \"S-1\" # \"MF0;a:X/U1\"\n[1] \"H-1\"[1] # \"n1 mlx5_0\" lid 1\n"),
             Contains("give --link-rate RATE"));
}

TEST_CASE("what is written is a sound platform: a node alone, a node with a tree, with rails") {
  PlatformDescription platform;
  CHECK(problems({kTopoSwitch}, given(), &platform).empty());
  CHECK(platform.node.gpu == "h100_sxm_80gb");
  CHECK(platform.nodes == 1);
  CHECK(problems({kNcclTopology}, given()).empty());
  CHECK(problems({kTopoPcie}, given("l40s")).empty());
  for (const std::string* network : {&kSlurmYaml, &kIblinkinfoLines})
    CHECK(problems({kTopoPcie, *network}, given("l40s")).empty());
  MachineGiven two = given();
  two.nics = {"mlx5_0", "mlx5_2"};
  two.link_rate = "400Gbps";
  CHECK(problems({kSlurmTree, kTopoSwitch}, two, &platform).empty());
  const auto& tree = std::get<GraphDescription>(platform.fabric.topology);
  CHECK(tree.edges.at(0).links == 34);  // two NICs of each of 17 nodes: the node is read first
  CHECK(platform.fabric.injection->value == 50e9);
  CHECK(problems({kTopoSwitch, kIbnetdiscover}, two, &platform).empty());
  CHECK(std::get<GraphDescription>(platform.fabric.topology).switches.at(1).nics == std::vector<double>{1});
  CHECK_THROWS_WITH(problems({kTopoSwitch, kIbnetdiscover}, given()),
                    Contains("the network has 2 adapters of a host"));
  CHECK_THROWS_WITH(problems({kTopoSwitch, kTopoMesh}, given()), Contains("a second node"));
  const ScratchFolder folder;
  CHECK_THROWS_WITH(
      import_machine("auto", {Input::of_text("f", kTopoMesh)}, given(), folder.path() / "x.csv"),
      Contains("ends in .yaml"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("what is taken off the lines of a topology is told") {
  std::string text;
  std::istringstream in(kIblinkinfoLines);
  for (std::string line; std::getline(in, line);) text += "[1,0]<stdout>: " + line + "\n";
  const ScratchFolder folder;
  const MachineSummary summary =
      import_machine("auto", {Input::of_text("f", text)}, given(), folder.path() / "m.yaml");
  CHECK_THAT(summary.notes.back(), Contains("taken off 4 lines: prefixes of a launcher"));
}

TEST_CASE("a refusal names what a file is, or the nearest format, and what can be done") {
  const auto refused = [](const std::string& name, const std::string& text) -> std::string {
    try {
      format_of(Input::of_text(name, text), "auto");
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  CHECK_THAT(refused("t", "\x89HDF\r\n\x1a\n"), Contains("HDF5"));
  CHECK_THAT(refused("t", "\x28\xB5\x2F\xFD..."), Contains("zstd -d"));
  CHECK_THAT(refused("t", "%PDF-1.7"), Contains("PDF"));
  CHECK_THAT(refused("run.nsys-rep", "??"), Contains("nsys export --type sqlite"));
  CHECK_THAT(refused("run.ncu-rep", "??"), Contains("Nsight Compute"));
  CHECK_THAT(refused("t", "<!DOCTYPE html><html>"), Contains("web page"));
  CHECK_THAT(refused("t", "                    RDMA_Write BW Test\n Number of qps   : 1\n"),
             Contains("nearest is perftest") && Contains("no table of results"));
  CHECK_THAT(refused("t", "# nccl-tests version 2.1\n# Collective test starting: all_reduce_perf\n"),
             Contains("nearest is nccl-tests") && Contains("no line of results"));
  CHECK_THAT(refused("t", "{\"foo\": 1, \"bar\": {\"baz\": 2}}"),
             Contains("JSON with the keys \"foo\", \"bar\""));
  CHECK_THAT(refused("t", "shape,speed,colour\n1,2,3\n"),
             Contains("columns \"shape, speed, colour\"") && Contains("tidy"));
  CHECK_THAT(refused("t", "| NVIDIA-SMI 550.1   Driver Version: 550.1 |"), Contains("nvidia-smi topo -m"));
  CHECK_THAT(refused("t", "kind: platform\n"), Contains("aifsim check"));
  CHECK_THAT(refused("t", "hello\n"),
             Contains("of no format that is known here") && Contains("slurm-topology"));
  CHECK_THROWS_WITH(format_of(Input::of_text("t", kSlurmTree), "osu"),
                    Contains("this looks like slurm-topology"));
}
