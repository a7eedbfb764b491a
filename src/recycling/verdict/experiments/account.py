"""The account of the experiments in Markdown: each claim, its numbers, and whether it held."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from recycling.output import intervals
from recycling.verdict.experiments import EXPERIMENTS, Experiment
from recycling.verdict.experiments.crossings import told
from recycling.verdict.summary import ALL

OUTCOMES = {
    "more": "more",
    "less": "less",
    "equivalent": "equal within the margin",
    "undecided": "undecided",
}


def account(tables: Mapping[str, pd.DataFrame], study: str) -> str:
    """One paragraph and one table for each experiment, decided over all targets."""
    bases = sorted({basis for table in tables.values() for basis in table["basis"].dropna()})
    parts = [
        f"# Experiments of the study {study}",
        "Differences are paired on the same examples, brackets are intervals over the "
        f"{' or '.join(bases)} of these targets, p is Holm's within the question, or over what the "
        "study names as primary; "
        "p in round brackets is of what is explored and is not corrected. A claim holds when "
        "every row that tests it turns out as foretold, and is refuted when one turns out "
        "otherwise; rows that decide nothing leave it open. Decided by exact match; choice "
        "accuracy, which needs no format, stands beside it, and decides where an arm has no "
        "text of its own.",
    ]
    for name, table in tables.items():
        about = EXPERIMENTS[name]
        parts += [
            f"## {about.title}",
            f"**Claim.** {about.claim}",
            f"**Here.** {held(table)} It is refuted when {about.refuted}.",
            f"**The two arms of a row differ in** {turned(about)}.",
            *told(table),
            _rows(table[table["quantity"] != "mean"]),
        ]
    return "\n\n".join(parts) + "\n"


def turned(about: Experiment) -> str:
    """What the two arms of each comparison of an experiment differ in."""
    return "; ".join(f"{pair.wording} ({what})" for what, pair in about.compares.items())


def held(table: pd.DataFrame) -> str:
    """Whether the claim held, in one sentence with the counts behind it."""
    tested = table[decides(table) & (table["task"] == ALL) & table["claimed"].notna()]
    as_claimed = int((tested["outcome"] == tested["claimed"]).sum())
    left = int((tested["outcome"] == "undecided").sum())
    against = len(tested) - as_claimed - left
    if not len(tested):
        return "No arm of this study tests it."
    counts = (
        f"of {len(tested)} tests {as_claimed} turned out as foretold, {against} otherwise and "
        f"{left} did not decide."
    )
    if against:
        word = "It was refuted" if not as_claimed else "It held in part"
    else:
        word = "It held" if not left else "It was not decided"
    return f"{word}: {counts}"


def decides(table: pd.DataFrame) -> pd.Series:
    """Which rows decide: those of exact match, or choice accuracy where a comparison has no other.

    That of a calibrated base has none, which says the words of the base.
    """
    exact = table["metric"] == "exact_match"
    return exact | ~exact.groupby([table["panel"], table["label"]]).transform("any")


def read_against(row: Any) -> str:
    """What a tested row says of the claim."""
    if row.outcome == row.claimed:
        return "as claimed"
    return "open" if row.outcome == "undecided" else "not so"


def _rows(table: pd.DataFrame) -> str:
    overall = table[table["task"] == ALL]
    exact = overall["metric"] == "exact_match"
    choices = overall[~exact].set_index(["panel", "label"])
    lines = [
        "| question | row | exact match | n | p | outcome | foretold | choice accuracy |",
        "| --- | --- | --- | ---: | ---: | --- | --- | --- |",
    ]
    for row in overall[decides(overall)].itertuples():
        other = choices.loc[(row.panel, row.label)]
        p = "" if pd.isna(row.p) else f"({row.p:.2g})"
        p = p if pd.isna(row.p_holm) else f"{row.p_holm:.2g}"
        cells = [
            row.panel,
            row.label,
            _interval(row) if row.metric == "exact_match" else "",
            str(row.n),
            p,
            OUTCOMES.get(row.outcome, ""),
            OUTCOMES.get(row.claimed, ""),
            _interval(other),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _interval(row: Any) -> str:
    spelled = intervals.share if row.quantity == "share" else intervals.difference
    return spelled(row.value, row.low, row.high)
