"""What is claimed of composition, what would contradict it, and whether it was seen.

A claim's function takes `Evidence` and gives comparisons with the outcome that the claim foretells.
To add a claim, write the function in `claim_comparisons` and add an entry here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from recycling.composition import claim_comparisons as comparisons
from recycling.composition.claim_data import Evidence, Finding
from recycling.ground import tables
from recycling.statistics import estimates

MARGIN = 0.1
# The outcomes that agree with what is foretold.
AGREES = {
    "more": ("more",),
    "equal": ("equivalent",),
    "not more": ("equivalent", "less"),
    "not less": ("equivalent", "more"),
}


@dataclass(frozen=True)
class Claim:
    """A claim, when it is contradicted, and the function that looks.

    By most of them 2506.13479 stands or falls; those `of_pilot` are what a pilot of this study had
    found with one seed.
    """

    look: Callable[[Evidence], Iterator[Finding]]
    claim: str
    contradicted: str
    of_pilot: bool = False


CLAIMS = {
    "direct_at_chance": Claim(
        comparisons.direct_at_chance,
        claim="Without an expert of the composed task a direct answer is at chance, on fresh "
        "entities, under every rule that sees no data.",
        contradicted="the direct answer of L2 is above 1/N by more than the margin allows",
    ),
    "right_template": Claim(
        comparisons.right_template,
        claim="A template bridges two experts only if it is about their relations.",
        contradicted="chains of thought of wrong relations help as much as those of the right "
        "ones, on a base that knows the template for others alone",
    ),
    "selection": Claim(
        comparisons.selection,
        claim="It matters which expert a token selects.",
        contradicted="Arrow with random prototypes equals Arrow",
    ),
    "both_lists": Claim(
        comparisons.both_lists,
        claim="Where the base knows the way to solve, two experts together solve word problems "
        "that need the words of both.",
        contradicted="they solve no more of these than one of the two alone, by steps or by "
        "programs, on base problems",
    ),
    "way_in_experts": Claim(
        comparisons.way_in_experts,
        claim="A way to solve that the lessons of both share serves where the base has none.",
        contradicted="together they solve no more of these than one of the two alone, by "
        "programs on base basics",
    ),
    "one_style": Claim(
        comparisons.one_style,
        claim="Experts help each other where their lessons share a way to solve.",
        contradicted="an expert of programs and one of steps solve as many by programs as two "
        "experts of programs",
    ),
    "sum_arrow_uniform": Claim(
        comparisons.sum_arrow_uniform,
        claim="With the template in both experts the sum composes no worse than Arrow, and "
        "Arrow no worse than the mean.",
        contradicted="Arrow beats the sum, or the mean beats Arrow",
        of_pilot=True,
    ),
    "target_expert": Claim(
        comparisons.target_expert,
        claim="Direct answers come from the expert of the composed task: L3 has more than L2.",
        contradicted="L3 answers no more direct questions than L2",
        of_pilot=True,
    ),
    "known_template": Claim(
        comparisons.known_template,
        claim="Where the base knows the template for the tested relations, two fact adapters "
        "compose by chain of thought.",
        contradicted="L2 has no more right chains than random twins, on base Pcr",
        of_pilot=True,
    ),
    "unseen_relations": Claim(
        comparisons.unseen_relations,
        claim="Familiar entities do not help where the relations are in no template.",
        contradicted="L2 has more right chains than random twins, in the setting Rn",
        of_pilot=True,
    ),
}


def judged(evidence: Evidence) -> pd.DataFrame:
    """The table `claims`: every comparison; Holm's correction is within a claim."""
    rows: list[dict[str, object]] = []
    for name, about in CLAIMS.items():
        findings = list(about.look(evidence))
        adjusted = estimates.holm([found.estimate.p for found in findings])
        rows += [
            _row(name, found, p, evidence) for found, p in zip(findings, adjusted, strict=True)
        ]
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


def _row(claim: str, found: Finding, p_holm: float, evidence: Evidence) -> dict[str, object]:
    outcome = evidence.answers[found.scene, found.measure].outcome(found.estimate, p_holm, MARGIN)
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
