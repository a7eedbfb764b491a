"""The figure of weights: which sources of a learned merge get the weight, beside their number."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from recycling.ground import tables
from recycling.output import names, style
from recycling.output.counts import counted
from recycling.verdict.relatives_figure import GRADES
from recycling.verdict.weights import ALL, FRESH, KINDS

TINTS = dict(zip(KINDS, (style.INK, style.ORANGE, style.YELLOW, style.SKY), strict=True))
LABELS = {FRESH: "fresh LoRA", **GRADES, "unrelated": "unrelated"}


def weights(*, weights: str) -> Figure:
    """A panel for each target, a row for each arm with sources of several kinds.

    The upper, thin bar has the sources by number, the lower one by weight; means over runs. Merges
    whose coefficients are all 0 have no weight to share and are left out.
    """
    table = tables.read_table(weights, "weights")
    table = table[table["share"].notna()]
    by_kind = table[table["kin"] != ALL]
    mixed = by_kind.groupby("arm", sort=False)["kin"].nunique() > 1
    arms, tasks = list(mixed.index[mixed]), list(table["task"].unique())
    if not arms:
        return style.page(1.2, "Weights", "No learned merge has sources of several kinds.")
    runs = counted(table["replicate"].nunique(), "run")
    figure = style.page(
        1.9 + 0.34 * len(arms),
        "Who gets the weight in learned merges",
        "Thin bars: sources by number; thick ones: by weight, the mean of their absolute "
        f"coefficients. Means, n = {runs}. At the right: the effective number of sources, which is "
        "how many equal weights would be as spread out, of how many there are.",
    )
    grid = figure.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
    for axes, task in zip(grid, tasks, strict=True):
        axes.set_title(style.named(task))
        style.row_axis(axes, list(map(names.of_arm, arms)))
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(visible=False)
        of_task = table[table["task"] == task]
        for row, arm in enumerate(arms):
            _bars(axes, row, of_task[of_task["arm"] == arm])
    handles = [Patch(color=tint, label=LABELS[kind]) for kind, tint in TINTS.items()]
    style.legend_below_title(figure, handles, columns=len(handles))
    return figure


def _bars(axes: Axes, row: int, of_arm: pd.DataFrame) -> None:
    """Both bars of an arm on a target, and how spread out its weight is."""
    if of_arm.empty:
        return
    whole = of_arm[of_arm["kin"] == ALL].set_index("replicate")
    for column, low, height in (("sources", 0.26, 0.1), ("share", 0.0, 0.34)):
        left = 0.0
        for kind, tint in TINTS.items():
            part = of_arm[of_arm["kin"] == kind].set_index("replicate")[column]
            # A kind that a run lacks has 0 of it there.
            width = float((part / whole[column]).reindex(whole.index).fillna(0).mean())
            axes.barh(row - low, width, height, left=left, color=tint)
            left += width
    said = f"{whole['effective'].mean():.1f} of {whole['sources'].max()}"
    axes.text(1.02, row, said, va="center", fontsize=8, transform=axes.get_yaxis_transform())
