"""What an experiment is decided by, and the rows of its table.

Holm's correction runs within one panel of an experiment, which is one question, or within what the
study names as primary: once over means over targets, once over all differences by target.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.ground.tables import columns
from recycling.plan.study.merging import Statistics
from recycling.statistics import bootstrap, estimates
from recycling.statistics.answers import Answers
from recycling.statistics.bootstrap import Resamples
from recycling.statistics.estimates import LEVEL, Estimate
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.pairings import Arms
from recycling.verdict.summary import ALL, scopes

EXPLORED = "explored"
# Quantities that are compared with nothing.
UNTESTED = ("share", "mean")
SHOWN = ("exact_match", "choice_accuracy")


@dataclass(frozen=True)
class Comparison:
    """`arm` minus `reference` in one panel. `claimed` is the outcome that the claim foretells.

    Holm's correction runs over a `family`, which is the panel if nothing else is said; what is
    `EXPLORED` is in none and has no outcome.
    """

    panel: str
    label: str
    arm: str
    reference: str
    claimed: str = ""
    series: str = ""
    x: float | None = None
    family: str = ""


@dataclass(frozen=True)
class Finding:
    """One estimate: a `difference`, a `correlation`; a `mean` or a `share`, which have no test."""

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
    all that was merged from the pool. `tried` has, for each tuned arm, how many configurations were
    tried. `labelled` has, for each target, the task whose test rows it has and how many labelled
    rows.
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
    tried: Mapping[str, int]
    labelled: Mapping[str, tuple[str, int]]

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

    def pairs(self, what: str) -> list[tuple[str, str]]:
        """The arms, each with a reference, of one of the experiment's comparisons."""
        return list(EXPERIMENTS[self.name].compares[what].pairs(self.arms))

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

    def place(found: Finding) -> tuple[int, str, bool]:
        return panels.index(found.about.panel), found.metric, found.task != ALL

    adjusted = _adjusted(findings, evidence.statistics)
    rows = [_row(found, adjusted.get(id(found)), evidence) for found in sorted(findings, key=place)]
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


def _adjusted(findings: Sequence[Finding], statistics: Statistics) -> dict[int, float]:
    """The identity of each finding that is tested -> its p by Holm within its family."""
    families: dict[tuple[str, str, bool], list[Finding]] = {}
    for found in findings:
        if found.quantity not in UNTESTED and found.about.family != EXPLORED:
            family = found.about.family or found.about.panel
            families.setdefault((family, found.metric, found.task != ALL), []).append(found)
    adjusted: dict[int, float] = {}
    for members in families.values():
        if any(found.estimate.basis == "resamples" for found in members):
            check_resolution(statistics.resamples, len(members))
        p_values = estimates.holm([found.estimate.p for found in members])
        adjusted |= dict(zip(map(id, members), p_values, strict=True))
    return adjusted


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
        "p": None if found.quantity in UNTESTED else found.estimate.p,
        "p_holm": p_holm,
        "margin": equal_within,
        "minimum_detectable": None
        if found.quantity in UNTESTED
        else found.estimate.minimum_detectable,
        "outcome": outcome,
    }
