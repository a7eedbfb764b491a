"""What the figures of a composition study share: points with intervals, their names, their n."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recycling.composition.results import LEVELS, LISTS
from recycling.ground import tables
from recycling.output import style

Series = Mapping[str, tuple[str, str]]
"""Value of a column -> its colour and its name."""

RULES: Series = {
    "none": (style.GREY, "base alone"),
    "alone": (style.INK, "one LoRA"),
    "uniform": (style.SKY, "uniform"),
    "sum": (style.BLUE, "sum"),
    "ties": (style.PURPLE, "TIES"),
    "arrow": (style.ORANGE, "Arrow"),
    "arrow_random": (style.YELLOW, "Arrow, random prototypes"),
    "twins": (style.RED, "uniform of random twins"),
    "hop_oracle": (style.GREEN, "hop oracle"),
}
PARTS: Series = {
    "hop1": (style.GREY, "hop 1"),
    "hop2": (style.INK, "hop 2"),
    "chain_steps": (style.SKY, "bridge"),
    "chain": (style.BLUE, "chain of thought"),
}
MEASURES = {
    "chain": "chain of thought",
    "direct_choice": "direct, the likeliest of N answers",
    "hop1": "first hop",
    "hop2": "second hop",
    **LISTS,
}
# A legend has entries in so many columns.
COLUMNS = 5


def read(path: str, schema: str = "composition") -> pd.DataFrame:
    """A table with plain floats, as matplotlib takes them."""
    table = tables.read_table(path, schema)
    numbers = [name for name, kind in tables.columns(schema).items() if kind == "number"]
    return table.astype(dict.fromkeys(numbers, float))


def known(table: pd.DataFrame, scenes: Mapping[str, str]) -> dict[str, str]:
    """Those of the scenes, with what is said of them, that the table has rows of."""
    found = set(table["scene"])
    return {name: said for name, said in scenes.items() if name in found}


def dots(
    axes: Axes, rows: pd.DataFrame, key: str, order: Mapping[str, str], by: str, series: Series
) -> None:
    """A dot with its interval for each `key`, from top to bottom in `order`, which names them.

    Dots of one key lie below each other, a colour for each of the `series` of the column `by`.
    """
    places = list(order)
    rows = rows[rows[by].isin(series) & rows[key].isin(places)]
    height = 0.8 / len(series)
    for number, (value, (tint, _)) in enumerate(series.items()):
        part = rows[rows[by] == value]
        offset = number * height - 0.4 + height / 2
        y = [places.index(name) + offset for name in part[key]]
        axes.errorbar(
            part["share"],
            y,
            xerr=bars(part),
            color=tint,
            linestyle="",
            marker="o",
            markersize=4,
            linewidth=1.2,
        )
    style.striped_axis(axes, list(order.values()), margin=0.55)
    axes.set_xlim(-0.03, 1.03)
    chance(axes, rows)


def lines(
    axes: Axes, rows: pd.DataFrame, x: str, by: str, series: Series, y: str = "share"
) -> None:
    """A line with intervals over `x` for each of the `series` of the column `by`."""
    for value, (tint, _) in series.items():
        part = rows[rows[by] == value].sort_values(x)
        axes.errorbar(part[x], part[y], yerr=bars(part, y), color=tint, marker="o", markersize=4)
    axes.set_ylim(-0.03, 1.03)


def bars(rows: pd.DataFrame, y: str = "share") -> list[pd.Series]:
    """The lengths of the intervals to both sides."""
    return [(rows[y] - rows["low"]).clip(lower=0), (rows["high"] - rows[y]).clip(lower=0)]


def legend(figure: Figure, series: Series, used: Sequence[str]) -> None:
    """The names of those series that are used, in lines below the title."""
    handles = [
        style.key(color=tint, marker="o", linestyle="", label=label)
        for value, (tint, label) in series.items()
        if value in set(used)
    ]
    style.legend_below_title(figure, handles, COLUMNS)


def sizes(rows: pd.DataFrame) -> str:
    """How many questions and worlds are behind the rows, and what the lines are."""
    low, high = rows["n"].min(), rows["n"].max()
    worlds = rows["replicates"].max()
    number = f"{low}" if low == high else f"{low} to {high}"
    drawn = (
        "one world with its own base" if worlds == 1 else f"{worlds} worlds with their own bases"
    )
    return (
        f"n = {number} questions from {drawn}; lines are 95% intervals over worlds and questions."
    )


def chance(axes: Axes, rows: pd.DataFrame, between: tuple[float, float] | None = None) -> None:
    """Exact chance where there is one, the commonest answer of word problems elsewhere.

    It is drawn between two heights, or from the bottom to the top.
    """
    line = rows["chance"].dropna()
    if line.empty and "majority" in rows:
        line = rows.loc[rows["measure"].isin([*LEVELS, *LISTS]), "majority"]
    if line.empty:
        return
    at = float(line.mean())
    if between is None:
        axes.axvline(at, color=style.INK, linewidth=1, linestyle=":")
    else:
        axes.plot([at, at], between, color=style.INK, linewidth=1, linestyle=":")
