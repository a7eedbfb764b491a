"""Figures of a replay: what the labelled score predicts, every task, published methods."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator

from recycling.ground import seeds, tables
from recycling.output import names, style

STEPS = ("base", "pool_median", "top", "pick", "claimed", "best")
NAMES = {
    "base": "base model",
    "pool_median": "median adapter",
    "top": "mean of the selected",
    "pick": "the one ranked first",
    "claimed": "what its labelled score claims",
    "best": "best in hindsight",
}


def selection(*, quality: str, by_task: str, methods: str, top: int) -> Figure:
    """Left: how well the labelled score ranks adapters; right: what the choice by it is worth."""
    table = tables.read_table(quality, "quality")
    cells = tables.read_table(by_task, "quality_by_task")
    outcomes = list(table["outcome"].unique())
    figure = style.page(
        1.9 + 0.9 * len(outcomes),
        "What the score on the labelled rows says about an adapter",
        f"{_sizes(table)}\nDots: tasks. Thick lines: {_level(table)} intervals over tasks, thin: "
        "over tasks and owners of adapters at once.",
    )
    left, right = figure.subplots(1, 2)
    rows = [
        (outcome, quantity, f"{style.named(outcome)}{suffix}")
        for outcome in outcomes
        for quantity, suffix in (("spearman", ""), ("spearman_top", f",\namong the best {top}"))
    ]
    style.striped_axis(left, [label for _, _, label in rows])
    left.set_title("rank correlation with the outcome")
    left.axvline(0, color=style.INK, linewidth=1)
    left.set_xlim(-1, 1)
    left.xaxis.set_major_locator(MultipleLocator(0.5))
    for place, (outcome, quantity, _) in enumerate(rows):
        tint = _tint(outcomes, outcome)
        _dots(left, place, _of(cells, outcome, quantity)["value"], tint)
        _line(left, place, _of(table, outcome, quantity), tint)
    steps = [step for step in STEPS if step in set(table["quantity"])]
    style.striped_axis(right, [NAMES[step] for step in steps])
    right.set_title("accuracy, mean over tasks")
    right.margins(x=0.1)
    for shift, outcome in enumerate(outcomes):
        for place, step in enumerate(steps):
            offset = (shift - (len(outcomes) - 1) / 2) * 0.3
            _line(right, place + offset, _of(table, outcome, step), _tint(outcomes, outcome))
    style.legend_beside_title(figure, _keys(outcomes), columns=len(outcomes))
    return figure


def tasks(*, quality: str, by_task: str, methods: str, top: int) -> Figure:
    """For each task and outcome: worst to best adapter, the median, the choice and the base."""
    table = tables.read_table(quality, "quality")
    cells = tables.read_table(by_task, "quality_by_task")
    outcomes = list(table["outcome"].unique())
    wide = {
        outcome: _of(cells, outcome).pivot(index="task", columns="quantity", values="value")
        for outcome in outcomes
    }
    drawn = sorted(
        {task for frame in wide.values() for task in frame.index},
        key=lambda task: [-frame["best"].get(task, 0) for frame in wide.values()],
    )
    figure = style.page(
        1.5 + 0.2 * len(drawn),
        "Task by task: the pool, the choice from it and the base",
        f"{_sizes(table)}\nLines: worst to best adapter; points: the median adapter.",
    )
    panels = figure.subplots(1, len(outcomes), sharey=True, squeeze=False)[0]
    for axes, outcome in zip(panels, outcomes, strict=True):
        style.striped_axis(axes, [style.named(name) for name in drawn])
        axes.set_title(style.named(outcome), color=_tint(outcomes, outcome))
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("accuracy")
        for place, task in enumerate(drawn):
            if task not in wide[outcome].index:
                continue
            row = wide[outcome].loc[task]
            tint = _tint(outcomes, outcome)
            axes.plot([row["worst"], row["best"]], [place] * 2, color=tint, alpha=0.35, lw=3)
            axes.plot(row["pool_median"], place, "o", color=tint, markersize=4)
            axes.plot(row["pick"], place, "D", color=style.INK, markersize=4, mfc="none")
            if "base" in row and pd.notna(row["base"]):
                axes.plot(row["base"], place, "|", color=style.RED, markersize=9, mew=2)
    handles = [
        style.key(
            marker="D", color=style.INK, linestyle="", markerfacecolor="none", label="choice"
        ),
        style.key(marker="|", color=style.RED, linestyle="", markeredgewidth=2, label="base model"),
    ]
    style.legend_beside_title(figure, handles, columns=2)
    return figure


def methods(*, quality: str, by_task: str, methods: str, top: int) -> Figure:
    """Means of the published methods with intervals, beside the values that others give."""
    table = tables.read_table(methods, "methods")
    figure = style.page(
        1.5 + 0.3 * len(table),
        "Published methods, mean over tasks",
        f"Lines: {_level(table)} intervals over tasks; crosses: as printed by the authors. "
        f"Tasks: {_range(table['tasks'])}.",
    )
    axes = figure.subplots()
    style.striped_axis(axes, [names.of_arm(name) for name in table["method"]])
    axes.set_xlabel("accuracy")
    for place, row in enumerate(table.itertuples()):
        axes.plot([row.low, row.high], [place] * 2, color=style.BLUE, linewidth=2)
        axes.plot(row.value, place, "o", color=style.BLUE, markeredgecolor="white", markersize=8)
        if pd.notna(row.published):
            axes.plot(row.published, place, "x", color=style.RED, markersize=7, zorder=5)
    return figure


def _of(table: pd.DataFrame, outcome: str, quantity: str | None = None) -> pd.DataFrame:
    rows = table[table["outcome"] == outcome]
    return rows if quantity is None else rows[rows["quantity"] == quantity]


def _tint(outcomes: list[str], outcome: str) -> str:
    return style.CYCLE[outcomes.index(outcome) % len(style.CYCLE)]


def _keys(outcomes: list[str]) -> list[Line2D]:
    return [
        style.key(marker="o", color=_tint(outcomes, name), label=f"adapter {style.named(name)}")
        for name in outcomes
    ]


def _dots(axes: Axes, place: float, values: pd.Series, tint: str) -> None:
    shifts = seeds.numpy_generator(0, "jitter").uniform(-0.28, 0.28, len(values))
    axes.plot(values, place + shifts, "o", color=tint, alpha=0.3, markersize=3.5, mew=0)


def _line(axes: Axes, place: float, rows: pd.DataFrame, tint: str) -> None:
    for row in rows.itertuples():
        axes.plot([row.both_low, row.both_high], [place] * 2, color=tint, linewidth=1)
        axes.plot([row.tasks_low, row.tasks_high], [place] * 2, color=tint, linewidth=3)
        axes.plot(row.value, place, "o", color=tint, markeredgecolor="white", markersize=8)


def _level(table: pd.DataFrame) -> str:
    return f"{table['level'].iloc[0]:.0%}" if len(table) else ""


def _range(counts: pd.Series) -> str:
    return f"{counts.min()}" if counts.nunique() == 1 else f"{counts.min()} to {counts.max()}"


def _sizes(table: pd.DataFrame) -> str:
    first = table.groupby("outcome", sort=False).first()
    most = table.groupby("outcome", sort=False)["tasks"].max()
    parts = [
        f"{style.named(outcome)}: n = {row.adapters} adapters of {row.owners} owners on "
        f"{most[outcome]} tasks"
        for outcome, row in first.iterrows()
    ]
    return "; ".join(parts) + "."
