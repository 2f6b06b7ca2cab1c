// aifsim import through the binary, and what later commands do with the record.
#include <catch2/catch.hpp>

#include "cli/binary.hpp"

using aifsim::run_aifsim;
using aifsim::run_shell;
using aifsim::shipped_home;
using Catch::Contains;

namespace {

// A table as aiconfigurator writes it, with times of a GPU of 400 TFLOP/s and 2 TB/s.
const std::string kTable = R"sh(
awk 'BEGIN {
  print "framework,version,device,op_name,kernel_source,gemm_dtype,m,n,k,latency"
  for (m = 16; m <= 8192; m *= 2) for (n = 1024; n <= 16384; n *= 2) for (k = 1024; k <= 8192; k *= 2) {
    t = 5e-6 + 2.0*m*n*k/400e12 + 2.0*(m*n + m*k + n*k)/2e12
    printf "VLLM,0.22.0,NVIDIA H100 80GB HBM3,gemm,vllm,bfloat16,%d,%d,%d,%.9f\n", m, n, k, t*1e3
  }}' > gemm_perf.txt
)sh";

}  // namespace

TEST_CASE("import --list names every format; usage errors say what lacks") {
  const auto list = run_aifsim("import --list");
  CHECK(list.code == 0);
  for (const char* name : {"nccl-tests", "osu", "babelstream", "nvbandwidth", "kineto", "nsys", "mllog",
                           "aiconfigurator", "vidur", "tidy", "auto"})
    CHECK_THAT(list.out, Contains(name));
  CHECK_THAT(run_aifsim("import").err, Contains("FORMAT is required"));
  CHECK_THAT(run_aifsim("import osu").err, Contains("FILE is required"));
  CHECK_THAT(run_aifsim("import osu x").err, Contains("--out is required"));
  CHECK_THAT(run_aifsim("import nccl x --out y").err, Contains("unknown word \"nccl\""));
}

TEST_CASE("a table of aiconfigurator becomes a record that validate and calibrate take") {
  const auto ran = run_shell("cd $(mktemp -d)\n" + kTable + R"sh(
$AIFSIM import aiconfigurator gemm_perf.txt --out r.csv || exit
head -3 r.csv
$AIFSIM validate kernels r.csv --summary || exit
$AIFSIM calibrate gpu h100_sxm_80gb --from r.csv | head -20
rm -r "$PWD"
)sh",
                             shipped_home);
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Contains("# imported: gemm_perf.txt (aiconfigurator, 200 rows)") &&
                          Contains("200 gemm") && Contains("h100_sxm_80gb") && Contains("gemm"));
}

TEST_CASE("mistakes exit with 2, name the place and write nothing") {
  const auto ran = run_shell("cd $(mktemp -d)\n" + kTable + R"sh(
sed -n '1p;3p' gemm_perf.txt | sed 's/1024/1o24/' > one.txt
$AIFSIM import auto one.txt --out r.csv; echo "code $?"
$AIFSIM import osu gemm_perf.txt --out r.csv; echo "code $?"
$AIFSIM import auto gemm_perf.txt --out r.csv --gpu h100_sxm_80g; echo "code $?"
ls; rm -r "$PWD"
)sh",
                             shipped_home);
  CHECK(ran.out == "code 2\ncode 2\ncode 2\ngemm_perf.txt\none.txt\n");
  CHECK_THAT(ran.err, Contains("one.txt:2:") && Contains("1o24") &&
                          Contains("this looks like aiconfigurator") &&
                          Contains("did you mean \"h100_sxm_80gb\"?"));
}

TEST_CASE("a wrong row is left out and told, and what a launcher put before the lines is taken off") {
  const auto ran = run_shell("cd $(mktemp -d)\n" + kTable + R"sh(
sed '3s/1024/1o24/; s/^/0: /' gemm_perf.txt > labelled.txt
$AIFSIM import auto labelled.txt --out r.csv || exit
grep '^# [lt]' r.csv; rm -r "$PWD"
)sh",
                             shipped_home);
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out,
             Contains("(aiconfigurator): 199 rows") &&
                 Contains("# left out: 1: rows that cannot be read (the first: labelled.txt:3:") &&
                 Contains("# taken off: 201 lines: prefixes of a launcher or a log, such as \"0: \""));
}

