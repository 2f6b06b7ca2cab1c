"""Files that the commands of a page need and the page does not write, and what their answers must say."""
import csv
import pathlib
import re

root = pathlib.Path(__file__).resolve().parents[2]


def constant(file, name):
    """A text of the C++ tests: the concatenated literals behind `name =`."""
    text = (root / "tests/records" / file).read_text()
    rest = text[text.index(f"std::string {name} =") + len(f"std::string {name} ="):]
    literal = re.compile(r'\s*(?:R"(?P<mark>\w*)\((?P<raw>.*?)\)(?P=mark)"|"(?P<plain>(?:[^"\\]|\\.)*)")', re.S)
    out, at = [], 0
    while match := literal.match(rest, at):
        out.append(match["raw"] if match["plain"] is None else match["plain"].encode().decode("unicode_escape"))
        at = match.end()
    if not out:
        raise ValueError(f"{name} of {file} is no literal")
    return "".join(out)


# Page of imports: file -> sample of the tests of its reader.
IMPORTED = {
    "all_reduce.log": ("samples.hpp", "kNcclText"), "run1.log": ("samples.hpp", "kNcclText"), "run2.log": ("samples.hpp", "kNcclJson"),
    "osu.log": ("samples.hpp", "kOsu"), "stream.txt": ("samples.hpp", "kBabelText"), "nvbandwidth.json": ("samples.hpp", "kNvJson"),
    "write_bw.log": ("link_samples.hpp", "kWriteBw"), "stream.log": ("link_samples.hpp", "kStream"),
    "p2p.log": ("link_samples.hpp", "kP2p"), "tb.log": ("link_samples.hpp", "kTransferBench"),
    "imb.log": ("link_samples.hpp", "kImb"),
    "stats.csv": ("link_samples.hpp", "kNsysKernels"), "megatron.log": ("training_samples.hpp", "kMegatron"),
    "context_attention_perf.txt": ("samples.hpp", "kAicAttention"), "moe_perf.txt": ("samples.hpp", "kAicMoe"),
    "mlp.csv": ("samples.hpp", "kVidurMlp"), "attention.csv": ("samples.hpp", "kVidurAttention"),
    "all_reduce.csv": ("samples.hpp", "kVidurNetwork"), "kernels.csv": ("samples.hpp", "kTidy"),
    "collectives.csv": ("samples.hpp", "kTidyMpi"), "topo.txt": ("topology_samples.hpp", "kTopoSwitch"),
    "topology.conf": ("topology_samples.hpp", "kSlurmTree"),
}


def rows(file, columns, lines):
    with open(file, "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns.split(","))
        writer.writerows(lines)


def gemm_seconds(m, n, k, flops, bandwidth, start):
    return start + 2.0 * m * n * k / flops + 2.0 * (m * n + m * k + n * k) / bandwidth


SHAPES = [(m, n, k) for m in (16, 64, 256, 1024, 4096, 8192) for n in (512, 1024, 2048, 4096, 8192, 16384) for k in (1024, 4096, 16384)]


def kernels(file, gpu, flops, bandwidth, start):
    """As `aifsim measure` records products."""
    rows(file, "gpu,software,op,m,n,k,dtype,time_us",
         [(gpu, "cublas-13", "gemm", m, n, k, "bf16", f"{1e6 * gemm_seconds(m, n, k, flops, bandwidth, start):.6g}") for m, n, k in SHAPES])


def aiconfigurator(file):
    rows(file, "framework,version,device,op_name,kernel_source,gemm_dtype,m,n,k,latency",
         [("VLLM", "0.22.0", "NVIDIA H100 80GB HBM3", "gemm", "vllm", "bfloat16", m, n, k,
           f"{1e3 * gemm_seconds(m, n, k, 400e12, 2e12, 5e-6):.9f}") for m, n, k in SHAPES])


def collectives(file):
    """Of a node of eight, by an alpha-beta law: 8 ranks in rings at 400 GB/s, and fewer."""
    rows(file, "platform,op,ranks,ranks_per_node,message_bytes,software,dtype,time_us",
         [("dgx_h100", op, ranks, ranks, size, "nccl-2.23", "bf16",
           f"{12 + 2 * ranks + passes * (ranks - 1) / ranks * size / 400e3:.6g}")
          for op, passes in (("all_reduce", 2), ("all_gather", 1), ("reduce_scatter", 1))
          for ranks in (2, 4, 8) for size in (2 ** n for n in range(10, 31, 2))])


SWEEP = """kind: scenario
title: A sweep
question: What do faster NICs win?
platforms: [mn5_acc]
workload: gpt-2.7b
gpus: [8, 16]
fidelity: analytical
variants:
  - {label: full, training: {sharding: zero3}}
sweep:
  platform.fabric.injection: [100Gbps, 200Gbps]
"""


def write(page, folder):
    if page == "README.md":
        text = (root / "docs/training-runs.md").read_text()
        (folder / "my_runs.csv").write_text(re.search(r"# my_runs.csv\n(.*?)```", text, re.S)[1])
    if page == "docs/storage.md":
        (folder / "submissions.csv").write_text(re.search(r"```csv\n(site,.*?)```", (root / page).read_text(), re.S)[1])
    if page == "docs/add-your-gpu.md":
        kernels(folder / "my_gpu.csv", "my_gpu", 1.6e15, 11e12, 3e-6)
    if page == "docs/attention-and-experts.md":
        kernels(folder / "my_rows.csv", "h100_sxm_80gb", 650e12, 2.8e12, 3e-6)
    if page == "docs/measured-collectives.md":
        collectives(folder / "my_rows.csv")
    if page == "docs/import.md":
        for name, (file, sample) in IMPORTED.items():
            (folder / name).write_text(constant(file, sample))
        aiconfigurator(folder / "gemm_perf.txt")
        rows(folder / "results.csv", "Size (B),oop_time,AlgBW (GB/s),BusBW (GB/s)", [(1048576, 100, 10.48576, 19.6608)])
    if page == "docs/exercises.md":  # two students of the class that the page writes down
        text = (root / page).read_text()
        table = re.search(r"```\n(name,folder\n.*?)```", text, re.S)[1]
        (folder / "class.csv").write_text(table)
    if page == "docs/scale-out.md":
        (folder / "my").mkdir()
        (folder / "my/sweep.yaml").write_text(SWEEP)


def problem_of(page, words, printed, folder):
    """What an answer of a page should have said, or None."""
    if page == "docs/add-your-gpu.md" and words.startswith("run "):
        if "my_machine, BF16" not in printed or "my_machine, FP8" not in printed or "no answer" in printed:
            return "the page's machine has no answer"
    if page == "docs/add-your-gpu.md" and words.startswith("validate kernels"):
        model = (folder / "gpu_models/my_gpu.yaml").read_text()
        for part in ("fitted by `aifsim calibrate gpu`", "backward_efficiency: {value: ", "flash2_fit: "):
            if part not in model:
                return f"gpu_models/my_gpu.yaml lacks {part!r}"
    return None
