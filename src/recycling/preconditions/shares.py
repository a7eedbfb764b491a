"""From answers to the table `preconditions`: every share with its interval and its tests; no torch.

Measures of one library under one rule:

    hop1, hop2      names the right thing of the file, and no other of its kind
    hops            both at once: what calling twice, bridge by bridge, would get right
    direct, chain   the composed question, asked plainly and asked for steps
    chain_bridge    the bridge of the chain of thought is right
    chain_form      some bridge is named before some answer, both right or wrong: the template
    {form}_choice   the right answer is the likeliest of all in the file, nothing generated

Two exact binomial tests. `p` against chance, the share of the commonest answer: with N different
answers 1/N. `p_enough` against `enough`, the share that the study calls enough; it decides the
outcome: `yes`, `no` or `undecided`. Each is corrected by Holm over the rows of its measure, those
of adapters that are not merged apart from the others: a large pool is only looked through.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from scipy.stats import binomtest

from recycling.ground.errors import InputError
from recycling.preconditions.chains import HOPS, Chains
from recycling.statistics.estimates import LEVEL, holm

CHOICES = ("hop1_choice", "hop2_choice", "direct_choice")
EXPERTS = "experts"
"""The library of the two experts and of those that join them."""
TWO_CALLS = "two_calls"


def measures(answers: pd.DataFrame, chains: Chains) -> pd.DataFrame:
    """One row for each library, rule, measure and chain: `right` 0 or 1, and the right answer."""
    steps = answers[answers["form"] == "chain"]
    chosen = answers[answers["choice_right"].notna()]
    turns = answers[answers["form"].isin(HOPS)]
    both = turns.groupby(["library", "rule", "example"], sort=False)["right"].agg(["all", "size"])
    both = both[both["size"] == 2].reset_index().rename(columns={"all": "right"})
    parts = [
        answers.assign(measure=answers["form"]),
        both.assign(measure="hops"),
        steps.assign(measure="chain_bridge", right=steps["steps_right"]),
        steps.assign(measure="chain_form", right=steps["said"].map(chains.in_steps)),
        chosen.assign(measure=chosen["form"] + "_choice", right=chosen["choice_right"]),
    ]
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True)
    # Of experts that are called one after the other, only what both get right is of that rule.
    rows = rows[(rows["rule"] != TWO_CALLS) | (rows["measure"] == "hops")]
    kept = ["library", "rule", "measure", "example", "right", "answer"]
    return rows[kept].astype({"right": int}).reset_index(drop=True)


def choose(
    answers: pd.DataFrame | None, named: Mapping[str, str], others: Sequence[str]
) -> list[tuple[str, float | None]]:
    """The experts of both hops, those of no name with the share that chose them, then the others.

    Chosen is the adapter with most right answers alone, then most right choices, then the first
    name; never one that has a part already. Raises InputError when the pool has no such.
    """
    found: dict[str, tuple[str, float | None]] = {hop: (name, None) for hop, name in named.items()}
    for hop in HOPS:
        if hop not in found and answers is not None:
            own = answers[(answers["rule"] == "alone") & (answers["form"] == hop)]
            taken = [*others, *(name for name, _ in found.values())]
            means = own.groupby("library")[["right", "choice_right"]].mean()
            left = means.drop(index=taken, errors="ignore").sort_index()
            if left.empty:
                expected = "one more than those that have a part already"
                raise InputError(
                    "pool", "accepted adapters", len(means), expected, "widen the pool"
                )
            best = left.sort_values(["right", "choice_right"], ascending=False, kind="stable")
            found[hop] = (str(best.index[0]), float(best["right"].iloc[0]))
    return [*(found[hop] for hop in HOPS), *((name, None) for name in others)]


def called_in_turn(answers: pd.DataFrame, experts: Sequence[str]) -> pd.DataFrame:
    """The first expert's answers to the first hop and the second's to the second, as a rule.

    Where the first is right, its answer is the bridge that the second hop's question names.
    """
    alone = answers[answers["rule"] == "alone"]
    turns = [
        alone[(alone["library"] == expert) & (alone["form"] == form)]
        for expert, form in zip(experts, HOPS, strict=False)
    ]
    return pd.concat(turns).assign(library=EXPERTS, rule=TWO_CALLS)


def shares(measured: pd.DataFrame, enough: float, merged: Sequence[str]) -> pd.DataFrame:
    """The table `preconditions`, where `merged` are the adapters of the library `experts`.

    Intervals are the exact ones of Clopper and Pearson.
    """
    rows = []
    for (library, rule, measure), part in measured.groupby(
        ["library", "rule", "measure"], sort=False
    ):
        right, n = int(part["right"].sum()), len(part)
        bounds = binomtest(right, n).proportion_ci(LEVEL)
        commonest = part["answer"].value_counts(normalize=True)
        chance = float(commonest.iloc[0]) if measure in CHOICES else None
        rows.append(
            {
                "library": library,
                "rule": rule,
                "measure": measure,
                "n": n,
                "right": right,
                "share": right / n,
                "low": float(bounds.low),
                "high": float(bounds.high),
                "level": LEVEL,
                "chance": chance,
                "p": None if chance is None else binomtest(right, n, chance).pvalue,
                "p_holm": None,
                "enough": enough,
                "p_enough": binomtest(right, n, enough).pvalue,
                "p_enough_holm": None,
                "outcome": None,
            }
        )
    table = pd.DataFrame(rows)
    passed_over = (table["rule"] == "alone") & ~table["library"].isin(merged)
    for _, part in table.groupby(["measure", passed_over]):
        for test in ("p", "p_enough"):
            tested = part[part[test].notna()]
            corrected = holm(tested[test].astype(float).tolist())
            table.loc[tested.index, f"{test}_holm"] = corrected
    certain = table["p_enough_holm"].astype(float) < 1 - LEVEL
    table["outcome"] = (table["share"] > enough).map({True: "yes", False: "no"})
    table.loc[~certain, "outcome"] = "undecided"
    return table
