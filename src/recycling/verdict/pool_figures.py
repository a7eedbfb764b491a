"""The figure of the pool: what became of every candidate."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from recycling.ground import tables
from recycling.output import style
from recycling.pool import reasons


def attrition(*, accepted: str, rejected: str) -> Figure:
    """How many candidates each reason removed, stage after stage, and how many were left.

    Reasons beyond the thirty most frequent are counted together in each stage.
    """
    left = len(tables.read_table(accepted, "accepted"))
    lost = tables.read_table(rejected, "rejected")
    steps = _steps(lost, left)
    figure = style.page(
        1.5 + 0.32 * len(steps),
        "What became of the pool",
        f"n = {left + len(lost)} candidates; each counts once, at the first reason against it.",
    )
    axes = figure.subplots()
    style.row_axis(axes, list(steps["label"]))
    axes.set_xlabel("candidates")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for place, row in enumerate(steps.itertuples()):
        tint = style.RED if row.lost else style.BLUE
        axes.barh(place, row.left, color=style.BLUE if not row.lost else style.FAINT, height=0.72)
        axes.barh(place, row.lost, left=row.left, color=tint, height=0.72)
        axes.annotate(
            f"\N{MINUS SIGN}{row.lost}" if row.lost else f"{row.left}",
            (row.left + row.lost, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=tint,
            fontweight="bold",
        )
    axes.margins(x=0.08)
    return figure


def _steps(lost: pd.DataFrame, left: int) -> pd.DataFrame:
    """One row per bar: candidates still there after it, and removed by it."""
    remaining = left + len(lost)
    rows = [{"label": "candidates", "left": remaining, "lost": 0}]
    lost = lost.assign(reason=reasons.grouped(lost["reason"]))
    for stage in lost["stage"].unique():
        counts = lost.loc[lost["stage"] == stage, "reason"].value_counts()
        order = sorted(counts.index, key=lambda r: (r == reasons.OTHERS, -counts[r], r))
        for reason, count in counts[order].items():
            remaining -= count
            label = f"{style.named(stage)}: {style.named(reason)}"
            rows.append({"label": label, "left": remaining, "lost": count})
    rows.append({"label": "accepted", "left": left, "lost": 0})
    return pd.DataFrame(rows)
