// What a user's surroundings, files and texts can do to a command: each is an answer, or a mistake that is told.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "cli/binary.hpp"
#include "root.hpp"

using aifsim::Ran;
using aifsim::run_shell;
using Catch::Contains;

namespace {

// Four rows, the last two behind more than a pipe holds.
const std::string kLog = R"sh(
log() {
  echo '# nThread 1 nGpus 1 minBytes 1048576 maxBytes 8388608 step: 2(factor) warmup iters: 5 iters: 20'
  for i in 0 1 2 3; do echo "#  Rank  $i Group  0 Pid   100$i on n0 device  $i [0x1b] NVIDIA A100-SXM4-64GB"; done
  echo '#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong'
  row() { echo "     $1        $2     float     sum      -1    $3   $4   $5      0    $3   $4   $5      0"; }
  row 1048576 262144 40.00 26.21 39.32; row 2097152 524288 60.00 34.95 52.43
  yes '# a comment that fills the log' | head -4000
  row 4194304 1048576 100.0 41.94 62.91; row 8388608 2097152 180.0 46.60 69.91
}
dir=$(mktemp -d); cd $dir; trap 'rm -rf $dir' EXIT
)sh";

}  // namespace

TEST_CASE("no command needs a folder for temporary files", "[cli]") {
  const Ran ran =
      run_shell("TMPDIR=/nonexistent $AIFSIM --version && TMPDIR= $AIFSIM list platforms --names");
  CHECK(ran.code == 0);
  CHECK(ran.err == "");
}

TEST_CASE("a record is read whole from a pipe, the standard input and a file", "[cli]") {
  const Ran ran = run_shell(kLog + R"sh(
log > a.log
$AIFSIM import auto a.log --out a.csv > /dev/null || exit 9
log | $AIFSIM import auto - --out b.csv > /dev/null || exit 9
log | $AIFSIM import auto /dev/stdin --out c.csv > /dev/null || exit 9
mkfifo pipe; log > pipe & $AIFSIM import auto pipe --out d.csv > /dev/null || exit 9
for f in a b c d; do grep -v '^#' $f.csv > $f; wc -l < $f; done
cmp a b && cmp a c && cmp a d)sh");
  CHECK(ran.code == 0);
  CHECK(ran.out == "5\n5\n5\n5\n");
}

TEST_CASE("files that cannot be read are the user's mistake, with the system's reason", "[cli]") {
  const Ran ran = run_shell(R"sh(
cd $(mktemp -d); ln -s loop loop; mkdir folder; mkfifo pipe
long=$(printf %0300d 0)
for c in "run loop" "run $long.yaml" "fidelity $long" "check folder" "import auto $long --out x" "import auto loop --out x" \
    "validate training folder" "validate kernels $long" "calibrate training loop" "import auto pipe --out x" "check pipe" \
    "validate collectives /dev/zero"; do
  $AIFSIM $c > out 2>&1; echo "$? $(wc -l < out)"
done | sort | uniq -c | tr -s ' ')sh");
  CHECK(ran.out == " 10 2 1\n 2 2 2\n");  // check sums up in a second line
}

TEST_CASE("what cannot be written is the user's mistake, told before anything is shown", "[cli]") {
  const std::string home = "AIFSIM_HOME=" + aifsim::test_root();
  const Ran ran = run_shell(R"sh(
dir=$(mktemp -d); trap 'rm -rf $dir' EXIT; cd $dir; touch f
{ echo id,platform,gpu,gpus,layers,hidden,heads,ffn_hidden,vocab,seq_len,global_batch,micro_batch,precision,sharding,recompute,step_time_s
  for i in 1 2 3 4; do echo r$i,leonardo_booster,a100_sxm_64gb,$((8 * i)),32,4096,32,11008,32000,2048,$((8 * i)),1,bf16,zero3,none,1.$i; done
} > runs.csv
for c in "calibrate training runs.csv --out f" "calibrate training runs.csv --out f/x" "calibrate training runs.csv --out /proc/x" \
    "show platform leonardo_booster --svg f/x.svg" "bisection leonardo_booster --svg f/x.svg" \
    "collective all_reduce --platform leonardo_booster --ranks 8 --svg f/x.svg"; do
  $AIFSIM $c > out 2> err; echo "$? $(wc -c < out) $(grep -c 'would be right' err) $(grep -c -e --out err)"
done
ls)sh",
                            home);
  CHECK(ran.out == "2 0 1 0\n2 0 1 0\n2 0 1 0\n2 0 1 0\n2 0 1 0\n2 0 1 0\nerr\nf\nout\nruns.csv\n");
}

