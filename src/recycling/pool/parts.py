"""The part of the pool that a ranking is of, and its rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recycling.community.recipe import Harmful
from recycling.pool import selection, subpools, worsened
from recycling.pool.subpools import Kinship
from recycling.pool.worsened import Worsening

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """The adapters with the names in `only`, all where it is empty; or a part by kinship.

    With `all_accepted` each name in `only` must be one of an accepted adapter.
    """

    only: Sequence[str]
    all_accepted: bool
    kinship: Kinship | None = None
    """Its first adapter is such a relative of the target, all others are unrelated."""
    worsening: Worsening | None = None
    """It is the target's relatives, some of them replaced."""


def part(given: Mapping[str, Any]) -> Part:
    """The record of a part that a rule was handed in built-in values."""
    records: dict[str, type[Kinship] | type[Worsening]]
    records = {"kinship": Kinship, "worsening": Worsening}
    kinds = {key: record(**given[key]) for key, record in records.items() if given[key]}
    return Part(**{**given, **kinds})


def rows(
    of: Part,
    known: Mapping[str, Collection[str]],
    families: Mapping[str, str],
    versions: Mapping[str, Harmful],
    ranked: Callable[[Sequence[str]], Rows],
    seed: int,
) -> Rows:
    """The rows of the ranking of a part, best first.

    `known` has the names that each adapter goes by, without the harmful `versions`, which are in
    pools that got worse alone. `ranked` ranks the adapters that it is given.
    """
    if of.kinship:
        return selection.relative_first(*subpools.by_kin(known, families, of.kinship), ranked)
    if of.worsening:
        related = Kinship(of.worsening.related, of.worsening.related)
        both = subpools.by_kin(known, families, related)
        return ranked(worsened.members(*both, versions, of.worsening, seed))
    return ranked(subpools.chosen(known, of.only, of.all_accepted))
