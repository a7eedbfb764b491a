"""The rule of TIES on entries: trim each matrix, elect signs, average what agrees (2306.01708).

Matrices come one at a time and are read in blocks of rows that fit a processor's cache, so a few
matrices are held whatever their number.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from recycling.ground.errors import InputError

# Entries of a block: a few buffers of so many stay in the cache of a core.
BLOCK = 2**18
# Bits of a magnitude that are counted first; those below decide within one of their values.
COUNTED = 15


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
        """Count a matrix, trimmed to magnitudes above `smallest`, and the first `equal` at it."""
        for rows in _blocks(matrix):
            block = matrix[rows]
            bits = _magnitude(block)
            kept = bits > smallest
            if equal:
                ties = (bits == smallest).flatten().nonzero().flatten()[:equal]
                kept.view(-1)[ties] = True
                equal -= len(ties)
            trimmed = block.masked_fill(~kept, 0)
            self.total[rows] += trimmed
            self.votes_above[rows] += trimmed > 0
            self.votes_below[rows] += trimmed < 0
            self.above[rows] += trimmed.clamp(min=0)
            self.below[rows] += trimmed.clamp(max=0)

    def counted(self) -> torch.Tensor:
        """The mean of what agrees with the sign of the sum, entry by entry; zero without one."""
        for rows in _blocks(self.total):
            total = self.total[rows]
            above = self.above[rows] / self.votes_above[rows].clamp(min=1)
            below = self.below[rows] / self.votes_below[rows].clamp(min=1)
            merged = torch.where(total > 0, above, below)
            self.total[rows] = merged.masked_fill(total == 0, 0)
        return self.total


def _smallest_kept(matrix: torch.Tensor, keep: int) -> tuple[int, int]:
    """The bits of the `keep`-th largest magnitude, and how many entries of that one are kept.

    Magnitudes rise with their bits. A histogram of the upper bits finds the few that the lower
    ones must be compared of.
    """
    size = 8 * matrix.element_size()
    shift = size - 1 - min(COUNTED, size - 1)
    counts = torch.zeros(2 ** min(COUNTED, size - 1), dtype=torch.int64)
    for rows in _blocks(matrix):
        upper = (_magnitude(matrix[rows]) >> shift).flatten()
        counts += torch.bincount(upper, minlength=len(counts))
    from_top = counts.flip(0).cumsum(0)
    place = int(torch.searchsorted(from_top, keep))
    wanted = keep - (int(from_top[place - 1]) if place else 0)
    bucket = len(counts) - 1 - place
    parts = []
    for rows in _blocks(matrix):
        bits = _magnitude(matrix[rows])
        parts.append(bits[(bits >> shift) == bucket])
    inside = torch.cat(parts)
    smallest = int(inside.kthvalue(len(inside) - wanted + 1).values)
    return smallest, wanted - int((inside > smallest).sum())


def _magnitude(block: torch.Tensor) -> torch.Tensor:
    """The bits of the entries without their signs, as integers."""
    kind = {2: torch.int16, 4: torch.int32, 8: torch.int64}[block.element_size()]
    return block.contiguous().view(kind) & torch.iinfo(kind).max


def _blocks(matrix: torch.Tensor) -> Iterator[slice]:
    rows = max(1, BLOCK // max(1, matrix.shape[1]))
    for start in range(0, matrix.shape[0], rows):
        yield slice(start, start + rows)
