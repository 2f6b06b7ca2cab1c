"""The functions, one for each command of the program."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Sequence

from ._answers import Answer, Collectives, CompareAnswer, Picture, Problem, RunAnswer, SearchAnswer, Table, Validation
from ._ask import Description, Folder, InputError, Progress, ask, run_program


def _options(**values: Any) -> list[str]:
    """--words of what is given: True is a flag, None and False nothing, a list a comma-separated word."""
    words: list[str] = []
    for name, value in values.items():
        if value is None or value is False:
            continue
        option = "--" + name.rstrip("_").replace("_", "-")
        if value is True:
            words.append(option)
        elif isinstance(value, (list, tuple)):
            words += [option, ",".join(str(v) for v in value)]
        else:
            words += [option, os.fspath(value) if isinstance(value, os.PathLike) else str(value)]
    return words


def _out(out: "str | os.PathLike[str] | None") -> str:
    return os.fspath(out) if out is not None else tempfile.mkdtemp(prefix="aifsim-out-")


def run(
    scenario: Description,
    *,
    out: "str | os.PathLike[str] | None" = None,
    fidelity: str | None = None,
    seed: int | None = None,
    draws: int | None = None,
    workers: int | None = None,
    one_placement: bool = False,
    progress: Progress | None = None,
) -> RunAnswer:
    """Answers a scenario.

    scenario   name, path or dictionary; its `platforms` and `workload` may be dictionaries too
    out        folder for report.html, result.json, result.sqlite; a new temporary one where left out
    fidelity   "analytical", "flow" or "message", instead of the scenario's
    seed       of drawn placements          draws     10, 50 and 90 % bands from so many draws
    workers    processes at the same time (one for each core)
    progress   called with (points done, points in all, what begins)

    A point without an answer has `problem`; the others go on. InputError says what is wrong and where.

        aifsim.run({"title": "mine", "question": "?", "platforms": ["mn5_acc"], "workload": "gpt-2.7b", "gpus": [8, 16]})
    """
    folder = _out(out)
    with Folder() as files:
        words = ["run", files.name_of(scenario, "scenario"), "--out", folder, "--json"]
        words += _options(fidelity=fidelity, seed=seed, draws=draws, workers=workers, one_placement=one_placement)
        return RunAnswer(ask(words, progress, partial=True, files=files), folder)


def search(
    workload: Description,
    *,
    platform: Description,
    gpus: "int | str | Sequence[int]",
    global_batch: int | None = None,
    objective: str | None = None,
    within: str | None = None,
    keep: Sequence[str] | None = None,
    stack: str | None = None,
    top: int | None = None,
    fidelity: str | None = None,
    workers: int | None = None,
    out: "str | os.PathLike[str] | None" = None,
    progress: Progress | None = None,
) -> SearchAnswer:
    """The best layouts of a training job, of all that fit into memory.

    gpus           512, "64..512" (doubled) or [64, 128]
    global_batch   sequences per optimizer step
    objective      "step_time" (default), "energy" or "gpus"        within   longest step: "20s"
    keep           keys of `training` that stay as the workload has them
    """
    folder = _out(out)
    with Folder() as files:
        words = ["search", files.name_of(workload, "workload"), "--platform", files.name_of(platform, "platform")]
        words += _options(
            gpus=gpus, global_batch=global_batch, objective=objective, within=within, keep=keep, stack=stack, top=top,
            fidelity=fidelity, workers=workers, out=folder, json=True,
        )
        return SearchAnswer(ask(words, progress, partial=True, files=files), folder)


def compare(
    scenario: Description,
    *,
    out: "str | os.PathLike[str] | None" = None,
    fidelity: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> CompareAnswer:
    """Proposals side by side, each with its best layout, at equal work; the scenario gives tokens and global_batch.

    out   folder for report.html, result.json and best-1.yaml ...; a new temporary one where left out
    """
    folder = _out(out)
    with Folder() as files:
        words = ["compare", files.name_of(scenario, "scenario"), "--out", folder]
        words += _options(fidelity=fidelity, workers=workers, json=True)
        return CompareAnswer(ask(words, progress, partial=True, files=files), folder)


def explain(
    result: Description,
    *,
    point: int | None = None,
    fidelity: str | None = None,
    workers: int | None = None,
    out: "str | os.PathLike[str] | None" = None,
    progress: Progress | None = None,
) -> Answer:
    """Where a step's time goes (time_goes, seconds by part) and what would help (levers: what, step_time_s, change).

    result   a scenario (name, path, dictionary), or the folder that run or search has written for a scenario's file
    point    which of its points, from 1
    """
    with Folder() as files, tempfile.TemporaryDirectory(prefix="aifsim-") as passing:
        words = ["explain", files.name_of(result, "scenario")]
        words += _options(point=point, fidelity=fidelity, workers=workers, out=out or passing, json=True)
        return _with_list("levers", ask(words, progress, files=files))


def collective(
    kind: str,
    *,
    platform: Description,
    ranks: int,
    size: "str | int" = "1GiB",
    algorithm: str | None = None,
    sweep: str | None = None,
    skew: float | None = None,
    placement: str | None = None,
    seed: int | None = None,
    fidelity: str | None = None,
    picture: bool = False,
) -> Collectives:
    """Time and bandwidths of one collective, by algorithm.

    kind    "all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast" ...
    ranks   GPUs, one rank on each          size   of the whole buffer: "1GiB", or bytes
    sweep   "sizes" (from 1 KiB to size) or "ranks"
    picture   whether the answer's `picture` is drawn
    """
    size = f"{size}B" if isinstance(size, int) else size
    with Folder() as files:
        words = ["collective", kind, "--platform", files.name_of(platform, "platform")]
        words += _options(
            ranks=ranks, size=size, algorithm=algorithm, sweep=sweep, skew=skew, placement=placement, seed=seed,
            fidelity=fidelity, json=True,
        )
        return _drawn(Collectives, words, files, picture)


def bisection(platform: Description, *, seed: int | None = None, picture: bool = False) -> Answer:
    """What a fabric carries: levels (links of each), halves and permutations (wanted, carried, share)."""
    with Folder() as files:
        words = ["bisection", files.name_of(platform, "platform"), *_options(seed=seed, json=True)]
        return _with_list("halves", _drawn(Answer, words, files, picture))


def transfer(platform: Description, from_site: str, to_site: str, *, size: str | None = None) -> Answer:
    """How long a data set takes between two sites: time_s, rate_bytes_per_s, bound."""
    with Folder() as files:
        words = ["transfer", files.name_of(platform, "platform"), from_site, to_site, *_options(size=size, json=True)]
        return Answer(ask(words, files=files))


def fidelity(scenario: Description, *, transfers: int | None = None) -> Table:
    """The levels of simulation side by side."""
    with Folder() as files:
        words = ["fidelity", files.name_of(scenario, "scenario"), *_options(transfers=transfers, json=True)]
        return Table(ask(words, files=files))


def validate(
    kind: str,
    file: "str | os.PathLike[str]",
    *,
    by: "str | Sequence[str] | None" = None,
    leave_out: "str | Sequence[str] | None" = None,
) -> Validation:
    """Predictions beside measurements.

    kind        "training", "kernels" or "collectives"        file   a table of measured rows (CSV)
    by          columns that group the rows                   leave_out   constants fitted to the other rows
    """
    answer = ask(["validate", kind, os.fspath(file), *_options(by=by, leave_out=leave_out, json=True)], partial=True)
    return Validation(answer)


def check(*descriptions: Description, kind: str = "scenario") -> list[Problem]:
    """All that is wrong with descriptions (paths or dictionaries, these of one kind); [] where nothing is."""
    with Folder() as files:
        try:
            ask(["check", *(files.name_of(d, kind) for d in descriptions), "--json"], files=files)
        except InputError as error:
            return list(error.problems)
    return []


def list_catalogue(kind: str | None = None, platform: str | None = None) -> Table:
    """Entries of the catalogue: "platforms", "gpus", "workloads", "scenarios", "stacks", or "sites" of a platform."""
    words = [word for word in (kind, platform) if word]
    return Table(ask(["list", *words, "--json"]))


def show(kind: str, name: Description, *, picture: bool = False) -> Answer:
    """Every figure of an entry (figures: path, value, confidence, source, place); kind "platform", "gpu", "workload" ...

    picture   of a platform: whether the answer's `picture` is drawn
    """
    with Folder() as files:
        return _with_list("figures", _drawn(Answer, ["show", kind, files.name_of(name, kind), "--json"], files, picture))


def version() -> str:
    """Of the program that is asked."""
    return run_program(["--version"])[1].strip()


def _drawn(kind: type, words: list[str], files: Folder, picture: bool) -> Any:
    if not picture:
        return kind(ask(words, files=files))
    with tempfile.TemporaryDirectory(prefix="aifsim-") as folder:
        file = Path(folder) / "picture.svg"
        answer = kind(ask([*words, "--svg", str(file)], files=files))
        answer.picture = Picture(file.read_text(encoding="utf-8"))
    return answer


def _with_list(name: str, answer: "Answer | dict[str, Any]") -> Answer:
    answer = answer if isinstance(answer, Answer) else Answer(answer)
    answer._list = name
    return answer
