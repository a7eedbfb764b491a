"""The figure of pools that get worse: what is left over the base at each share."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from recycling.ground import tables
from recycling.output import style
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.summary import ALL

# Points of the same share stand a little apart.
APART = 0.016


def worse_pools(*, table: str, name: str) -> Figure:
    """A panel for what the pool gets worse by, a line for each selector and method."""
    rows = tables.read_table(table, "experiment")
    rows = rows[(rows["task"] == ALL) & (rows["metric"] == "exact_match")]
    first = rows.iloc[0]
    panels = {str(panel): part for panel, part in rows.groupby("panel", sort=False)}
    ticks = sorted(set(rows["x"].astype(float)))
    series = list(dict.fromkeys(rows["series"]))
    looks = {one: style.look(place) for place, one in enumerate(series)}
    figure = style.page(
        4.6,
        EXPERIMENTS[name].title,
        f"Exact match above that of the base, means over targets, n = {first['n']} answers; lines "
        f"up and down: {first['level']:.0%} intervals over {first['basis']}.\nThe pool is the "
        "relatives of the target, of which a share is replaced. Filled points differ from zero, "
        "after Holm's correction.",
    )
    for axes, (panel, members) in zip(
        figure.subplots(1, len(panels), squeeze=False, sharey=True)[0], panels.items(), strict=True
    ):
        _lines(axes, members, looks)
        axes.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
        axes.set_title(panel)
        axes.set_xlabel("share of the pool that is replaced")
    figure.axes[0].set_ylabel("difference of exact match")
    keys = [style.key(label=one, **look) for one, look in looks.items()]
    band = Patch(color=style.GREEN, alpha=0.16, label="too small to matter")
    style.legend_beside_title(figure, [*keys, band], columns=3)
    return figure


def _lines(axes: Axes, members: pd.DataFrame, looks: dict[str, dict[str, str]]) -> None:
    margin = float(members["margin"].iloc[0])
    axes.axhspan(-margin, margin, color=style.GREEN, alpha=0.16, linewidth=0)
    axes.axhline(0, color=style.INK, linewidth=1)
    for place, (one, look) in enumerate(looks.items()):
        row = members[members["series"] == one].sort_values("x")
        x = row["x"].to_numpy(float) + APART * (place - (len(looks) - 1) / 2)
        value, low, high = (row[side].to_numpy(float) for side in ("value", "low", "high"))
        line, tint, marker = look["linestyle"], look["color"], look["marker"]
        axes.errorbar(x, value, [value - low, high - value], color=tint, linestyle=line)
        differs = row["outcome"].isin(["more", "less"])
        for at, height, full in zip(x, value, differs, strict=True):
            axes.plot(at, height, marker, color=tint, markerfacecolor=tint if full else "white")
