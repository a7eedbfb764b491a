"""The analyses beside the verdict in a report: what was measured, in tables and figures."""

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from recycling.ground import tables
from recycling.pool import ALL as WHOLE
from recycling.report import cells
from recycling.report.cells import Cell
from recycling.report.page import Figure, Section, part, picture
from recycling.statistics.metrics import METRICS
from recycling.verdict.summary import ALL

BOUNDS = ["value", "low", "high"]
STATED = {
    "confidence": "confidence",
    "right": "share right",
    "overconfidence": "confidence minus share right",
    "calibration_error": "calibration error",
    "brier": "Brier score",
}


def reliability(table: pd.DataFrame, figure: Figure) -> Section:
    """What each arm states of its choices, how far that is off, and whether it is a change."""
    overall = table[table["task"] == ALL].fillna({"reference": ""})
    found = overall.set_index(["arm", "reference", "quantity"])[BOUNDS].sort_index()
    others = [name for name in overall["reference"].unique() if name]
    rows = []
    for arm in overall["arm"].unique():
        own = found.loc[(arm, "")]
        row = [cells.name(arm)]
        row += [_cell(own.loc[name], signed=name == "overconfidence") for name in STATED]
        changes = [
            _cell(found.loc[(arm, other, "brier")], signed=True) if other != arm else Cell("")
            for other in others
        ]
        rows.append(row + changes)
    heads = ["arm", *STATED.values(), *(f"Brier score minus {other}" for other in others)]
    note = (
        "Means over tasks with intervals. Calibration error: root mean square gap between "
        "confidence and share right within a run; 0 is perfect. The Brier score is better "
        "where it is lower."
    )
    return _section("reliability", "Can its confidence be believed?", figure, heads, rows, note)


def variance(table: pd.DataFrame, figure: Figure) -> Section:
    """What share of the variance each source has, of scores and of differences that decide."""
    named = table.fillna({"arm": "all arms", "reference": ""})
    rows = [
        [
            cells.name(f"{arm} - {reference}" if reference else arm),
            Cell(source),
            *(
                _cell(of_metric[["share", "low", "high"]].iloc[0], signed=False)
                for _, of_metric in of_source.groupby("metric", sort=False)
            ),
            cells.number(of_source["df"].iloc[0]),
        ]
        for (arm, reference, source), of_source in named.groupby(
            ["arm", "reference", "source"], sort=False
        )
    ]
    metrics = [METRICS[metric].label for metric in named["metric"].unique()]
    heads = ["scores of", "source", *metrics, "degrees of freedom"]
    note = (
        "Shares of the variance of single answers with intervals, which take tasks, runs, rows and "
        "arms as draws from more like them."
    )
    return _section("variance", "Where the variance comes from", figure, heads, rows, note)


NOTHING_KNOWN = (
    "No adapter that was chosen by its score on labelled rows was asked the test rows "
    "alone: that takes an arm with k: 1 without a merge, or the selector oracle with the same "
    "score. So it is not known how much better such adapters look than they are."
)


def optimism(files: Sequence[str], figure: Figure | None) -> Section:
    """How much better chosen adapters look on the rows that chose them; a line where unknown."""
    title = "Do chosen adapters look too good?"
    if figure is None:
        return Section("optimism", title, part("note.html", text=NOTHING_KNOWN))
    table = tables.read_table(files[0], "optimism")
    rows = []
    choices = table[table["task"] == ALL].groupby(["selector", "subpool"], sort=False)
    for (selector, subpool), of_choice in choices:
        found = of_choice.set_index("quantity")
        first = of_choice.iloc[0]
        row = [cells.name(selector), Cell("the whole pool" if subpool == WHOLE else subpool)]
        row.append(Cell(METRICS[first["metric"]].label))
        for quantity in ("gap", "control", "optimism"):
            known = quantity in found.index
            row.append(_cell(found.loc[quantity, BOUNDS], signed=True) if known else Cell(""))
        rows.append([*row, cells.number(first["replicates"]), cells.number(first["n"])])
    heads = ["selector", "chose from", "score", "labelled minus test, of the chosen", "of others"]
    heads += ["due to the choice", "runs", "test answers"]
    note = (
        "Scores are such that more is better. Where no adapter that was chosen without a score was "
        "asked the test rows alone, easier labelled rows and the choice are not told apart."
    )
    return _section("optimism", title, figure, heads, rows, note)


NOT_SCORED = (
    "No selector of this study scores the whole pool on rows of a target. So it is not known which "
    "adapter helps on which target."
)


def transfer(files: Sequence[str], figure: Figure | None) -> Section:
    """What each adapter does on each target, and what foretells it; a line where unknown."""
    title = "Which adapter helps on which target"
    if figure is None:
        return Section("transfer", title, part("note.html", text=NOT_SCORED))
    table = tables.read_table(files[0], "transfer_correlations")
    rows = [
        [
            cells.words(f"{row.quantity}: {row.by}"),
            cells.words(f"{row.useful}: {row.useful_by}"),
            cells.words("all targets" if row.task == ALL else row.task),
            cells.difference(row.value, row.low, row.high),
            cells.number(row.adapters),
        ]
        for row in table.itertuples()
    ]
    heads = ["foretold by", "what adapters do", "target", "rank correlation", "adapters"]
    note = (
        "Rank correlations over adapters, with intervals from adapters drawn anew. What each "
        "adapter does on each target is in tables/transfer.tsv."
    )
    return _section("transfer", title, figure, heads, rows, note)


def _section(
    anchor: str,
    title: str,
    figure: Figure,
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    note: str,
) -> Section:
    """A figure, and below it the table, where it has rows."""
    shown = [cells.table(heads, rows, note)] if rows else []
    return Section(anchor, title, Markup().join([picture(figure), *shown]))


def _cell(row: pd.Series, *, signed: bool) -> Cell:
    """A value with its interval; a word where nothing varied, and no interval is known."""
    value, _, high = row
    if pd.isna(value):
        return Cell("nothing varies")
    if pd.isna(high):
        return Cell(f"{value:.2f}, no interval", float(value))
    return cells.difference(*row) if signed else cells.share(*row)
