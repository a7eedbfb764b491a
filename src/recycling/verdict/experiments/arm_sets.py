"""Experiments that compare arms. Which arms answer follows from what they are, not from names."""

from dataclasses import replace

from recycling.plan.study.merging import Arm
from recycling.statistics import inference
from recycling.verdict.arm_style import ROLES
from recycling.verdict.contrasts import planned, primary
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.experiments.evidence import (
    EXPLORED,
    SHOWN,
    Comparison,
    Evidence,
    Finding,
    compared,
    difference,
)
from recycling.verdict.pairings import role
from recycling.verdict.summary import ALL


def merging_methods(evidence: Evidence) -> list[Finding]:
    """Every method against the average of the same adapters, and every arm against the fresh LoRA.

    The claim is about the method alone; beside the fresh LoRA whole recipes are compared.
    """
    return compared(
        evidence,
        [
            Comparison(f"minus {reference}", arm, arm, reference, claimed)
            for what, claimed in (("minus the average", "more"), ("minus the fresh LoRA", ""))
            for arm, reference in evidence.pairs(what)
        ],
    )


def gain_against_k(evidence: Evidence) -> list[Finding]:
    """Arms that differ in k alone against the fresh LoRA, or the base; largest k minus smallest."""
    arms = evidence.arms
    baseline = _one(evidence, "fresh") or _one(evidence, "base")
    comparisons = []
    others: dict[str, list[str]] = {}
    for arm, other in evidence.pairs("largest k minus smallest"):
        others.setdefault(arm, []).append(other)
    for first in others:
        row = [arm for arm in arms if arm in (first, *others[first])]
        if row[0] != first:
            continue
        size = {arm: evidence.sizes[arm] for arm in row}
        row.sort(key=size.__getitem__)
        series = _described(arms[first])
        if baseline:
            comparisons += [
                Comparison(f"gain over {baseline}", arm, arm, baseline, series=series, x=size[arm])
                for arm in row
            ]
        comparisons.append(
            Comparison("largest k minus smallest", row[-1], row[-1], row[0], "more", series)
        )
    return compared(evidence, comparisons)


def real_against_twins(evidence: Evidence) -> list[Finding]:
    """Every twin's arm against the arm with the adapters that the twins imitate."""
    arms = evidence.arms
    return compared(
        evidence,
        [
            Comparison(
                "real minus twins, " + ("with the fresh LoRA" if arms[twin].fresh else "alone"),
                twin,
                real,
                twin,
                "equivalent" if arms[twin].fresh else "more",
            )
            for real, twin in evidence.pairs("real minus twins")
        ],
    )


def recalibration_ladder(evidence: Evidence) -> list[Finding]:
    """Each rescaling of the fresh LoRA against it, and the same merge with partners against it."""
    alone, partners = "rescaled alone minus fresh", "with partners minus alone"
    return compared(
        evidence,
        [Comparison(alone, rung, rung, fresh) for rung, fresh in evidence.pairs(alone)]
        + [
            Comparison(partners, arm, arm, rung, "equivalent")
            for arm, rung in evidence.pairs(partners)
        ],
    )


def against_reference(evidence: Evidence) -> list[Finding]:
    """Every arm against the reference that the study names."""
    reference, expected = evidence.reference, EXPERIMENTS[evidence.name].expected
    return compared(
        evidence,
        [
            Comparison(f"minus {reference}", arm, arm, reference, expected)
            for arm in evidence.arms
            if arm != reference
        ],
    )


# Question -> what its panel is called.
DIAL = {
    "kin_instead": "alone: relative minus unrelated adapter",
    "kin_together": "with the fresh LoRA: relative minus unrelated adapter",
    "instead": "alone: minus the fresh LoRA",
    "together": "with the fresh LoRA: minus the fresh LoRA",
    "recalibration": "with the fresh LoRA: minus the fresh LoRA rescaled alone",
}
KIN = {"same": "same task", "sibling": "sibling task", "unrelated": "unrelated"}


def relevance_dial(evidence: Evidence) -> list[Finding]:
    """One adapter of each kin against an unrelated one in its place, and all against no pool.

    The arms of a first difference have the same adapters but for one. Those comparisons are tested
    that the study names as primary; all others are explored.
    """
    arms = evidence.arms
    decisive = primary(arms, evidence.statistics.primary)
    chosen = [one for one in planned(arms) if one.question in DIAL and arms[one.arm].kin]
    comparisons = []
    for one in sorted(chosen, key=lambda one: list(DIAL).index(one.question)):
        kin, size = KIN[arms[one.arm].kin or ""], evidence.sizes[one.arm]
        many = "0" if arms[one.arm].kin == "unrelated" else "1"
        comparisons.append(
            Comparison(
                DIAL[one.question],
                f"{kin}, {many} of {size:g}",
                one.arm,
                one.reference,
                claimed="more" if one in decisive else "",
                series=kin,
                x=size,
                family="primary" if one in decisive else EXPLORED,
            )
        )
    return compared(evidence, comparisons)


def low_data(evidence: Evidence) -> list[Finding]:
    """Every arm against the fresh LoRA: on targets with few rows, on the others, and the two apart.

    The two kinds of targets share no examples, so the last difference is unpaired.
    """
    fresh = _one(evidence, "fresh")
    many = [task for task in evidence.targets if task not in evidence.few]
    if fresh is None or not evidence.few or not many:
        return []
    few, rest = evidence.answers.only(evidence.few), evidence.answers.only(many)
    found = []
    for arm in evidence.arms:
        if arm == fresh:
            continue
        about = Comparison("few examples: minus fresh", arm, arm, fresh, "more")
        for metric in SHOWN:
            here = difference(about, metric, ALL, few)
            other = replace(about, panel="many examples: minus fresh", claimed="")
            there = difference(other, metric, ALL, rest)
            found += [here, there]
            apart = inference.apart(here.estimate, there.estimate)
            size = {"n": few.n + rest.n, "replicates": few.replicates + rest.replicates}
            between = replace(about, panel="few minus many")
            found.append(Finding(between, "difference", metric, ALL, **size, estimate=apart))
    return found


def _described(arm: Arm) -> str:
    """What a row of arms has in common, as a legend says it."""
    with_fresh = " and the fresh LoRA" if arm.fresh else ""
    return f"{ROLES[role(arm)][1]}{with_fresh}, {arm.select}, {arm.merge.method}"


def _one(evidence: Evidence, kind: str) -> str | None:
    """The first arm with that role."""
    return next((arm for arm, recipe in evidence.arms.items() if role(recipe) == kind), None)
