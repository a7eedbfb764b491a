"""An adapter that is read from disk while the base computes with another."""

from dataclasses import replace
from pathlib import Path

import torch

from recycling.adapters import canonical
from recycling.adapters.canonical import Adapter, Factors
from recycling.model.base import Base


def read(base: Base, path: str | Path) -> Adapter:
    """The canonical adapter in a file, in the number format of `base` and in memory of its own.

    A file is mapped into memory and read from disk when its numbers are first used; here they are
    copied, so that they are there when the base wears the adapter. Beside a GPU the copy lies in
    pinned memory, from which the GPU fetches while it computes.
    """
    return beside(base, canonical.read(path))


def beside(base: Base, adapter: Adapter) -> Adapter:
    """A copy of an adapter in the number format of `base`, in pinned memory beside a GPU."""
    modules = {name: copied(base, factors) for name, factors in adapter.items()}
    return replace(adapter, modules=modules)


def copied(base: Base, factors: Factors) -> Factors:
    """The same for one module."""
    return Factors(_copied(base, factors.a), _copied(base, factors.b))


def _copied(base: Base, side: torch.Tensor) -> torch.Tensor:
    copy = side.to(base.model.dtype, copy=True)
    return copy.pin_memory() if base.device.type == "cuda" else copy
