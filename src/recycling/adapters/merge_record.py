"""The record of a merge: which adapters went in, by which method, at what cost; free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recycling.adapters.canonical import Adapter

Detail = bool | int | float | str
"""What a merging method may note of a run besides the fields that all methods have."""


@dataclass(frozen=True)
class Source:
    """An adapter that went into a merge; a field is empty where it does not apply.

    `repo`, `commit`, `licence` and `owner` are those of its repository; `twin_of` is the name of
    the adapter whose random twin it is.
    """

    name: str
    repo: str = ""
    commit: str = ""
    licence: str = ""
    owner: str = ""
    twin_of: str = ""


def source(adapter: Adapter) -> Source:
    """An adapter as the source of a merge."""
    keys = ("repo", "commit", "licence", "owner", "twin_of")
    return Source(adapter.name, **{key: adapter.source.get(key, "") for key in keys})


@dataclass(frozen=True)
class MergeRecord:
    """What `merge.json` holds of the merge of an arm.

    `tokens` counts those that the base read for it. `rank` is the largest of any module.
    `export_error` is the relative Frobenius error of the saved adapter against the method's result.
    """

    arm: str
    method: str
    sources: tuple[Source, ...]
    tokens: int
    rank: int
    export_error: float
    details: Mapping[str, Detail]
