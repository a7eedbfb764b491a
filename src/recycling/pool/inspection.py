"""What is known of a candidate before any weight is fetched: its config and its header."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from recycling.adapters import peft_files
from recycling.adapters.peft_files import AdapterFileError, Entry
from recycling.ground.tables import reading, replacing
from recycling.hub.address import Hub, HubError, Listing
from recycling.hub.guard import guarded

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
CONFIG_BYTES, HEADER_BYTES = 100_000, 1_000_000
# The header of an 8B base with LoRA on all linear modules takes about 50 kB: one request.
FIRST_BYTES = 100_000


@dataclass(frozen=True)
class Inspection:
    """A listing with its config and header; `problem` is a reason code when a read failed."""

    listing: Listing
    config: dict[str, Any]
    tensors: dict[str, Entry]
    problem: str = ""
    detail: str = ""


def inspect(hub: Hub, listing: Listing) -> Inspection:
    """Read the config and the header of a listed repository, at most 3 bounded requests.

    Whatever the files hold, this returns. Repositories without both files are not read.
    """
    if listing.problem or not {CONFIG, WEIGHTS} <= set(listing.files):
        return Inspection(listing, {}, {})
    try:
        with guarded(listing.repo):
            return _inspected(hub, listing)
    except HubError as error:
        return Inspection(listing, {}, {}, error.reason, error.detail)


def _inspected(hub: Hub, listing: Listing) -> Inspection:
    repo, commit = listing.repo, listing.commit
    config: dict[str, Any] = {}
    try:
        config = peft_files.parse_config(_content(hub.read(repo, commit, CONFIG, CONFIG_BYTES)))
        data, size = hub.read_range(repo, commit, WEIGHTS, 0, FIRST_BYTES)
        _content(data)
        listing = replace(listing, files=listing.files | {WEIGHTS: size})
        end = peft_files.header_end(data, size, HEADER_BYTES)
        if end > len(data):
            data += hub.read_range(repo, commit, WEIGHTS, len(data), end)[0]
        return Inspection(listing, config, peft_files.parse_header(data, size))
    except (AdapterFileError, HubError) as error:
        return Inspection(listing, config, {}, error.reason, error.detail)


def _content(data: bytes) -> bytes:
    """The bytes themselves, unless they only say where Git LFS has the file."""
    if data.startswith(b"version https://git-lfs"):
        raise AdapterFileError("lfs_pointer", "found a Git LFS pointer, expected the file itself")
    return data


def write(inspections: Iterable[Inspection], path: str | Path) -> None:
    """Write one JSON object per line, one inspection at a time."""
    with replacing(path) as temporary, temporary.open("w") as lines:
        for inspection in inspections:
            lines.write(json.dumps(asdict(inspection)) + "\n")


def read(path: str | Path) -> Iterator[Inspection]:
    """The inspections that `write` wrote, one at a time."""
    with reading(path), Path(path).open() as lines:
        for line in lines:
            record = json.loads(line)
            found = record.pop("listing")
            listing = Listing(**found | {"tags": tuple(found["tags"])})
            tensors = {
                key: Entry(dtype, tuple(shape)) for key, (dtype, shape) in record["tensors"].items()
            }
            yield Inspection(**record | {"listing": listing, "tensors": tensors})
