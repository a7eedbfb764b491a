"""The figure of transfer: what each adapter does on each target, and what foretells it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from recycling.ground import tables
from recycling.output import style
from recycling.output.counts import counted
from recycling.statistics.metrics import METRICS
from recycling.verdict.summary import ALL
from recycling.verdict.transfer_map import useful_kind

SHOWN = 30  # adapters
WRITTEN = 5  # targets, of which the numbers are written into the cells
LONGEST = 36  # characters of a name
KIN = {"same": "\N{BLACK CIRCLE}", "sibling": "\N{WHITE CIRCLE}"}


def transfer(*, transfer: str, correlations: str) -> Figure:
    """Heat maps of gain, closeness and weight, adapters by targets; below them correlations."""
    table = tables.read_table(transfer, "transfer").fillna({"kin": ""})
    found = tables.read_table(correlations, "transfer_correlations")
    found = found[found["task"] == ALL]
    kinds = [useful_kind(table)]
    for quantity in ("closeness", "weight"):
        sizes = table[table["quantity"] == quantity].groupby("by", sort=False).size()
        kinds += [(quantity, sizes.idxmax())] if len(sizes) else []
    maps = {kind: _matrix(table, kind) for kind in kinds}
    first = maps[kinds[0]]
    adapters = list(first.mean(axis=1).sort_values(ascending=False, kind="stable").index)[:SHOWN]
    figure = style.page(
        2.3 + 0.27 * len(adapters) + 0.26 * len(found) + 0.9 * bool(len(found)),
        "Which adapter helps on which target",
        _note(table, found, len(first), len(adapters)),
    )
    heights = [0.27 * len(adapters) + 0.6] + ([0.26 * len(found) + 0.6] if len(found) else [])
    grid = figure.add_gridspec(len(heights), len(kinds), height_ratios=heights)
    kin = table.drop_duplicates(["adapter", "task"]).set_index(["adapter", "task"])["kin"]
    for column, kind in enumerate(kinds):
        axes = figure.add_subplot(grid[0, column])
        shown = maps[kind].reindex(adapters)
        _heat_map(axes, shown, _title(kind), kin if column == 0 else None)
        names = list(map(_named, adapters)) if column == 0 else []
        axes.set_yticks(range(len(names)), names, parse_math=False)
    if len(found):
        _correlations(figure.add_subplot(grid[1, :]), found)
    return figure


def _named(adapter: str) -> str:
    """The name without its owner; of a long one the end, which tells adapters apart."""
    name = adapter.split("--")[-1]
    return name if len(name) <= LONGEST else "…" + name[-LONGEST:]


def _matrix(table: pd.DataFrame, kind: tuple[str, str]) -> pd.DataFrame:
    """Adapters by targets; a score on labelled rows less the mean of the pool."""
    rows = table[(table["quantity"] == kind[0]) & (table["by"] == kind[1])]
    found = rows.pivot_table(index="adapter", columns="task", values="value", sort=False)
    found = found.astype(float)
    return found - found.mean() if kind[0] in ("score", "test") else found


def _title(kind: tuple[str, str]) -> str:
    quantity, by = kind
    if quantity == "closeness":
        return f"closeness to the fresh LoRA\n({style.named(by)})"
    if quantity == "weight":
        return f"weight in\n{style.named(by)}"
    metric = METRICS[by].label if METRICS[by].share else f"minus {METRICS[by].label}"
    if quantity == "gain":
        return f"gain over the base\n({metric}, test rows)"
    rows = "test" if quantity == "test" else "labelled"
    return f"score less the pool's mean\n({metric}, {rows} rows)"


def _heat_map(axes: Axes, values: pd.DataFrame, title: str, kin: pd.Series | None) -> None:
    numbers = values.to_numpy()
    limit = float(np.nanmax(np.abs(numbers), initial=0.0)) or 1.0
    axes.grid(visible=False)
    axes.set_facecolor(style.FAINT)
    axes.set_title(title, fontsize=9)
    axes.imshow(numbers, cmap="RdBu", norm=Normalize(-limit, limit), aspect="auto")
    axes.set_xticks(range(len(values.columns)), list(map(style.named, values.columns)))
    many = len(values.columns) > WRITTEN
    axes.tick_params(
        axis="x", labelrotation=90 if many else 30, labelsize=5 if many else 8, length=0
    )
    axes.tick_params(axis="y", labelsize=8, length=0)
    if many:
        return
    for (y, x), value in np.ndenumerate(numbers):
        if np.isfinite(value):
            grade = "" if kin is None else kin.get((values.index[y], values.columns[x]), "")
            text = f"{value:.2g} {KIN.get(grade, '')}".strip()
            tint = "white" if abs(value) > 0.6 * limit else style.INK
            axes.text(x, y, text, ha="center", va="center", fontsize=7.5, color=tint)


def _correlations(axes: Axes, found: pd.DataFrame) -> None:
    labels = [f"{row.quantity}: {style.named(row.by)}" for row in found.itertuples()]
    style.striped_axis(axes, labels)
    axes.set_xlim(-1.03, 1.03)
    axes.axvline(0, color=style.INK, linewidth=1)
    axes.set_xlabel("rank correlation with the first map, over adapters, mean over targets")
    for place, row in enumerate(found.itertuples()):
        axes.plot([row.low, row.high], [place, place], color=style.BLUE, linewidth=1.6)
        axes.plot(row.value, place, marker="o", color=style.BLUE, markersize=5)


def _note(table: pd.DataFrame, found: pd.DataFrame, pool: int, shown: int) -> str:
    said = f"n = {pool} adapters, {counted(table['replicates'].max(), 'run')} to a target at most."
    if shown < pool:
        said += f" The {shown} best are shown."
    if table["kin"].isin(list(KIN)).any():
        said += (
            f" {KIN['same']} learnt the target's task from other rows, {KIN['sibling']} a sibling."
        )
    said += " Grey: never merged." if (table["quantity"] == "weight").any() else ""
    if len(found):
        said += (
            f"\nLines: {found['level'].iloc[0]:.0%} intervals with adapters drawn anew; they speak "
            "of these targets."
        )
    return said
