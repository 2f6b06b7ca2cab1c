"""What the functions answer: plain objects over the program's JSON."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

_FLAT_NAMES = "."


class Record(Mapping[str, Any]):
    """Figures by name: record.step_time_s is record["step_time_s"]. Maps inside are Records, lists tuples."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]):
        self._values = {key: wrapped(value) for key, value in values.items()}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"there is no {name}; there are {', '.join(self._values)}") from None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __repr__(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self._values.items() if value is not None)
        return f"{type(self).__name__}({inside})"

    def to_dict(self) -> dict[str, Any]:
        """The same as dictionaries and lists."""
        return {key: unwrapped(value) for key, value in self._values.items()}

    def flat(self) -> dict[str, Any]:
        """One dictionary without dictionaries in it: memory.total_bytes. Lists of maps are left out."""
        row: dict[str, Any] = {}
        for key, value in self._values.items():
            if isinstance(value, Record):
                row.update({key + _FLAT_NAMES + inner: v for inner, v in value.flat().items()})
            elif not (isinstance(value, tuple) and any(isinstance(v, Record) for v in value)):
                row[key] = unwrapped(value)
        return row


def wrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return Record(value)
    if isinstance(value, list):
        return tuple(wrapped(v) for v in value)
    return value


def unwrapped(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, tuple):
        return [unwrapped(v) for v in value]
    return value


class Picture:
    """A drawing, which a notebook shows: `svg` is its text."""

    def __init__(self, svg: str):
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, file: str) -> None:
        with open(file, "w", encoding="utf-8") as out:
            out.write(self.svg)


class Problem(Record):
    """What is wrong: message, and where: file, line and column of a file, key of a dictionary; None where neither."""

    def __init__(self, values: Mapping[str, Any]):
        super().__init__({"file": None, "line": None, "column": None, "key": None, **values})

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        place = place or self.key or ""
        return f"{place}: {self.message}" if place else self.message


class Table(Sequence[Record]):
    """Rows of figures; [i], len() and iteration give Records."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]):
        self._rows = tuple(row if isinstance(row, Record) else Record(row) for row in rows)

    def __getitem__(self, index):  # type: ignore[override]
        return Table(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"{len(self._rows)} rows"

    def rows(self) -> list[dict[str, Any]]:
        """Flat dictionaries, one for each row."""
        return [row.flat() for row in self._rows]

    def to_frame(self):
        """A pandas.DataFrame, one row each; needs pandas (Debian: python3-pandas)."""
        return _pandas().DataFrame(self.rows())


class Answer(Record):
    """All that the program told, by the names of its JSON; `table` is its main list."""

    _list = "rows"
    picture: "Picture | None" = None  # where one was asked for

    @property
    def table(self) -> Table:
        return Table(self._values.get(self._list, ()))

    def to_frame(self):
        """The main list as a pandas.DataFrame."""
        return self.table.to_frame()


class RunAnswer(Answer):
    """Points of a scenario: `points` (Table), `folder` (str) with report.html, result.json, result.sqlite.

    A point has platform, variant, job, sweep, gpus, problem (str or None), note and the metrics of sim/report/README.md:
    step_time_s with step_time_p10_s and step_time_p90_s (80 % band), tokens_per_s, mfu (0 to 1), energy_per_step_j, memory ...
    """

    _list = "points"

    def __init__(self, values: Mapping[str, Any], folder: str):
        super().__init__({**values, "folder": folder})

    @property
    def points(self) -> Table:
        return self.table

    def plot(self, x: str = "gpus", y: str = "tokens_per_s", ax=None):
        """Lines of one figure over another, one for each platform and variant, with the band where there is one.

        Needs matplotlib (Debian: python3-matplotlib). Returns the axes.
        """
        ax = ax or _pyplot().subplots()[1]
        lines: dict[str, list[dict[str, Any]]] = {}
        for row in self.points.rows():
            if row.get(y) is None:
                continue
            swept = [f"{key[6:]} {value}" for key, value in row.items() if key.startswith("sweep.") and key[6:] != x]
            words = [row["platform"], row.get("job") or "", row.get("variant") or "", *swept]
            lines.setdefault(", ".join(word for word in words if word), []).append(row)
        for name, rows in lines.items():
            at = [row.get(x, row.get("sweep." + x)) for row in rows]
            drawn = ax.plot(at, [row[y] for row in rows], marker="o", label=name)
            low, high = _band_names(y)
            if all(row.get(low) is not None and row.get(high) is not None for row in rows):
                ax.fill_between(at, [r[low] for r in rows], [r[high] for r in rows], alpha=0.2, color=drawn[0].get_color())
        ax.set_xlabel(x)
        ax.set_ylabel(y)
        ax.legend()
        return ax


class SearchAnswer(Answer):
    """Layouts: `best` (Table), the best first, each with layout, words, memory_bytes and the metrics of a point."""

    _list = "best"

    def __init__(self, values: Mapping[str, Any], folder: str):
        super().__init__({**values, "folder": folder})


class CompareAnswer(Answer):
    """`works`: proposals that do the same work stand together, with the sentence that answers; `folder` (str).

    proposals   of all works in one Table: title, platform, gpus, words of the layout, problem (str or None), metrics
    """

    def __init__(self, values: Mapping[str, Any], folder: str):
        super().__init__({**values, "folder": folder})

    @property
    def table(self) -> Table:
        return Table([proposal for work in self.works for proposal in work.proposals])

    @property
    def proposals(self) -> Table:
        return self.table


class Collectives(Answer):
    """`rows`: bytes, ranks, algorithm, chosen, time_s, algbw_Bps, busbw_Bps (as nccl-tests), bottleneck."""

    @property
    def chosen(self) -> Record:
        """The library's choice (of the last size and rank count, where there are several)."""
        return [row for row in self.table if row.chosen][-1]


class Validation(Answer):
    """Predictions beside measurements, row by row and group by group."""


def _band_names(metric: str) -> tuple[str, str]:
    stem, unit = metric, ""
    for known in ("_eur", "_s", "_j", "_g"):
        if metric.endswith(known) and not metric.endswith("per_s"):
            stem, unit = metric[: -len(known)], known
    return f"{stem}_p10{unit}", f"{stem}_p90{unit}"


def _pandas():
    try:
        import pandas
    except ImportError:
        raise ImportError("to_frame() needs pandas (Debian: python3-pandas); rows() gives plain dictionaries") from None
    return pandas


def _pyplot():
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("plot() needs matplotlib (Debian: python3-matplotlib)") from None
    return pyplot
