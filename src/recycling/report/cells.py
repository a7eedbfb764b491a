"""Tables of a report: cells that say what they are sorted by, and intervals drawn in a line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from recycling.ground import foreign_text
from recycling.output import intervals
from recycling.report.page import part

WIDTH = 200


@dataclass(frozen=True)
class Strip:
    """An interval as a line on a scale, in pixels; `band` is the margin around nothing."""

    at: float
    start: float
    end: float
    zero: float
    band: tuple[float, float] | None


@dataclass(frozen=True)
class Cell:
    """Text of a cell; `order` is what it is sorted by where that is a number."""

    text: str
    order: float | None = None
    name: bool = False
    """It is an identifier."""
    strip: Strip | None = None


@dataclass(frozen=True)
class Scale:
    """The numbers between which strips are drawn, and the margin if there is one."""

    least: float
    most: float
    margin: float | None

    def strip(self, value: float, low: float, high: float) -> Strip:
        """An interval on this scale."""
        band = None
        if self.margin is not None:
            band = (self._x(-self.margin), self._x(self.margin))
        return Strip(self._x(value), self._x(low), self._x(high), self._x(0), band)

    def _x(self, value: float) -> float:
        share = (value - self.least) / (self.most - self.least)
        return round(WIDTH * min(max(share, 0), 1), 1)


def scale(lows: Iterable[float], highs: Iterable[float], margin: float | None) -> Scale:
    """A scale that holds these intervals, nothing and the margin."""
    edge = margin or 0.0
    least, most = min([*lows, -edge]), max([*highs, edge])
    room = 0.04 * (most - least) or 1.0
    return Scale(least - room, most + room, margin)


def words(text: object) -> Cell:
    """Text, of strangers too; nothing where it is missing."""
    return Cell("" if pd.isna(text) else foreign_text.printable(str(text)))


def name(text: object) -> Cell:
    """An identifier."""
    return Cell(foreign_text.printable(str(text)), name=True)


def number(value: object, spelled: str = "{:g}") -> Cell:
    """A number; nothing where it is missing."""
    return Cell("") if pd.isna(value) else Cell(spelled.format(value), float(str(value)))


def share(value: float, low: float, high: float) -> Cell:
    """A mean with its interval."""
    return Cell(intervals.share(value, low, high), float(value))


def difference(value: float, low: float, high: float, on: Scale | None = None) -> Cell:
    """A difference with its interval, drawn where there is a scale."""
    drawn = on.strip(value, low, high) if on is not None else None
    return Cell(intervals.difference(value, low, high), float(value), strip=drawn)


def table(heads: Sequence[str], rows: Sequence[Sequence[Cell]], note: str = "") -> Markup:
    """A table that can be sorted by every column, and searched where it is long."""
    return part("table.html", heads=heads, rows=rows, note=note, width=WIDTH)


def of_frame(frame: pd.DataFrame, limit: int, file: str) -> Markup:
    """A table as it is, of at most `limit` rows; `file` has all of them."""
    kinds = [
        is_numeric_dtype(frame[column]) and not is_bool_dtype(frame[column]) for column in frame
    ]
    rows = [
        [
            number(value) if numeric else words(value)
            for value, numeric in zip(row, kinds, strict=True)
        ]
        for row in frame.head(limit).itertuples(index=False)
    ]
    note = f"{len(frame)} rows of {file}."
    if len(frame) > limit:
        note = f"The first {limit} of {len(frame)} rows; all are in {file}."
    return table([str(column) for column in frame], rows, note)
