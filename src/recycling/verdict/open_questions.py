"""What a study can show by its design, and what would decide what it leaves open, in words."""

from typing import Any

import pandas as pd

from recycling.output import markdown
from recycling.statistics.simulation import CAUTIOUS_COVERAGE, LEAST_COVERAGE

LARGEST = 1.0  # two shares differ by no more


def limits(design: pd.DataFrame, folds: int) -> str:
    """Why a study of this size decides nothing; empty where it may decide."""
    if design.empty:
        return ""
    first = design.iloc[0]
    if first["basis"] == "answers":
        return (
            "**One training a task decides nothing about training.** The intervals speak of the "
            "adapters that were trained here, on further test rows. Another training may turn out "
            "otherwise: set `replicates` to 3 or more."
        )
    if first["least_coverage"] < LEAST_COVERAGE:
        why, remedy = "Where trainings sometimes fail", "Add tasks."
        if folds > 1:
            why, remedy = f"Since {folds} folds share most labelled rows", "Set `split.folds` to 5."
        return (
            f"**A study of this size decides nothing.** {why}, its 95% intervals hold the truth in "
            f"{first['least_coverage']:.1%} of made-up studies, and {LEAST_COVERAGE:.0%} are asked "
            f"for. {remedy}"
        )
    return ""


def why_open(row: Any, design: pd.Series) -> str:
    """Why a primary contrast is undecided, and what would decide it."""
    if row.outcome != "undecided":
        return ""
    crosses = row.low <= 0 <= row.high
    if row.basis == "answers":
        where = "crosses" if crosses else "excludes"
        return f"The interval {where} 0, for these trained adapters alone."
    why = "The interval crosses 0" if crosses else "The interval excludes 0, but Holm's p does not"
    if -row.margin < row.low and row.high < row.margin:
        why = "The interval is inside the margin, but a study of this size decides nothing"
    else:
        why += f" and it is not inside +-{row.margin:g}"
    least = row.minimum_detectable
    found = f"a difference of {least:.2g}" if least <= LARGEST else "no difference"
    return (
        f"{why}. This study finds {found} four times in five, "
        f"and shows a true equality in {design['shows_equality']:.0%} of cases. {decisive(design)}"
    )


def decisive(design: pd.Series) -> str:
    """How much more data would decide a contrast, if the difference seen is the true one."""
    seen = "If the difference seen is the true one"
    if pd.notna(design["replicates_to_decide"]):
        return f"{seen}, {design['replicates_to_decide']} replicates decide four times in five."
    if pd.notna(design["rows_to_decide"]):
        return (
            f"{seen}, more replicates do not decide: they ask the same test rows again. Tasks of "
            f"about {design['rows_to_decide']} different rows would."
        )
    return f"{seen}, more replicates do not decide."


def table(design: pd.DataFrame) -> str:
    """What the study can show of each primary contrast by exact match; empty with one run."""
    primary = (design["family"] == "primary") & (design["basis"] != "answers")
    rows = design[primary & (design["metric"] == "exact_match")]
    if rows.empty:
        return ""
    lines = []
    for row in rows.itertuples():
        lines.append(
            [
                f"`{row.arm}` - `{row.reference}`",
                f"{row.minimum_detectable:.2g}" if row.minimum_detectable <= LARGEST else "none",
                f"{row.shows_equality:.0%}",
                f"{row.coverage:.1%}" + (" (cautious)" if row.coverage > CAUTIOUS_COVERAGE else ""),
            ]
        )
    margin = rows.iloc[0]["margin"]
    heads = [
        "difference",
        "found four times in five",
        f"true equality shown within +-{margin:g}",
        "coverage",
    ]
    return markdown.table(heads, lines)
