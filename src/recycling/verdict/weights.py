"""Who gets the weight in a learned merge: relatives of the target, others, or the fresh LoRA.

The weight of a source is the mean of its absolute coefficients, over the modules that it has. The
updates that they multiply differ in size, so a share of the weight is no share of the change.
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from recycling.ground.tables import columns

ALL, FRESH = "all", "fresh"
KINDS = (FRESH, "same", "sibling", "unrelated")


def table(
    coefficients: Sequence[pd.DataFrame],
    cells: Sequence[tuple[str, str, str]],
    kin: Mapping[tuple[str, str], str],
) -> pd.DataFrame:
    """Rows of the table `weights`: all sources of a merge, and those of each kind.

    `cells` has arm, task and replicate of each table of coefficients, `kin` the grade of each
    adapter of the pool on each task. Merges for a task of which no kin is known are left out.
    """
    known = {task for task, _ in kin}
    rows = [
        {"arm": arm, "task": task, "replicate": replicate, **row}
        for merged, (arm, task, replicate) in zip(coefficients, cells, strict=True)
        if task in known
        for row in _kinds(merged, task, kin)
    ]
    return pd.DataFrame(rows, columns=list(columns("weights")))


def _kinds(
    merged: pd.DataFrame, task: str, kin: Mapping[tuple[str, str], str]
) -> Iterator[dict[str, object]]:
    size = merged["coefficient"].abs()
    of_source = merged.assign(size=size, used=size > 0).groupby("source", sort=False)
    sources = of_source[["size", "used"]].mean()
    kinds = [FRESH if source == FRESH else kin[task, source] for source in sources.index]
    total = sources["size"].sum()
    for kind in (ALL, *KINDS):
        those = sources if kind == ALL else sources[[one == kind for one in kinds]]
        if len(those):
            yield {
                "kin": kind,
                "sources": len(those),
                "share": those["size"].sum() / total if total > 0 else None,
                "used": those["used"].mean(),
                "effective": effective_number(those["size"]),
            }


def effective_number(weights: pd.Series) -> float | None:
    """How many equal weights are as spread out: 1 / sum of squared shares; None if all are 0.

    Hill's number of order 2 (Hill, Ecology 54, 1973).
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else None
