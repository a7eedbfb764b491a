"""The figure of costs: what each arm answers right against what it costs."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from recycling.ground import tables
from recycling.output import style
from recycling.verdict import arm_style
from recycling.verdict.contrasts import Recipes, records
from recycling.verdict.result_figures import percent, sizes
from recycling.verdict.summary import ALL


def cost(*, cost: str, summary: str, training: str, arms: Recipes) -> Figure:
    """Exact match, mean over tasks, against what an arm costs in seconds and in tokens."""
    recipes = records(arms)
    trained = tables.read_table(training, "training")
    labels = arm_style.labels(recipes, trained)
    spent = tables.read_table(cost, "cost").set_index("arm")
    table = tables.read_table(summary, "summary")
    overall = table[(table["task"] == ALL) & (table["metric"] == "exact_match")].set_index("arm")
    figure = style.page(
        4.4,
        "What accuracy costs",
        "Selecting, training and merging for one task, means over tasks and replicates; without "
        f"the start of processes\nand without predictions. Lines: {percent(table)} intervals. "
        f"{sizes(table)}{arm_style.about_starts(recipes, trained)}",
    )
    panels = figure.subplots(1, 2, sharey=True)
    panels[0].set_ylabel("exact match, mean over tasks")
    for axes, unit in zip(panels, ("seconds", "tokens"), strict=True):
        axes.set_xscale("log")
        axes.margins(x=0.12)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(f"{unit} (log scale)")
        points = []
        for arm, recipe in recipes.items():
            at, mean = spent.loc[arm, unit], overall.loc[arm]
            if pd.isna(at):
                continue
            if at == 0:
                axes.axhline(mean["mean"], color=style.GREY, linestyle=(0, (4, 3)), linewidth=1)
                free = (0.99, mean["mean"])
                axes.annotate(
                    f"{labels[arm]}, free",
                    free,
                    xycoords=axes.get_yaxis_transform(),
                    xytext=(0, 3),
                    textcoords="offset points",
                    ha="right",
                    fontsize=8.5,
                    color=style.GREY,
                )
                continue
            tint = arm_style.colour(recipe)
            axes.plot([at, at], [mean["low"], mean["high"]], color=tint, linewidth=1, alpha=0.5)
            axes.plot(
                at,
                mean["mean"],
                marker="o" if recipe.fresh else "s",
                color=tint,
                markersize=7,
                markeredgecolor="white",
            )
            points.append((float(at), float(mean["mean"]), labels[arm], tint))
        _label(axes, points)
    handles = [
        style.key(marker="o", color=style.GREY, linestyle="", label="fresh LoRA joins"),
        style.key(marker="s", color=style.GREY, linestyle="", label="without it"),
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=2)
    return figure


def _label(axes: Axes, points: list[tuple[float, float, str, str]]) -> None:
    """Names beside the points, pushed apart upwards so that none covers another."""
    low, high = axes.get_ylim()
    gap = (high - low) / 19
    above = -math.inf
    left, right = axes.get_xlim()
    middle = math.sqrt(left * right)
    for x, y, text, tint in sorted(points, key=lambda point: point[1]):
        above = max(y, above + gap)
        axes.annotate(
            text,
            (x, above),
            xytext=(9 if x < middle else -9, 0),
            textcoords="offset points",
            ha="left" if x < middle else "right",
            va="center",
            fontsize=8.5,
            color=tint,
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )
    # A name above the axes would not be drawn.
    axes.set_ylim(low, max(high, above + gap))
