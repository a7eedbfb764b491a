"""The directions that adapters span in a module, the strongest first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter, Factors


@dataclass(frozen=True)
class Span:
    """Directions of both sides of a module: `left: [out, p]` and `right: [in, q]`, in float64.

    `allowed` is how many entries a matrix between them may have trained, `dtype` the type of the
    adapters' factors.
    """

    left: torch.Tensor
    right: torch.Tensor
    allowed: int
    dtype: torch.dtype


class Spans:
    """The spans of adapters, found once for as long as the same adapters are asked for.

    So merges that follow one another and take the same adapters share them. Only adapters that are
    the same objects are the same.
    """

    def __init__(self) -> None:
        self._adapters: Sequence[Adapter] = ()
        self._found: dict[tuple[str, int], Span] = {}

    def of(self, adapters: Sequence[Adapter], module: str, rank: int) -> Span:
        """The strongest directions in `module`, so many that a LoRA of `rank` has as many numbers.

        They are the left singular vectors of all updates side by side and the right ones of all on
        top of each other. The adapters are read one after the other, and at most 2 (in^2 + out^2)
        numbers are held of them: see `lowrank.Columns`, which also says the cost. KeyError for a
        module that none of them changes.
        """
        if len(adapters) != len(self._adapters) or any(
            one is not other for one, other in zip(adapters, self._adapters, strict=True)
        ):
            self._adapters, self._found = tuple(adapters), {}
        if (module, rank) not in self._found:
            self._found[module, rank] = _strongest(adapters, module, rank)
        return self._found[module, rank]


def _strongest(adapters: Sequence[Adapter], module: str, rank: int) -> Span:
    sides, dtype = (lowrank.Columns(), lowrank.Columns()), None
    for adapter in adapters:
        # An adapter may lie on disk: what is read of it here is forgotten before the next is read.
        if module in adapter:
            factors = adapter[module]
            part = Factors(factors.a.double(), factors.b.double())
            sides[0].add(part)
            sides[1].add(Factors(part.b.T, part.a.T))
            dtype = factors.a.dtype
    if dtype is None:
        raise KeyError(module)
    left, right = (_above_rounding(*side.left_vectors()) for side in sides)
    allowed = rank * (len(left) + len(right))
    p, q = counts(left.shape[1], right.shape[1], allowed)
    # Copies: a view would hold all directions.
    return Span(left[:, :p].clone(), right[:, :q].clone(), allowed, dtype)


def _above_rounding(vectors: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return vectors[:, : lowrank.numerical_rank(values)]


def counts(left: int, right: int, allowed: int) -> tuple[int, int]:
    """How many of the directions are used on each side: as square as both spans allow.

    A matrix between them has `allowed` entries, or fewer where they have fewer.
    """
    if not left or not right:
        return 0, 0
    q = min(right, math.ceil(math.sqrt(allowed)))
    p = min(left, math.ceil(allowed / q))
    return p, min(right, math.ceil(allowed / p))
