"""The table of results in Markdown, for the README and the verdict."""

import pandas as pd

from recycling.output import intervals
from recycling.output.counts import counted
from recycling.statistics.metrics import METRICS
from recycling.verdict.contrasts import AGAINST_FRESH
from recycling.verdict.summary import ALL


def table(summary: pd.DataFrame, contrasts: pd.DataFrame, cost: pd.DataFrame) -> str:
    """One row per arm: means over tasks with their intervals, the difference to fresh, seconds."""
    overall = summary[summary["task"] == ALL].set_index(["arm", "metric"])
    against_fresh = contrasts[
        contrasts["question"].isin(AGAINST_FRESH)
        & (contrasts["metric"] == "exact_match")
        & (contrasts["task"] == ALL)
    ].set_index("arm")
    spent = cost.set_index("arm")
    heads = [METRICS[metric].label for metric in METRICS]
    lines = [
        "| arm | " + " | ".join(heads) + " | exact match minus fresh | seconds |",
        "| --- " + "| --- " * (len(heads) + 1) + "| ---: |",
    ]
    for arm in summary["arm"].unique():
        cells = [
            intervals.share(*overall.loc[(arm, metric), ["mean", "low", "high"]])
            for metric in METRICS
        ]
        known = arm in against_fresh.index
        found = against_fresh.loc[arm, ["difference", "low", "high"]] if known else []
        cells.append(intervals.difference(*found) if known else "")
        seconds = spent.loc[arm, "seconds"]
        cells.append("" if pd.isna(seconds) else f"{seconds:.0f}")
        lines.append(f"| {arm} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def caption(summary: pd.DataFrame) -> str:
    """What the numbers of `table` are: n, runs and confidence."""
    first = summary[summary["task"] == ALL].iloc[0]
    tasks = summary["task"].nunique() - 1
    over = f"Means over {tasks} tasks" if tasks > 1 else "One task"
    runs = counted(first["replicates"], "trained run")
    return (
        f"{over}; n = {first['n']} answers per arm from {runs}; brackets are "
        f"{first['level']:.0%} intervals over {first['basis']}."
    )