TEST_CASE("import leaves out the rows that validate would refuse, and tells what they lack") {
  const auto ran = run_shell(R"sh(cd $(mktemp -d)
cat > t.csv <<END
op,dtype,m,n,k,batch,time_us,gpu,platform,ranks,ranks_per_node,message_bytes
gemm,bf16,4096,4096,4096,,230,h100_sxm_80gb,,,,
gemm,bf16,8192,8192,,,1700,h100_sxm_80gb,,,,
gemm,bf16,8192,-8192,8192,,1700,h100_sxm_80gb,,,,
gem,bf16,8192,8192,8192,,1700,h100_sxm_80gb,,,,
gemm,bf16,,,,,12,h100_sxm_80gb,,,,
all_reduce,bf16,,,,,100,,dgx_h100,8,8,1048576
all_reduce,bf16,,,,,100,,dgx_h100,8,3,1048576
END
$AIFSIM import tidy t.csv --out r.csv; echo "code $?"
$AIFSIM validate kernels r.csv; echo "code $?"
rm -r "$PWD"
)sh",
                             shipped_home);
  INFO(ran.out << ran.err);
  CHECK_THAT(
      ran.out,
      Contains("t.csv (tidy): 4 rows\n  left out 3: rows that cannot be read (the first: t.csv:3:21: k: "
               "expected a number above 0, found \"\")") &&
          Contains("note: no model knows the operation \"gem\", did you mean \"gemm\"?"));
  CHECK_THAT(ran.out, !Contains("code 2"));
}

TEST_CASE("kernels of a trace without shapes are unsupported with the reason, not an error") {
  const auto ran = run_shell(R"sh(
cd $(mktemp -d)
echo '{"deviceProperties":[{"name":"NVIDIA H200"}],"traceEvents":[{"ph":"X","cat":"kernel","name":"ampere_gemm","ts":1,"dur":4},
{"ph":"X","cat":"kernel","name":"rms_norm_kernel","ts":1,"dur":4},{"ph":"X","cat":"kernel","name":"flash_fwd","ts":1,"dur":4}]}' > t.json
$AIFSIM import kineto t.json --out r.csv --json || exit
$AIFSIM validate kernels r.csv
rm -r "$PWD"
)sh",
                             shipped_home);
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Contains("\"rows\": 3") && Contains("no shape in the table"));
}

TEST_CASE("a node's and a network's topology become a platform that check and collective take") {
  const auto ran = run_shell(R"sh(cd $(mktemp -d)
printf '\tGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\nGPU0\t X \tNV12\tPXB\t0-31\t0\nGPU1\tNV12\t X \tPXB\t0-31\t0\nNIC0\tPXB\tPXB\t X \t\t\n' > topo.txt
printf 'SwitchName=a Nodes=n[0-3]\nSwitchName=b Nodes=n[4-7]\nSwitchName=top Switches=a,b\n' > topology.conf
$AIFSIM import auto topo.txt topology.conf --gpu a100_sxm_80gb --link-rate 200Gbps --out m.yaml || exit
$AIFSIM check m.yaml || exit
$AIFSIM collective all_reduce --platform m.yaml --ranks 16 --size 100MB || exit
cat m.edges.csv
$AIFSIM import auto topo.txt --out m.csv; echo "code $?"
ls; rm -r "$PWD"
)sh",
                             shipped_home);
  INFO(ran.out << ran.err);
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Contains("a node of 2 GPUs, 1 NIC, 1 CPU; a network of 3 switches and 8 nodes") &&
                          Contains("nothing wrong") && Contains("a,top,200Gbps,4") &&
                          Contains("code 2\nm.edges.csv\nm.yaml\ntopo.txt\ntopology.conf\n"));
}
