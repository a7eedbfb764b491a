"""Orders in which each of several values comes as often as its count says."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def blocks(counts: Mapping[T, int], generator: np.random.Generator) -> list[T]:
    """Each key as often as its count says, side by side; the blocks in a drawn order."""
    keys = list(counts)
    return [keys[i] for i in generator.permutation(len(keys)) for _ in range(counts[keys[i]])]


def evenly(size: int, generator: np.random.Generator) -> list[int]:
    """All places of a line, begun at a drawn one, in the order of van der Corput's sequence (1935).

    The first n of it lie in any stretch of the line in proportion to its length, give or take one
    or two.
    """
    bits = max(1, (size - 1).bit_length())
    start = int(generator.integers(size))
    reversed_ = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(2**bits))
    return [(place + start) % size for place in reversed_ if place < size]


def spread(values: Sequence[T], counts: Sequence[int], generator: np.random.Generator) -> list[T]:
    """Each value as often as its count says, at about equal distances."""
    placed = [
        ((number + generator.random()) / count, i)
        for i, count in enumerate(counts)
        for number in range(count)
    ]
    return [values[i] for _, i in sorted(placed)]


def apportioned(shares: Sequence[float], total: int) -> list[int]:
    """Whole numbers in proportion to `shares` with the sum `total`, by largest remainders."""
    exact = [share / sum(shares) * total for share in shares]
    whole = [int(number) for number in exact]
    rest = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for i in rest[: total - sum(whole)]:
        whole[i] += 1
    return whole
