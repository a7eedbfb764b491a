"""The figure of variance: what share of it is due to tasks, runs, rows and arms."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recycling.ground import tables
from recycling.output import names, style
from recycling.output.counts import counted
from recycling.statistics.metrics import METRICS

MARKS = {"exact_match": ("o", style.BLUE, -0.16), "choice_accuracy": ("D", style.ORANGE, 0.16)}


def variance(*, variance: str) -> Figure:
    """The scores of all arms on the left; on the right each difference that decides."""
    table = tables.read_table(variance, "variance").fillna({"arm": "", "reference": ""})
    parts = dict([*table.groupby(["arm", "reference"], sort=False)])
    whole = parts.pop(("", ""))
    first = whole.iloc[0]
    runs = counted(first["replicates"], "run")
    figure = style.page(
        1.5 + max(3.0, 1.25 * len(parts)),
        "Where the variance comes from",
        f"Shares of the variance of single answers; lines: {first['level']:.0%} intervals, which "
        "take tasks, runs, rows and arms as draws from more like them.\n"
        f"n = {first['n']} answers per arm: {counted(first['tasks'], 'task')}, {runs}.",
    )
    grid = figure.add_gridspec(max(1, len(parts)), 2 if parts else 1)
    left = figure.add_subplot(grid[:, 0])
    _panel(left, whole, "scores of all arms")
    left.set_xlabel("share of the variance")
    for place, ((arm, reference), part) in enumerate(parts.items()):
        axes = figure.add_subplot(grid[place, 1], sharex=left)
        minus = "\N{MINUS SIGN}"
        _panel(axes, part, f"{names.of_arm(arm)} {minus} {names.of_arm(reference)}")
        last = place == len(parts) - 1
        axes.tick_params(labelbottom=last)
        axes.set_xlabel("share of the variance" if last else "")
    handles = [
        style.key(marker=mark, linestyle="", color=tint, label=METRICS[metric].label)
        for metric, (mark, tint, _) in MARKS.items()
    ]
    style.legend_beside_title(figure, handles, columns=2)
    return figure


def _panel(axes: Axes, part: pd.DataFrame, title: str) -> None:
    sources = list(part["source"].unique())
    style.striped_axis(
        axes, [source.replace(" x ", " \N{MULTIPLICATION SIGN} ") for source in sources]
    )
    axes.set_xlim(-0.02, 1.02)
    axes.set_title(title)
    for row in part.dropna(subset=["share"]).itertuples():
        mark, tint, shift = MARKS[row.metric]
        y = sources.index(row.source) + shift
        axes.plot([row.low, row.high], [y, y], color=tint, linewidth=1.4, alpha=0.7)
        axes.plot(row.share, y, marker=mark, color=tint, markersize=5)
    constant = part.groupby("metric", sort=False)["share"].apply(lambda shares: shares.isna().all())
    equal = " and ".join(METRICS[metric].label for metric in constant.index[constant])
    if equal:
        said = f"{equal}: all equal"
        axes.text(1.0, 0.97, said, transform=axes.transAxes, ha="right", va="top", fontsize=8.5)
