"""Open the base model of a study; PyTorch and transformers are loaded only then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import gpu
from recycling.ground.parts import key
from recycling.ground.tables import read_json

if TYPE_CHECKING:
    from recycling.model.base import Base

OWN = {"device": "cpu", "dtype": "float32"}


def identity(checksums: str | Path, runtime: str | Path) -> str:
    """A digest of all that decides what the base says: its files, and how it is run.

    `checksums` are those that `fetch_base` wrote of the files: to read them each time would take as
    long as to load the base.
    """
    return key(files=read_json(checksums), runtime=read_json(runtime))


def open_base(model: str | Path, runtime: str | Path) -> Base:
    """The base in `model`, run as the file `runtime` of `examine_base` says; on a GPU of its own.

    Call it before anything else asks torch for a GPU. With an empty `runtime`, for a base that the
    study has trained itself: exactly, on a processor.
    """
    chosen = read_json(runtime) if runtime else OWN
    if chosen["device"] == "cuda":
        gpu.take()
    # Imported here because merges of the weights alone never open the base.
    from recycling.model.base import load

    return load(model, **chosen)
