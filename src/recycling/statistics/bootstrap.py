"""Means, paired differences and their intervals from a hierarchical bootstrap.

Results are nested: examples within replicates (a draw of labelled examples, a training, a test
set) within tasks. One set of resamples serves all arms and metrics at once, so every difference is
paired by construction: the same tasks, replicates and examples on both sides.

Which inference an interval supports:

* `tasks="fixed"` resamples replicates within each task and examples within each replicate. It
  speaks of these tasks, with new labelled examples and new test items.
* `tasks="random"` also resamples the tasks, and speaks of further tasks like these. It needs
  `TASKS_TO_GENERALISE` of them.

With R replicates per task the bootstrap has a share (R - 1)/R of the variance between replicates,
and with one replicate nothing of it: the interval then holds for that one training set. An item
that is tested in two replicates counts as two. Both make intervals too narrow when replicates
differ much; resampling at both levels makes them too wide when replicates do not differ.
"""

from dataclasses import dataclass, replace
from math import inf
from statistics import NormalDist

import numpy as np
import pandas as pd

from recycling.ground.errors import InputError
from recycling.statistics import Array
from recycling.statistics.estimates import Estimate
from recycling.statistics.inference import ROUNDING, TASKS_TO_GENERALISE


@dataclass(frozen=True)
class Resamples:
    """Means of all arms and metrics: observed, and in each bootstrap resample.

    `observed: [arms, metrics]`, `draws: [draws, arms, metrics]`; `n` examples in `replicates`
    trained runs per arm. Intervals have the confidence `level`.
    """

    arms: list[str]
    metrics: list[str]
    observed: Array
    draws: Array
    n: int
    replicates: int
    level: float

    def mean(self, arm: str, metric: str, share: bool) -> Estimate:
        """The mean of one arm; the interval of a share stays between 0 and 1."""
        a, m = self.arms.index(arm), self.metrics.index(metric)
        found = estimate(
            float(self.observed[a, m]), self.draws[:, a, m], self.level, self.n if share else None
        )
        if not share:
            return found
        return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))

    def difference(self, arm: str, reference: str, metric: str, share: bool) -> Estimate:
        """The paired difference `arm - reference`."""
        value, draws = self.gap(arm, reference, metric)
        return estimate(value, draws, self.level, self.n if share else None)

    def gap(self, arm: str, reference: str, metric: str) -> tuple[float, Array]:
        """The paired difference `arm - reference`, observed and in each resample."""
        a, r, m = self.arms.index(arm), self.arms.index(reference), self.metrics.index(metric)
        return (
            float(self.observed[a, m] - self.observed[r, m]),
            self.draws[:, a, m] - self.draws[:, r, m],
        )


def estimate(value: float, draws: Array, level: float, n_if_share: int | None) -> Estimate:
    """Percentile interval and p-value of a bootstrapped statistic.

    When `n_if_share` scores of 0 or 1 show no variation at all, a bootstrap would claim certainty.
    The interval is then widened to the exact bound: the rate at which as many clean examples are
    still seen in (1 - level)/2 of all cases.
    """
    tail = (1 - level) / 2
    quantile = NormalDist().inv_cdf(1 - tail)
    low, high = (float(bound) for bound in np.quantile(draws, [tail, 1 - tail]))
    error = float(draws.std())
    if n_if_share is not None and np.ptp(draws) < ROUNDING:
        unseen = 1 - tail ** (1 / n_if_share)
        low, high = value - unseen, value + unseen
        error = unseen / quantile
    below, above = (draws < ROUNDING).sum(), (draws > -ROUNDING).sum()
    p = min(1.0, 2 * (1 + min(below, above)) / (1 + len(draws)))
    return Estimate(value, low, high, float(p), error, inf, "resamples", level)


