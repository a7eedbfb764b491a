"""The figure of a check of preconditions."""

from matplotlib.figure import Figure

from recycling.composition import figure_parts
from recycling.composition.figure_parts import Series
from recycling.ground import tables
from recycling.output import style
from recycling.preconditions.shares import EXPERTS

SAID: Series = {
    "hop1": (style.GREY, "hop 1"),
    "hop2": (style.INK, "hop 2"),
    "hops": (style.GREEN, "both hops"),
    "chain_form": (style.YELLOW, "in steps"),
    "chain_bridge": (style.SKY, "bridge"),
    "chain": (style.BLUE, "chain of thought"),
    "direct": (style.RED, "direct"),
}
CHOSEN: Series = {
    "hop1_choice": SAID["hop1"],
    "hop2_choice": SAID["hop2"],
    "direct_choice": SAID["direct"],
}


def preconditions(*, preconditions: str, experts: str) -> Figure:
    """Base, experts and rules: what they say right, and the likeliest of the file's answers."""
    table = figure_parts.read(preconditions, "preconditions")
    merged = tables.read_table(experts, "ranking")["adapter"].tolist()
    rows = table[table["library"].isin(["base", EXPERTS, *merged])]
    rows = rows.assign(who=rows["rule"].where(rows["library"] == EXPERTS, rows["library"]))
    order = {who: style.named(who.rpartition("--")[2]) for who in ["base", *merged, *rows["who"]]}
    first = rows.iloc[0]
    figure = style.page(
        1.7 + 0.62 * len(order),
        "What the base, each expert and each rule get right",
        f"n = {first['n']} chains; lines are exact {first['level']:.0%} intervals. Dashed: enough, "
        f"{first['enough']:g}. Right, dotted: chance. The base, experts alone, then rules.",
    )
    panels = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    titles = ("said in free text", "the likeliest of the file's answers")
    for axes, series, title in zip(panels, (SAID, CHOSEN), titles, strict=True):
        figure_parts.dots(axes, rows[rows["measure"].isin(series)], "who", order, "measure", series)
        axes.axvline(first["enough"], color=style.GREY, linewidth=1, linestyle="--")
        axes.set_title(title)
    figure_parts.legend(figure, SAID, list(SAID))
    return figure
