"""The figure of costs: what each arm answers right beside what it costs."""

from collections.abc import Callable
from functools import partial
from math import inf, log10

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, Formatter, LogLocator, NullFormatter, StrMethodFormatter

from recycling.ground import tables
from recycling.output import style
from recycling.verdict import arm_style
from recycling.verdict.contrasts import Recipes, records
from recycling.verdict.pairings import Arms
from recycling.verdict.result_figures import percent, sizes
from recycling.verdict.summary import ALL

# Unit -> what it is called, and how its numbers are written.
UNITS: dict[str, tuple[str, Callable[[], Formatter]]] = {
    "seconds": ("seconds", partial(StrMethodFormatter, "{x:g}")),
    "tokens": ("tokens read", partial(EngFormatter, sep="")),
}
# As many decades of costs at most -> what is marked in each, so that numbers do not touch.
MARKED = {1.5: (1, 2, 5), 3: (1, 3), inf: (1,)}
# Costs within fewer decades are shown within so many, which have two marks at least.
FEW, ROOM = 0.5, 0.75


def cost(*, cost: str, summary: str, training: str, arms: Recipes) -> Figure:
    """Exact match, mean over tasks, beside the seconds and the tokens of an arm, best arm first."""
    recipes = records(arms)
    trained = tables.read_table(training, "training")
    spent = tables.read_table(cost, "cost").set_index("arm")
    table = tables.read_table(summary, "summary")
    right = table[(table["task"] == ALL) & (table["metric"] == "exact_match")].set_index("arm")
    ordered = {
        arm: recipes[arm] for arm in sorted(recipes, key=lambda arm: -right.loc[arm, "mean"])
    }
    figure = style.page(
        1.9 + 0.24 * len(ordered),
        "What accuracy costs",
        "Selecting, training and merging for one task, means over tasks and replicates; without "
        "the start of processes and without predictions. Filled: no arm that costs as little has "
        f"as many exact matches. Lines: {percent(table)} intervals. "
        f"{sizes(table)}{arm_style.about_starts(recipes, trained)}",
    )
    panels = figure.subplots(1, 1 + len(UNITS))
    arm_style.arm_axis(panels[0], ordered, arm_style.labels(recipes, trained))
    panels[0].set_xlabel("exact match, mean over tasks")
    for place, (arm, recipe) in enumerate(ordered.items()):
        mean, tint = right.loc[arm], arm_style.colour(recipe)
        panels[0].plot([mean["low"], mean["high"]], [place, place], color=tint, alpha=0.7)
        panels[0].plot(mean["mean"], place, marker="o", color=tint, markersize=6)
    for axes, unit in zip(panels[1:], UNITS, strict=True):
        _panel(axes, unit, ordered, spent[unit].astype(float), right["mean"].astype(float))
    return figure


def _panel(axes: Axes, unit: str, arms: Arms, spent: pd.Series, right: pd.Series) -> None:
    arm_style.arm_axis(axes, arms, {})
    axes.set_xscale("log")
    axes.margins(x=0.12)
    label, written = UNITS[unit]
    some = spent[spent > 0]
    decades = log10(some.max() / some.min()) if len(some) else 0
    if len(some) and decades < FEW:
        beyond = 10 ** ((ROOM - decades) / 2)
        axes.set_xlim(some.min() / beyond, some.max() * beyond)
    marked = next(subs for most, subs in MARKED.items() if decades <= most)
    axes.xaxis.set_major_locator(LogLocator(subs=marked))
    axes.xaxis.set_major_formatter(written())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"{label} (log scale)")
    best = efficient(spent, right)
    for place, (arm, recipe) in enumerate(arms.items()):
        tint = arm_style.colour(recipe)
        if pd.isna(spent[arm]) or spent[arm] == 0:
            axes.text(
                0.02,
                place,
                "free" if spent[arm] == 0 else "not measured",
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=8.5,
                color=tint,
            )
            continue
        axes.plot(
            spent[arm],
            place,
            marker="o",
            color=tint,
            markersize=6,
            markerfacecolor=tint if arm in best else "white",
            markeredgewidth=1.3,
        )


def efficient(spent: pd.Series, right: pd.Series) -> set[str]:
    """The arms that no other beats in cost or in exact matches without losing in the other."""
    known = spent.dropna()
    return {
        str(arm)
        for arm in known.index
        if not any(
            known[other] <= known[arm]
            and right[other] >= right[arm]
            and (known[other] < known[arm] or right[other] > right[arm])
            for other in known.index
        )
    }
