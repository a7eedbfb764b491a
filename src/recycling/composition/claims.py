"""What is claimed of composition, what would contradict it, and the function that looks.

An entry point takes `Evidence` and returns comparisons with the outcome that the claim foretells.
To add a claim, write the function and add an entry here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from recycling.composition.claim_data import Evidence, Finding
from recycling.ground import registry, tables
from recycling.statistics import bootstrap

MARGIN = 0.1
# Rules without data that choose nothing by the answers, and of them the three that papers merge by.
MAIN = ("uniform", "sum", "arrow")
NO_MERGE = ("twins", "hop_oracle", "task_oracle", "learned")

CLAIMS = {
    "direct_at_chance": {
        "entry": "recycling.composition.claims:direct_at_chance",
        "claim": "Without an expert of the composed task a direct answer is at chance, on fresh "
        "entities, under every rule that sees no data.",
        "contradicted": "the direct answer of L2 is above 1/N by more than the margin allows",
    },
    "right_template": {
        "entry": "recycling.composition.claims:right_template",
        "claim": "A template bridges two experts only if it is about their relations.",
        "contradicted": "chains of thought of wrong relations help as much as those of the right "
        "ones, on a base that knows the template for others alone",
    },
    "selection": {
        "entry": "recycling.composition.claims:selection",
        "claim": "It matters which expert a token selects.",
        "contradicted": "Arrow with random prototypes equals Arrow",
    },
    "both_lists": {
        "entry": "recycling.composition.claims:both_lists",
        "claim": "Where the base knows the way to solve, two experts together solve word problems "
        "that need the words of both.",
        "contradicted": "they solve no more of these than one of the two alone, by steps or by "
        "programs, on base problems",
    },
    "way_in_experts": {
        "entry": "recycling.composition.claims:way_in_experts",
        "claim": "A way to solve that the lessons of both share serves where the base has none.",
        "contradicted": "together they solve no more of these than one of the two alone, by "
        "programs on base basics",
    },
    "one_style": {
        "entry": "recycling.composition.claims:one_style",
        "claim": "Experts help each other where their lessons share a way to solve.",
        "contradicted": "an expert of programs and one of steps solve as many by programs as two "
        "experts of programs",
    },
    "sum_arrow_uniform": {
        "entry": "recycling.composition.claims:sum_arrow_uniform",
        "claim": "With the template in both experts the sum composes no worse than Arrow, and "
        "Arrow no worse than the mean.",
        "contradicted": "Arrow beats the sum, or the mean beats Arrow",
    },
    "target_expert": {
        "entry": "recycling.composition.claims:target_expert",
        "claim": "Direct answers come from the expert of the composed task: L3 has more than L2.",
        "contradicted": "L3 answers no more direct questions than L2",
    },
    "known_template": {
        "entry": "recycling.composition.claims:known_template",
        "claim": "Where the base knows the template for the tested relations, two fact adapters "
        "compose by chain of thought.",
        "contradicted": "L2 has no more right chains than random twins, on base Pcr",
    },
    "unseen_relations": {
        "entry": "recycling.composition.claims:unseen_relations",
        "claim": "Familiar entities do not help where the relations are in no template.",
        "contradicted": "L2 has more right chains than random twins, in the setting Rn",
    },
}
# What a pilot of this study had found with one seed; by the others 2506.13479 stands or falls.
PILOT = ("sum_arrow_uniform", "target_expert", "known_template", "unseen_relations")
# The outcomes that agree with what is foretold.
AGREES = {
    "more": ("more",),
    "equal": ("equivalent",),
    "not more": ("equivalent", "less"),
    "not less": ("equivalent", "more"),
}


def direct_at_chance(evidence: Evidence) -> Iterator[Finding]:
    """L2 against 1/N on fresh entities, by the exact binomial test."""
    for scene in evidence.find("F"):
        found, chance = evidence.resamples[scene, "direct_choice"], evidence.chance[scene]
        for rule in evidence.rules(scene, "L2"):
            if rule not in NO_MERGE:
                mean = found.mean(f"L2|{rule}", "share", share=True)
                test = binomtest(round(mean.value * found.n), found.n, chance)
                exact = test.proportion_ci(bootstrap.LEVEL)
                estimate = replace(
                    mean,
                    value=mean.value - chance,
                    low=min(mean.low, exact.low) - chance,
                    high=max(mean.high, exact.high) - chance,
                    p=test.pvalue,
                )
                compared = f"L2, {rule} minus chance"
                yield Finding(
                    scene,
                    "direct_choice",
                    compared,
                    "not more",
                    found.n,
                    found.replicates,
                    estimate,
                )


def right_template(evidence: Evidence) -> Iterator[Finding]:
    """The right template minus wrong ones, on the base that knows the template of others.

    Under the oracle of hops too, where no merge stands in the way. It tells something only where
    the right template helps: where it does not, wrong ones cannot help less.
    """
    for scene in evidence.find("F", "Pci"):
        shares = evidence.resamples[scene, "chain"]
        for rule in (*MAIN, "hop_oracle"):
            right = f"L2+T|{rule}"
            for wrong in ("L2+Tx", "L2+Ta"):
                for found in evidence.differ(scene, "chain", right, f"{wrong}|{rule}", "more"):
                    helps = shares.mean(right, "share", share=True).low > 0
                    yield replace(found, telling=found.telling and helps)


def selection(evidence: Evidence) -> Iterator[Finding]:
    """Arrow minus Arrow with random prototypes: hops, and chains where the base composes."""
    for scene in evidence.find("F"):
        composes = evidence.scenes[scene].base == "Pcr"
        for measure in ("hop1", "hop2", *(["chain"] if composes else [])):
            yield from evidence.differ(scene, measure, "L2|arrow", "L2|arrow_random", "more")


def both_lists(evidence: Evidence) -> Iterator[Finding]:
    """Two experts minus each alone, on problems with a word of either list."""
    for style in ("running", "code"):
        yield from _over_one_expert(evidence, style, "problems")


def way_in_experts(evidence: Evidence) -> Iterator[Finding]:
    """The same on the base that has read no problem."""
    yield from _over_one_expert(evidence, "code_unread", "basics")


def one_style(evidence: Evidence) -> Iterator[Finding]:
    """Two experts of programs minus one of programs and one of steps, on programs."""
    for scene in evidence.find("code", "problems"):
        for rule in MAIN:
            arms = f"words|{rule}", f"two_styles|{rule}"
            yield from evidence.differ(scene, "mixed", *arms, "more")


def sum_arrow_uniform(evidence: Evidence) -> Iterator[Finding]:
    """The order of the three rules on experts with the template."""
    for scene in evidence.find("F", "Pci", "Pcr"):
        for better, worse in (("sum", "arrow"), ("arrow", "uniform")):
            yield from evidence.differ(
                scene, "chain", f"L2+T|{better}", f"L2+T|{worse}", "not less"
            )


def target_expert(evidence: Evidence) -> Iterator[Finding]:
    """Direct answers with the expert of the composed task minus those without."""
    for scene in evidence.find("F"):
        for rule in MAIN:
            yield from evidence.differ(scene, "direct_choice", f"L3|{rule}", f"L2|{rule}", "more")


def known_template(evidence: Evidence) -> Iterator[Finding]:
    """Two fact adapters minus their random twins, on the base that knows the template."""
    return _over_twins(evidence, "F", "more")


def unseen_relations(evidence: Evidence) -> Iterator[Finding]:
    """The same where the relations are in no template."""
    return _over_twins(evidence, "Rn", "equal")


def judged(evidence: Evidence) -> pd.DataFrame:
    """The table `claims`: every comparison; Holm's correction is within a claim."""
    rows: list[dict[str, Any]] = []
    for name, about in CLAIMS.items():
        look: Callable[[Evidence], Iterator[Finding]] = registry.load(about["entry"])
        findings = list(look(evidence))
        adjusted = bootstrap.holm([found.estimate.p for found in findings])
        rows += [_row(name, found, p) for found, p in zip(findings, adjusted, strict=True)]
    return pd.DataFrame(rows, columns=[*tables.columns("claims")])


