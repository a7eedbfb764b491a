"""The pool in a report: what became of each listed repository, and the licences."""

import pandas as pd
from markupsafe import Markup

from recycling.ground import tables
from recycling.report import cells
from recycling.report.page import Figure, Section, part, picture

ROWS = 2000


def section(accepted: str, rejected: str, attrition: Figure | None) -> Section:
    """Attrition, each rejected repository with its reason, each accepted one, and licences."""
    kept = tables.read_table(accepted, "accepted")
    lost = tables.read_table(rejected, "rejected")
    shown = ["repo", "owner", "licence", "family", "flags", "rank", "parameters", "bytes"]
    body = part(
        "pool.html",
        accepted=len(kept),
        listed=len(kept) + len(lost),
        figure=picture(attrition) if attrition is not None else "",
        reasons=_reasons(lost),
        rejected=_rejected(lost),
        licences=_licences(kept),
        kept=cells.of_frame(kept[shown], ROWS, "pool/accepted.tsv"),
    )
    return Section("pool", "The pool", body)


def _reasons(lost: pd.DataFrame) -> Markup:
    counts = lost.groupby(["reason", "stage"], sort=True).size().sort_values(ascending=False)
    rows = [
        [cells.words(reason), cells.words(stage), cells.number(count)]
        for (reason, stage), count in counts.items()
    ]
    return cells.table(["reason", "found while", "repositories"], rows)


def _rejected(lost: pd.DataFrame) -> Markup:
    shown = lost[["repo", "reason", "detail", "stage", "licence"]]
    return cells.of_frame(shown, ROWS, "pool/rejected.tsv")


def _licences(kept: pd.DataFrame) -> Markup:
    counts = kept["licence"].fillna("none is named").value_counts(sort=False).sort_index()
    rows = [[cells.words(licence), cells.number(count)] for licence, count in counts.items()]
    return cells.table(["licence", "accepted adapters"], rows)
