"""Write the table and the figure of docs/performance.md on how work grows with the pool.

    make growth

They compare two stored runs of the same study, whose smaller pool is the first part of the larger.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from describe_performance import ROOT, filled
from matplotlib.figure import Figure

from recycling.ground.tables import read_json, replacing
from recycling.output import markdown, style

SMALLER, LARGER = (
    ROOT / "results/reference" / name for name in ("smollm2_thousand_96", "smollm2_thousand")
)
PAGE = ROOT / "docs/performance.md"
FIGURE = ROOT / "docs/growth_of_the_pool.svg"
BEGIN, END = "<!-- made by make growth -->\n", "<!-- end of growth -->"
# What is done with each adapter of the pool, by rule. The second five are done in each replicate.
ONCE = {
    "train_community": "train the adapters",
    "publish_community": "publish them in a folder",
    "inspect_candidates": "read their configs and headers",
    "vet_pool": "accept or reject",
    "download_shard": "fetch and convert",
    "probe_shard": "see that each has an effect",
    "group_pool": "find families",
}
EACH_REPLICATE = {
    "score_pool": "score on labelled rows",
    "score_on_test": "score for the oracle",
    "screen_pool": "estimate gains by one gradient",
    "compare_pool": "compare weights",
    "compare_cards": "compare cards",
}

# Folders whose files are links to those in `parts`.
LINKED = {"community", "community_batches"}


class Grown(NamedTuple):
    """One quantity at both sizes of the pool."""

    what: str
    smaller: float
    larger: float
    unit: str

    @property
    def ratio(self) -> float:
        """How many times as much the larger pool takes."""
        return self.larger / self.smaller


def quantities(smaller: Path, larger: Path) -> tuple[list[int], list[Grown]]:
    """Adapters of both pools; seconds of each stage, memory, disk and files of both runs.

    A stage that either run has not measured is left out.
    """
    records = [read_json(run / "provenance.json") for run in (smaller, larger)]
    adapters = [int(record["config"]["community_count"]) for record in records]
    replicates = [int(record["config"]["replicates"]) for record in records]
    rules = [record["rules"] for record in records]
    found = []
    for rule, what in {**ONCE, **EACH_REPLICATE}.items():
        if all(rule in of for of in rules):
            over = replicates if rule in EACH_REPLICATE else (1, 1)
            small, large = (of[rule]["seconds"] / by for of, by in zip(rules, over, strict=True))
            found.append(Grown(what, small, large, "s"))
    memory = [max(of["max_rss_mb"] for of in run.values()) / 1000 for run in rules]
    found.append(Grown("memory of the largest job", *memory, "GB"))
    disks = [_disk(run / "disk.tsv") for run in (smaller, larger)]
    found.append(Grown("disk", *(size / 1e9 for _, size in disks), "GB"))
    found.append(Grown("files", *(float(files) for files, _ in disks), ""))
    return adapters, found


def _disk(table: Path) -> tuple[int, int]:
    """Files and bytes of a run; further names of the same file are not counted."""
    rows = [line.split("\t") for line in table.read_text().splitlines()[1:]]
    rows = [row for row in rows if row[0] not in LINKED]
    return sum(int(files) for _, files, _ in rows), sum(int(size) for *_, size in rows)


def table(adapters: Sequence[int], grown: Sequence[Grown]) -> str:
    """A row for each quantity, at both sizes."""
    heads = ["", *(f"{count} adapters" for count in adapters), "times as much"]
    return markdown.table(heads, _rows(grown))


def _rows(grown: Sequence[Grown]) -> Iterator[list[str]]:
    for one in grown:
        yield [one.what, _said(one.smaller, one), _said(one.larger, one), f"{one.ratio:.2g}"]


def _said(value: float, one: Grown) -> str:
    digits = max(0, 1 - math.floor(math.log10(value))) if one.unit else 0
    return f"{value:,.{digits}f} {one.unit}".strip()


def figure(adapters: Sequence[int], grown: Sequence[Grown]) -> Figure:
    """How many times as much the larger pool takes, on a logarithmic axis; a row a quantity."""
    times = adapters[1] / adapters[0]
    drawn = style.page(
        0.3 * len(grown) + 1.5,
        f"What {adapters[1]} adapters take, against {adapters[0]}",
        'Seconds are those of all jobs of a stage; from "score" to "cards" of one replicate. '
        f"Line: {times:g} times, as much more as there are adapters more.",
    )
    axes = drawn.subplots()
    style.striped_axis(axes, [one.what for one in grown])
    for row, one in enumerate(grown):
        axes.plot(one.ratio, row, "o", color=style.BLUE)
        axes.text(
            0.99,
            row,
            f"{_said(one.smaller, one)} → {_said(one.larger, one)}",
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=8.5,
        )
    axes.axvline(times, color=style.GREY, linewidth=0.8)
    axes.set_xscale("log")
    ticks = [1, 2, 5, 10, 20, 50, 100]
    axes.set_xticks(ticks, [f"{tick}" for tick in ticks])
    axes.minorticks_off()
    # Set last, since ticks widen the axis; beyond the marks is room for the numbers.
    axes.set_xlim(0.9, 10 * max(times, *(one.ratio for one in grown)))
    axes.set_xlabel("times as much")
    return drawn


def page(smaller: Path, larger: Path) -> str:
    """The page with its table as it should be."""
    adapters, grown = quantities(smaller, larger)
    shown = f"![What a larger pool takes]({FIGURE.name})\n"
    return filled(PAGE, [table(adapters, grown) + "\n", shown], BEGIN, END)


def main() -> None:
    """Write table and figure."""
    adapters, grown = quantities(SMALLER, LARGER)
    style.save(figure, {"adapters": adapters, "grown": grown}, str(FIGURE))
    with replacing(PAGE) as temporary:
        temporary.write_text(page(SMALLER, LARGER))


if __name__ == "__main__":
    main()
