"""What a study of this design can find, and what would decide what it leaves open."""

from dataclasses import dataclass
from math import inf

import numpy as np
from scipy import stats

from recycling.statistics import simulation
from recycling.statistics.estimates import LEVEL, POWER, detectable
from recycling.statistics.inference import Tasks, allowance, worth
from recycling.statistics.moments import Moments, Rows
from recycling.statistics.simulation import Design

MOST_REPLICATES = 100
MOST_ROWS = 1000


@dataclass(frozen=True)
class Outlook:
    """What more data would do, if the difference seen is the true one.

    `replicates`, more than there are, that decide four times in five; None where
    `MOST_REPLICATES` do not. Then `rows`:
    how many different test rows a task has to have so that they do, None where no number helps.
    """

    replicates: int | None
    rows: int | None


def own(found: Moments, tasks: Tasks) -> Design:
    """The design of a comparison with its own variances."""
    count, runs = found.runs.shape
    answers = np.full(count, max(2, found.n // (count * runs)))
    means = found.runs.mean(-1)
    within = found.spread if runs > 1 else np.zeros(count)
    between = 0.0
    if tasks == "random":
        between = max(
            0.0,
            means.var(ddof=1)
            - float(np.maximum(within, found.answers).mean()) / worth(runs, found.folds),
        )
    return Design(
        runs=runs,
        answers=answers,
        spread=np.sqrt(np.maximum(0.0, within - found.answers)),
        differing=np.clip(found.answers * answers + means**2, 0, 1),
        shared=found.shared,
        between=between**0.5,
        folds=found.folds,
    )


def outlook(found: Moments, tasks: Tasks, margin: float, family: int, list_rows: float) -> Outlook:
    """What would decide whether the difference is above 0, below 0, or inside the margin.

    `family` is the number of contrasts that Holm's correction runs over, `list_rows` how many rows
    the lists of the tasks have, on the mean over tasks.
    """
    runs = found.runs.shape[-1]
    value = float(found.runs.mean())
    if runs == 1 and tasks == "fixed":
        return Outlook(None, None)
    for replicates in range(runs // found.folds + 1, MOST_REPLICATES + 1):
        if _decides(value, *_projected(found, tasks, replicates, 1.0), margin, family):
            return Outlook(replicates, None)
    for more in np.geomspace(1.1, MOST_ROWS, 100):
        if _decides(value, *_projected(found, tasks, MOST_REPLICATES, more), margin, family):
            rows = list_rows * more
            return Outlook(None, round(rows) if rows < inf else None)
    return Outlook(None, None)


def list_rows(rows: list[list[Rows]], folds: int = 1) -> float:
    """How many rows the list of a task has, from how many two of its runs share; mean over tasks.

    Infinite where no two runs share a row. Folds test every row of the list.
    """
    if folds > 1:
        return float(np.mean([len(np.unique(np.concatenate(runs))) for runs in rows]))
    return float(np.mean([_length(runs) for runs in rows]))


def shown_equal(
    design: Design, tasks: Tasks, margin: float, generator: np.random.Generator
) -> float:
    """The chance that a study of this design shows a true equality to lie inside the margin."""
    return simulation.rates(design, 0.0, tasks, margin, generator).equal


def _projected(found: Moments, tasks: Tasks, replicates: int, rows: float) -> tuple[float, float]:
    """Standard error and degrees of freedom with other replicates and `rows` times as many rows."""
    count, runs = found.runs.shape
    then = replicates * found.folds
    independent = worth(then, found.folds)
    of_run = np.maximum(found.spread if runs > 1 else found.answers, found.answers)
    if tasks == "random":
        now = worth(runs, found.folds)
        between = max(0.0, float(found.runs.mean(-1).var(ddof=1) - of_run.mean() / now))
        variance = (between + float(of_run.mean()) / independent) / count
        df = float(count - 1)
    else:
        if found.folds > 1:
            # More rows make folds larger; trainings differ as before.
            of_run = of_run - found.answers * (1 - 1 / rows)
        parts = of_run / independent
        total = float((parts + found.shared / rows).sum())
        variance = total / count**2
        freedom = then - replicates if found.folds > 1 else then - 1
        df = total**2 * freedom / float((parts**2).sum())
    return variance**0.5 * allowance(count, then), df


def _decides(value: float, error: float, df: float, margin: float, family: int) -> bool:
    """Whether a study with that error decides, four times in five."""
    differs = detectable(error, df, 1 - (1 - LEVEL) / family)
    # Both ends of the interval must be inside the margin.
    both = (1 + POWER) / 2 if abs(value) < margin / 4 else POWER
    equal = (stats.t.ppf((1 + LEVEL) / 2, df) + stats.t.ppf(both, df)) * error
    return bool(abs(value) >= differs or margin - abs(value) >= equal)


def _length(runs: list[Rows]) -> float:
    together = 0
    pairs = 0
    expected = 0.0
    for first in range(len(runs)):
        for second in range(first):
            pairs += 1
            together += len(np.intersect1d(runs[first], runs[second]))
            expected += len(runs[first]) * len(runs[second])
    return expected / together if together else inf
