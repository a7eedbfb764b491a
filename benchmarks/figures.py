"""Two figures: how much longer others take, and how our seconds grow."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from benchmarks.case import OURS
from recycling.output import style


def rivals(times: pd.DataFrame, machine: str) -> Figure:
    """Seconds of each rival over ours, on a logarithmic axis; the table is `bench_times`."""
    rows = times[times["rival"] != OURS].reset_index(drop=True)
    figure = style.page(
        0.23 * len(rows) + 1.6,
        "How much longer others take for the same work",
        f"Seconds of the rival over ours, in one run. Below 1 the rival is faster. Hollow: the "
        f"rival does a part of the work, or its result is another by definition. {machine}",
    )
    axes = figure.subplots()
    names = [f"{row.work}: {row.rival}" for row in rows.itertuples()]
    style.striped_axis(axes, names)
    axes.tick_params(axis="y", labelsize=7)
    for place, row in enumerate(rows.itertuples()):
        same = not pd.isna(row.difference)
        axes.plot(
            row.ratio,
            place,
            "o",
            color=style.BLUE,
            markerfacecolor=style.BLUE if same else "white",
        )
        axes.annotate(
            f"{row.ratio:#.2g}".rstrip(".") if row.ratio < 100 else f"{row.ratio:.0f}",
            (row.ratio, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.axvline(1, color=style.GREY, linewidth=0.8)
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_xlabel("times as long as ours")
    return figure


def growth(table: pd.DataFrame, machine: str) -> Figure:
    """Our seconds against one size of the work, with the fitted power; from `bench_growth`."""
    groups = list(table.groupby(["work", "along"], sort=False))
    figure = style.page(
        2.6 * ((len(groups) + 2) // 3) + 0.9,
        "How our seconds grow",
        f"Lines: seconds = c * size^e, fitted by least squares of the logarithms. {machine}",
    )
    grid = figure.subplots((len(groups) + 2) // 3, 3, squeeze=False).ravel()
    for axes, ((work, along), rows) in zip(grid, groups, strict=False):
        sizes, seconds = rows["size"].to_numpy(float), rows["seconds"].to_numpy(float)
        exponent = float(rows["exponent"].iloc[0])
        middle = np.exp(np.log(seconds).mean() - exponent * np.log(sizes).mean())
        axes.plot(sizes, middle * sizes**exponent, color=style.GREY, linewidth=1)
        axes.plot(sizes, seconds, "o", color=style.BLUE)
        axes.set(xscale="log", yscale="log", xlabel=along, ylabel="seconds")
        # The measured sizes and the first and last seconds say more than powers of ten.
        axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
        ends = [seconds.min(), seconds.max()]
        axes.set_yticks(ends, [f"{end:.2g}" for end in ends])
        axes.minorticks_off()
        axes.set_title(f"{work}: e = {exponent:.2f}", fontsize=9)
    for axes in grid[len(groups) :]:
        axes.set_visible(False)
    return figure


def save(times: pd.DataFrame, grown: pd.DataFrame, machine: str, folder: Path) -> None:
    """Write both as SVG and PNG."""
    style.save(rivals, {"times": times, "machine": machine}, *_paths(folder, "rivals"))
    style.save(growth, {"table": grown, "machine": machine}, *_paths(folder, "growth"))


def _paths(folder: Path, name: str) -> list[str]:
    return [str(folder / f"{name}.{kind}") for kind in ("svg", "png")]
