"""The look of every figure, and the one way to save it.

The same figure from the same tables has the same bytes: no dates, fixed identifiers, a font that
comes with matplotlib, text drawn as paths.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.text import Text

from recycling.ground.tables import replacing

# Colours of Okabe and Ito: distinct with any colour vision, and in grey.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW = "#56B4E9", "#CC79A7", "#F0E442"
INK, GREY, FAINT, SHADE = "#222222", "#767676", "#D9D9D9", "#F6F6F6"
CYCLE = [BLUE, ORANGE, GREEN, PURPLE, SKY, RED, YELLOW]

# The marks of a series of lines, each with an inside that can be white, and what tells those apart
# that share a colour.
MARKERS, LINES = "osD^v<>p", ("-", "--", ":", "-.")

WIDTH = 9.6  # inches; at the 830 pixels of a README, 10 points are read as 11 pixels
COLUMN = 4.8  # inches; at the 3.3 inches of a paper's column, 10 points are read as 7
LINE = 15.625  # characters of a note that fit into an inch
TITLE = 0.3  # inches of a title
LEFT = 0.008  # where title and note begin, as a share of the width

DPI = {"svg": "figure", "png": 160, "pdf": "figure"}
# What a file would say of the day and the program that made it.
UNDATED: Mapping[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}

RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#EBEBEB",
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "recycle-or-retrain",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,  # letters stay letters: a journal can search and edit them
}


def save(draw: Callable[..., Figure], inputs: Mapping[str, object], *files: str) -> None:
    """Draw in the common style and write the figure to files, each in the format of its name."""
    with mpl.rc_context({**mpl.rcParamsDefault, **RC, "backend": "agg"}):
        figure = draw(**inputs)
        for file in files:
            kind = file.rpartition(".")[2]
            with replacing(file) as temporary:
                figure.savefig(temporary, format=kind, dpi=DPI[kind], metadata=UNDATED[kind])


def page(height: float, title: str, note: str, width: float = WIDTH) -> Figure:
    """An empty figure of some inches: `title` above, `note` (n, interval) below in small type."""
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(width, height), layout=layout)
    set_title(figure, title)
    lines = [line for part in note.splitlines() for line in wrap(part, int(LINE * width))]
    figure.supxlabel("\n".join(lines), x=LEFT, ha="left", fontsize=8.5, color=GREY)
    return figure


def set_title(figure: Figure, text: str) -> Text:
    """Write the title of a figure at its left edge."""
    return figure.suptitle(text, x=LEFT, ha="left", fontsize=12, fontweight="bold", color=INK)


def look(place: int) -> dict[str, str]:
    """Colour, mark and line of the series at that place: no two of the first 28 are alike."""
    around, at = divmod(place, len(CYCLE))
    return {
        "color": CYCLE[at],
        "marker": MARKERS[place % len(MARKERS)],
        "linestyle": LINES[around % len(LINES)],
    }


def legend_beside_title(figure: Figure, handles: Sequence[Artist], columns: int) -> None:
    """A legend in so many columns at the right of the title, or below it if they would touch."""
    legend = figure.legend(handles=[*handles], loc="outside upper right", ncols=columns)
    title = set_title(figure, figure.get_suptitle())
    taken = title.get_window_extent().width + legend.get_window_extent().width
    if taken > (1 - 4 * LEFT) * figure.bbox.width:
        legend.remove()
        legend_below_title(figure, handles, columns)


def legend_below_title(figure: Figure, handles: Sequence[Artist], columns: int) -> None:
    """A legend in so many columns, in lines below the title."""
    # The layout leaves room for the higher of title and legend, so the title grows by the lines.
    lines = math.ceil(len(handles) / columns)
    set_title(figure, figure.get_suptitle() + "\n" * lines)
    figure.legend(
        handles=[*handles],
        loc="outside upper left",
        ncols=columns,
        bbox_to_anchor=(0, 0, 1, 1 - TITLE / figure.get_figheight()),
    )


def named(identifier: str) -> str:
    """An identifier of the config as a person would write it."""
    return identifier.replace("_", " ")


def row_axis(axes: Axes, names: Sequence[str], margin: float = 0.6) -> None:
    """A row for each name, from top to bottom; `margin` is what lies beyond the outer rows."""
    axes.set_ylim(len(names) - 1 + margin, -margin)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)


def striped_axis(axes: Axes, names: Sequence[str], margin: float = 0.6) -> None:
    """The same with every second row shaded."""
    row_axis(axes, names, margin)
    for row in range(0, len(names), 2):
        axes.axhspan(row - 0.5, row + 0.5, color=SHADE, zorder=0, linewidth=0)


def key(**style: Any) -> Line2D:
    """A legend entry without data."""
    return Line2D([], [], **style)
