"""What a shard holds, without reading a weight; free of torch."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from recycling.ground import tables


class Stored(NamedTuple):
    """An adapter of a shard: its canonical file, and a digest of what it is."""

    file: Path
    identity: str


def adapters(shard: str | Path) -> dict[str, Stored]:
    """Adapter -> what the shard in a folder holds of it, ordered as its files are.

    The identity is that of its row in the shard's index. The row has the SHA-256 of the published
    weights, and the rank, the alpha and the norm of the update as it was read from them.
    """
    table = tables.read_table(Path(shard) / "index.tsv", "shard").astype(object)
    found = {
        str(row["adapter"]): Stored(
            Path(shard) / f"{row['adapter']}.safetensors",
            hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:16],
        )
        for row in table.to_dict("records")
        if row["status"] == "accepted"
    }
    return dict(sorted(found.items(), key=lambda item: item[1].file))
