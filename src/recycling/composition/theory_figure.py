"""Figures of a composition study."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recycling.ground import tables
from recycling.output import names, style

MEASURES = {
    "hop1": (style.GREY, "first hop"),
    "chain_of_thought": (style.GREEN, "two passes (chain of thought)"),
    "recurrence": (style.ORANGE, "the layer applied twice"),
    "two_hop": (style.RED, "two hops in one pass"),
}
RULES = {"sum": style.BLUE, "uniform": style.SKY, "ties_span": style.PURPLE, "arrow": style.ORANGE}
NORMAL = 1.96


def theory(*, theory: str) -> Figure:
    """Left: what two summed edits answer by rank; right: two hops in one pass against chance."""
    table = tables.read_table(theory, "theory")
    pair = table[table["library"] == "L2"]
    fresh = pair[pair["facts"] == "fresh"]
    # The rank sweep is drawn for the middle N.
    sizes = sorted(fresh["pairs"].unique())
    shown = sizes[len(sizes) // 2]
    figure = style.page(
        4.2,
        "One layer: the sum of two edits knows both hops and composes at chance",
        f"{table['draw'].nunique()} random draws; lines are 95% intervals over draws. "
        f"Left: N = {shown}, fresh facts, sum of both edits. Right: full rank; black: chance, 1/N.",
    )
    left, right = figure.subplots(1, 2)
    summed = fresh[(fresh["rule"] == "sum") & (fresh["pairs"] == shown)]
    for measure, (tint, label) in MEASURES.items():
        _line(left, summed, "rank", measure, tint, label)
    left.axhline(1 / shown, color=style.INK, linewidth=1, linestyle=":")
    left.set_xscale("log", base=2)
    left.set_xticks(sorted(summed["rank"].unique()), sorted(summed["rank"].unique()))
    left.set_xlabel("rank of each edit")
    left.set_ylabel("share of prompts answered right")
    left.set_ylim(-0.03, 1.03)
    left.legend(loc="upper left")
    full = fresh[fresh["rank"] == fresh["pairs"]]
    for place, (rule, tint) in enumerate(RULES.items()):
        moved = full[full["rule"] == rule].assign(
            place=lambda rows, shift=place: rows["pairs"] * 2 ** ((shift - 1.5) / 12)
        )
        _line(right, moved, "place", "two_hop", tint, names.of_arm(rule), linestyle="")
    right.plot(sizes, [1 / n for n in sizes], "_", color=style.INK, markersize=40)
    right.set_xscale("log", base=2)
    right.set_xticks(sizes, sizes)
    right.set_xlabel("pairs of facts, N")
    right.set_ylabel("two hops in one pass, among N answers")
    right.set_ylim(bottom=0)
    right.legend()
    return figure


def _line(
    axes: Axes,
    rows: pd.DataFrame,
    x: str,
    measure: str,
    tint: str,
    label: str,
    linestyle: str = "-",
) -> None:
    """Means over draws and their intervals."""
    spread = rows.groupby(x)[measure].agg(["mean", "std", "count"]).astype(float)
    error = NORMAL * spread["std"] / spread["count"].map(math.sqrt)
    axes.errorbar(
        spread.index,
        spread["mean"],
        yerr=error,
        color=tint,
        label=label,
        linestyle=linestyle,
        marker="o",
        markersize=4,
        linewidth=1.5,
    )
