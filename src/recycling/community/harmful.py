"""Harmful versions of adapters that need no training."""

import numpy as np

from recycling.adapters.peft_files import BYTES
from recycling.community.defects import Files, read_tensors, with_tensors


def negated(files: Files) -> Files:
    """The adapter whose update is minus that of this one: every number of each `b` is negated.

    It makes a base worse at what the adapter has learnt (Ilharco et al., 2212.04089, negation).
    """
    tensors = {
        key: (dtype, shape, _negated(data, BYTES[dtype]) if ".lora_B." in key else data)
        for key, (dtype, shape, data) in read_tensors(files).items()
    }
    return with_tensors(files, tensors)


def _negated(data: bytes, size: int) -> bytes:
    """Little-endian floats of `size` bytes each with the other sign."""
    numbers = np.frombuffer(data, np.uint8).copy()
    # The sign is the highest bit of the last byte.
    numbers[size - 1 :: size] ^= 0x80
    return numbers.tobytes()
