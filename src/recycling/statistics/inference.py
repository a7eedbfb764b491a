"""Intervals of means and of paired differences, from runs of tasks: Student's t.

Scores are nested: answers within runs (a draw of labelled rows, a training, a test set), runs
within tasks. The estimate is the mean over tasks of the means over their runs. What it speaks of
follows from the design:

* `tasks="fixed"` with several runs: these tasks, with other labelled rows, other trainings and
  further test rows. The error comes from the differences between the runs of each task, its degrees
  of freedom are Satterthwaite's.
* `tasks="random"`: further tasks like these. The error comes from the differences between the means
  of the tasks, with one degree of freedom less than there are tasks. It needs
  `TASKS_TO_GENERALISE` of them.
* `tasks="fixed"` with one run: the adapters that were trained, on further test rows. The error
  comes from the differences between answers; nothing is known of how trainings differ.

Three things keep an error from being too small. Runs that happen to be equal count at least with
the variance of their answers. Runs whose test rows come from one finite list share rows: a row that
is easy in one run is easy in the next, which the differences between runs do not show. The
covariance of runs through the rows that they share is added; it is the part that more runs of the
same rows do not lessen. And trainings may fail seldom: where no run of a few has failed, their
differences are too small. The error is raised by `allowance`.

Where the runs of a replicate are folds, each row is tested in one of them and labelled in the
others. Their labelled rows overlap, and another replicate asks the same rows again. The variance
of their mean is then Nadeau and Bengio's: see `worth`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Literal

import numpy as np
from scipy import stats

from recycling.ground.errors import InputError
from recycling.statistics import Array, moments
from recycling.statistics.estimates import LEVEL, Basis, Estimate
from recycling.statistics.moments import Moments, Rows

TASKS_TO_GENERALISE = 8

Tasks = Literal["fixed", "random"]
Bounds = tuple[float, float]
# What a share, a difference of shares, and a likelihood or a weight can be.
SHARE: Bounds = (0.0, 1.0)
SHARE_DIFFERENCE: Bounds = (-1.0, 1.0)
NOT_NEGATIVE: Bounds = (0.0, inf)
ANYTHING: Bounds = (-inf, inf)


@dataclass(frozen=True)
class Intervals:
    """Values with their standard errors, degrees of freedom, bounds and p, each `[...]`."""

    value: Array
    error: Array
    df: Array
    low: Array
    high: Array
    p: Array
    basis: Basis


def intervals(found: Moments, tasks: Tasks, bounds: Bounds, level: float = LEVEL) -> Intervals:
    """Intervals of the mean over tasks; `bounds` are those of what is possible.

    Where all answers of a share are equal, the interval is at least as wide as the exact one: up to
    the rate at which as many equal answers are still seen in (1 - level)/2 of all cases. Raises
    InputError when random tasks are too few.
    """
    count, runs = found.runs.shape[-2:]
    independent = worth(runs, found.folds)
    basis: Basis = "runs"
    if tasks == "random":
        _check_tasks(count)
        basis = "tasks"
        means = found.runs.mean(-1)
        least = found.answers.sum(-1) / independent / count**2
        variance = np.maximum(means.var(-1, ddof=1) / count, least)
        df = np.full_like(variance, count - 1)
    elif runs == 1:
        basis = "answers"
        own = found.answers / count**2
        variance = own.sum(-1)
        # A run of n answers has n - 1 degrees of freedom.
        df = _satterthwaite(variance, own, max(1, found.n // count - 1))
    else:
        own = np.maximum(found.spread, found.answers) / independent / count**2
        variance = own.sum(-1) + found.shared.sum(-1) / count**2
        df = _satterthwaite(variance, own, found.freedom)
    value, error = found.runs.mean((-2, -1)), np.sqrt(variance)
    if basis != "answers":
        error = error * allowance(count, runs)
    quantile = stats.t.ppf((1 + level) / 2, df)
    if _of_share(bounds):
        unseen = 1 - ((1 - level) / 2) ** (1 / found.different)
        error = np.where(found.constant, np.maximum(error, unseen / quantile), error)
    known = error > 0
    half = np.where(known, quantile * error, nan)
    size = np.divide(abs(value), error, out=np.zeros_like(error), where=known)
    return Intervals(
        value=value,
        error=error,
        df=df,
        low=np.maximum(value - half, bounds[0]),
        high=np.minimum(value + half, bounds[1]),
        p=2 * stats.t.sf(size, df),
        basis=basis,
    )


def worth(runs: int, folds: int) -> float:
    """How many runs that share no row a task's runs are worth: all of them, unless they are folds.

    With k folds the mean of J runs has 1/J + 1/(k - 1) times the variance of one: a fold tests one
    row for k - 1 that its training may label. So no number of replicates is worth more than k - 1
    runs. Source: Nadeau and Bengio, Inference for the generalization error, 2003; for repeated
    folds Bouckaert and Frank, 2004.
    """
    return runs if folds == 1 else 1 / (1 / runs + 1 / (folds - 1))


def allowance(tasks: int, runs: int) -> float:
    """By what an error is raised, since trainings may fail more seldom than there are runs.

    Simulations of skewed effects show it to be enough, and less not to be (docs/statistics.md).
    """
    return 1 + (tasks + 1) / (tasks**2 * runs)


def estimate(
    scores: Sequence[Sequence[Array]],
    rows: Sequence[Sequence[Rows]],
    tasks: Tasks,
    bounds: Bounds,
    level: float = LEVEL,
    *,
    folds: int = 1,
) -> Estimate:
    """The mean over tasks of `scores[task][run]` with its interval; see `moments.of_scores`."""
    of = moments.of_scores(scores, rows, share=_of_share(bounds), folds=folds)
    found = intervals(of, tasks, bounds, level)
    return Estimate(
        value=float(found.value),
        low=float(found.low),
        high=float(found.high),
        p=float(found.p),
        error=float(found.error),
        df=float(found.df),
        basis=found.basis,
        level=level,
    )


def apart(first: Estimate, second: Estimate) -> Estimate:
    """The difference of two estimates that share no answers: Welch's t."""
    parts = np.array([first.error**2, second.error**2])
    variance = parts.sum()
    df = float(variance**2 / (parts**2 / np.array([first.df, second.df])).sum())
    value, error = first.value - second.value, float(np.sqrt(variance))
    half = float(stats.t.ppf((1 + first.level) / 2, df)) * error
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        p=float(2 * stats.t.sf(abs(value) / error, df)),
        error=error,
        df=df,
        basis="answers" if "answers" in (first.basis, second.basis) else first.basis,
        level=first.level,
    )


def _of_share(bounds: Bounds) -> bool:
    return bounds in (SHARE, SHARE_DIFFERENCE)


def _satterthwaite(variance: Array, parts: Array, df: float) -> Array:
    """`[...]` degrees of freedom of a variance; `parts: [..., tasks]` have `df` each."""
    squares = np.asarray((parts**2).sum(-1))
    found: Array = np.divide(
        variance**2 * df, squares, out=np.full_like(squares, df), where=squares > 0
    )
    return found


def _check_tasks(count: int) -> None:
    if count < TASKS_TO_GENERALISE:
        raise InputError(
            "config",
            "statistics.tasks",
            f"random with {count} tasks",
            f"at least {TASKS_TO_GENERALISE} tasks",
            "set it to fixed or add tasks",
        )
