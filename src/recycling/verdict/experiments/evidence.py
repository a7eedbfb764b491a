"""What an experiment is decided by, and the rows of its table.

Holm's correction runs within one panel of an experiment, which is one question: once over its means
over targets, once over all its differences by target.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.ground.tables import columns
from recycling.plan.study.merging import Arm, Statistics
from recycling.statistics import bootstrap, estimates
from recycling.statistics.answers import Answers
from recycling.statistics.bootstrap import Resamples
from recycling.statistics.estimates import LEVEL, Estimate
from recycling.verdict.contrasts import Arms
from recycling.verdict.summary import ALL, scopes

SHOWN = ("exact_match", "choice_accuracy")


@dataclass(frozen=True)
class Comparison:
    """`arm` minus `reference` in one panel. `claimed` is the outcome that the claim foretells."""

    panel: str
    label: str
    arm: str
    reference: str
    claimed: str = ""
    series: str = ""
    x: float | None = None


@dataclass(frozen=True)
class Finding:
    """One estimate: a `difference`, a `correlation` or a `share` of variance, which has no test."""

    about: Comparison
    quantity: str
    metric: str
    task: str
    n: int
    replicates: int
    estimate: Estimate


@dataclass(frozen=True)
class Evidence:
    """The arms of an experiment and what was measured of them.

    `reference` is the arm that the study names to compare the others with, empty without one; `few`
    are the targets with labelled rows of their own number. `rankings` has the selector, task,
    replicate, adapter and score of the whole pool; `merged` the arm, task, replicate and adapter of
    all that was merged from the pool.
    """

    name: str
    arms: Arms
    reference: str
    few: list[str]
    answers: Answers
    statistics: Statistics
    seed: int
    rankings: pd.DataFrame
    merged: pd.DataFrame

    @property
    def targets(self) -> list[str]:
        """The targets, without the mean over them."""
        return self.answers.tasks

    @property
    def sizes(self) -> dict[str, float]:
        """How many adapters of the pool each arm merged, on the mean over its merges."""
        return {
            str(arm): float(rows.groupby(["task", "replicate"]).size().mean())
            for arm, rows in self.merged.groupby("arm")
        }

    def resamples(self) -> dict[str, Resamples]:
        """Target -> bootstrap resamples; the stream of a target depends on its name alone."""
        return {
            task: bootstrap.resample_task(
                self.answers,
                task,
                self.statistics.resamples,
                seeds.numpy_generator(self.seed, "bootstrap", task),
            )
            for task in self.targets
        }


def alike(arm: Arm, other: Arm, *but: str) -> bool:
    """Whether two arms have the same recipe but for these keys."""
    keys = Arm.model_fields.keys() - {"targets", *but}
    return all(getattr(arm, key) == getattr(other, key) for key in keys)


def compared(evidence: Evidence, comparisons: Iterable[Comparison]) -> list[Finding]:
    """The differences of all comparisons, by metric, over all targets and by target."""
    parts = scopes(evidence.answers)
    return [
        difference(comparison, metric, task, part)
        for comparison in comparisons
        for metric in SHOWN
        for task, part in parts.items()
    ]


def difference(about: Comparison, metric: str, task: str, answers: Answers) -> Finding:
    """One paired difference."""
    estimate = answers.difference(about.arm, about.reference, metric)
    return Finding(about, "difference", metric, task, answers.n, answers.replicates, estimate)


def table(findings: Sequence[Finding], evidence: Evidence) -> pd.DataFrame:
    """Rows of the table `experiment`, by panel and metric, with Holm's p and the outcome.

    Raises InputError when the arms let it compare nothing, and for too few resamples.
    """
    if not findings:
        raise InputError(
            "config",
            f"experiments.{evidence.name}.arms",
            list(evidence.arms),
            "arms that this experiment compares",
            "add such arms, see Experiments in docs/methods.md, or remove the experiment",
        )
    panels = list(dict.fromkeys(found.about.panel for found in findings))

    def family(found: Finding) -> tuple[int, str, bool]:
        return panels.index(found.about.panel), found.metric, found.task != ALL

    rows: list[dict[str, object]] = []
    for _, members in groupby(sorted(findings, key=family), key=family):
        rows += _family(list(members), evidence)
    return pd.DataFrame(rows, columns=list(columns("experiment")))


def check_resolution(draws: int, family: int) -> None:
    """Raise InputError unless a family of bootstrapped statistics can show anything.

    The smallest p of a bootstrap is 2/(draws + 1), and Holm multiplies it by the family.
    """
    needed = math.ceil(2 * family / (1 - LEVEL))
    if draws < needed:
        raise InputError(
            "config",
            "statistics.resamples",
            draws,
            f"at least {needed} for a family of {family} contrasts at level {LEVEL}",
            "raise it; only the tables and figures are made again",
        )


def _family(members: list[Finding], evidence: Evidence) -> list[dict[str, object]]:
    tested = [found for found in members if found.quantity != "share"]
    if any(found.estimate.basis == "resamples" for found in tested):
        check_resolution(evidence.statistics.resamples, len(tested))
    adjusted = dict(
        zip(map(id, tested), estimates.holm([found.estimate.p for found in tested]), strict=True)
    )
    return [_row(found, adjusted.get(id(found)), evidence) for found in members]


def _row(found: Finding, p_holm: float | None, evidence: Evidence) -> dict[str, object]:
    equal_within = evidence.statistics.margin if found.quantity == "difference" else None
    outcome = ""
    if p_holm is not None:
        of_answers = found.estimate.basis != "resamples"
        decide = evidence.answers.outcome if of_answers else estimates.outcome
        outcome = decide(found.estimate, p_holm, equal_within)
    return {
        **vars(found.about),
        "quantity": found.quantity,
        "metric": found.metric,
        "task": found.task,
        "n": found.n,
        "replicates": found.replicates,
        "value": found.estimate.value,
        "low": found.estimate.low,
        "high": found.estimate.high,
        "level": found.estimate.level,
        "basis": found.estimate.basis,
        "df": None if found.estimate.basis == "resamples" else found.estimate.df,
        "p": None if p_holm is None else found.estimate.p,
        "p_holm": p_holm,
        "margin": equal_within,
        "minimum_detectable": None if p_holm is None else found.estimate.minimum_detectable,
        "outcome": outcome,
    }
