"""From the table `preconditions` to conclusions: what is there, what composes, and if not, why.

Every conclusion follows from outcomes (`yes`, `no`, `undecided`), so it can itself be undecided. A
chain of thought that fails is explained by the first of these that holds: a hop that nobody knows,
a hop that the merge has lost, steps that the merge does not write; else the steps are wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from scipy.stats import binomtest

from recycling.preconditions.chains import HOPS
from recycling.preconditions.shares import EXPERTS, TWO_CALLS
from recycling.statistics.estimates import LEVEL

ORACLE = "hop_oracle"
# The base without any adapter, as a library and its rule.
BASE = ("base", "none")
# Why a rule has not got a hop, by what is known of the hop without it.
LOST = {
    "unknown": "hop unknown",
    "unsaid": "hop unsaid",
    "undecided": "hop open",
    "known": "hop lost",
}
# Why a chain of thought fails, from the first that is looked at to the last.
REASONS = [*LOST.values(), "no template", "wrong steps"]
# More chains than this nobody writes.
MOST = 5000


@dataclass(frozen=True)
class Why:
    """What a rule comes to by steps and directly: `composes`, `undecided`, or why it fails."""

    steps: str
    direct: str


class Seen:
    """The table by cell; `merged` are the adapters in it, the expert of each hop first."""

    def __init__(self, table: pd.DataFrame, merged: Sequence[str]) -> None:
        self.table = table.set_index(["library", "rule", "measure"])
        self.merged = list(merged)
        of_experts = table.loc[table["library"] == EXPERTS, "rule"]
        self.rules = [rule for rule in dict.fromkeys(of_experts) if rule not in (TWO_CALLS, ORACLE)]

    @property
    def singles(self) -> list[tuple[str, str]]:
        """The base and every adapter alone."""
        cells = dict.fromkeys((library, rule) for library, rule, _ in self.table.index)
        return [cell for cell in cells if cell[0] != EXPERTS]

    def row(self, library: str, rule: str, measure: str) -> pd.Series:
        """One row of the table."""
        found: pd.Series = self.table.loc[(library, rule, measure)]
        return found

    def outcome(self, library: str, rule: str, measure: str) -> str:
        """`yes`, `no` or `undecided`."""
        return str(self.row(library, rule, measure)["outcome"])

    def above_chance(self, library: str, rule: str, measure: str) -> bool:
        """Whether a choice is right more often than chance, significantly."""
        row = self.row(library, rule, measure)
        return bool(row["share"] > row["chance"] and row["p_holm"] < 1 - LEVEL)


def known(seen: Seen, hop: str) -> str:
    """Whether the base, or the hop's expert, knows a hop: `known`, `unknown`, `undecided`.

    `unsaid` is a hop whose right answers are the likeliest of all and yet are not written.
    """
    expert = seen.merged[HOPS.index(hop)]
    cells = [BASE, (expert, "alone")]
    found = _any([seen.outcome(*cell, hop) for cell in cells])
    if found == "no" and any(seen.outcome(*cell, f"{hop}_choice") == "yes" for cell in cells):
        return "unsaid"
    return {"yes": "known", "no": "unknown"}.get(found, found)


def template(seen: Seen) -> tuple[str, list[str]]:
    """Whether the form of steps is there, and who writes it: `base`, or adapters alone."""
    found = {cell[0]: seen.outcome(*cell, "chain_form") for cell in seen.singles}
    where = [library for library, outcome in found.items() if outcome == "yes"]
    return {"yes": "present", "no": "absent"}.get(_any(found.values()), "undecided"), where


def alone(seen: Seen) -> list[str]:
    """Who answers the composed question without any merge: `base`, or adapters alone."""
    return [
        cell[0]
        for cell in seen.singles
        if "yes" in (seen.outcome(*cell, "chain"), seen.outcome(*cell, "direct"))
    ]


def why(seen: Seen, rule: str) -> Why:
    """What a rule comes to."""
    return Why(_steps(seen, rule), _direct(seen, rule))


def verdict(seen: Seen) -> str:
    """The answer to the user's question, the first that holds.

    `not needed`, `composes`, `undecided`; then why no rule composes: the reasons of those rules
    that come furthest.
    """
    if alone(seen):
        return "not needed"
    found = [why(seen, rule) for rule in seen.rules]
    if any("composes" in (one.steps, one.direct) for one in found):
        return "composes"
    if any("undecided" in (one.steps, one.direct) for one in found):
        return "undecided"
    return max((one.steps for one in found), key=REASONS.index)


def enough_chains(row: pd.Series) -> int | None:
    """How many chains would decide an undecided share that stays as it is; None beyond `MOST`.

    Holm's correction is taken to weigh as much as it does now.
    """
    n, correction = int(row["n"]), row["p_enough_holm"] / row["p_enough"]
    while n <= MOST:
        p = binomtest(round(row["share"] * n), n, row["enough"]).pvalue
        if p * correction < 1 - LEVEL:
            return n
        n = n * 5 // 4 + 1
    return None


def _any(outcomes: Iterable[str]) -> str:
    """`yes` if one is, `no` if all are."""
    found = set(outcomes)
    return "yes" if "yes" in found else "no" if found == {"no"} else "undecided"


def _steps(seen: Seen, rule: str) -> str:
    """The chain of thought of a rule: `composes`, `undecided` or one of `REASONS`."""
    outcome = seen.outcome(EXPERTS, rule, "chain")
    if outcome != "no":
        return {"yes": "composes"}.get(outcome, outcome)
    lost = [hop for hop in HOPS if seen.outcome(EXPERTS, rule, hop) == "no"]
    states = {known(seen, hop) for hop in lost}
    for state, reason in LOST.items():
        if state in states:
            return reason
    if seen.outcome(EXPERTS, rule, "chain_form") == "no":
        return "no template"
    return "wrong steps"


def _direct(seen: Seen, rule: str) -> str:
    """The direct answer of a rule: `composes`, `undecided`, `at chance` or `above chance`."""
    outcome = seen.outcome(EXPERTS, rule, "direct")
    if outcome != "no":
        return {"yes": "composes"}.get(outcome, outcome)
    above = seen.above_chance(EXPERTS, rule, "direct_choice")
    return "above chance" if above else "at chance"
