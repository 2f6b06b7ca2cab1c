"""aifsim from Python: describe a machine, put AI workloads on it, learn what it would deliver.

    import aifsim
    answer = aifsim.run("first-look", fidelity="analytical")
    for point in answer.points:
        print(point.platform, point.gpus, point.step_time_s, point.mfu)

Every function asks the program aifsim in a process of its own and answers with what `--json` prints, digit for digit:
this package has no models. Scenarios, platforms, workloads and GPU models are names of the catalogue, paths of YAML
files, or dictionaries with the same keys. What is wrong with them is an InputError that says where.

Units stand at the end of a figure's name: _s seconds, _bytes bytes, _Bps and _bytes_per_s bytes per second, _j joules,
_w watts, _g grams of CO2 equivalents, _eur euros, _h hours. A figure that a job does not have is None.
"""

from ._answers import Answer, Collectives, CompareAnswer, Picture, Problem, Record, RunAnswer, SearchAnswer, Table, Validation
from ._ask import AifsimError, CannotAnswer, InputError, Interrupted
from ._commands import (
    bisection,
    check,
    collective,
    compare,
    explain,
    fidelity,
    list_catalogue,
    run,
    search,
    show,
    transfer,
    validate,
    version,
)

__all__ = [
    "AifsimError",
    "Answer",
    "CannotAnswer",
    "Collectives",
    "CompareAnswer",
    "InputError",
    "Interrupted",
    "Picture",
    "Problem",
    "Record",
    "RunAnswer",
    "SearchAnswer",
    "Table",
    "Validation",
    "bisection",
    "check",
    "collective",
    "compare",
    "explain",
    "fidelity",
    "list_catalogue",
    "run",
    "search",
    "show",
    "transfer",
    "validate",
    "version",
]
