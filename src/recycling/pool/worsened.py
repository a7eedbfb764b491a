"""Pools that get worse: the relatives of a target, of which a share is replaced.

Which relatives leave, and which unrelated adapters come, is drawn for each task and replicate as an
order: a larger share takes more of it. So pools of one unit are nested, and relatives leave in the
same order whatever replaces them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

from recycling.community.recipe import Harmful
from recycling.ground import seeds
from recycling.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Worsening:
    """The names of the target's relatives, and the share of them that is replaced, by what."""

    related: Sequence[str]
    by: str
    share: float


def harmful_adapters(
    pool: "pd.DataFrame", published: Iterable["pd.DataFrame"], harmful: Mapping[str, Harmful]
) -> dict[str, Harmful]:
    """Accepted adapter -> what it is a harmful version of, that too by its name in the pool.

    `pool` and `published` are tables `accepted` and `published`; `harmful` has the recipes. A
    version of an adapter that was not accepted has the empty name of none.
    """
    adapters = {row.repo: str(row.adapter) for row in pool.itertuples()}
    made = {
        row.recipe: adapters[row.repo]
        for table in published
        for row in table.itertuples()
        if row.repo in adapters
    }
    return {
        made[recipe]: Harmful(made.get(one.of, ""), one.by)
        for recipe, one in harmful.items()
        if recipe in made
    }


def members(
    relatives: Sequence[str],
    unrelated: Sequence[str],
    versions: Mapping[str, Harmful],
    worsening: Worsening,
    seed: int,
) -> list[str]:
    """The adapters of the pool, sorted, as many as there are `relatives`.

    `versions` are the harmful adapters. Raises InputError where too few can come.
    """
    leaving = _drawn(relatives, seed, "leaving")[: floor(worsening.share * len(relatives) + 0.5)]
    if worsening.by == "unrelated":
        coming = _drawn(unrelated, seed, "coming")[: len(leaving)]
    else:
        version = {one.of: name for name, one in versions.items() if one.by == worsening.by}
        coming = [version[name] for name in leaving if name in version]
    if len(coming) < len(leaving):
        raise InputError(
            "pool",
            f"adapters that can replace {leaving}: {worsening.by}",
            coming,
            f"{len(leaving)} accepted ones",
            "look for the others in pool/rejected.tsv, or lower the share",
        )
    return sorted({*relatives} - {*leaving} | {*coming})


def _drawn(names: Sequence[str], seed: int, purpose: str) -> list[str]:
    ordered = sorted(names)
    order = seeds.numpy_generator(seed, "worsened", purpose).permutation(len(ordered))
    return [ordered[i] for i in order]
