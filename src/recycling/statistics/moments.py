"""What an interval needs to know of scores: means of runs, and by how much they could differ.

Runs differ by their trainings and by their answers, and agree through the rows that they share:
`inference` makes intervals of these three.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recycling.statistics import Array

# Sums of thirds and fifths are equal only up to rounding.
ROUNDING = 1e-12

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Moments:
    """What an interval needs to know of the answers of one design, or of many simulated ones.

    `runs: [..., tasks, runs]` are means of runs; `answers: [..., tasks]` is the variance that the
    answers of a run give to its mean; `shared: [..., tasks]` is the covariance of two runs through
    the rows that both have, 0 of folds; `constant: [...]` says where all answers are equal. `n`
    answers in all. Where `folds` is above 1, so many runs in a row are the folds of a replicate.
    """

    runs: Array
    answers: Array
    shared: Array
    constant: NDArray[np.bool_]
    n: int
    folds: int = 1

    @property
    def compared(self) -> int:
        """How many runs in a row are compared with one another: folds of a replicate, or all."""
        return self.folds if self.folds > 1 else int(self.runs.shape[-1])

    @property
    def spread(self) -> Array:
        """`[..., tasks]` variance of runs that are compared with one another."""
        together = self.runs.reshape(*self.runs.shape[:-1], -1, self.compared)
        return np.asarray(together.var(-1, ddof=1).mean(-1))

    @property
    def freedom(self) -> int:
        """The degrees of freedom of `spread`."""
        runs = int(self.runs.shape[-1])
        return runs - runs // self.compared

    @property
    def different(self) -> int:
        """Answers to different rows: each replicate of folds asks the same ones."""
        return self.n * self.compared // int(self.runs.shape[-1])


def of_scores(
    scores: Sequence[Sequence[Array]],
    rows: Sequence[Sequence[Rows]],
    *,
    share: bool,
    folds: int = 1,
) -> Moments:
    """Moments of `scores[task][run]`, one number an answer; `rows` names the row of each answer.

    Scores of a share are 0 or 1, their differences also -1. The variance of their answers is taken
    with two answers more, half a point above and half a point below: no variation seen is not none.
    """
    parts = [_task(runs, of, share, folds) for runs, of in zip(scores, rows, strict=True)]
    everything = np.concatenate([run for runs in scores for run in runs])
    return Moments(
        runs=np.array([means for means, _, _ in parts]),
        answers=np.array([answers for _, answers, _ in parts]),
        shared=np.array([shared for _, _, shared in parts]),
        constant=np.asarray(np.ptp(everything) < ROUNDING),
        n=len(everything),
        folds=folds,
    )


def _task(
    runs: Sequence[Array], rows: Sequence[Rows], share: bool, folds: int
) -> tuple[list[float], float, float]:
    """Means of the runs of a task, variance of such a mean by its answers, covariance of two."""
    means = [float(run.mean()) for run in runs]
    left = [run - mean for run, mean in zip(runs, means, strict=True)]
    sizes = np.array([len(run) for run in runs])
    more = 1 if share else 0
    squares = sum(float((run**2).sum()) for run in left) + more
    freedom = max(1, int(sizes.sum()) - len(runs) + 2 * more)
    answers = squares / freedom * float((1 / sizes).mean())
    return means, answers, _covariance(left, rows, sizes) if folds == 1 else 0.0


def _covariance(left: Sequence[Array], rows: Sequence[Rows], sizes: NDArray[np.intp]) -> float:
    """Mean over pairs of runs of the covariance through shared rows; never below 0."""
    count = len(left)
    if count == 1:
        return 0.0
    parts = [run / size for run, size in zip(left, sizes, strict=True)]
    by_row = np.zeros(max(int(of.max()) for of in rows) + 1)
    for part, of in zip(parts, rows, strict=True):
        by_row[of] += part
    both = float((by_row**2).sum()) - sum(float((part**2).sum()) for part in parts)
    # Deviations from the mean of a run are a little too small.
    bias = float((sizes / np.maximum(1, sizes - 1)).mean())
    return max(0.0, both / (count * (count - 1)) * bias)