TEST_CASE("a stack that no file knows is marked as what was assumed", "[cli]") {
  const Ran ran = run_shell(R"sh(
dir=$(mktemp -d); trap 'rm -rf $dir' EXIT; cd $dir
{ echo id,platform,gpu,gpus,layers,hidden,heads,ffn_hidden,vocab,seq_len,global_batch,micro_batch,precision,sharding,recompute,stack,step_time_s
  for s in pytorch pytorsch; do
    echo $s,leonardo_booster,a100_sxm_64gb,8,32,4096,32,11008,32000,2048,8,1,bf16,zero3,none,$s,1.2
  done
} > runs.csv
$AIFSIM validate training runs.csv --fidelity analytical --json | grep -c '"assumed": "stack"')sh",
                            "AIFSIM_HOME=" + aifsim::test_root());
  CHECK(ran.out == "1\n");
}

TEST_CASE("an option without its text is a mistake, and so is a folder in which nothing ran", "[cli]") {
  const Ran ran = run_shell(R"sh(
dir=$(mktemp -d); trap 'rm -rf $dir' EXIT; cd $dir; mkdir empty
$AIFSIM run x.yaml --out "" 2>&1; echo $?
$AIFSIM platform new "" --from small_tree 2>&1; echo $?
$AIFSIM status empty 2>&1; echo $?
ls)sh");
  CHECK_THAT(ran.out, Contains("--out: expected a text, found an empty one") &&
                          Contains("NAME: expected a text") &&
                          Contains("nothing has run here: the folder holds no points"));
  CHECK_THAT(ran.out, Contains("2\nempty\n"));
}

TEST_CASE("no text of a user's steers the terminal", "[cli]") {
  const Ran ran = run_shell(R"sh(
dir=$(mktemp -d); trap 'rm -rf $dir' EXIT; cd $dir; cp -r $AIFSIM_HOME home; export AIFSIM_HOME=$PWD/home
for f in home/scenarios/*.yaml home/platforms/*.yaml; do
  sed -i 's/^title:.*/title: "\\e]0;x\\a\\e[31mred\\0\\x9b\\u202e"/' $f
done
printf 'id,\033[31mX\n' > e.csv
{ $AIFSIM list; $AIFSIM list --json; $AIFSIM validate training e.csv; $AIFSIM check "$(printf 'a\033[31m')"
  $AIFSIM "$(printf 'r\033un')"; } > out 2>&1
grep -c red out
LC_ALL=C tr -d '\n\t -~\200-\377' < out | od -c | head -3
LC_ALL=C grep -c "$(printf '\302\233')" out)sh");
  CHECK_THAT(ran.out, !Contains("033") && Contains("0000000\n0\n"));
  CHECK_FALSE(ran.out.starts_with("0\n"));
}

TEST_CASE("an interrupted import leaves nothing, and runs into one folder leave one result", "[cli]") {
  const Ran interrupted = run_shell(kLog + R"sh(
mkfifo pipe
for signal in INT TERM KILL; do
  { log; sleep 5; } > pipe & writer=$!
  mkdir out; (exec $AIFSIM import nccl-tests pipe --out out/r.csv) > /dev/null 2>&1 & reader=$!
  sleep 0.3; kill -$signal $reader; wait $reader 2>/dev/null; kill $writer 2>/dev/null; wait $writer 2>/dev/null
  ls -A out | wc -l; rmdir out || exit 9
done)sh");
  CHECK(interrupted.out == "0\n0\n0\n");
}

TEST_CASE("an edge file is a regular file of text, and nothing of another is told", "[cli]") {
  const Ran ran = run_shell(R"sh(
dir=$(mktemp -d); trap 'rm -rf $dir' EXIT; cd $dir; mkfifo pipe; echo hunter2,x > secret
cat > a.yaml <<END
kind: platform
title: t
site: s
source: x
confidence: assumed
nodes: 2
node: {gpu: small_gpu, gpus: 1, nics: 1, cpus: 1, memory: 1GiB, wiring: [{from: gpu0, to: nic0, bandwidth: 1GB/s, latency: 1us}]}
fabric: {kind: graph, injection: 1GB/s, nic_latency: 1us, hop_latency: 1us, switches: [{name: a, nodes: 2}], edges_file: FILE}
END
for f in /proc/self/environ pipe secret /dev/zero .; do
  sed "s|FILE|$f|" a.yaml > b.yaml; SECRET=hunter2 timeout 10 $AIFSIM check b.yaml > out 2>&1; echo $? $(grep -ac hunter2 out)
done)sh");
  CHECK(ran.out == "2 0\n2 0\n2 0\n2 0\n2 0\n");
}
