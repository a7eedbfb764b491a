"""The figure of the relevance dial: one adapter of each kin, among 1, 4, 10."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from recycling.ground import tables
from recycling.output import style
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.experiments.arm_sets import DIAL, KIN
from recycling.verdict.summary import ALL

# Kin -> colour, marker, line, and what the key says.
LOOKS = {
    KIN["same"]: (style.BLUE, "o", "-", "one of the k learnt the same task, from other rows"),
    KIN["sibling"]: (style.ORANGE, "D", "--", "one of the k learnt a sibling task"),
    KIN["unrelated"]: (style.GREY, "s", ":", "none of the k is related to the target"),
}
# Where the panel of each question stands.
PLACES = {
    "kin_instead": (0, 0),
    "kin_together": (0, 1),
    "instead": (1, 0),
    "together": (1, 1),
    "recalibration": (2, 1),
}
KEY = (2, 0)


def relevance_dial(*, table: str, name: str) -> Figure:
    """Left the adapters alone, right merged with the fresh LoRA; a line for each kin."""
    rows = tables.read_table(table, "experiment")
    rows = rows[(rows["task"] == ALL) & (rows["metric"] == "exact_match")]
    first = rows.iloc[0]
    figure = style.page(
        9.2,
        EXPERIMENTS[name].title,
        f"Exact match, means over targets, n = {first['n']} answers; lines up and down: "
        f"{first['level']:.0%} intervals over {first['basis']}.\nIn the upper two panels the "
        "adapters of a difference are the same but for one. Filled points decide, the study names "
        "them as primary; open points are explored.",
    )
    grid = figure.subplots(3, 2, squeeze=False, sharex=True)
    ticks = sorted(set(rows["x"].astype(float)))
    for question, place in PLACES.items():
        axes = grid[place]
        axes.set_title(DIAL[question])
        axes.axhline(0, color=style.INK, linewidth=1)
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.tick_params(labelbottom=True)
        _lines(axes, rows[rows["panel"] == DIAL[question]])
    for axes in grid[:, 0]:
        axes.set_ylabel("difference of exact match")
    for axes in (grid[1, 0], grid[2, 1]):
        axes.set_xlabel("adapters of the pool, k")
    _key(grid[KEY])
    return figure


def _lines(axes: Axes, members: pd.DataFrame) -> None:
    """A line for each kin, a little apart, and the band of differences too small to matter."""
    if members.empty:
        return
    margin = float(members["margin"].iloc[0])
    axes.axhspan(-margin, margin, color=style.GREEN, alpha=0.16, linewidth=0)
    for place, (kin, (tint, marker, line, _)) in enumerate(LOOKS.items()):
        row = members[members["series"] == kin].sort_values("x")
        x = row["x"].to_numpy(float) * (1 + 0.05 * (place - 1))
        value, low, high = (row[side].to_numpy(float) for side in ("value", "low", "high"))
        decides = row["outcome"].notna()
        axes.errorbar(x, value, [value - low, high - value], color=tint, linestyle=line)
        for one, height, filled in zip(x, value, decides, strict=True):
            axes.plot(one, height, marker, color=tint, markerfacecolor=tint if filled else "white")


def _key(axes: Axes) -> None:
    """What lines and band mean, in the place of a panel."""
    axes.set_axis_off()
    kinds = [
        style.key(color=tint, marker=marker, linestyle=line, label=label)
        for tint, marker, line, label in LOOKS.values()
    ]
    band = Patch(color=style.GREEN, alpha=0.16, label="too small to matter")
    axes.legend(handles=[*kinds, band], loc="center left", fontsize=10)
