"""The look of every figure, and the one way to save it.

The same figure from the same tables has the same bytes: no dates, fixed identifiers, a font that
comes with matplotlib, text drawn as paths.
"""

from collections.abc import Callable, Mapping
from textwrap import wrap
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from recycling.ground.tables import replacing
from recycling.verdict.contrasts import role

# Colours of Okabe and Ito: distinct with any colour vision, and in grey.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW = "#56B4E9", "#CC79A7", "#F0E442"
INK, GREY, FAINT = "#222222", "#767676", "#D9D9D9"
CYCLE = [BLUE, ORANGE, GREEN, PURPLE, SKY, RED, YELLOW]

ROLES = {
    "base": (GREY, "base model"),
    "fresh": (INK, "fresh LoRA"),
    "in_context": (SKY, "base model, labelled rows in its prompt"),
    "variant": (PURPLE, "fresh LoRA, trained otherwise"),
    "recalibrated": (ORANGE, "fresh LoRA, rescaled"),
    "recycled": (BLUE, "recycled adapters"),
    "twins": (RED, "random twins"),
    "oracle": (PURPLE, "chosen by the test rows: upper bound"),
}

WIDTH = 9.6  # inches; at the 830 pixels of a README, 10 points are read as 11 pixels
LINE = 150  # characters of a note that fit into a line
TITLE: dict[str, Any] = {
    "x": 0.008,
    "ha": "left",
    "fontsize": 12,
    "fontweight": "bold",
    "color": INK,
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
}


def save(draw: Callable[..., Figure], inputs: Mapping[str, Any], svg: str, png: str) -> None:
    """Draw in the common style and write the figure as SVG and as PNG (160 dots per inch)."""
    with mpl.rc_context({**mpl.rcParamsDefault, **RC, "backend": "agg"}):
        figure = draw(**inputs)
        with replacing(svg) as temporary:
            figure.savefig(temporary, format="svg", metadata={"Date": None, "Creator": None})
        with replacing(png) as temporary:
            figure.savefig(temporary, format="png", dpi=160, metadata={"Software": None})


def page(height: float, title: str, note: str) -> Figure:
    """An empty figure of README width: `title` above, `note` (n, interval) below in small type."""
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(WIDTH, height), layout=layout)
    figure.suptitle(title, **TITLE)
    lines = [line for part in note.splitlines() for line in wrap(part, LINE)]
    figure.supxlabel("\n".join(lines), x=0.008, ha="left", fontsize=8.5, color=GREY)
    return figure


def named(identifier: str) -> str:
    """An identifier of the config as a person would write it."""
    return identifier.replace("_", " ")


def colour(settings: Mapping[str, Any]) -> str:
    """The colour of an arm: that of its role."""
    return ROLES[role(settings)][0]


def arm_axis(axes: Axes, arms: Mapping[str, Mapping[str, Any]], labels: bool) -> None:
    """Arms from top to bottom on the y axis, their names in the colour of their role."""
    axes.set_ylim(len(arms) - 0.4, -0.6)
    axes.set_yticks(range(len(arms)))
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    for row in range(0, len(arms), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#F6F6F6", zorder=0, linewidth=0)
    if not labels:
        axes.set_yticklabels([])
        return
    for text, (arm, settings) in zip(
        axes.set_yticklabels([named(arm) for arm in arms]), arms.items(), strict=True
    ):
        text.set_color(colour(settings))
        text.set_fontweight("bold" if arm == "fresh" else "normal")


def key(**style: Any) -> Line2D:
    """A legend entry without data."""
    return Line2D([], [], **style)
