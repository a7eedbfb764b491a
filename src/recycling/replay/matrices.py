"""Evaluation matrices as they are published: scores of adapters on tasks, with what is left out.

A file may hold more than the study asks for: other tasks, other adapters, index columns, means of
doubtful origin. Only what the study names is read, and the rest is listed with a reason.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from recycling.ground.errors import InputError
from recycling.plan.study.replay import Matrix
from recycling.replay.resampling import Matrices
from recycling.tasks.record import Dropped

BASE = "zero_shot"  # the key beside the adapters in a file of relative changes


class Read(NamedTuple):
    """Scores, adapters x tasks in the order of the file, and what of the file is not used."""

    scores: pd.DataFrame
    dropped: list[Dropped]


def read(path: str, tasks: Sequence[str], matrix: Matrix) -> Read:
    """The matrix in a file, in the form that the study says."""
    if matrix.form == "relative_changes":
        return of_relative_changes(path, tasks)
    return of_csv(path, tasks, adapter=matrix.adapter, columns=matrix.columns)


def of_csv(
    path: str,
    tasks: Sequence[str],
    *,
    adapter: str = "adapter",
    columns: Mapping[str, str] | None = None,
) -> Read:
    """A CSV with a row for each adapter and a column for each task; an empty cell is missing.

    `adapter` is the column of the names. A header that stands there twice is read as `x` and
    `x.1`; `columns` says which of the two a task means, or that a task has another header.

    Raises:
        InputError: an ambiguous header, a column that is not there, a name twice, no score.
    """
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    header, cells = _numbered(rows[0]) if rows else [], rows[1:]
    table = pd.DataFrame(cells, columns=header)
    wanted = {task: (columns or {}).get(task, task) for task in tasks}
    for task, column in wanted.items():
        if task not in (columns or {}) and f"{column}.1" in header:
            raise InputError(
                path, f"column {column}", "twice", "one", f"say which in columns.{task}"
            )
    absent = [name for name in [adapter, *(columns or {}).values()] if name and name not in header]
    if absent:
        raise InputError(path, "columns", header[:9], f"also {absent[0]!r}", "correct the config")
    found = {task: column for task, column in wanted.items() if column in header}
    names = table[adapter]
    if names.duplicated().any():
        raise InputError(
            path, adapter, names[names.duplicated()].iloc[0], "each once", "remove one row"
        )
    scores = pd.DataFrame({task: _shares(table[column], path) for task, column in found.items()})
    scores.index = pd.Index(names, name="adapter")
    unused = [name for name in header if name not in {adapter, *found.values()}]
    return Read(scores, [Dropped(f"column {name}", "no task of the study") for name in unused])


def of_relative_changes(path: str, tasks: Sequence[str], *, slash: str = "---") -> Read:
    """JSON, task -> adapter -> (score - base)/base, with the score of the base as `zero_shot`.

    `slash` stands for `/` in the adapters' names.

    Raises:
        InputError: a base of zero, from which no score can be told.
    """
    content = json.loads(Path(path).read_text())
    dropped = [
        Dropped(f"column {name}", "no task of the study")
        for name in sorted(content.keys() - set(tasks))
    ]
    columns = {}
    for task in (task for task in tasks if task in content):
        base = content[task].get(BASE)
        if base is None:
            dropped.append(Dropped(f"column {task}", "no score of the base to start from"))
            continue
        if not isinstance(base, int | float) or base <= 0:
            raise InputError(path, f"{task}.{BASE}", base, "a positive score", "correct the file")
        changes = pd.Series(
            {name.replace(slash, "/"): v for name, v in content[task].items() if name != BASE}
        )
        columns[task] = _shares(base * (1 + changes.astype(float)), path)
    return Read(pd.DataFrame(columns).rename_axis("adapter").sort_index(), dropped)


def restricted(read: Read, pool: Sequence[str] | None, complete: bool) -> Read:
    """The adapters of `pool` in its order (all of the file without one), and the reasons.

    With `complete`, a task that lacks the score of any of them is left out.

    Raises:
        InputError: nothing is left.
    """
    scores, dropped = read.scores, list(read.dropped)
    if pool is not None:
        known = set(pool)
        dropped += [
            Dropped(n, "not in the list of adapters") for n in scores.index.difference(pool)
        ]
        dropped += [Dropped(n, "listed without scores") for n in sorted(known - set(scores.index))]
        scores = scores.loc[[name for name in pool if name in scores.index]]
    if complete:
        gaps = scores.isna().sum()
        dropped += [
            Dropped(f"column {t}", f"{n} adapters without a score") for t, n in gaps.items() if n
        ]
        scores = scores.loc[:, gaps == 0]
    if scores.empty:
        raise InputError(
            "matrix", "scores", scores.shape, "at least one adapter and task", "check the names"
        )
    return Read(scores, dropped)


def column(
    path: str,
    tasks: Sequence[str],
    *,
    column: str,
    key: str = "task",
    names: Mapping[str, str] | None = None,
) -> pd.Series:
    """One score for each task from a CSV with a row per task, those without one left out.

    `names` maps names of the file to the study's.

    Raises:
        InputError: a column that is not there or a task in two rows.
    """
    table = pd.read_csv(path, dtype="string")
    for name in (key, column):
        if name not in table:
            raise InputError(path, "columns", list(table), f"also {name!r}", "correct the config")
    values = _shares(table[column], path)
    values.index = pd.Index(table[key].replace(dict(names or {})))
    values = values[values.index.isin(list(tasks))].dropna()
    if values.index.has_duplicates:
        twice = values.index[values.index.duplicated()][0]
        raise InputError(path, key, twice, "each task once", "correct `names`")
    return values.reindex([task for task in tasks if task in values.index])


def paired(cells: pd.DataFrame, outcome: str) -> Matrices:
    """Labelled scores and one outcome, for the adapters and tasks that both have.

    `cells` has the columns measure, adapter, task and score, in the order of the study.

    Raises:
        InputError: the two have nothing in common.
    """
    wide = {
        measure: rows.pivot(index="adapter", columns="task", values="score")
        for measure, rows in cells[cells["adapter"] != ""].groupby("measure", sort=False)
    }
    labelled, result = wide["labelled"], wide[outcome]
    adapters = [name for name in labelled.index if name in result.index]
    tasks = [task for task in cells["task"].unique() if task in labelled and task in result]
    if not adapters or not tasks:
        raise InputError(
            f"outcome {outcome}",
            "adapters and tasks",
            (len(adapters), len(tasks)),
            "some that also have a labelled score",
            "check the names in both files",
        )
    bases = cells[cells["measure"] == f"base of {outcome}"].set_index("task")["score"]
    return Matrices(
        adapters,
        tasks,
        labelled.loc[adapters, tasks].to_numpy(float),
        result.loc[adapters, tasks].to_numpy(float),
        bases.reindex(tasks).to_numpy(float),
    )


def check_expected(expected: Mapping[str, float], known: Iterable[str], where: str) -> None:
    """Raise InputError for an expected value of no quantity."""
    names = list(known)
    for name in expected:
        if name not in names:
            raise InputError("config", where, name, f"one of {names}", "correct the name")


def _numbered(header: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        names.append(f"{name}.{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names


def _shares(values: pd.Series, path: str) -> pd.Series:
    numbers = pd.to_numeric(values.replace("", np.nan), errors="coerce")
    wrong = values[
        (numbers.isna() & values.notna() & (values != "")) | (numbers < 0) | (numbers > 1)
    ]
    if not wrong.empty:
        raise InputError(
            path, f"column {values.name}", wrong.iloc[0], "a share from 0 to 1", "correct the file"
        )
    return numbers.astype(float)
