"""Figures of learning: merging coefficients module by module, and training curves."""

import math
import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray

from recycling.adapters import module_name
from recycling.ground import tables
from recycling.output import names, style

SOURCES_SHOWN = 6
COLOURS = "RdBu"
KINDS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def coefficients(
    *, coefficients: list[str], training: str, cells: list[tuple[str, str, str]], base: str
) -> Figure:
    """Coefficients by layer and kind of module: a line of panels per merge, one for each source.

    `cells` has arm, task and replicate of each table. The arm is drawn whose training moved it in
    most runs by the table `training`, of several the first. The first source and those with the
    largest mean absolute coefficient are shown, in the order of the table; directions are averaged
    within a module. Red is negative, blue positive, grey a module that the source lacks. Names of
    sources are without that of `base`, which most have in common.
    """
    if not cells:
        return style.page(1.2, "Coefficients", "No arm of this study learns coefficients.")
    trained = tables.read_table(training, "training")
    moved = trained["kept_step"] > 0
    arm = max(dict.fromkeys(cell[0] for cell in cells), key=trained["arm"][moved].tolist().count)
    of_arm = zip(cells, coefficients, strict=True)
    drawn = {(task, replicate): path for (of, task, replicate), path in of_arm if of == arm}
    still = trained[~moved & (trained["arm"] == arm)].set_index(["task", "replicate"]).index
    merges = [_merge(path) for path in drawn.values()]
    layers = sorted({layer for table in merges for layer in table["layer"]})
    found = {kind for table in merges for kind in table["kind"]}
    kinds = [kind for kind in KINDS if kind in found] + sorted(found - set(KINDS))
    limit = max(float(table["coefficient"].abs().max()) for table in merges) or 1.0
    scale = Normalize(-limit, limit)
    columns = max(table["source"].nunique() for table in merges)
    figure = style.page(
        1.5 + len(merges) * (0.75 + 0.055 * len(layers)),
        "What the learned coefficients make of each source",
        "Rows are layers, first on top. Blue: added; red: subtracted; grey: the source has no such "
        f"module.\nOf more than {SOURCES_SHOWN} sources, the first and the strongest.",
    )
    grid = figure.subplots(len(merges), columns, sharex=True, sharey=True, squeeze=False)
    for line, table, (task, replicate) in zip(grid, merges, drawn, strict=True):
        start = ", its start" if (task, replicate) in still else ""
        sources = list(table["source"].unique())
        line[0].set_ylabel(
            f"{style.named(task)}\n{names.of_arm(arm)}, replicate {replicate}{start}\nlayer",
            fontsize=8.5,
        )
        for axes in line[len(sources) :]:
            axes.set_visible(False)
        for axes, source in zip(line, sources, strict=False):
            values = _matrix(table[table["source"] == source], layers, kinds)
            axes.grid(visible=False)
            axes.set_facecolor(style.FAINT)
            axes.set_title(_wrapped(source, base, 68 // columns), fontsize=8)
            axes.imshow(values, cmap=COLOURS, norm=scale, aspect="auto", interpolation="none")
            axes.set_xticks(range(len(kinds)), [kind.removesuffix("_proj") for kind in kinds])
            axes.tick_params(axis="x", labelrotation=90, labelsize=8, length=0)
            every = max(1, math.ceil(len(layers) / 6))
            axes.set_yticks(range(0, len(layers), every), layers[::every])
    figure.colorbar(
        ScalarMappable(scale, COLOURS),
        ax=list(grid.flat),
        label="coefficient",
        fraction=0.03,
        aspect=30,
    )
    return figure


def curves(*, curves: list[str], cells: list[tuple[str, str, str]]) -> Figure:
    """Losses by step, a panel per arm and a colour per task; `cells` has arm, task, replicate.

    Arms that train nothing have an empty curve and no panel.
    """
    read = [tables.read_table(path, "curve") for path in curves]
    trained = [(table, *cell) for table, cell in zip(read, cells, strict=True) if not table.empty]
    if not trained:
        return style.page(1.2, "Training curves", "No arm of this study trains anything.")
    arms = list(dict.fromkeys(arm for _, arm, _, _ in trained))
    tasks = list(dict.fromkeys(task for _, _, task, _ in trained))
    columns = min(4, len(arms))
    lines = math.ceil(len(arms) / columns)
    figure = style.page(
        1.5 + 2.1 * lines,
        "Training curves",
        "Solid: validation loss; faint: loss of the batch before it; ring: the step that was kept. "
        "One line per task and replicate.",
    )
    grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
    for place, axes in enumerate(grid.flat):
        if place >= len(arms):
            axes.set_visible(False)
            continue
        axes.set_title(names.of_arm(arms[place]))
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        if place % columns == 0:
            axes.set_ylabel("loss per answer token")
        if place // columns == lines - 1:
            axes.set_xlabel("step")
    for table, arm, task, _ in trained:
        axes = grid.flat[arms.index(arm)]
        tint = style.CYCLE[tasks.index(task) % len(style.CYCLE)]
        steps, batch, held_out = (
            table[name].to_numpy(float, na_value=np.nan)
            for name in ("step", "train_loss", "valid_loss")
        )
        kept = table["kept"].to_numpy(bool, na_value=False)
        axes.plot(steps, batch, color=tint, linewidth=0.8, alpha=0.35)
        axes.plot(steps, held_out, color=tint, linewidth=1.5)
        axes.plot(
            steps[kept],
            held_out[kept],
            marker="o",
            linestyle="",
            color=tint,
            markerfacecolor="white",
            markersize=6,
        )
    if len(tasks) <= len(style.CYCLE):
        handles = [
            style.key(color=tint, label=style.named(task))
            for task, tint in zip(tasks, style.CYCLE, strict=False)
        ]
        style.legend_beside_title(figure, handles, columns=min(4, len(tasks)))
    return figure


def _merge(path: str) -> pd.DataFrame:
    """A coefficient table with layer and kind, cut to the sources that are shown."""
    table = tables.read_table(path, "coefficients")
    places = table["module"].map(_place)
    table = table.assign(layer=places.str[0], kind=places.str[1])
    sources = list(table["source"].unique())
    strength = table["coefficient"].abs().groupby(table["source"]).mean()
    strongest = sorted(sources[1:], key=lambda source: -strength[source])
    return table[table["source"].isin([sources[0], *strongest[: SOURCES_SHOWN - 1]])]


def _place(module: str) -> tuple[int, str]:
    """Layer and kind of a module; `*`, the same everywhere, is a single cell."""
    place = module_name.parse(module)
    return place.layer or 0, "all" if module == "*" else place.kind


def _matrix(rows: pd.DataFrame, layers: Sequence[int], kinds: Sequence[str]) -> NDArray[np.float64]:
    means = rows.groupby(["layer", "kind"])["coefficient"].mean()
    values = np.full((len(layers), len(kinds)), np.nan)
    for (layer, kind), value in means.items():
        values[layers.index(layer), kinds.index(kind)] = value
    return values


def _wrapped(source: str, base: str, width: int) -> str:
    """The name without its owner and the base's, in at most three lines."""
    name = source.split("--")[-1]
    name = name.replace(base.split("/")[-1], "").strip("-_.") or name
    return "\n".join(textwrap.wrap(name, max(width, 12), max_lines=3, placeholder="…"))
