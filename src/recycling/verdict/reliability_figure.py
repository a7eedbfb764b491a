"""The figure of reliability: share of right answers against stated confidence, arm by arm."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recycling.ground import tables
from recycling.output import names, style
from recycling.output.counts import counted
from recycling.statistics.reliability import MOST_BINS
from recycling.verdict import arm_style
from recycling.verdict.contrasts import Recipes, records
from recycling.verdict.summary import ALL

COLUMNS = 4
TICKS = (0, 0.25, 0.5, 0.75, 1)


def reliability(*, reliability: str, curve: str, arms: Recipes) -> Figure:
    """One panel for each of `arms`: its points beside the line on which confidence is right."""
    recipes = records(arms)
    errors = tables.read_table(reliability, "reliability")
    errors = errors[(errors["task"] == ALL) & errors["reference"].isna()]
    errors = errors.set_index(["arm", "quantity"])
    points = tables.read_table(curve, "reliability_curve")
    columns = min(COLUMNS, len(recipes))
    lines = math.ceil(len(recipes) / columns)
    first = errors.iloc[0]
    figure = style.page(
        1.4 + 2.5 * lines,
        "Can its confidence be believed?",
        f"Points: answers by confidence, in at most {MOST_BINS} groups of equal size; lines: "
        f"{first['level']:.0%} intervals. Below the diagonal an arm is surer than it is right.\n"
        f"n = {first['n']} answers per arm, {counted(first['replicates'], 'run')}. "
        "Error: root mean square gap within a run, with its interval; 0 is perfect.",
    )
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for place, axes in enumerate(grid.flat):
        if place >= len(recipes):
            axes.set_visible(False)
            continue
        arm = list(recipes)[place]
        of_arm = points[points["arm"] == arm]
        _panel(axes, of_arm, arm_style.colour(recipes[arm]))
        axes.set_title(f"{names.of_arm(arm)}\n{_error(errors.loc[(arm, 'calibration_error')])}")
        if place % columns == 0:
            axes.set_ylabel("share right")
        if place + columns >= len(recipes):
            axes.set_xlabel("confidence")
            axes.tick_params(labelbottom=True)
    return figure


def _panel(axes: Axes, points: pd.DataFrame, tint: str) -> None:
    axes.set_aspect("equal")
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.plot([0, 1], [0, 1], color=style.INK, linewidth=0.8, linestyle=":")
    axes.vlines(points["confidence"], points["low"], points["high"], color=tint, linewidth=1.2)
    axes.plot(
        points["confidence"],
        points["right"],
        color=tint,
        marker="o",
        markersize=4,
        linewidth=0.8,
        alpha=0.8,
    )


def _error(row: pd.Series) -> str:
    if pd.isna(row["high"]):
        return f"error {row['value']:.2f}"
    return f"error {row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