def check_design(examples: pd.DataFrame, arms: list[str]) -> None:
    """Raise InputError unless every arm answered the same examples of the same runs."""
    expected: pd.Series | None = None
    for arm in arms:
        rows = examples[examples["arm"] == arm]
        keys = pd.Series(sorted(zip(rows["task"], rows["replicate"], rows["example"], strict=True)))
        expected = keys if expected is None else expected
        if not keys.equals(expected) or keys.empty:
            other = sorted(set(keys) ^ set(expected))[:1]
            raise InputError(
                f"arm {arm}",
                "examples",
                f"{len(keys)} answers, first that differs {other}",
                f"the {len(expected)} examples of arm {arms[0]}",
                "delete its predictions and run again",
            )


def resample_task(
    examples: pd.DataFrame,
    arms: list[str],
    metrics: list[str],
    draws: int,
    level: float,
    generator: np.random.Generator,
) -> Resamples:
    """Resamples of one task: replicates, then examples within each chosen replicate.

    A replicate that is chosen twice gets two independent resamples of its examples.
    """
    cells = [_cell(rows, arms, metrics) for _, rows in examples.groupby("replicate", sort=True)]
    chosen = generator.integers(len(cells), size=(draws, len(cells)))
    total = np.zeros((draws, len(arms) * len(metrics)))
    for slot in range(len(cells)):
        for replicate, values in enumerate(cells):
            here = np.flatnonzero(chosen[:, slot] == replicate)
            total[here] += _resampled_means(values, len(here), generator)
    shape = (len(arms), len(metrics))
    observed = np.mean([values.mean(axis=0) for values in cells], axis=0)
    return Resamples(
        arms,
        metrics,
        observed.reshape(shape),
        (total / len(cells)).reshape(draws, *shape),
        n=sum(map(len, cells)),
        replicates=len(cells),
        level=level,
    )


def combine_tasks(
    tasks: list[Resamples], random: bool, generator: np.random.Generator
) -> Resamples:
    """Resamples of the mean over tasks, each task with the same weight.

    Raises InputError when tasks are to be resampled and there are too few of them.
    """
    draws = len(tasks[0].draws)
    stacked = np.stack([task.draws for task in tasks])
    if random:
        if len(tasks) < TASKS_TO_GENERALISE:
            raise InputError(
                "config",
                "statistics.tasks",
                f"random with {len(tasks)} tasks",
                f"at least {TASKS_TO_GENERALISE} tasks",
                "set it to fixed or add tasks",
            )
        # A task that is chosen twice must not bring the same inner resample twice.
        slots = [
            stacked[generator.integers(len(tasks), size=draws), generator.permutation(draws)]
            for _ in tasks
        ]
        stacked = np.stack(slots)
    return Resamples(
        tasks[0].arms,
        tasks[0].metrics,
        np.mean([task.observed for task in tasks], axis=0),
        stacked.mean(axis=0),
        n=sum(task.n for task in tasks),
        replicates=sum(task.replicates for task in tasks),
        level=tasks[0].level,
    )


def _cell(rows: pd.DataFrame, arms: list[str], metrics: list[str]) -> Array:
    """`[examples, arms x metrics]` of one replicate, rows in the same order for every arm."""
    by_example = rows.sort_values("example")
    blocks = [by_example.loc[by_example["arm"] == arm, metrics].to_numpy(float) for arm in arms]
    return np.concatenate(blocks, axis=1)


def _resampled_means(values: Array, draws: int, generator: np.random.Generator) -> Array:
    """Means of `draws` resamples of the rows of `values`, a slice of draws at a time."""
    n = len(values)
    means = np.empty((draws, values.shape[1]))
    # 2 million counts at a time keep a test set of 5,000 rows below 20 MB.
    step = max(1, 2_000_000 // n)
    for start in range(0, draws, step):
        stop = min(start + step, draws)
        rows = generator.integers(n, size=(stop - start, n))
        rows += np.arange(stop - start)[:, None] * n
        counts = np.bincount(rows.ravel(), minlength=(stop - start) * n).reshape(-1, n)
        means[start:stop] = counts @ values / n
    return means
