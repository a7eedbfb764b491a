"""The part of the pool that an arm draws from.

A subpool holds the adapters that it names; an arm of a kin tells relatives of the target from the
others. Adapters are named by themselves, their repository, its owner, or the recipe or task of the
study's own community.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recycling.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Kinship:
    """Adapters by name: those that a ranking has one of, and all that are related to the target."""

    wanted: Sequence[str]
    related: Sequence[str]


def names(pool: "pd.DataFrame", published: Iterable["pd.DataFrame"]) -> dict[str, set[str]]:
    """Adapter -> the names it goes by, from the tables `accepted` and `published`."""
    made = {row.repo: {row.recipe, row.task} for table in published for row in table.itertuples()}
    return {
        row.adapter: {row.adapter, row.repo, row.owner, *made.get(row.repo, ())}
        for row in pool.fillna({"repo": "", "owner": ""}).itertuples()
    }


def chosen(
    known: Mapping[str, Collection[str]], only: Sequence[str], all_accepted: bool = True
) -> list[str]:
    """The adapters that go by the names in `only`, sorted; all where it is empty.

    `known` has, for each adapter, the names it goes by. Raises InputError for a name that no
    accepted adapter goes by; where not `all_accepted` need be there, where none is.
    """
    if not only:
        return sorted(known)
    if not all_accepted:
        there = {name for called in known.values() for name in called}
        wanted, only = only, [name for name in only if name in there]
        if not only:
            expected, remedy = "at least one accepted adapter", "look for them in pool/rejected.tsv"
            raise InputError("config", "pool.subpools", list(wanted), expected, remedy)
    return sorted(named(known, only, "pool.subpools"))


def by_kin(
    known: Mapping[str, Collection[str]], families: Mapping[str, str], kinship: Kinship
) -> tuple[list[str], list[str]]:
    """The wanted relatives and the unrelated adapters, sorted.

    A near-identical copy of a relative is one. Raises InputError for a name that no accepted
    adapter goes by.
    """
    found = [
        {families[adapter] for adapter in named(known, adapters, "pool.kin")}
        for adapters in (kinship.wanted, kinship.related)
    ]
    wanted, related = found
    return (
        sorted(name for name in known if families[name] in wanted),
        sorted(name for name in known if families[name] not in related),
    )


def named(known: Mapping[str, Collection[str]], wanted: Sequence[str], key: str) -> set[str]:
    """The adapters that go by the `wanted` names; raises InputError for one that none goes by."""
    found: set[str] = set()
    for name in wanted:
        matching = {adapter for adapter, called in known.items() if name in called}
        if not matching:
            raise InputError(
                "config",
                key,
                name,
                "an adapter, repository, owner, recipe or task among the accepted adapters",
                "correct the name, or look for it in pool/rejected.tsv",
            )
        found |= matching
    return found


def only(known: Mapping[str, Collection[str]], name: str, key: str) -> str:
    """The one adapter that goes by a name; raises InputError if none does, or several."""
    found = sorted(named(known, [name], key))
    if len(found) > 1:
        raise InputError(
            "config", key, name, f"the name of one adapter alone, not of {found}", "give its own"
        )
    return found[0]
