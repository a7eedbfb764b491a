"""The rule of TIES on entries: trim each matrix, elect signs, average what agrees (2306.01708).

Matrices come one at a time and are read in blocks of rows that fit a processor's cache, so a few
matrices are held whatever their number.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from recycling.ground.errors import InputError

# Entries of a block: a few buffers of so many stay in the cache of a core.
BLOCK = 2**16
# One entry of so many is looked at to foretell where the smallest kept one lies. A prime, so that
# the sample takes turns in the columns of nearly every matrix.
SAMPLED = 61
# The sampled place is this many standard errors off at most, or all entries are looked at again.
ERRORS = 5


def elected(matrices: Iterable[torch.Tensor], density: float) -> torch.Tensor:
    """The merge of matrices of one shape, of each the `round(density * n)` largest entries.

    Of entries with equal magnitudes the first are kept, row by row. O(entries) for each matrix.
    Raises InputError for a density outside [0, 1].
    """
    if not 0 <= density <= 1:
        raise InputError(
            "merge ties", "density", density, "a share between 0 and 1", "correct the arm"
        )
    votes: _Votes | None = None
    for matrix in matrices:
        votes = votes or _Votes.none(matrix)
        keep = round(density * matrix.numel())
        if keep:
            votes.add(matrix, *_smallest_kept(matrix, keep))
    assert votes is not None, "a module has an adapter"
    return votes.counted()


@dataclass(frozen=True)
class _Votes:
    """Sums by entry, and how many matrices are above and below zero there."""

    total: torch.Tensor
    above: torch.Tensor
    below: torch.Tensor
    votes_above: torch.Tensor
    votes_below: torch.Tensor

    @staticmethod
    def none(like: torch.Tensor) -> "_Votes":
        zeros = [torch.zeros_like(like) for _ in range(3)]
        return _Votes(*zeros, *(torch.zeros_like(like, dtype=torch.int16) for _ in range(2)))

    def add(self, matrix: torch.Tensor, smallest: int, equal: int) -> None:
        """Count a matrix, trimmed to magnitudes above `smallest`, and the first `equal` at it.

        Masks are numbers of the matrix' own format: arithmetic with booleans is several times
        slower than all the rest.
        """
        largest_dropped = _as_magnitude(smallest, matrix)
        for rows in blocks(matrix):
            block = matrix[rows].contiguous()
            trimmed = functional.hardshrink(block, largest_dropped)
            if equal:
                ties = (_magnitude(block) == smallest).flatten().nonzero().flatten()[:equal]
                trimmed.view(-1)[ties] = block.view(-1)[ties]
                equal -= len(ties)
            votes = torch.empty_like(trimmed, dtype=self.votes_above.dtype)
            self.total[rows] += trimmed
            self.votes_above[rows] += torch.gt(trimmed, 0, out=votes)
            self.votes_below[rows] += torch.lt(trimmed, 0, out=votes)
            self.above[rows] += trimmed.clamp(min=0)
            self.below[rows] += trimmed.clamp(max=0)

    def counted(self) -> torch.Tensor:
        """The mean of what agrees with the sign of the sum, entry by entry; zero without one."""
        for rows in blocks(self.total):
            total = self.total[rows]
            above = self._mean(self.above[rows], self.votes_above[rows])
            below = self._mean(self.below[rows], self.votes_below[rows])
            wins = torch.empty_like(total)
            above.mul_(torch.gt(total, 0, out=wins))
            below.mul_(torch.lt(total, 0, out=wins))
            self.total[rows] = above.add_(below)
        return self.total

    @staticmethod
    def _mean(total: torch.Tensor, votes: torch.Tensor) -> torch.Tensor:
        return total / votes.clamp(min=1).to(total.dtype)


def _smallest_kept(matrix: torch.Tensor, keep: int) -> tuple[int, int]:
    """The bits above which magnitudes are kept, and how many entries with just these bits are.

    These are the bits of the `keep`-th largest magnitude where not all entries that have it are
    kept, else the next below. Magnitudes rise with their bits. A sample tells between which two the
    wanted one lies; the entries above are counted, those between are compared.
    """
    low, high = _bracket(matrix, keep)
    while True:
        above, parts = 0, []
        for rows in blocks(matrix):
            bits = _magnitude(matrix[rows]).numpy()
            above += int(np.count_nonzero(bits > high))
            parts.append(bits[(bits >= low) & (bits <= high)])
        inside, wanted = np.concatenate(parts), keep - above
        if 0 < wanted <= len(inside):
            break
        low, high = _EVERY  # the sample misled
    place = len(inside) - wanted
    smallest = int(np.partition(inside, place)[place])
    equal = wanted - int(np.count_nonzero(inside > smallest))
    if equal == np.count_nonzero(inside == smallest) and smallest:
        return smallest - 1, 0
    return smallest, equal


_EVERY = (0, np.iinfo(np.int64).max)


def _bracket(matrix: torch.Tensor, keep: int) -> tuple[int, int]:
    """Bits between which those of the `keep`-th largest magnitude lie, as a sample tells."""
    sample = np.sort(_magnitude(matrix.flatten()[::SAMPLED]).numpy())
    share = keep / matrix.numel()
    place = len(sample) * (1 - share)
    off = 1 + ERRORS * (len(sample) * share * (1 - share)) ** 0.5
    first, last = int(place - off), int(place + off) + 1
    low = int(sample[first]) if first >= 0 else _EVERY[0]
    return low, int(sample[last]) if last < len(sample) else _EVERY[1]


def _as_magnitude(bits: int, like: torch.Tensor) -> float:
    """The number, in the format of `like`, that has these bits."""
    kind = _INTEGERS[like.element_size()]
    return torch.tensor([bits], dtype=kind).view(like.dtype).item()


_INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}


def _magnitude(block: torch.Tensor) -> torch.Tensor:
    """The bits of the entries without their signs, as integers."""
    kind = _INTEGERS[block.element_size()]
    return block.contiguous().view(kind) & torch.iinfo(kind).max


def blocks(matrix: torch.Tensor) -> Iterator[slice]:
    """The rows of a matrix in turn, as many at a time as fit a processor's cache."""
    rows = max(1, BLOCK // max(1, matrix.shape[1]))
    for start in range(0, matrix.shape[0], rows):
        yield slice(start, start + rows)
