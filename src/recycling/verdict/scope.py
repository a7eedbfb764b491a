"""How the intervals of a study were made, and what they speak of, in words."""

import pandas as pd

from recycling.output.counts import counted
from recycling.statistics.inference import worth


def told(summary: pd.DataFrame, resampled: bool, folds: int) -> str:
    """What the intervals of `summary.tsv` rest on.

    `resampled` says whether each run draws its own labelled rows, `folds` how many parts the rows
    of a replicate are dealt to, 1 without.
    """
    first = summary.iloc[0]
    tasks = summary["task"].nunique() - 1
    labelled = "other" if resampled else "the same"
    speak = (
        f"They speak of {'this task' if tasks == 1 else 'these tasks'}, with {labelled} labelled "
        "rows, other trainings and further test rows"
    )
    if first["basis"] == "answers":
        return (
            "Intervals are Student's t over answers. They speak of the adapters that were trained "
            "here, on further test rows."
        )
    if first["basis"] == "tasks":
        return (
            "Intervals are Student's t over the means of the tasks. They speak of further tasks "
            f"like these, with {labelled} labelled rows in each run; those of one task rest on its "
            "own runs alone."
        )
    if folds > 1:
        runs = first["replicates"] // tasks
        return (
            f"Intervals are Student's t over the {runs} folds of {'the' if tasks == 1 else 'each'} "
            f"task, with {counted(runs - runs // folds, 'degree')} of freedom"
            f"{' a task' * (tasks > 1)}. "
            f"{speak}. Folds share labelled rows. So {runs} trainings count as "
            f"{worth(runs, folds):.1f} that share none (Nadeau and Bengio's correction). However "
            "many replicates there are of the same rows, they never count as more than "
            f"{folds - 1}: beyond that, only more rows make intervals narrower."
        )
    alone = "; those of one task rest on its own runs alone" if tasks > 1 else ""
    return (
        f"Intervals are Student's t over the runs of {'the' if tasks == 1 else 'each'} task, with "
        f"Satterthwaite's degrees of freedom. {speak}{alone}."
    )
