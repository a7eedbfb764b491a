"""The table of optimism: how much better chosen adapters look on the rows that chose them.

The best of several scores is partly the luckiest one, so it is higher than the same adapter's score
on other rows. But labelled rows may also be easier than test rows. So the same difference is taken
for adapters that no score chose, and subtracted: what is left is due to the choice. Where every
adapter has a score on the test rows, it is the mean over the whole pool, the chosen one with it.
Without it, what is left would be too high: those that were not chosen are the unlucky ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from recycling.ground.tables import columns
from recycling.pool import ALL as WHOLE
from recycling.pool.judged import Judged
from recycling.statistics import inference
from recycling.statistics.inference import ANYTHING, TASKS_TO_GENERALISE, Tasks
from recycling.statistics.metrics import METRICS
from recycling.tasks import cross_validation
from recycling.verdict.summary import ALL

QUANTITIES = ("gap", "control", "optimism")


@dataclass(frozen=True)
class _Unit:
    """Score on labelled rows minus score on test rows, of the chosen and of others."""

    gap: float
    n: int
    others: list[float] = field(default_factory=list)

    def of(self, quantity: str) -> float:
        """`gap`, the same of the others (`control`), or what is left of the gap (`optimism`)."""
        if quantity == "gap":
            return self.gap
        control = float(np.mean(self.others))
        return control if quantity == "control" else self.gap - control


def table(
    selection: pd.DataFrame, scores: pd.DataFrame, judged: Mapping[str, Judged], tasks_are: Tasks
) -> pd.DataFrame:
    """Rows of `optimism.tsv` from the tables `selection` and `scores` of a study.

    Scores are such that more is better: a likelihood has its sign turned. Without a control there
    are no rows of `control` and `optimism`. Choices from parts of the pool are judged where every
    adapter has a score on the test rows.
    """
    ranked: dict[tuple[str, ...], pd.DataFrame] = {
        key: rows.set_index("adapter")
        for key, rows in selection.groupby(["selector", "subpool", "task", "replicate"])
    }
    tested = scores.set_index(["arm", "task", "replicate"])
    rows: list[dict[str, object]] = []
    choices = [(*one, part) for one in judged.items() for part in one[1].parts]
    for selector, about, part in choices:
        units: dict[str, list[_Unit]] = {}
        rankings = {key[2:]: found for key, found in ranked.items() if key[:2] == (selector, part)}
        for (task, replicate), ranking in rankings.items():
            found = _unit(ranking, (task, replicate), about, ranked, tested)
            units.setdefault(task, []).extend([found] if found else [])
        replicates = {replicate for _, replicate in rankings}
        units = {task: found for task, found in units.items() if len(found) == len(replicates)}
        folds = cross_validation.count(replicates)
        for scope in [ALL, *units] if units else []:
            chosen = units if scope == ALL else {scope: units[scope]}
            asked = {"selector": selector, "subpool": part, "metric": about.metric}
            rows += _rows(chosen, scope, tasks_are, folds, asked)
    return pd.DataFrame(rows, columns=list(columns("optimism")))


def _unit(
    ranking: pd.DataFrame,
    unit: tuple[str, str],
    about: Judged,
    ranked: Mapping[tuple[str, ...], pd.DataFrame],
    tested: pd.DataFrame,
) -> _Unit | None:
    """One task and replicate; None where the chosen adapter was not asked the test rows."""
    labelled = ranking["score"]
    first = ranking.index[ranking["position"] == 1][0]
    n = int(tested.xs(unit, level=("task", "replicate"))["n"].iloc[0])
    whole = ranked.get((about.on_test, WHOLE, *unit))
    if whole is not None:
        gaps = labelled - whole["score"].reindex(labelled.index)
        return _Unit(float(gaps[first]), n, gaps.tolist())

    def on_test(arm: str) -> float:
        value = float(tested.loc[(arm, *unit), about.metric])
        return value if METRICS[about.metric].share else -value

    arms = [arm for arm in about.arms if (arm, *unit) in tested.index]
    if not arms:
        return None
    others = []
    for arm, selector in about.control.items():
        if (arm, *unit) in tested.index:
            by_chance = ranked[selector, WHOLE, *unit]
            adapter = by_chance.index[by_chance["position"] == 1][0]
            others.append(float(labelled[adapter]) - on_test(arm))
    return _Unit(float(labelled[first]) - on_test(arms[0]), n, others)


def _rows(
    units: Mapping[str, list[_Unit]],
    scope: str,
    tasks_are: Tasks,
    folds: int,
    asked: Mapping[str, str],
) -> list[dict[str, object]]:
    every = [unit for of_task in units.values() for unit in of_task]
    adapters = min(len(unit.others) for unit in every)
    generalises = scope == ALL and len(units) >= TASKS_TO_GENERALISE
    rows = []
    for quantity in QUANTITIES if adapters else QUANTITIES[:1]:
        values = [[np.array([unit.of(quantity)]) for unit in of_task] for of_task in units.values()]
        # A run is one number here, and no two of them share it.
        places = [[np.array([run]) for run in range(len(of_task))] for of_task in units.values()]
        found = inference.estimate(
            values, places, tasks_are if generalises else "fixed", ANYTHING, folds=folds
        )
        rows.append(
            {
                **asked,
                "task": scope,
                "quantity": quantity,
                "compared": adapters,
                "n": sum(unit.n for unit in every),
                "replicates": len(every),
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "level": found.level,
                "basis": found.basis,
            }
        )
    return rows
