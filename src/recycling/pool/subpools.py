"""The part of the pool that an arm draws from, and how much of it is related to the target.

A subpool keeps the adapters that `only` names, then draws so many `relatives` of the target and so
many `others`; what is not said is not limited. So `relatives: 0` is a pool without relatives, and
`relatives: 1, others: 9` holds one related adapter in ten. Adapters are named by themselves, their
repository, its owner, or the recipe or task of the study's own community.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recycling.ground import seeds
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


def draw(
    known: Mapping[str, Collection[str]],
    families: Mapping[str, str],
    subpool: Mapping[str, Any],
    relatives: Sequence[str],
    seed: int,
) -> list[str]:
    """The adapters of a subpool, sorted; `known` has, for each adapter, the names it goes by.

    A near-identical copy of a relative is a relative. The draw depends on the seed alone, so every
    selector gets the same adapters. Raises InputError for a name that no accepted adapter goes by
    and for a subpool that asks for more adapters than there are.
    """
    kept = named(known, subpool["only"], "pool.subpools") if "only" in subpool else {*known}
    kin = {families[adapter] for adapter in named(known, relatives, "pool.relatives")}
    parts = {
        "relatives": sorted(name for name in kept if families[name] in kin),
        "others": sorted(name for name in kept if families[name] not in kin),
    }
    for key, names in parts.items():
        count = subpool.get(key, len(names))
        if count > len(names):
            raise InputError(
                "pool", key, len(names), f"at least {count}", "lower the number or widen the pool"
            )
        if count < len(names):
            order = seeds.numpy_generator(seed, "subpool", key).permutation(len(names))
            parts[key] = [names[i] for i in order[:count]]
    return sorted(parts["relatives"] + parts["others"])


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
