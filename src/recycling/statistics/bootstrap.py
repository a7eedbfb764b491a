"""Hierarchical bootstrap, for what has no interval of its own: ranks and shares of variance.

Answers are nested: examples within replicates within tasks. One set of resamples serves all arms
and metrics at once. Tasks are not resampled: the intervals speak of these tasks. With R replicates
the bootstrap has a share (R - 1)/R of the variance between replicates, so means and differences
have the intervals of `inference` instead.
"""

from dataclasses import dataclass
from math import inf

import numpy as np

from recycling.statistics import Array
from recycling.statistics.answers import Answers
from recycling.statistics.estimates import LEVEL, Estimate
from recycling.statistics.moments import ROUNDING


@dataclass(frozen=True)
class Resamples:
    """Means of all arms and metrics of one task: observed, and in each bootstrap resample.

    `observed: [arms, metrics]`, `draws: [draws, arms, metrics]`.
    """

    arms: list[str]
    metrics: list[str]
    observed: Array
    draws: Array


def estimate(value: float, draws: Array) -> Estimate:
    """Percentile interval and p-value of a bootstrapped statistic."""
    tail = (1 - LEVEL) / 2
    low, high = (float(bound) for bound in np.quantile(draws, [tail, 1 - tail]))
    below, above = (draws < ROUNDING).sum(), (draws > -ROUNDING).sum()
    p = min(1.0, 2 * (1 + min(below, above)) / (1 + len(draws)))
    return Estimate(value, low, high, float(p), float(draws.std()), inf, "resamples")


def resample_task(
    answers: Answers, task: str, draws: int, generator: np.random.Generator
) -> Resamples:
    """Resamples of one task: replicates, then examples within each chosen replicate.

    A replicate that is chosen twice gets two independent resamples of its examples.
    """
    cells = [run.reshape(len(run), -1) for run in answers.scores[task]]
    chosen = generator.integers(len(cells), size=(draws, len(cells)))
    total = np.zeros((draws, cells[0].shape[1]))
    for slot in range(len(cells)):
        for replicate, values in enumerate(cells):
            here = np.flatnonzero(chosen[:, slot] == replicate)
            total[here] += _resampled_means(values, len(here), generator)
    shape = (len(answers.arms), len(answers.metrics))
    observed = np.mean([values.mean(axis=0) for values in cells], axis=0)
    return Resamples(
        answers.arms,
        answers.metrics,
        observed.reshape(shape),
        (total / len(cells)).reshape(draws, *shape),
    )


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
