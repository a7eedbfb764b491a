"""What the contrasts of a study say: its answers, in sentences."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from recycling.output import intervals
from recycling.verdict.answers import SENTENCES, decide, headline
from recycling.verdict.summary import ALL

TWINS = {
    "twins_instead": "Without the fresh LoRA",
    "twins_together": "Merged with the fresh LoRA",
}


def deciding(contrasts: pd.DataFrame, question: str, metric: str) -> pd.DataFrame:
    """The primary contrasts of a question."""
    chosen = (contrasts["question"] == question) & (contrasts["metric"] == metric)
    primary = (contrasts["family"] == "primary") & (contrasts["task"] == ALL)
    return contrasts[chosen & primary]


def advice(contrasts: pd.DataFrame, metric: str) -> str:
    """What to do, by the primary contrasts of a metric."""
    instead, together = (
        decide(deciding(contrasts, question, metric)["outcome"])
        for question in ("instead", "together")
    )
    return headline(instead, together)


def sentence(contrasts: pd.DataFrame, question: str, metric: str) -> str:
    """The answer to a question, by its primary contrasts; Markdown."""
    rows = deciding(contrasts, question, metric)
    arms = {
        outcome: " and ".join(f"`{arm}`" for arm in rows.loc[rows["outcome"] == outcome, "arm"])
        for outcome in ("more", "less", "equivalent")
    }
    return SENTENCES[question][decide(rows["outcome"])].format(**arms)


def answer(contrasts: pd.DataFrame, question: str, metric: str, bare: Mapping[str, str]) -> str:
    """That sentence. Twins that do harm are named, and to beat no others is no knowledge.

    `bare` is made by `contrasts.without_adapters`.
    """
    said = sentence(contrasts, question, metric)
    if question not in TWINS:
        return said
    rows = deciding(contrasts, question, metric)
    better = rows[rows["outcome"] == "more"]
    harms = [harm for row in better.itertuples() if (harm := _harm(contrasts, row, bare))]
    if harms and len(harms) == len(better):
        arms = " and ".join(f"`{arm}`" for arm in better["arm"])
        said = f"{TWINS[question]}, better than random twins: {arms}."
    return " ".join([said, *harms])


def knowledge(contrasts: pd.DataFrame, metric: str, bare: Mapping[str, str]) -> str:
    """Whether random twins do as well, without and with the fresh LoRA; empty if not asked."""
    return " ".join(
        answer(contrasts, question, metric, bare)
        for question in TWINS
        if len(deciding(contrasts, question, metric))
    )


def _harm(contrasts: pd.DataFrame, row: Any, bare: Mapping[str, str]) -> str:
    """That the twins which an arm beats are worse than none, so that is no gain; else empty.

    `row` is such a contrast. They are worse if the interval of the difference of theirs and the arm
    that it would be without adapters, which is explored, lies below 0.
    """
    floor = bare.get(row.reference)
    chosen = (contrasts["arm"] == row.reference) & (contrasts["reference"] == floor)
    chosen &= (contrasts["metric"] == row.metric) & (contrasts["task"] == ALL)
    for found in contrasts[chosen].itertuples():
        if found.high < 0:
            less = intervals.difference(found.difference, found.low, found.high)
            return (
                f"But `{row.reference}` is worse than `{floor}`, {less} (explored): to beat it "
                "does not show that the adapters help."
            )
    return ""
