"""The figure of optimism: how much better chosen adapters look on the rows that chose them."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recycling.ground import tables
from recycling.output import style
from recycling.output.counts import counted
from recycling.pool import ALL as WHOLE
from recycling.statistics.metrics import METRICS
from recycling.verdict.summary import ALL

WHO = ["selector", "subpool"]
# Quantity -> marker, colour, place within its row, and what it is called.
MARKS = {
    "gap": ("o", style.GREY, -0.24, "chosen"),
    "control": ("s", style.SKY, 0.0, "chosen by no score"),
    "optimism": ("D", style.RED, 0.24, "due to the choice"),
}


def optimism(*, optimism: str) -> Figure:
    """A panel for each score by which some selector chose, a row for each such selector."""
    table = tables.read_table(optimism, "optimism")
    table = table[table["task"] == ALL]
    metrics = list(table["metric"].unique())
    choices = table.drop_duplicates(WHO)
    most = choices["metric"].value_counts().max()
    sizes = [
        f"{_who(row)}: {counted(row.replicates, 'run')}, {row.n} test answers"
        for row in choices.itertuples()
    ]
    said = " Without an interval: one run, or nothing varied." if table["low"].isna().any() else ""
    if (table.groupby(WHO)["quantity"].nunique() == 1).any():
        said += " Grey alone: easier labelled rows and the luck of the choice are not told apart."
    figure = style.page(
        1.9 + 0.7 * most,
        "Do chosen adapters look too good?",
        "Score on the labelled rows minus score on the test rows, mean over tasks; right of the "
        f"line: better on the labelled rows. Lines: {table['level'].iloc[0]:.0%} intervals.{said}"
        f"\n{'; '.join(sizes)}.",
    )
    panels = figure.subplots(1, len(metrics), squeeze=False)
    for axes, metric in zip(panels.flat, metrics, strict=True):
        _panel(axes, table[table["metric"] == metric])
        label = METRICS[metric].label
        axes.set_title(label if METRICS[metric].share else f"minus {label}")
        axes.set_xlabel("labelled minus test rows, more is better")
    handles = [
        style.key(marker=mark, linestyle="", color=tint, label=label)
        for quantity, (mark, tint, _, label) in MARKS.items()
        if quantity in set(table["quantity"])
    ]
    style.legend_beside_title(figure, handles, columns=3)
    return figure


def _who(row: Any) -> str:
    """A selector, and what part of the pool it chose from where that is not the whole."""
    part = "" if row.subpool == WHOLE else f", {row.subpool}"
    return f"{row.selector}{part}"


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    choices = [_who(row) for row in rows.drop_duplicates(WHO).itertuples()]
    style.striped_axis(axes, [style.named(choice) for choice in choices])
    axes.axvline(0, color=style.INK, linewidth=1)
    for row in rows.itertuples():
        mark, tint, shift, _ = MARKS[row.quantity]
        y = choices.index(_who(row)) + shift
        if not pd.isna(row.low):
            axes.plot([row.low, row.high], [y, y], color=tint, linewidth=1.6)
        axes.plot(row.value, y, marker=mark, color=tint, markersize=6)
    axes.margins(x=0.1)
