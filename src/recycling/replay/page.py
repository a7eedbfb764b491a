"""The replay's results as Markdown."""

import pandas as pd

from recycling.ground.foreign_text import in_markdown
from recycling.output import intervals, markdown
from recycling.replay.quality import QUANTITIES
from recycling.replay.resampling import SHARES


def write(quality: pd.DataFrame, methods: pd.DataFrame, contrasts: pd.DataFrame, top: int) -> str:
    """A table for each outcome, one of the methods and one of their differences."""
    labels = {name: quantity.label for name, quantity in QUANTITIES.items()}
    labels |= {f"share_{name}": f"share of the variance: {what}" for name, what in SHARES.items()}
    parts = []
    for outcome, rows in quality.groupby("outcome", sort=False):
        first = rows.iloc[0]
        parts += [
            f"## Labelled score against outcome: {outcome}",
            f"{first.adapters} adapters of {first.owners} owners; the best {top} are selected; "
            f"brackets are {first.level:.0%} intervals with tasks, owners or both drawn anew.",
            markdown.table(
                ["", "tasks", "elsewhere", "here", "by task", "by owner", "by both"],
                [
                    [
                        labels[row.quantity],
                        str(row.tasks),
                        _number(row.expected),
                        _number(row.value),
                        _bounds(row.tasks_low, row.tasks_high),
                        _bounds(row.owners_low, row.owners_high),
                        _bounds(row.both_low, row.both_high),
                    ]
                    for row in rows.itertuples()
                ],
            ),
        ]
    if len(methods):
        parts += [
            "## Methods, means over tasks",
            markdown.table(
                ["method", "tasks", "printed", "elsewhere", "here", "by task"],
                [
                    [
                        in_markdown(row.method),
                        str(row.tasks),
                        _number(row.published),
                        _number(row.expected),
                        _number(row.value),
                        _bounds(row.low, row.high),
                    ]
                    for row in methods.itertuples()
                ],
            ),
        ]
    if len(contrasts):
        parts += [
            "## Differences on the same tasks",
            markdown.table(
                ["method", "reference", "tasks", "elsewhere", "here", "by task", "p (Holm)", "won"],
                [
                    [
                        in_markdown(row.method),
                        row.reference,
                        str(row.tasks),
                        _number(row.expected),
                        _number(row.difference),
                        _bounds(row.low, row.high),
                        f"{row.p_holm:.2g}",
                        f"{row.wins} to {row.losses}",
                    ]
                    for row in contrasts.itertuples()
                ],
            ),
        ]
    return "\n\n".join(parts) + "\n"


def _number(value: float) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 2 else f"{value:.3f}"


def _bounds(low: float, high: float) -> str:
    return intervals.bounds(low, high, _number)
