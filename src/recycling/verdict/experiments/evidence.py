"""What an experiment is decided by, and the rows of its table.

Holm's correction runs within one panel of an experiment, which is one question: once over its means
over targets, once over all its differences by target.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from recycling.ground.errors import InputError
from recycling.ground.tables import columns
from recycling.plan.study.merging import Arm
from recycling.statistics import bootstrap, estimates
from recycling.statistics.bootstrap import Resamples
from recycling.statistics.estimates import Estimate
from recycling.statistics.metrics import METRICS
from recycling.verdict.contrasts import Arms
from recycling.verdict.summary import ALL, check_resolution

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
    resamples: dict[str, Resamples]
    margin: float
    seed: int
    rankings: pd.DataFrame
    merged: pd.DataFrame

    @property
    def targets(self) -> list[str]:
        """The targets, without the mean over them."""
        return [task for task in self.resamples if task != ALL]

    @property
    def sizes(self) -> dict[str, float]:
        """How many adapters of the pool each arm merged, on the mean over its merges."""
        return {
            str(arm): float(rows.groupby(["task", "replicate"]).size().mean())
            for arm, rows in self.merged.groupby("arm")
        }

    def over(self, tasks: list[str]) -> Resamples:
        """The mean over some of the targets."""
        chosen = [self.resamples[task] for task in tasks]
        return bootstrap.combine_tasks(chosen, False, np.random.default_rng(0))


def alike(arm: Arm, other: Arm, *but: str) -> bool:
    """Whether two arms have the same recipe but for these keys."""
    keys = Arm.model_fields.keys() - {"targets", *but}
    return all(getattr(arm, key) == getattr(other, key) for key in keys)


def compared(evidence: Evidence, comparisons: Iterable[Comparison]) -> list[Finding]:
    """The differences of all comparisons, by metric, over all targets and by target."""
    return [
        found
        for comparison in comparisons
        for metric in SHOWN
        for task, resampled in evidence.resamples.items()
        for found in [difference(comparison, metric, task, resampled)]
    ]


def difference(about: Comparison, metric: str, task: str, resampled: Resamples) -> Finding:
    """One paired difference."""
    estimate = resampled.difference(about.arm, about.reference, metric, METRICS[metric].share)
    return Finding(about, "difference", metric, task, resampled.n, resampled.replicates, estimate)


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
    level = evidence.resamples[ALL].level
    panels = list(dict.fromkeys(found.about.panel for found in findings))

    def family(found: Finding) -> tuple[int, str, bool]:
        return panels.index(found.about.panel), found.metric, found.task != ALL

    rows: list[dict[str, object]] = []
    for _, members in groupby(sorted(findings, key=family), key=family):
        rows += _family(list(members), level, evidence)
    return pd.DataFrame(rows, columns=list(columns("experiment")))


def _family(members: list[Finding], level: float, evidence: Evidence) -> list[dict[str, object]]:
    tested = [found for found in members if found.quantity != "share"]
    check_resolution(len(evidence.resamples[ALL].draws), len(tested), level)
    adjusted = dict(
        zip(map(id, tested), estimates.holm([found.estimate.p for found in tested]), strict=True)
    )
    rows = []
    for found in members:
        p_holm = adjusted.get(id(found))
        margin = evidence.margin if found.quantity == "difference" else None
        outcome = "" if p_holm is None else estimates.outcome(found.estimate, p_holm, margin)
        rows.append(
            {
                **vars(found.about),
                "quantity": found.quantity,
                "metric": found.metric,
                "task": found.task,
                "n": found.n,
                "replicates": found.replicates,
                "value": found.estimate.value,
                "low": found.estimate.low,
                "high": found.estimate.high,
                "level": level,
                "p": None if p_holm is None else found.estimate.p,
                "p_holm": p_holm,
                "margin": margin,
                "minimum_detectable": None if p_holm is None else found.estimate.minimum_detectable,
                "outcome": outcome,
            }
        )
    return rows
