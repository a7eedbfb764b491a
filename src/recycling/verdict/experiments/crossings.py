"""Between which numbers of labelled rows one arm stops to be better than another, in words.

A number of rows is decided where its difference is shown to lie above zero, below it, or within the
margin; a crossing lies between the two nearest numbers that are decided differently.
"""

from collections.abc import Mapping
from itertools import pairwise

import pandas as pd

from recycling.verdict.summary import ALL

BETTER, WORSE = "better", "no better"
DECIDED = {"more": BETTER, "less": WORSE, "equivalent": WORSE}


def told(table: pd.DataFrame) -> list[str]:
    """A paragraph of where each arm crosses its reference, by exact match over all targets.

    None for a table of another experiment than that of labelled rows.
    """
    rows = table[(table["metric"] == "exact_match") & (table["task"] == ALL)]
    if not (rows["quantity"] == "mean").any():
        return []
    compared = rows[rows["quantity"] == "difference"]
    lines = [
        f"* `{arm}` minus `{reference}`: "
        + crossing(dict(zip(part["x"].astype(int), part["outcome"], strict=True)))
        for (arm, reference), part in compared.groupby(["arm", "reference"], sort=False)
    ]
    return ["**Where they cross**, by exact match:", "\n".join(lines)]


def crossing(outcomes: Mapping[int, str]) -> str:
    """What the outcomes by number of labelled rows say of a crossing."""
    decided = [
        (number, DECIDED[outcomes[number]])
        for number in sorted(outcomes)
        if outcomes[number] in DECIDED
    ]
    if not decided:
        return f"no number of rows is decided, of {len(outcomes)}."
    changes = [
        f"{'stops' if was == BETTER else 'starts'} to be better between {before} and {after} rows"
        for (before, was), (after, now) in pairwise(decided)
        if was != now
    ]
    if changes:
        return "; ".join(changes) + "."
    numbers = ", ".join(str(number) for number, _ in decided)
    rest = ", the rest is undecided" if len(decided) < len(outcomes) else ""
    return f"no crossing: {decided[0][1]} with {numbers} rows{rest}."
