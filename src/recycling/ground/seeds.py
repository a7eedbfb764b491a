"""Random streams, one for each named purpose, all derived from the study's seed.

A stream depends on its names alone, never on the order in which streams are made, so adding an
arm or a task leaves every other number of a study unchanged.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive(root: int, *purpose: str | int) -> int:
    """A seed in [0, 2**63) for `purpose`, stable across processes, machines and versions."""
    name = "\x1f".join([str(root), *map(str, purpose)])
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 1


def numpy_generator(root: int, *purpose: str | int) -> np.random.Generator:
    """A NumPy generator for `purpose`."""
    return np.random.default_rng(derive(root, *purpose))


def torch_generator(root: int, *purpose: str | int) -> torch.Generator:
    """A CPU generator of torch for `purpose`; draw on the CPU, then move to the device."""
    import torch

    return torch.Generator().manual_seed(derive(root, *purpose))
