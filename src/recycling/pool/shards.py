"""One shard of the pool: fetched early, converted in order, kept when it is interrupted."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recycling.ground import tables
from recycling.hub.address import Hub
from recycling.hub.prefetch import prefetched
from recycling.pool.conversion import Fetched, Limits, convert, fetch
from recycling.pool.inspection import Inspection


def adapter_files(shards: Iterable[str | Path]) -> dict[str, Path]:
    """Adapter -> its canonical file, for all in the folders `shards`, ordered by name in each."""
    return {
        file.stem: file for shard in shards for file in sorted(Path(shard).glob("*.safetensors"))
    }


@contextmanager
def resuming(folder: Path, key: str) -> Iterator[Path]:
    """A hidden folder beside `folder`, which takes its place when the block ends without an error.

    Otherwise it stays, and the next run with the same `key` goes on in it; others start anew.
    """
    work = folder.with_name(f".{folder.name}.{key}")
    for other in folder.parent.glob(f".{folder.name}.*"):
        if other != work:
            shutil.rmtree(other)
    work.mkdir(parents=True, exist_ok=True)
    yield work
    shutil.rmtree(folder, ignore_errors=True)
    work.rename(folder)


def rows(
    hub: Hub,
    inspections: Iterable[Inspection],
    names: Mapping[str, str],
    modules: Collection[str],
    limits: Limits,
    work: Path,
) -> Iterator[dict[str, Any]]:
    """Rows of the table `shard`, and the canonical adapters in `work`.

    `names` is repository -> adapter; others of `inspections` are passed over. An adapter whose
    row lies in `work` is neither fetched nor converted again.
    """

    def begin(inspection: Inspection) -> dict[str, Any] | Fetched:
        listing = inspection.listing
        record = _record(work, names[listing.repo])
        if record.exists():
            row: dict[str, Any] = tables.read_json(record)
            if row["commit"] == listing.commit:
                return row
        return fetch(hub, listing, record.with_suffix(".raw"), limits)

    chosen = (inspection for inspection in inspections if inspection.listing.repo in names)
    for inspection, begun in prefetched(begin, chosen):
        if isinstance(begun, Fetched):
            name = names[inspection.listing.repo]
            begun = convert(inspection, begun, name, modules, limits, work)
            tables.write_json(begun, _record(work, name))
        yield begun


def forget(work: Path, names: Iterable[str]) -> None:
    """Remove what only an interrupted run needs."""
    for name in names:
        for file in work.glob(f".{name}.*"):
            file.unlink()


def _record(work: Path, name: str) -> Path:
    return work / f".{name}.json"