def verdict(outcomes: Sequence[str]) -> str:
    """One word for the outcomes of a claim's comparisons, and how many of each there were."""
    if not outcomes:
        return "not tested: no scene of this study has what it compares"
    count = {word: list(outcomes).count(word) for word in ("as foretold", "against", "open")}
    if count["against"]:
        word = "contradicted in part" if count["as foretold"] else "contradicted"
    else:
        word = "undecided" if count["open"] else "confirmed"
    counts = ", ".join(f"{number} {outcome}" for outcome, number in count.items())
    return f"{word} ({counts})"


def _over_one_expert(evidence: Evidence, style: str, base: str) -> Iterator[Finding]:
    for scene in evidence.find(style, base):
        for rule in MAIN:
            for expert in ("A", "B"):
                arms = f"words|{rule}", f"{expert}|alone"
                yield from evidence.differ(scene, "mixed", *arms, "more")


def _over_twins(evidence: Evidence, setting: str, foretold: str) -> Iterator[Finding]:
    for scene in evidence.find(setting, "Pcr"):
        for rule in MAIN:
            yield from evidence.differ(scene, "chain", f"L2|{rule}", "L2|twins", foretold)


def _row(claim: str, found: Finding, p_holm: float) -> dict[str, Any]:
    outcome = bootstrap.outcome(found.estimate, p_holm, bootstrap.LEVEL, MARGIN)
    against = outcome not in ("undecided", *AGREES[found.foretold])
    says = "against" if against and found.telling else "open"
    return {
        "claim": claim,
        "scene": found.scene,
        "measure": found.measure,
        "compared": found.compared,
        "n": found.n,
        "replicates": found.replicates,
        "difference": found.estimate.value,
        "low": found.estimate.low,
        "high": found.estimate.high,
        "p": found.estimate.p,
        "p_holm": p_holm,
        "margin": MARGIN,
        "foretold": found.foretold,
        "outcome": outcome,
        "says": "as foretold" if outcome in AGREES[found.foretold] else says,
    }
