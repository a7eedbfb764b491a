"""Write the tables of docs/performance.md and of the README from the reference of `make bench`.

    make bench && make reference STUDY=bench && make performance

What stands between the two marks of a page is written anew.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from recycling.ground.errors import InputError
from recycling.ground.tables import read_json, read_table, replacing
from recycling.output import markdown

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "results/reference/bench"
FIGURES = "../results/reference/bench/figures"  # as seen from docs/
BEGIN, END = "<!-- made by make performance -->\n", "<!-- end -->"
OURS = "ours"
# Rows of the README: what most people wait for, against the fastest that others would do.
SHORT = {
    "likelihood, short prompts": "PEFT, one process",
    "likelihood, short prompts, and greedy answers": "PEFT, one process",
    "likelihood, long prompts": "PEFT, one process",
    "likelihood, long prompts, and greedy answers": "PEFT, one process",
    "coefficient step, k = 5": "einsum layer, one padded batch",
    "coefficient step, k = 30": "einsum layer, one padded batch",
    "fresh LoRA": "PEFT and Trainer",
}


def main() -> None:
    """Write both pages."""
    for page, text in pages(REFERENCE).items():
        with replacing(page) as temporary:
            temporary.write_text(text)


def pages(reference: Path) -> dict[Path, str]:
    """Each page with its tables as they should be. InputError for a page without the marks."""
    times, growth, study, goals = (
        read_table(reference / f"{name}.tsv", f"bench_{name}")
        for name in ("times", "growth", "study", "goals")
    )
    record = read_json(reference / "provenance.json")
    threads = record["config"]["threads"]
    where = f"{record['processor']}, {threads} threads, torch {record['packages']['torch']}"
    made = f"Made by `make bench`, then `make reference STUDY=bench`: {where}.\n"
    full = [
        made,
        "### Goals\n",
        markdown.table(["work", "against", "goal", "measured", "met"], _goals(goals)) + "\n",
        "### Times\n",
        markdown.table(
            ["work", "who", "seconds", "core seconds", "times ours", "difference", "peak MB"],
            _times(times),
        )
        + "\n",
        f"![How much longer others take]({FIGURES}/rivals.png)\n",
        "### Growth\n",
        markdown.table(["work", "grows with", "from", "to", "exponent"], _growth(growth)) + "\n",
        f"![How our seconds grow]({FIGURES}/growth.png)\n",
    ]
    if len(study):
        heads = ["rule", "jobs", "with the base", "core seconds", "of them starting up"]
        full += ["### The default study\n", markdown.table(heads, _study(study)) + "\n"]
    short = times[times["work"].map(SHORT) == times["rival"]]
    brief = [made, markdown.table(["work", "who", "times as long as ours"], _short(short)) + "\n"]
    return {
        ROOT / "docs/performance.md": filled(ROOT / "docs/performance.md", full),
        ROOT / "README.md": filled(ROOT / "README.md", brief),
    }


def filled(page: Path, parts: list[str], begin: str = BEGIN, end: str = END) -> str:
    """The text of a page with `parts` between its two marks; InputError for one without them."""
    before, opening, rest = page.read_text().partition(begin)
    _, closing, after = rest.partition(end)
    if not opening or not closing:
        raise InputError(page.name, "marks", "none", f"{begin.strip()} and {end}", "restore them")
    return f"{before}{begin}\n{chr(10).join(parts)}\n{end}{after}"


def _goals(table: pd.DataFrame) -> Iterator[list[str]]:
    units = {"seconds": "", "peak_mb": " (peak memory)", "cpu_seconds": ""}
    for row in table.itertuples():
        sign = "≥" if row.kind == "at least" else "≤"
        absolute = pd.isna(row.against) and row.goal >= 1
        unit = " core s" if absolute else ""
        yield [
            row.work,
            "" if pd.isna(row.against) else row.against + units[row.quantity],
            f"{sign} {row.goal:g}{unit}",
            f"{row.measured:.3g}{unit}",
            "yes" if row.met else "no",
        ]


def _times(table: pd.DataFrame) -> Iterator[list[str]]:
    for row in table.itertuples():
        yield [
            row.work,
            row.rival,
            f"{row.seconds:.3g}",
            f"{row.cpu_seconds:.3g}",
            f"{row.ratio:.2g}",
            "" if pd.isna(row.difference) else f"{row.difference:.1g}",
            "" if pd.isna(row.peak_mb) else f"{row.peak_mb:.0f}",
        ]


def _growth(table: pd.DataFrame) -> Iterator[list[str]]:
    for (work, along), rows in table.groupby(["work", "along"], sort=False):
        ends = [
            f"{row['size']}: {row['seconds']:.3g} s" for _, row in rows.iloc[[0, -1]].iterrows()
        ]
        yield [work, along, *ends, f"{rows['exponent'].iloc[0]:.2f}"]


def _study(table: pd.DataFrame) -> Iterator[list[str]]:
    total = table[["jobs", "with_base", "cpu_seconds", "start_up"]].sum()
    for name, row in [*((row["rule"], row) for _, row in table.iterrows()), ("all", total)]:
        counts = [f"{row[key]:.0f}" for key in ("jobs", "with_base", "cpu_seconds", "start_up")]
        yield [name, *counts]


def _short(table: pd.DataFrame) -> Iterator[list[str]]:
    for row in table.itertuples():
        yield [row.work, row.rival, f"{row.ratio:.2g}"]


if __name__ == "__main__":
    main()
