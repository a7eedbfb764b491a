"""The figures of claims: a row is a question in words, with a mark for each who answered it."""

from collections.abc import Mapping, Sequence
from itertools import count

import pandas as pd
from matplotlib.figure import Figure

from recycling.composition import figure_parts
from recycling.composition.pictures import PICTURES, Row
from recycling.output import style

# Who answered -> colour, mark and name, from top to bottom within a row.
MARKS = {
    "alone": (style.INK, "D", "one adapter alone"),
    "uniform": (style.SKY, "o", "mean"),
    "sum": (style.BLUE, "s", "sum"),
    "arrow": (style.ORANGE, "^", "Arrow"),
    "arrow_random": (style.PURPLE, "v", "Arrow, random prototypes"),
    "twins": (style.RED, "X", "random twins"),
    "hop_oracle": (style.GREEN, "P", "oracle of hops"),
    "joint": (style.GREY, "p", "one LoRA of both"),
}
# Lines of a row: its words, its marks, and what lies between rows.
WORDS, BETWEEN, INCHES = 1.6, 0.6, 0.125


def claim(
    *, shares: str, picture: str, bases: Mapping[str, str], settings: Mapping[str, str]
) -> Figure:
    """The picture of that name; `bases` and `settings` have those of each scene."""
    about = PICTURES[picture]
    table = figure_parts.read(shares)
    found = [(row, _marks(table, row, about.rules, bases, settings)) for row in about.rows]
    found = [(row, marks) for row, marks in found if not marks.empty]
    if not found:
        return style.page(1.2, about.title, "No scene of this study asks it.", style.COLUMN)
    every = pd.concat([marks for _, marks in found])
    lines = sum(WORDS + len(marks) + BETWEEN for _, marks in found)
    note = f"{about.note} {figure_parts.sizes(every)}"
    figure = style.page(1.5 + INCHES * lines, about.title, note, style.COLUMN)
    axes = figure.subplots()
    top = 0.0
    for number, (row, marks) in enumerate(found):
        bottom = top + WORDS + len(marks) + BETWEEN
        if number % 2 == 0:
            axes.axhspan(top, bottom, color=style.SHADE, zorder=0, linewidth=0)
        axes.text(-0.02, top + 0.2, row.words, va="top", fontweight="bold", fontsize=9)
        for place, mark in zip(count(), marks.itertuples()):
            tint, shape, _ = MARKS[mark.who]
            axes.errorbar(
                mark.share,
                top + WORDS + place + 0.5,
                xerr=[[max(mark.share - mark.low, 0)], [max(mark.high - mark.share, 0)]],
                color=tint,
                marker=shape,
                markersize=5,
                linewidth=1.3,
            )
        figure_parts.chance(axes, marks, (top + WORDS, bottom))
        top = bottom
    axes.set_ylim(top, 0)
    axes.set_yticks([])
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel("share of right answers")
    handles = [
        style.key(color=tint, marker=shape, linestyle="", label=label)
        for who, (tint, shape, label) in MARKS.items()
        if who in set(every["who"])
    ]
    style.legend_below_title(figure, handles, columns=3)
    return figure


def _marks(
    table: pd.DataFrame,
    row: Row,
    rules: Sequence[str],
    bases: Mapping[str, str],
    settings: Mapping[str, str],
) -> pd.DataFrame:
    """The shares of a row in the order of the marks; `who` says whose each is."""
    scenes = [s for s in bases if bases[s] == row.base and settings[s] == row.setting]
    asked = table[table["scene"].isin(scenes) & (table["measure"] == row.measure)]
    own = asked[(asked["library"] == row.library) & asked["rule"].isin(rules)]
    alone = asked[asked["library"].isin(row.alone) & (asked["rule"] == "alone")]
    joint = asked[(asked["library"] == row.joint) & (asked["rule"] == "alone")]
    if own.empty:
        return own.assign(who=[])
    marks = pd.concat(
        [alone.assign(who="alone"), own.assign(who=own["rule"]), joint.assign(who="joint")]
    )
    return marks.sort_values("who", key=lambda who: who.map([*MARKS].index), kind="stable")
