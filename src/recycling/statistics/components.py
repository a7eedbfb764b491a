"""Where the variance of scores comes from: tasks, runs, rows, arms, and these together.

Every arm answers the rows of every run, and runs lie within tasks. A score is a sum of effects of
the task, of the run within it, of the row, of the arm, and of the arm together with each of these.
Each kind of effect has a variance; its share of their sum is what is told. Source: Searle, Casella
and McCulloch, Variance Components, 1992, chapter 4: mean squares are set equal to what is expected
of them. Where runs differ in their number of rows, means of runs have equal weight and the number
is the harmonic mean (Burdick and Graybill, Confidence Intervals on Variance Components, 1992).

Intervals take tasks, runs, rows and arms as draws from more like them, with normal effects: a mean
square over its expectation is chi-squared, so dividing by draws of that gives what the expectations
may be (generalised confidence intervals, Weerahandi 1993; Hannig, Iyer and Patterson 2006). Rows
that two runs share count as two rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from recycling.statistics import Array
from recycling.statistics.estimates import LEVEL

# Source of variance -> the indices that its effects have: task, run, row, arm.
SOURCES = {
    "task": "t",
    "run": "tr",
    "row": "tri",
    "arm": "a",
    "arm x task": "ta",
    "arm x run": "tra",
    "arm x row": "tria",
}


@dataclass(frozen=True)
class Strata:
    """Mean squares by source, `[sources]`, with their degrees of freedom.

    `expected: [sources, sources]` times the variances of the sources are the expectations of the
    mean squares. A source without degrees of freedom is not here: with one run to a task, what runs
    differ by is a part of the task.
    """

    sources: list[str]
    mean_squares: Array
    freedom: Array
    expected: Array

    def variances(self, mean_squares: Array) -> Array:
        """`[..., sources]` variances from mean squares `[..., sources]`; some may be below 0."""
        return np.asarray(np.linalg.solve(self.expected, mean_squares[..., None])[..., 0])


@dataclass(frozen=True)
class Component:
    """A source with its variance, and its share of the whole with an interval."""

    source: str
    variance: float
    share: float
    low: float
    high: float
    df: float
    level: float = LEVEL


def strata(scores: Sequence[Sequence[Array]]) -> Strata:
    """The mean squares of `scores[task][run]: [rows, arms]`; every task has as many runs."""
    runs = [run for of_task in scores for run in of_task]
    means = np.array([[run.mean(0) for run in of_task] for of_task in scores])
    tasks, repeats, arms = means.shape
    rows = len(runs) / sum(1 / len(run) for run in runs)
    within = sum(len(run) - 1 for run in runs)
    of_task, of_run = means.mean((1, 2), keepdims=True), means.mean(2, keepdims=True)
    of_arm, of_both = means.mean((0, 1), keepdims=True), means.mean(1, keepdims=True)
    whole = means.mean()
    of_rows = [run.mean(1, keepdims=True) - run.mean() for run in runs]
    left = [run - run.mean(0) - row for run, row in zip(runs, of_rows, strict=True)]
    effects = {
        "task": of_task - whole,
        "run": of_run - of_task,
        "arm": of_arm - whole,
        "arm x task": of_both - of_task - of_arm + whole,
        "arm x run": means - of_run - of_both + of_task,
    }
    squares = {
        source: rows * float((np.broadcast_to(effect, means.shape) ** 2).sum())
        for source, effect in effects.items()
    }
    squares["row"] = arms * sum(float((row**2).sum()) for row in of_rows)
    squares["arm x row"] = sum(float((rest**2).sum()) for rest in left)
    freedom = {
        "task": tasks - 1,
        "run": tasks * (repeats - 1),
        "row": within,
        "arm": arms - 1,
        "arm x task": (tasks - 1) * (arms - 1),
        "arm x run": tasks * (repeats - 1) * (arms - 1),
        "arm x row": within * (arms - 1),
    }
    sizes = {"t": tasks, "r": repeats, "i": rows, "a": arms}
    there = [source for source in SOURCES if freedom[source]]
    return Strata(
        there,
        np.array([squares[source] / freedom[source] for source in there]),
        np.array([float(freedom[source]) for source in there]),
        np.array([[_weight(one, other, sizes) for other in there] for one in there]),
    )


def _weight(stratum: str, source: str, sizes: dict[str, float]) -> float:
    """How often the variance of a source counts in the mean square of a stratum.

    As often as an effect of the source has answers, if its effects differ within those of the
    stratum.
    """
    if not {*SOURCES[stratum]} <= {*SOURCES[source]}:
        return 0.0
    return float(np.prod([size for index, size in sizes.items() if index not in SOURCES[source]]))


def shares(found: Strata, draws: int, generator: np.random.Generator) -> list[Component]:
    """Each source with its share of the variance; NaN where nothing varies."""
    variances = np.clip(found.variances(found.mean_squares), 0, None)
    total = variances.sum()
    if total == 0:
        return [
            Component(source, 0.0, nan, nan, nan, df)
            for source, df in zip(found.sources, found.freedom, strict=True)
        ]
    drawn = found.freedom / generator.chisquare(found.freedom, size=(draws, len(found.freedom)))
    possible = found.variances(found.mean_squares * drawn)
    # What is below 0 in a draw says how far above 0 the others may be, so it is cut off last.
    sums = possible.sum(-1, keepdims=True)
    possible = np.clip(possible / np.where(sums > 0, sums, nan), 0, 1)
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(possible, [tail, 1 - tail], axis=0)
    return [
        Component(source, *map(float, numbers))
        for source, *numbers in zip(
            found.sources, variances, variances / total, low, high, found.freedom, strict=True
        )
    ]
