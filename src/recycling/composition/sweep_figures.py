"""Figures of one thing that changes: the template, the scale, the place of a token."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from recycling.composition import figure_parts
from recycling.output import style

TEMPLATES = {
    "L2": "none",
    "L2+Tx": "one wrong pair",
    "L2+Ta": "all other pairs",
    "L2+T": "right",
}
LAYERS = [style.SKY, style.BLUE, style.GREEN, style.ORANGE, style.RED, style.PURPLE]


def templates(*, shares: str, fresh: Mapping[str, str], traces: int) -> Figure:
    """Left: which template the library has read; right: how many chains of the right one.

    `fresh` has the base of each scene whose entities are fresh, here and below; `traces` chains are
    read of a template whose name has no number.
    """
    table = figure_parts.read(shares)
    shown = figure_parts.known(table, fresh)
    counts = table[table["scene"].isin(shown)].groupby("scene", sort=False)["library"].nunique()
    scene = str(counts.idxmax())
    rows = table[(table["scene"] == scene) & (table["measure"] == "chain")]
    kinds = {kind: name for kind, name in TEMPLATES.items() if kind in set(rows["library"])}
    series = {
        rule: look for rule, look in figure_parts.RULES.items() if rule not in ("none", "alone")
    }
    figure = style.page(
        4.3,
        f"Which template, and how much of it (base {shown[scene]}, fresh entities)",
        f"{figure_parts.sizes(rows)}\nWrong templates that help as much as the right one would "
        "contradict the paper.",
    )
    left, right = figure.subplots(1, 2)
    figure_parts.dots(left, rows, "library", kinds, "rule", series)
    left.set_title("relations of the template")
    number = rows["library"].map(lambda name: read_traces(name, traces))
    figure_parts.lines(
        right, rows.assign(number=number).dropna(subset="number"), "number", "rule", series
    )
    right.set_title("chains of thought that each expert has read")
    right.set_xscale("symlog", linthresh=25)
    ticks = sorted(number.dropna().astype(int).unique())
    right.set_xticks(ticks, ticks)
    figure_parts.legend(figure, series, rows["rule"])
    return figure


def read_traces(library: str, default: int) -> float | None:
    """How many chains of the right relations each expert of a pair has read; None for no pair."""
    if library == "L2":
        return 0
    pair, _, number = library.partition("+T")
    if pair != "L2" or not (number.isdigit() or library == "L2+T"):
        return None
    return int(number or default)


def scales(*, shares: str, fresh: Mapping[str, str], scales: Mapping[str, float]) -> Figure:
    """The sum of two adapters by its scale: what each hop and the chain of thought keep.

    `scales` has that of each rule that is a sum.
    """
    table = figure_parts.read(shares)
    shown = figure_parts.known(table, fresh)
    wanted = [name for name in ("L2", "L2+T") if name in set(table["library"])]
    rows = table[table["rule"].isin(scales)]
    rows = rows.assign(scale=rows["rule"].map(scales).astype(float))
    figure = style.page(
        1.6 + 2.0 * len(wanted),
        "The scale of the sum: hops and chains of thought",
        f"Fresh entities; 0.5 is the uniform mean of two. {figure_parts.sizes(rows)}",
    )
    grid = figure.subplots(len(wanted), len(shown), sharex=True, sharey=True, squeeze=False)
    for line, library in zip(grid, wanted, strict=True):
        for axes, (scene, base) in zip(line, shown.items(), strict=True):
            part = rows[(rows["scene"] == scene) & (rows["library"] == library)]
            figure_parts.lines(axes, part, "scale", "measure", figure_parts.PARTS)
            axes.set_title(f"{library}, base {base}")
    figure_parts.legend(figure, figure_parts.PARTS, list(figure_parts.PARTS))
    return figure


def routing(*, routing: str, fresh: Mapping[str, str]) -> Figure:
    """Arrow's weight on the first of two experts at each token of a chain of thought, by layer."""
    table = figure_parts.read(routing, "routing")
    shown = figure_parts.known(table, fresh)
    first = table.groupby(["scene", "library"])["expert"].transform(lambda names: names.iloc[0])
    rows = table[(table["form"] == "chain") & (table["expert"] == first)]
    rows = rows[(rows["library"] == "L2") & (rows["rule"] == "arrow")]
    rows = rows[rows["scene"].isin(shown)]
    roles = rows.drop_duplicates("place").sort_values("place")
    figure = style.page(
        2.2 + 1.7 * len(shown),
        "Where Arrow weighs which expert: the library L2, fresh entities",
        "Weight on AB, the rest is on BC; a right choice is 1 before the bridge and 0 before the "
        f"answer. {figure_parts.sizes(rows)}",
    )
    layers = {layer: LAYERS[layer % len(LAYERS)] for layer in sorted(rows["layer"].unique())}
    series = {layer: (tint, f"layer {layer + 1}") for layer, tint in layers.items()}
    grid = figure.subplots(len(shown), 1, sharex=True, squeeze=False)
    for (axes,), (scene, base) in zip(grid, shown.items(), strict=True):
        figure_parts.lines(axes, rows[rows["scene"] == scene], "place", "layer", series, "weight")
        axes.axhline(0.5, color=style.INK, linewidth=1, linestyle=":")
        axes.set_title(f"base {base}")
        axes.set_xticks(roles["place"], roles["role"], rotation=40, ha="right")
    figure_parts.legend(figure, series, list(series))
    return figure
