"""Whether a selector finds the adapters that are related to a target, among all the others.

A relative that stands among the first k of a ranking is found. By chance k of n adapters hold
k r / n of r relatives, the mean of a hypergeometric distribution.
"""

from collections.abc import Iterator, Mapping

import pandas as pd

from recycling.ground.tables import columns
from recycling.pool import subpools

SIZES = (1, 3, 10, 30, 100)
# Target -> how an adapter is related to it -> names of such adapters.
Kin = Mapping[str, Mapping[str, list[str]]]


def table(
    selection: pd.DataFrame, accepted: pd.DataFrame, published: list[pd.DataFrame], kin: Kin
) -> pd.DataFrame:
    """Rows of the table `relatives`, for every ranking of a target that has kin.

    `selection` holds all rankings, `accepted` the pool and `published` the community's own names.
    Copies of a relative count as relatives too. Raises InputError for a name that no adapter has.
    """
    known = subpools.names(accepted, published)
    families = accepted.set_index("adapter")["family"].to_dict()
    related = {
        (task, grade): _with_copies(subpools.named(known, names, f"pool.kin.{task}"), families)
        for task, grades in kin.items()
        for grade, names in grades.items()
        if names
    }
    placed = selection[selection["position"].notna()]
    rows = [
        {"selector": selector, "subpool": part, "task": task, "replicate": replicate, **row}
        for (selector, part, task, replicate), ranking in placed.groupby(
            ["selector", "subpool", "task", "replicate"], sort=False
        )
        for (target, grade), adapters in related.items()
        if target == task
        for row in _counted(ranking.sort_values("position")["adapter"].isin(adapters), grade)
    ]
    return pd.DataFrame(rows, columns=list(columns("relatives")))


def _with_copies(adapters: set[str], families: Mapping[str, str]) -> set[str]:
    of = {families[adapter] for adapter in adapters}
    return {adapter for adapter, family in families.items() if family in of}


def _counted(is_relative: pd.Series, grade: str) -> Iterator[dict[str, object]]:
    """A row for each k that the ranking is long enough for."""
    ranked, relatives = len(is_relative), int(is_relative.sum())
    for k in SIZES:
        if k <= ranked:
            yield {
                "kin": grade,
                "k": k,
                "found": int(is_relative.iloc[:k].sum()),
                "expected": k * relatives / ranked,
                "relatives": relatives,
                "ranked": ranked,
            }
