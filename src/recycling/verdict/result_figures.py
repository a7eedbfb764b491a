"""Figures of results: accuracy by arm, and recycled minus fresh."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from recycling.ground import tables
from recycling.output import style
from recycling.output.counts import counted
from recycling.statistics.metrics import METRICS
from recycling.verdict import arm_style
from recycling.verdict.contrasts import AGAINST_FRESH, Recipes, records
from recycling.verdict.pairings import Arms
from recycling.verdict.summary import ALL

COLUMNS = 4
SIDES = {"exact_match": ("o", "full", -0.15), "choice_accuracy": ("D", "none", 0.15)}


def accuracy(*, summary: str, training: str, arms: Recipes) -> Figure:
    """Mean over tasks of exact match and choice accuracy, arms grouped by what they are."""
    recipes = records(arms)
    trained = tables.read_table(training, "training")
    table = tables.read_table(summary, "summary")
    rows = _rows(recipes, table)
    figure = style.page(
        1.9 + 0.2 * len(rows),
        "What each arm answers right",
        f"{_note(table)}{arm_style.about_starts(recipes, trained)}",
        style.COLUMN,
    )
    _panel(figure.subplots(), rows, recipes, table, ALL, arm_style.labels(recipes, trained))
    style.legend_below_title(figure, _metric_keys(), columns=2)
    return figure


def accuracy_by_task(*, summary: str, training: str, arms: Recipes) -> Figure:
    """The same for every task."""
    recipes = records(arms)
    trained = tables.read_table(training, "training")
    labels = arm_style.labels(recipes, trained)
    table = tables.read_table(summary, "summary")
    scopes = [task for task in table["task"].unique() if task != ALL]
    rows = _rows(recipes, table)
    columns = min(COLUMNS, len(scopes))
    lines = math.ceil(len(scopes) / columns)
    figure = style.page(
        1.5 + lines * (0.5 + 0.22 * len(rows)),
        "What each arm answers right, task by task",
        f"{_note(table)}{arm_style.about_starts(recipes, trained)}",
    )
    grid = figure.subplots(lines, columns, sharex=True, squeeze=False)
    for place, axes in enumerate(grid.flat):
        if place >= len(scopes):
            axes.set_visible(False)
            continue
        _panel(axes, rows, recipes, table, scopes[place], {} if place % columns else labels)
        axes.set_title(style.named(scopes[place]))
    style.legend_beside_title(figure, _metric_keys(), columns=2)
    return figure


def _rows(recipes: Arms, table: pd.DataFrame) -> list[tuple[str, str | None]]:
    """Group and arm of each row from top to bottom; a group begins with a row of its own."""
    overall = table[(table["task"] == ALL) & (table["metric"] == "exact_match")]
    scores = dict(zip(overall["arm"], overall["mean"].astype(float), strict=True))
    return [
        (name, arm)
        for name, members in arm_style.grouped(recipes, scores).items()
        for arm in (None, *members)
    ]


def _panel(
    axes: Axes,
    rows: list[tuple[str, str | None]],
    recipes: Arms,
    table: pd.DataFrame,
    task: str,
    labels: dict[str, str],
) -> None:
    """The marks of all arms on one task; `labels` stand at the rows, or nothing does."""
    here = {(row.arm, row.metric): row for row in table[table["task"] == task].itertuples()}
    style.row_axis(axes, [labels.get(arm or "", "") for _, arm in rows])
    axes.set_xlim(-0.03, 1.03)
    for place, ((name, arm), text) in enumerate(zip(rows, axes.get_yticklabels(), strict=True)):
        if arm is None:
            axes.axhspan(place - 0.5, place + 0.5, color=style.SHADE, zorder=0, linewidth=0)
            axes.text(0, place, arm_style.GROUPS[name], va="center", fontweight="bold", fontsize=9)
            continue
        tint = arm_style.colour(recipes[arm])
        text.set_color(tint)
        text.set_fontweight("bold" if arm == "fresh" else "normal")
        for metric in SIDES:
            if (arm, metric) in here:
                _mark(axes, place, here[arm, metric], metric, tint)


def _note(table: pd.DataFrame) -> str:
    return (
        f"Points: means; lines: {percent(table)} intervals. {sizes(table)} In each group the arm "
        "with the most exact matches comes first."
    )


def differences(*, contrasts: str, training: str, arms: Recipes) -> Figure:
    """Arm minus fresh LoRA on the same examples, with the band within which it does not matter."""
    recipes = records(arms)
    table = tables.read_table(contrasts, "contrasts")
    table = table[table["question"].isin(AGAINST_FRESH)]
    shown = {arm: recipe for arm, recipe in recipes.items() if arm in set(table["arm"])}
    trained = tables.read_table(training, "training")
    labels = arm_style.labels(shown, trained)
    figure = style.page(
        1.7 + 0.5 * max(1, len(shown)),
        "Recycled minus fresh, on the same examples",
        f"Large: mean over tasks; small: {_listed(table)}. Lines: {percent(table)} intervals of "
        f"the paired difference.\n{sizes(table)}{arm_style.about_starts(shown, trained)}",
    )
    panels = figure.subplots(1, 2, sharex=True)
    for axes, metric in zip(panels, SIDES, strict=True):
        here = table[table["metric"] == metric]
        arm_style.arm_axis(axes, shown, labels if axes is panels[0] else {})
        axes.axvline(0, color=style.INK, linewidth=1)
        if not here.empty:
            margin = float(here["margin"].iloc[0])
            axes.axvspan(-margin, margin, color=style.GREEN, alpha=0.16, linewidth=0)
        axes.set_title(METRICS[metric].label)
        axes.set_xlabel("minus the fresh LoRA; right: better")
        for row, arm in enumerate(shown):
            _fan(axes, row, here[here["arm"] == arm], arm_style.colour(shown[arm]))
    handles = [
        Patch(color=style.GREEN, alpha=0.16, label="too small to matter"),
        style.key(marker="o", color=style.GREY, label="interval without 0", linestyle=""),
        style.key(
            marker="o",
            color=style.GREY,
            label="interval with 0",
            linestyle="",
            markerfacecolor="white",
        ),
    ]
    style.legend_beside_title(figure, handles, columns=3)
    return figure


def _mark(axes: Axes, place: int, row: Any, metric: str, tint: str) -> None:
    marker, fill, shift = SIDES[metric]
    axes.plot([row.low, row.high], [place + shift] * 2, color=tint, linewidth=1.4, alpha=0.7)
    axes.plot(
        row.mean,
        place + shift,
        marker=marker,
        color=tint,
        markersize=6 if metric == "exact_match" else 5,
        markerfacecolor=tint if fill == "full" else "white",
        markeredgewidth=1.3,
    )


def _fan(axes: Axes, place: int, rows: pd.DataFrame, tint: str) -> None:
    """The overall difference in the middle of the row, those of the tasks below one another."""
    per_task = rows[rows["task"] != ALL]
    for row in rows[rows["task"] == ALL].itertuples():
        _interval(axes, place - 0.24, row, tint, width=2.2, size=7, strength=1.0)
    for index, row in enumerate(per_task.itertuples()):
        step = 0.46 * (index + 0.5) / len(per_task)
        _interval(axes, place - 0.06 + step, row, tint, width=0.9, size=3.5, strength=0.55)


def _interval(
    axes: Axes, y: float, row: Any, tint: str, *, width: float, size: float, strength: float
) -> None:
    axes.plot([row.low, row.high], [y, y], color=tint, linewidth=width, alpha=strength)
    axes.plot(
        row.difference,
        y,
        marker="o",
        color=tint,
        alpha=strength,
        markersize=size,
        markerfacecolor="white" if row.low <= 0 <= row.high else tint,
        markeredgewidth=max(1.0, width * 0.7),
    )


def _metric_keys() -> list[Line2D]:
    return [
        style.key(
            marker=marker,
            linestyle="",
            color=style.GREY,
            markerfacecolor=style.GREY if fill == "full" else "white",
            label=METRICS[metric].label,
        )
        for metric, (marker, fill, _) in SIDES.items()
    ]


def _listed(table: pd.DataFrame) -> str:
    tasks = [style.named(task) for task in table["task"].unique() if task != ALL]
    return "each task" if len(tasks) > COLUMNS else ", ".join(tasks)


def percent(table: pd.DataFrame) -> str:
    """The confidence of the intervals of a table."""
    return "" if table.empty else f"{table['level'].iloc[0]:.0%}"


def sizes(table: pd.DataFrame) -> str:
    """How many answers, tasks and runs are behind each mean."""
    overall = table[table["task"] == ALL]
    if overall.empty:
        return ""
    first = overall.iloc[0]
    tasks = counted(table["task"].nunique() - 1, "task")
    runs = counted(first["replicates"], "trained run")
    return f"n = {first['n']} answers per arm: {tasks}, {runs}."
