"""What a shard holds, and what tells it from another; free of torch."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from recycling.ground import tables
from recycling.ground.parts import digest


class Stored(NamedTuple):
    """An adapter of a shard: its canonical file, and a digest of what it is."""

    file: Path
    identity: str


def adapters(shard: str | Path) -> dict[str, Stored]:
    """Adapter -> what the shard in a folder holds of it, ordered as its files are.

    The identity is that of its row in the shard's index and of its canonical file: other code may
    convert the same published weights otherwise, which their SHA-256 in the row does not show.
    """
    table = tables.read_table(Path(shard) / "index.tsv", "shard").astype(object)
    found = {}
    for row in table.to_dict("records"):
        if row["status"] == "accepted":
            file = Path(shard) / f"{row['adapter']}.safetensors"
            text = f"{sorted(row.items())!r} {digest(file)}"
            identity = hashlib.sha256(text.encode()).hexdigest()[:16]
            found[str(row["adapter"])] = Stored(file, identity)
    return dict(sorted(found.items(), key=lambda item: item[1].file))
