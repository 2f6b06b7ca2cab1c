"""Asks the program: finds it, hands descriptions over, reads what it answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence, Union

from ._answers import Problem

Description = Union[str, "os.PathLike[str]", Mapping[str, Any]]
Progress = Callable[[int, int, str], None]


class AifsimError(Exception):
    """What the program told instead of an answer: `problems` (Problem, at least one), `exit_code`."""

    def __init__(self, problems: Sequence[Problem], exit_code: int):
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.exit_code = exit_code


class InputError(AifsimError):
    """A description or an argument is wrong; each problem says where, what was found and what would be right."""


class CannotAnswer(AifsimError):
    """The question is sound, and no model can answer it."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, after the program has ended; what it says of points that it kept is in the arguments."""


def program() -> str:
    """The aifsim that is asked: $AIFSIM, the one of the checkout (built when it is out of date) or of the unpacked archive
    that this package lies in, or PATH's."""
    named = os.environ.get("AIFSIM")
    if named:
        return named
    above = Path(__file__).resolve().parents
    for up, name in ((3, "aifsim"), (4, "bin/aifsim")):
        if up < len(above) and (above[up] / name).is_file():
            return str(above[up] / name)
    found = shutil.which("aifsim")
    if not found:
        raise FileNotFoundError("there is no aifsim: neither $AIFSIM, nor a checkout or archive around this package, nor on PATH")
    return found


class Folder:
    """A temporary folder for descriptions that are dictionaries, so that each has a file which errors name."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._names: dict[str, str] = {}

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._folder:
            self._folder.cleanup()

    def name_of(self, description: Description, kind: str) -> str:
        """A name or path of the description, for the command line or for another description."""
        if not isinstance(description, Mapping):
            return os.fspath(description)
        if not self._folder:
            self._folder = tempfile.TemporaryDirectory(prefix="aifsim-")
        values = {"kind": kind, **description}
        if "include" in values:
            values["include"] = self._included(values["include"], kind)
        if kind == "scenario":
            values.update(self._named(values))
        if kind == "platform" and isinstance(values.get("node"), Mapping) and isinstance(values["node"].get("gpu"), Mapping):
            values["node"] = {**values["node"], "gpu": self.name_of(values["node"]["gpu"], "gpu")}
        number = sum(1 for stem in self._names.values() if stem.startswith(kind)) + 1
        stem = str(values.get("name") or f"{kind}_{number}") if kind != "scenario" else f"{kind}_{number}"
        file = Path(self._folder.name) / f"{stem}.yaml"
        values.pop("name", None)
        file.write_text(_yaml(values), encoding="utf-8")
        self._names[str(file)] = stem
        return str(file)

    def problem(self, error: Mapping[str, Any]) -> Problem:
        """One of a dictionary's has `key`, the path of what is wrong in it, in place of file, line and column."""
        if self._names.get(str(error.get("file"))) is None:
            return Problem(error)
        lines = Path(error["file"]).read_text(encoding="utf-8").split("\n")
        key = _path_of(lines, int(error["line"])) or self._names[error["file"]]
        return Problem({"key": key, "message": error["message"]})

    def _included(self, include: Any, kind: str) -> Any:
        """Paths from the current folder, and names of the catalogue."""
        if isinstance(include, (list, tuple)):
            return [self._included(one, kind) for one in include]
        if os.path.isfile(include):
            return os.path.abspath(include)
        for entry in ask(["list", kind + "s", "--json"]):
            if entry["name"] == include:
                return os.path.abspath(entry["file"])
        return include

    def _named(self, scenario: Mapping[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = {}
        if isinstance(scenario.get("platforms"), (list, tuple)):
            changed["platforms"] = [self.name_of(p, "platform") for p in scenario["platforms"]]
        if isinstance(scenario.get("workload"), Mapping):
            changed["workload"] = self.name_of(scenario["workload"], "workload")
        return changed


def _yaml(values: Mapping[str, Any]) -> str:
    """JSON, which is YAML, but for quantities, which have no quotes there: 95%, 400Gbps."""
    text = json.dumps(values, indent=2, default=_plain)
    return re.sub(r'(?m)^(\s*(?:"[^"]*": )?)"(-?[0-9][0-9A-Za-z.%/+]*)"(,?)$', r"\1\2\3", text)


def _path_of(lines: Sequence[str], line: int) -> str:
    """platforms[0] and the like, of a line of what json.dumps(indent=2) has written."""
    path: list[str] = []
    indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
    for at in range(line - 1, -1, -1):
        text = lines[at]
        own = len(text) - len(text.lstrip())
        if own > indent or not text.strip() or own == 0:
            continue
        if own == indent:
            name = text.strip().split('"')[1] if text.strip().startswith('"') and '":' in text else None
            if name is None:  # an entry of a list: those before it at the same depth
                before = at
                number = 0
                while len(lines[before]) - len(lines[before].lstrip()) >= own:
                    before -= 1
                    closes = lines[before].strip().startswith(("]", "}"))
                    number += len(lines[before]) - len(lines[before].lstrip()) == own and not closes
                path.append(f"[{number}]")
            else:
                path.append(name)
            indent -= 2
    text = ""
    for step in reversed(path):
        text += step if step.startswith("[") or not text else "." + step
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "item"):  # NumPy's numbers
        return value.item()
    raise TypeError(f"a description holds {type(value).__name__}; text, numbers, lists and dictionaries would be right")


def ask(
    arguments: Sequence[str], progress: Progress | None = None, partial: bool = False, files: Folder | None = None
) -> Any:
    """What the program prints for these arguments, read as JSON. Other threads run meanwhile.

    partial: an answer some of whose points have none (exit code 1) is an answer.
    """
    code, out, err = run_program(arguments, progress)
    if code in (130, -signal.SIGINT):
        raise Interrupted(err.strip())
    try:
        answer = json.loads(out)
    except ValueError:
        answer = None
    failed = isinstance(answer, dict) and "errors" in answer and bool(answer.get("exit"))
    if answer is not None and not failed and (code == 0 or (partial and code == 1)):
        return answer
    if failed:
        problems = [files.problem(e) if files else Problem(e) for e in answer["errors"]]
    else:
        text = err.strip() or f"aifsim ended with exit code {code}"
        problems = [Problem({"message": text})]
    raise {1: CannotAnswer, 2: InputError}.get(code, AifsimError)(problems, code)


def run_program(arguments: Sequence[str], progress: Progress | None = None) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    environment = {**os.environ}
    if progress:
        environment["AIFSIM_PROGRESS"] = "lines"
    process = subprocess.Popen(
        [program(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8", errors="replace", env=environment, start_new_session=True,
    )
    out: list[str] = []
    reader = threading.Thread(target=lambda: out.append(process.stdout.read()), daemon=True)
    reader.start()
    err: list[str] = []
    failure: BaseException | None = None
    interrupted = False
    while True:
        try:
            line = process.stderr.readline()
            if not line:
                break
            words = line.split(" ", 3)
            if progress and len(words) == 4 and words[0] == "progress" and words[1].isdigit() and words[2].isdigit():
                progress(int(words[1]), int(words[2]), words[3].rstrip("\n"))
            else:
                err.append(line)
        except BaseException as error:  # Ctrl-C, or what the callback threw: the program ends first
            interrupted = True
            if not isinstance(error, KeyboardInterrupt):
                failure, progress = error, None
            process.send_signal(signal.SIGINT)
    code = process.wait()
    reader.join()
    process.stdout.close()
    process.stderr.close()
    if failure:
        raise failure
    if interrupted:
        raise Interrupted("".join(err).strip())
    return code, "".join(out), "".join(err)
