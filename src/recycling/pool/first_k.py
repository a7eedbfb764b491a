"""The adapters that a merge takes: the first k of a ranking, read from the pool's shards."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from recycling.adapters import canonical as adapters
from recycling.adapters.canonical import Adapter
from recycling.ground.errors import InputError
from recycling.ground.tables import read_table
from recycling.pool.shards import adapter_files


def files(ranking: str | Path, shards: Sequence[str | Path], k: int | Literal["all"]) -> list[Path]:
    """The files of the `k` best adapters, or of all that have a position, best first.

    Raises InputError when the ranking has fewer than `k`.
    """
    table = read_table(ranking, "ranking")
    names = table.loc[table["position"].notna(), "adapter"].tolist()
    k = len(names) if k == "all" else k
    if len(names) < k:
        raise InputError(
            "pool",
            "accepted adapters",
            len(names),
            f"at least k = {k}",
            "lower k, widen the pool or raise pool.max_per_owner",
        )
    found = adapter_files(shards)
    for name in names[:k]:
        if name not in found:
            raise InputError(
                "pool", "adapter", name, "a file in one of the shards", "run download_shard again"
            )
    return [found[name] for name in names[:k]]


def first(
    ranking: str | Path, shards: Sequence[str | Path], k: int | Literal["all"]
) -> list[Adapter]:
    """The adapters in these files."""
    return [adapters.read(file) for file in files(ranking, shards, k)]
