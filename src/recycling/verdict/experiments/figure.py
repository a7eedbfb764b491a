"""The figure of an experiment: its estimates by panel, or its gain against a number."""

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch

from recycling.ground import tables
from recycling.output import names, style
from recycling.statistics.metrics import METRICS
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.experiments.account import decides, read_against
from recycling.verdict.summary import ALL

# Metric -> colour, marker, and where in its row it is drawn.
LOOKS = {
    "exact_match": (style.BLUE, "o", -0.16),
    "choice_accuracy": (style.ORANGE, "D", 0.16),
}
# Not the colours of the metrics.
SERIES = style.CYCLE[2:]
AXES = {
    "difference": "difference; right of the line: better than the reference",
    "correlation": "rank correlation",
    "share": "share",
    "share difference": "difference of shares",
}


def experiment(*, table: str, name: str) -> Figure:
    """Every panel with a row for each estimate; panels with numbers on x as lines."""
    rows = tables.read_table(table, "experiment")
    overall = rows[rows["task"] == ALL]
    panels = {str(panel): part for panel, part in overall.groupby("panel", sort=False)}
    heights = [3.0 if _is_line(part) else 0.62 + 0.34 * _rows(part) for part in panels.values()]
    first = overall.iloc[0]
    sizes = sorted(set(overall["n"]))
    span = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    figure = style.page(
        1.3 + sum(heights),
        EXPERIMENTS[name].title,
        f"Means over targets, n = {span} answers; lines: {first['level']:.0%} intervals over "
        f"{first['basis']}. Open: no difference shown.",
    )
    grids = figure.subfigures(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, (panel, members) in zip(grids, panels.items(), strict=True):
        if _is_line(members):
            _lines(part, panel, members)
        else:
            _forest(part.subplots(), panel, members)
    style.legend_beside_title(figure, _keys(), columns=3)
    return figure


def _is_line(panel: pd.DataFrame) -> bool:
    return bool(panel["x"].notna().any())


def _rows(panel: pd.DataFrame) -> int:
    return int(panel["label"].nunique())


def _lines(part: SubFigure, panel: str, members: pd.DataFrame) -> None:
    """A line for each series, one pair of axes for each metric."""
    both = part.subplots(1, len(LOOKS), sharey=True)
    for axes, metric in zip(both, LOOKS, strict=True):
        here = members[members["metric"] == metric]
        ticks = sorted(set(here["x"].astype(float)))
        for place, (name, row) in enumerate(here.groupby("series", sort=False)):
            tint = SERIES[place % len(SERIES)]
            x = row["x"].to_numpy(float)
            value, low, high = (row[key].to_numpy(float) for key in ("value", "low", "high"))
            axes.errorbar(
                x * (1 + 0.025 * place),
                value,
                yerr=[value - low, high - value],
                color=tint,
                marker="o",
                markersize=5,
                linewidth=1.3,
                elinewidth=1,
                label=str(name),
            )
        axes.axhline(0, color=style.INK, linewidth=1)
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_title(METRICS[metric].label)
        axes.set_xlabel("adapters of the pool, k")
    both[0].set_ylabel(panel)
    part.legend(*both[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


def _forest(axes: Axes, panel: str, members: pd.DataFrame) -> None:
    """A row for each label with both metrics; filled points differ from zero."""
    labels = list(dict.fromkeys(members["label"]))
    style.striped_axis(axes, [names.of_arm(str(label)) for label in labels], margin=0.55)
    axes.axvline(0, color=style.INK, linewidth=1)
    margin = members["margin"].dropna()
    if len(margin):
        band = float(margin.iloc[0])
        axes.axvspan(-band, band, color=style.GREEN, alpha=0.16, linewidth=0)
    for row, deciding in zip(members.itertuples(), decides(members), strict=True):
        tint, marker, shift = LOOKS[str(row.metric)]
        y = labels.index(row.label) + shift
        axes.plot([row.low, row.high], [y, y], color=tint, linewidth=1.4, alpha=0.7)
        full = row.quantity == "share" or row.outcome in ("more", "less")
        axes.plot(
            row.value,
            y,
            marker=marker,
            color=tint,
            markersize=6 if marker == "o" else 5,
            markerfacecolor=tint if full else "white",
            markeredgewidth=1.3,
        )
        if deciding and not pd.isna(row.claimed):
            axes.annotate(
                read_against(row),
                (1.01, labels.index(row.label)),
                xycoords=axes.get_yaxis_transform(),
                va="center",
                fontsize=8.5,
                color=style.GREY,
            )
    axes.set_title(panel)
    axes.set_xlabel(AXES[str(members["quantity"].iloc[0])])


def _keys() -> list[Artist]:
    """What the points and the band of a forest mean."""
    metrics = [
        style.key(marker=marker, linestyle="", color=tint, label=METRICS[metric].label)
        for metric, (tint, marker, _) in LOOKS.items()
    ]
    band = Patch(color=style.GREEN, alpha=0.16, label="too small to matter")
    return [*metrics, band]
