"""Made-up studies with a known truth: how often their intervals hold it, and what they find.

Two arms answer the same rows, right or wrong. The true difference of a run is that of its task and
an effect of its training, which is normal, or skewed as where a training sometimes fails.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from recycling.ground import seeds
from recycling.statistics import Array, inference, moments
from recycling.statistics.estimates import LEVEL
from recycling.statistics.inference import SHARE_DIFFERENCE, Intervals, Tasks
from recycling.statistics.moments import Moments

DRAWS = 4000
# Below this coverage nothing is decided; above the other an interval is cautious.
LEAST_COVERAGE = 0.93
CAUTIOUS_COVERAGE = 0.97
# What differences of runs, and shares of answers that differ, are taken to be.
SPREADS = (0.0, 0.05, 0.1)
DIFFERING = (0.3, 0.03)
# Of folds: how much of the variance of trainings comes from which rows they learn from.
BY_ROWS = 0.25


@dataclass(frozen=True)
class Design:
    """A paired comparison: its size, and the variances behind it.

    All arrays are `[tasks]`: `answers` of each of the `runs`; `spread`, the standard deviation of
    the true differences of runs; `differing`, the share of answers that only one arm has right,
    where neither is better; `shared`, the covariance of runs through the rows that they share.
    `between` is the standard deviation of the true differences of tasks, for random tasks. With
    `folds` above 1, so many runs in a row are the folds of a replicate: they test each row once,
    every replicate tests the same rows, and the share `by_rows` of the variance of trainings comes
    from which rows they learn from.
    """

    runs: int
    answers: NDArray[np.intp]
    spread: Array
    differing: Array
    shared: Array
    between: float = 0.0
    skewed: bool = False
    folds: int = 1
    by_rows: float = BY_ROWS


@dataclass(frozen=True)
class Rates:
    """Shares of made-up studies: interval holds the truth, excludes 0, is inside the margin."""

    covered: float
    found: float
    equal: float


def rates(
    design: Design,
    difference: float,
    tasks: Tasks,
    margin: float,
    generator: np.random.Generator,
    draws: int = DRAWS,
) -> Rates:
    """What studies of this design come to where the true difference is `difference`."""
    drawn = simulated(design, difference, generator, draws)
    return summed_up(inference.intervals(drawn, tasks, SHARE_DIFFERENCE), difference, margin)


def summed_up(found: Intervals, difference: float, margin: float) -> Rates:
    """Rates of `[draws]` intervals of studies whose truth is `difference`."""
    held = (found.low <= difference) & (difference <= found.high)
    inside = (-margin < found.low) & (found.high < margin)
    return Rates(float(held.mean()), float((found.p < 1 - LEVEL).mean()), float(inside.mean()))


def coverage(
    design: Design, difference: float, tasks: Tasks, generator: np.random.Generator
) -> float:
    """Coverage with effects of training of either shape, the lower of the two."""
    shapes = [replace(design, skewed=skewed) for skewed in (False, True)]
    return min(rates(one, difference, tasks, 1.0, generator).covered for one in shapes)


@cache
def least_coverage(runs: int, answers: tuple[int, ...], tasks: Tasks, folds: int = 1) -> float:
    """The lowest coverage of designs of this size, whatever their variances.

    It depends on no score: a rule that looked at the differences of runs would believe those that
    differ too little. The true difference is 0, arms differ in few answers or in many, trainings by
    nothing or much, evenly or with some that fail.
    """
    of_folds = ("folds", folds) if folds > 1 else ()
    generator = seeds.numpy_generator(0, "coverage", tasks, runs, *answers, *of_folds)
    count = len(answers)
    # Small designs are cheap and may lie close to the limit.
    draws = min(20_000, max(2000, 1_000_000 // (count * runs)))
    return min(
        rates(one, 0.0, tasks, 1.0, generator, draws).covered
        for spread in SPREADS
        for differing in DIFFERING
        for between in ((0.0,) if tasks == "fixed" else (0.0, SPREADS[-1]))
        for skewed in ((False, True) if spread else (False,))
        for one in [
            Design(
                runs,
                np.array(answers),
                np.full(count, spread),
                np.full(count, differing),
                np.zeros(count),
                between,
                skewed,
                folds,
            )
        ]
    )


def simulated(
    design: Design, difference: float, generator: np.random.Generator, draws: int
) -> Moments:
    """`[draws]` studies."""
    shape = (draws, len(design.answers), design.runs)
    normal = generator.standard_normal(shape)
    # A mean of 0 and a variance of 1, with a long tail of trainings that fail.
    effect = 1 - generator.standard_exponential(shape) if design.skewed else normal
    if design.folds > 1:
        labelled = _labelled(generator.standard_normal(shape), design.folds)
        effect = (1 - design.by_rows) ** 0.5 * effect + design.by_rows**0.5 * labelled
    of_task = np.sqrt(design.between**2 + design.shared) * generator.standard_normal(shape[:2])
    true = difference + of_task[..., None] + design.spread[:, None] * effect
    true = np.clip(true, -1, 1)
    differing = np.maximum(design.differing[:, None], abs(true))
    chances = np.stack([differing + true, differing - true, 2 - 2 * differing], axis=-1) / 2
    counts = generator.multinomial(design.answers[:, None], np.clip(chances, 0, 1))
    gained, lost = counts[..., 0], counts[..., 1]
    sizes = design.answers[:, None]
    means = (gained - lost) / sizes
    squares = (gained + lost - sizes * means**2).sum(-1) + 1
    variance = squares / (design.runs * (design.answers - 1) + 2) / design.answers
    asked = means
    if design.folds > 1:
        asked = true + _of_the_same_rows(means - true, design.folds)
    return Moments(
        runs=asked,
        answers=variance,
        shared=np.broadcast_to(design.shared, shape[:2]),
        constant=(squares.sum(-1) == shape[1]) & (np.ptp(means, axis=(-2, -1)) == 0),
        n=int(design.answers.sum()) * design.runs,
        folds=design.folds,
    )


def _of_the_same_rows(by_fold: Array, folds: int) -> Array:
    """`[..., runs]` what rows give to their fold, where every replicate deals the same rows anew.

    The sum over the folds of a replicate is then the same for all.
    """
    dealt = by_fold.reshape(*by_fold.shape[:-1], -1, folds)
    means = dealt.mean(-1, keepdims=True)
    tied: Array = (dealt - means + means[..., :1, :]).reshape(by_fold.shape)
    return tied


def _labelled(by_fold: Array, folds: int) -> Array:
    """`[..., runs]` what the rows of all other folds give to a training, with a variance of 1."""
    tied = _of_the_same_rows(by_fold, folds)
    whole = tied[..., :folds].sum(-1, keepdims=True)
    others: Array = (whole - tied) / (folds - 1) ** 0.5
    return others


def from_lists(
    lists: list[int],
    design: Design,
    persistent: float,
    difference: float,
    generator: np.random.Generator,
    draws: int,
) -> Moments:
    """`[draws]` studies whose runs draw their rows from one list of each task.

    `persistent` is the share of a row's difficulty that it has in every run. The lists are drawn
    anew in each study: the truth is that of all rows like theirs.
    """
    studies = [_study(lists, design, persistent, difference, generator) for _ in range(draws)]
    return Moments(
        runs=np.array([study.runs for study in studies]),
        answers=np.array([study.answers for study in studies]),
        shared=np.array([study.shared for study in studies]),
        constant=np.array([study.constant for study in studies]),
        n=studies[0].n,
    )


def _study(
    lists: list[int],
    design: Design,
    persistent: float,
    difference: float,
    generator: np.random.Generator,
) -> Moments:
    scores, rows = [], []
    for task, length in enumerate(lists):
        lasting = generator.standard_normal(length)
        answers, differing = design.answers[task], design.differing[task]
        drawn = [generator.permutation(length)[:answers] for _ in range(design.runs)]
        runs = []
        for of in drawn:
            own = generator.standard_normal(answers)
            place = ndtr(persistent**0.5 * lasting[of] + (1 - persistent) ** 0.5 * own)
            effect = design.spread[task] * generator.standard_normal()
            true = float(np.clip(difference + effect, -1, 1))
            wide = max(differing, abs(true))
            runs.append((place > 1 - (wide + true) / 2) - (place < (wide - true) / 2).astype(float))
        scores.append(runs)
        rows.append(drawn)
    return moments.of_scores(scores, rows, share=True)
