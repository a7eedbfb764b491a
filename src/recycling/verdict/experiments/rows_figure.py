"""The figure of labelled rows: what each arm gets right, and its difference to the fresh LoRA."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recycling.ground import tables
from recycling.output import names, style
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.summary import ALL


def labelled_rows(*, table: str, name: str) -> Figure:
    """A line for each arm over the number of labelled rows, in a panel for each question."""
    rows = tables.read_table(table, "experiment")
    rows = rows[(rows["task"] == ALL) & (rows["metric"] == "exact_match")]
    panels = list(dict.fromkeys(rows["panel"]))
    first = rows.iloc[0]
    figure = style.page(
        0.9 + 2.9 * len(panels),
        EXPERIMENTS[name].title,
        f"Exact match, means over targets, n = {first['n']} answers at each number of rows, the "
        f"same test rows for all; lines up and down: {first['level']:.0%} intervals over "
        f"{first['basis']}. Filled: differs from zero after Holm's correction over the numbers "
        "of rows. Points of one number are drawn side by side.",
    )
    arms = list(dict.fromkeys(rows["arm"]))
    several = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(several, panels, strict=True):
        _panel(axes, rows[rows["panel"] == panel], arms)
        axes.set_title(panel)
    several[-1].set_xlabel("labelled rows")
    keys = [
        style.key(**style.look(place), label=names.of_arm(arm)) for place, arm in enumerate(arms)
    ]
    figure.legend(handles=keys, loc="outside right upper")
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, arms: list[str]) -> None:
    differences = bool((rows["quantity"] == "difference").any())
    for arm, line in rows.groupby("arm", sort=False):
        place = arms.index(str(arm))
        look = style.look(place)
        x = line["x"].to_numpy(float) * (1 + 0.03 * (place - len(arms) / 2))
        value, low, high = (line[key].to_numpy(float) for key in ("value", "low", "high"))
        axes.errorbar(
            x,
            value,
            yerr=[value - low, high - value],
            color=look["color"],
            linestyle=look["linestyle"],
            linewidth=1.2,
            elinewidth=0.9,
        )
        for at, height, outcome in zip(x, value, line["outcome"], strict=True):
            full = not differences or outcome in ("more", "less")
            axes.plot(
                at,
                height,
                marker=look["marker"],
                markersize=5,
                color=look["color"],
                markerfacecolor=look["color"] if full else "white",
            )
    if differences:
        axes.axhline(0, color=style.INK, linewidth=1)
        band = float(rows["margin"].dropna().iloc[0])
        axes.axhspan(-band, band, color=style.GREEN, alpha=0.16, linewidth=0)
    ticks = sorted(set(rows["x"].astype(int)))
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
