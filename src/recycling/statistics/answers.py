"""The scores of all arms on the same answers, and the estimates that they give."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recycling.ground.errors import InputError
from recycling.statistics import Array, inference, moments, simulation
from recycling.statistics.estimates import Estimate, outcome
from recycling.statistics.inference import (
    ANYTHING,
    NOT_NEGATIVE,
    SHARE,
    SHARE_DIFFERENCE,
    Bounds,
    Tasks,
)
from recycling.statistics.moments import Moments, Rows
from recycling.tasks import cross_validation


@dataclass(frozen=True)
class Answers:
    """Scores by task and run, every arm on the same rows.

    `scores[task][run]: [answers, arms, metrics]`, and `rows[task][run]` has a number for the row of
    each answer; `shares` are the metrics whose scores are 0 or 1, others are not negative. With
    `folds` above 1, so many runs in a row are the folds of a replicate.
    """

    arms: list[str]
    metrics: list[str]
    shares: frozenset[str]
    scores: dict[str, list[Array]]
    rows: dict[str, list[Rows]]
    tasks_are: Tasks
    folds: int = 1

    @property
    def tasks(self) -> list[str]:
        """The names of the tasks."""
        return list(self.scores)

    @property
    def n(self) -> int:
        """Answers of each arm in all."""
        return sum(len(run) for runs in self.scores.values() for run in runs)

    @property
    def replicates(self) -> int:
        """Runs of each arm in all."""
        return sum(map(len, self.scores.values()))

    @property
    def different_rows(self) -> int:
        """Rows that were answered, each counted once."""
        return sum(len(np.unique(np.concatenate(runs))) for runs in self.rows.values())

    @property
    def least_coverage(self) -> float:
        """The lowest coverage of studies of this size, whatever their variances."""
        sizes = tuple(len(runs[0]) for runs in self.scores.values())
        runs = self.replicates // len(sizes)
        return simulation.least_coverage(runs, sizes, self.tasks_are, self.folds)

    def only(self, tasks: list[str]) -> "Answers":
        """The answers of some of the tasks, which are then fixed."""
        return replace(
            self,
            scores={task: self.scores[task] for task in tasks},
            rows={task: self.rows[task] for task in tasks},
            tasks_are="fixed",
        )

    def mean(self, arm: str, metric: str) -> Estimate:
        """The mean of one arm over the tasks."""
        bounds = SHARE if metric in self.shares else NOT_NEGATIVE
        return self.estimate(self.of_arm(arm, metric), bounds)

    def difference(self, arm: str, reference: str, metric: str) -> Estimate:
        """The paired difference `arm - reference`."""
        bounds = SHARE_DIFFERENCE if metric in self.shares else ANYTHING
        return self.estimate(self._gaps(arm, reference, metric), bounds)

    def moments(self, arm: str, reference: str, metric: str) -> Moments:
        """What the interval of the paired difference is made from."""
        gaps, rows = self._gaps(arm, reference, metric), list(self.rows.values())
        return moments.of_scores(gaps, rows, share=metric in self.shares, folds=self.folds)

    def outcome(self, found: Estimate, p_holm: float, margin: float | None) -> str:
        """What a difference shows; nothing where studies of this size cannot be relied on."""
        if self.least_coverage < simulation.LEAST_COVERAGE:
            return "undecided"
        return outcome(found, p_holm, margin)

    def of_arm(self, arm: str, metric: str) -> list[list[Array]]:
        """The scores of one arm by task and run, one number an answer."""
        a, m = self.arms.index(arm), self.metrics.index(metric)
        return [[run[:, a, m] for run in runs] for runs in self.scores.values()]

    def _gaps(self, arm: str, reference: str, metric: str) -> list[list[Array]]:
        both = (self.of_arm(arm, metric), self.of_arm(reference, metric))
        return [
            [first - second for first, second in zip(*runs, strict=True)]
            for runs in zip(*both, strict=True)
        ]

    def estimate(self, scores: list[list[Array]], bounds: Bounds) -> Estimate:
        """The mean of `scores[task][run]`, one number an answer in the order of `rows`."""
        rows = list(self.rows.values())
        return inference.estimate(scores, rows, self.tasks_are, bounds, folds=self.folds)


def collect(
    examples: pd.DataFrame, arms: list[str], shares: dict[str, bool], tasks_are: Tasks
) -> Answers:
    """The answers of a table with the columns arm, task, replicate, example and one per metric.

    `shares` says of each metric whether its scores are 0 or 1. Runs are replicates or, by their
    names, folds of replicates. Raises InputError unless every arm answered the same examples of
    the same runs.
    """
    check_design(examples, arms)
    metrics = list(shares)
    scores: dict[str, list[Array]] = {}
    rows: dict[str, list[Rows]] = {}
    for task, own in examples[examples["arm"].isin(arms)].groupby("task", sort=False):
        places = pd.Categorical(own["arm"], arms).codes
        numbers, _ = pd.factorize(own["example"], sort=True)
        values, runs = own[metrics].to_numpy(float), own["replicate"].to_numpy()
        scores[str(task)], rows[str(task)] = [], []
        for run in sorted(set(runs)):
            here = np.flatnonzero(runs == run)
            ordered = here[np.lexsort((numbers[here], places[here]))].reshape(len(arms), -1)
            scores[str(task)].append(np.ascontiguousarray(values[ordered].swapaxes(0, 1)))
            rows[str(task)].append(numbers[ordered[0]])
    chosen = frozenset(metric for metric, share in shares.items() if share)
    folds = cross_validation.count(set(examples["replicate"]))
    return Answers(arms, metrics, chosen, scores, rows, tasks_are, folds)


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
