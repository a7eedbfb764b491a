"""Defaults of a PEFT newer than 0.21, as the adapters of a pool show them.

PEFT writes every key into every config, a new one with its default unless somebody chose another
value. The default changes no update (see `config_keys`), but nobody here knows it. A pool shows it:
most owners leave it as it is. Only numbers and texts are taken for defaults. `true`, lists and
tables are how PEFT switches features on, and one popular tool may do that for many owners.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from recycling.adapters.peft_files import Json
from recycling.pool.config_keys import KNOWN_KEYS
from recycling.pool.inspection import Inspection

KNOWN_VERSION = (0, 21)
# So many owners, and this share of all owners with the key, must have the same value.
OWNERS, SHARE = 3, 0.75

Setting: TypeAlias = tuple[str, int | float | str]
"""A key with its value."""


def defaults(inspections: Iterable[Inspection]) -> frozenset[Setting]:
    """The settings that most owners of adapters of a newer PEFT have in common."""
    having: dict[str, set[str]] = defaultdict(set)
    agreeing: dict[Setting, set[str]] = defaultdict(set)
    for inspection in inspections:
        if not _newer(inspection.config):
            continue
        owner = inspection.listing.owner or inspection.listing.repo
        for key in set(inspection.config) - KNOWN_KEYS:
            having[key].add(owner)
        for setting in _settings(inspection.config):
            agreeing[setting].add(owner)
    return frozenset(
        setting
        for setting, owners in agreeing.items()
        if len(owners) >= max(OWNERS, SHARE * len(having[setting[0]]))
    )


def keys_at_default(config: Mapping[str, Json], known: frozenset[Setting]) -> set[str]:
    """The keys of a newer PEFT's config that have such a default."""
    return {key for key, value in _settings(config) if (key, value) in known and _newer(config)}


def _settings(config: Mapping[str, Json]) -> list[Setting]:
    return [
        (key, value)
        for key, value in config.items()
        if key not in KNOWN_KEYS
        and isinstance(value, int | float | str)
        and not isinstance(value, bool)
    ]


def _newer(config: Mapping[str, Json]) -> bool:
    found = re.match(r"(\d{1,4})\.(\d{1,4})", str(config.get("peft_version")), re.ASCII)
    return found is not None and (int(found[1]), int(found[2])) > KNOWN_VERSION
