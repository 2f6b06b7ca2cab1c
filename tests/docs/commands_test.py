"""Runs every command that a page shows: each line of a ```sh block that begins with `./aifsim` or `aifsim`, in the order of the page,
in a folder of its own with a copy of the catalogue. A ```yaml or ```csv block whose first line is `# some/file.yaml` is that
file; `cd FOLDER` holds for what follows. Lines of other programs are not run.

    AIFSIM=build/aifsim tests/docs/commands_test.py --run fast|slow PAGE...
    tests/docs/commands_test.py --list         which pages have commands of which speed: "fast README.md"

fast runs all of a page but what is in SLOW, or what CHEAP puts in its place; slow runs a page with SLOW as it stands there.
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import samples  # noqa: E402

PAGES = ("README.md", "docs/*.md", "scenarios/**/*.md", "real_runs/README.md")

# (page, how the command begins after `aifsim `) -> why it is not run.
NOT_RUN = {
    ("README.md", "test"): "it is what runs this test",
    ("docs/install.md", "docs"): "site_test.py builds the site, bootstrap_test.cpp tries the script",
    ("docs/internals.md", "test"): "it is what runs this test",
    ("docs/scale-out.md", "archive"): "tests/archive/archive_test makes one, in the slow suite",
    ("docs/scale-out.md", "run my/sweep.yaml --out results --slurm --tasks 16 --workers 8 --partition short --time 2:00:00$"):
        "needs a Slurm: tests/slurm/slurm_test has one, in the slow suite; with --dry-run it is run here",
    ("docs/serve.md", "serve"): "it answers until Ctrl-C: tests/cli/serve_test.cpp and tests/board/serve_test.mjs ask it",
    ("docs/python.md", "python -m notebook"): "needs Jupyter; tests/python/notebooks_test.py runs the notebooks",
    ("docs/add-your-gpu.md", "measure --device cuda"): "needs a GPU; samples.py writes what it would have measured",
    ("docs/import.md", "import kineto"): "its sample is written by C++ (tests/records/kineto_samples.hpp)",
    ("docs/import.md", "import nsys run.sqlite"): "its sample is a database that C++ writes (tests/records/links_test.cpp)",
    ("real_runs/README.md", "measure --device cpu"): "minutes of measuring; tests/cli/measure_test.cpp runs a shorter one",
    ("real_runs/README.md", "calibrate gpu my_cpu"): "of what the command before has measured",
    ("real_runs/README.md", "run scenarios/my_cpu"): "of what the first command has measured",
    ("real_runs/README.md", "validate kernels my_cpu.csv"): "of what the first command has measured",
}

# The same, of what takes more than a second or two of CPU time -> what runs in its place in the fast suite ("" = nothing).
SLOW = {
    ("docs/concepts.md", "fidelity scenarios/shared-fabric.yaml"): "fidelity scenarios/shared-fabric.yaml --transfers 10000",
    ("docs/energy.md", "run scenarios/planner/european-70b.yaml"): "check scenarios/planner/european-70b.yaml",
    ("docs/training.md", "run scenarios/pipeline-layouts.yaml"): "check scenarios/pipeline-layouts.yaml",
    ("docs/search.md", "search gpt-175b --platform dgx_h100 --gpus 512"):
        "search gpt-2.7b --platform dgx_h100 --gpus 8 --out out/search-gpt-175b-dgx_h100",
    ("docs/search.md", "search llama3-70b --platform mn5_acc"):
        "search gpt-2.7b --platform mn5_acc --gpus 4..8 --objective gpus --within 30s",
    ("docs/compare.md", "compare scenarios/planner/mimer-ethernet.yaml"): "check scenarios/planner/mimer-ethernet.yaml",
    ("scenarios/planner/european-70b.md", "run"): "check scenarios/planner/european-70b.yaml",
    ("scenarios/planner/power-cap.md", "run"): "check scenarios/planner/power-cap.yaml",
    ("scenarios/planner/taper-placement.md", "run"): "check scenarios/planner/taper-placement.yaml",
    ("scenarios/planner/two-sites.md", "run"): "check scenarios/planner/two-sites.yaml",
    ("scenarios/planner/european-70b-proposals.md", "compare"): "check scenarios/planner/european-70b-proposals.yaml",
    ("scenarios/planner/leonardo-upgrade.md", "compare"): "check scenarios/planner/leonardo-upgrade.yaml",
    ("scenarios/planner/mimer-ethernet.md", "compare"): "check scenarios/planner/mimer-ethernet.yaml",
    ("scenarios/planner/nvl4-nvl72.md", "compare"): "check scenarios/planner/nvl4-nvl72.yaml",
    ("scenarios/planner/sectors.md", "compare"): "check scenarios/planner/sectors.yaml",
    ("scenarios/planner/seven-factories.md", "compare"): "check scenarios/planner/seven-factories.yaml",
}

# Exit codes that are no 0.
CODES = {
    ("docs/exercises.md", "exercise check"): 1,  # nothing is answered yet
}


def of(table, page, words):
    """The entry of a table for a command: that of the longest beginning; one that ends with $ is the whole command."""
    fits = [key for key in table if key[0] == page and (words + "$").startswith(key[1])]
    return max(fits, key=lambda key: len(key[1])) if fits else None


def blocks(text):
    for match in re.finditer(r"^```(\w+)\n(.*?)^```", text, flags=re.M | re.S):
        yield text.count("\n", 0, match.start()) + 2, match[1], match[2]


def steps_of(page):
    """(line, "file" | "cd" | "run", content)"""
    for first, language, content in blocks((root / page).read_text()):
        head = re.match(r"# ([\w./-]+\.(?:yaml|csv))\n", content)
        if language in ("yaml", "csv") and head:
            yield first, "file", (head[1], content)
        if language != "sh":
            continue
        line = first
        for text in content.replace("\\\n", "\\\0").splitlines():
            words = text.replace("\\\0", " ")
            if match := re.match(r"(?:\./)?aifsim (.*)", words):
                yield line, "run", re.sub(r"\s+#( .*)?$", "", match[1]).strip()
            elif match := re.match(r"cd (\S+)$", words):
                yield line, "cd", match[1]
            line += 1 + text.count("\0")


def speeds_of(page):
    runs = [words for _, kind, words in steps_of(page) if kind == "run" and not of(NOT_RUN, page, words)]
    return (["fast"] if runs else []) + (["slow"] if any(of(SLOW, page, words) for words in runs) else [])


def all_pages():
    return sorted({path.relative_to(root).as_posix() for glob in PAGES for path in root.glob(glob)})


def stale():
    """Entries of the tables that no page has."""
    there = {(page, words) for page in all_pages() for _, kind, words in steps_of(page) if kind == "run"}
    for table in (NOT_RUN, SLOW, CODES):
        for key in table:
            if not any(of({key: 0}, page, words) for page, words in there):
                yield f"{key[0]}: no command begins with {key[1]!r} any more"


def run_page(page, speed, folder):
    for room in ("platforms", "gpu_models", "workloads", "scenarios", "schemas"):
        shutil.copytree(root / room, folder / room)
    (folder / "sim").symlink_to(root / "sim")
    aifsim = folder / "aifsim"
    aifsim.write_text(f'#!/bin/sh\nexec {shlex.quote(os.path.abspath(os.environ["AIFSIM"]))} "$@"\n')
    aifsim.chmod(0o755)
    environment = {**os.environ, "AIFSIM_HOME": str(folder), "PATH": f"{folder}:{os.environ['PATH']}", "COLUMNS": "120"}
    samples.write(page, folder)
    failed, where = 0, folder
    for line, kind, what in steps_of(page):
        if kind == "file":
            file = where / what[0]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(what[1])
        elif kind == "cd":
            where = where / what
        elif not of(NOT_RUN, page, what):
            slow = of(SLOW, page, what)
            words = SLOW[slow] if slow and speed == "fast" else what
            if not words:
                continue
            began = time.monotonic()
            ran = subprocess.run(["bash", "-c", "aifsim " + words], cwd=where, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            code = of(CODES, page, what)
            print(f"{page}:{line}: aifsim {words}: exit {ran.returncode}, {time.monotonic() - began:.1f} s")
            if ran.returncode != (CODES[code] if code else 0):
                failed += 1
                print(ran.stdout)
            elif problem := samples.problem_of(page, words, ran.stdout, folder):
                failed += 1
                print(f"{problem}; it printed:\n{ran.stdout}")
    return failed


def main(arguments):
    if arguments == ["--list"]:
        for page in all_pages():
            for speed in speeds_of(page):
                print(speed, page)
        return 0
    if len(arguments) < 3 or arguments[0] != "--run" or arguments[1] not in ("fast", "slow"):
        print(__doc__)
        return 2
    problems = list(stale())
    print("\n".join(problems))
    failed = len(problems)
    for page in arguments[2:]:
        with tempfile.TemporaryDirectory(prefix="aifsim-page-") as folder:
            failed += run_page(page, arguments[1], pathlib.Path(folder))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
