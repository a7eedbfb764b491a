"""Intervals of a crossed design: adapters of owners on tasks.

Adapters of one owner resemble each other, and so do the scores of one task. Owners are resampled
with all their adapters, tasks with all their scores, or both at once (the pigeonhole bootstrap of
Owen, 2007, which is conservative): three intervals, each for what it generalises to. Where owners
are resampled, the best of a pool can only get worse, since no new adapter enters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recycling.ground import seeds
from recycling.pool import selection
from recycling.replay.quality import QUANTITIES, Order, task_quality
from recycling.statistics import Array, bootstrap, estimates, variance

SCOPES = ("tasks", "owners", "both")
SHARES = {"task": "variance between tasks", "adapter": "variance between adapters", "rest": "rest"}


@dataclass(frozen=True)
class Matrices:
    """The same adapters on the same tasks: labelled scores, outcomes and the base's outcomes.

    `labelled` and `outcome` are `[adapters, tasks]` with NaN for missing scores, `base: [tasks]`.
    """

    adapters: list[str]
    tasks: list[str]
    labelled: Array
    outcome: Array
    base: Array

    @property
    def owners(self) -> NDArray[np.intp]:
        """A number for the owner of each adapter, the part of its name before the slash."""
        names = [name.split("/")[0] for name in self.adapters]
        return np.unique(names, return_inverse=True)[1]


def rankings(matrices: Matrices, seed: int, tie_breaks: int) -> list[list[Order]]:
    """For each task, `tie_breaks` rankings by the labelled score, each with its own shuffle.

    They are those of the selector `evaluation`; an adapter without one of the scores has no place.
    """
    place = {name: i for i, name in enumerate(matrices.adapters)}
    found = []
    for t, task in enumerate(matrices.tasks):
        known = ~np.isnan(matrices.labelled[:, t]) & ~np.isnan(matrices.outcome[:, t])
        evidence = {name: float(matrices.labelled[i, t]) for name, i in place.items() if known[i]}
        found.append(
            [
                np.array(
                    [
                        place[row["adapter"]]
                        for row in selection.rank(
                            "evaluation", list(evidence), evidence, seeds.derive(seed, task, again)
                        )
                    ]
                )
                for again in range(tie_breaks)
            ]
        )
    return found


def measure(matrices: Matrices, orders: Sequence[Sequence[Order]], top: int) -> Array:
    """`[tasks, quantities]`: the values of `QUANTITIES`, averaged over the rankings of a task."""
    return np.array(
        [
            np.mean([_quality(matrices, t, order, top) for order in of_task], axis=0)
            for t, of_task in enumerate(orders)
        ]
    )


def by_owner(
    matrices: Matrices,
    orders: Sequence[Sequence[Order]],
    top: int,
    draws: int,
    generator: np.random.Generator,
) -> Array:
    """`[draws, tasks, quantities]`: the same with the owners drawn anew in each draw."""
    found = np.empty((draws, len(matrices.tasks), len(QUANTITIES)))
    for d, weights in enumerate(owner_weights(matrices.owners, draws, generator)):
        for t, of_task in enumerate(orders):
            order = of_task[d % len(of_task)]
            order = np.repeat(order, weights[order])
            found[d, t] = _quality(matrices, t, order, top) if len(order) else np.nan
    return found


def owner_weights(
    owners: NDArray[np.intp], draws: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """`[draws, adapters]`: how often the owner of each adapter was drawn."""
    count = int(owners.max()) + 1
    return generator.multinomial(count, np.full(count, 1 / count), size=draws)[:, owners]


def centres(values: Array) -> Array:
    """`[..., quantities]` from `[..., tasks, quantities]`: mean or median over tasks that have one.

    NaN where no task has a value.
    """
    middle = np.full(values.shape[:-2] + values.shape[-1:], np.nan)
    for q, quantity in enumerate(QUANTITIES.values()):
        column = np.ma.masked_invalid(values[..., q])
        centre = np.ma.median if quantity.centre == "median" else np.ma.mean
        middle[..., q] = np.ma.filled(centre(column, axis=-1), np.nan)
    return middle


def summary(
    matrices: Matrices,
    *,
    top: int,
    tie_breaks: int,
    draws: int,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every quantity over the tasks with its three intervals, and of each task.

    Shares of variance are added where no score is missing. A quantity that no task has is left out.
    """
    orders = rankings(matrices, seeds.derive(seed, "ties"), tie_breaks)
    generator = seeds.numpy_generator(seed, "owners and tasks")
    observed = measure(matrices, orders, top)
    redrawn = by_owner(matrices, orders, top, draws, generator)
    tasks = generator.integers(len(matrices.tasks), size=(draws, len(matrices.tasks)))
    resamples = {
        "tasks": centres(observed[tasks]),
        "owners": centres(redrawn),
        "both": centres(redrawn[np.arange(draws)[:, None], tasks]),
    }
    values = centres(observed)
    rows = [
        _row(name, int(np.isfinite(observed[:, q]).sum()), values[q], resamples, q, matrices)
        for q, name in enumerate(QUANTITIES)
        if np.isfinite(values[q])
    ]
    if not np.isnan(matrices.outcome).any():
        shares = variance_resamples(matrices, tasks, generator)
        observed_shares = variance.shares(matrices.outcome.T)
        rows += [
            _row(f"share_{name}", len(matrices.tasks), observed_shares[s], shares, s, matrices)
            for s, name in enumerate(SHARES)
        ]
    by_task = [
        {
            "task": task,
            "adapters": len(orders[t][0]),
            "quantity": name,
            "value": observed[t, q],
        }
        for t, task in enumerate(matrices.tasks)
        for q, name in enumerate(QUANTITIES)
        if np.isfinite(observed[t, q])
    ]
    return pd.DataFrame(rows), pd.DataFrame(by_task)


def variance_resamples(
    matrices: Matrices, tasks: NDArray[np.intp], generator: np.random.Generator
) -> dict[str, Array]:
    """For each scope, `[draws, 3]`: shares of variance with tasks, owners or both drawn anew."""
    scores = matrices.outcome.T
    everyone = np.arange(len(matrices.adapters))
    found: dict[str, list[Array]] = {scope: [] for scope in SCOPES}
    for d, weights in enumerate(owner_weights(matrices.owners, len(tasks), generator)):
        drawn = np.repeat(everyone, weights)
        found["tasks"].append(variance.shares(scores[tasks[d]]))
        found["owners"].append(variance.shares(scores[:, drawn]))
        found["both"].append(variance.shares(scores[np.ix_(tasks[d], drawn)]))
    return {scope: np.array(shares) for scope, shares in found.items()}


def _quality(matrices: Matrices, t: int, order: Order, top: int) -> Array:
    return task_quality(
        matrices.labelled[:, t], matrices.outcome[:, t], order, top, float(matrices.base[t])
    )


def _row(
    name: str,
    tasks: int,
    value: float,
    resamples: dict[str, Array],
    place: int,
    matrices: Matrices,
) -> dict[str, object]:
    row: dict[str, object] = {
        "quantity": name,
        "tasks": tasks,
        "adapters": len(matrices.adapters),
        "owners": int(matrices.owners.max()) + 1,
        "value": value,
        "level": estimates.LEVEL,
    }
    for scope in SCOPES:
        draws = resamples[scope][:, place]
        found = bootstrap.estimate(value, draws[np.isfinite(draws)])
        row |= {f"{scope}_low": found.low, f"{scope}_high": found.high}
    return row
