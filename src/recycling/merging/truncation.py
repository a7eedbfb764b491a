"""The best approximation of a merge by an adapter of lower rank."""

from dataclasses import replace

from recycling.adapters import lowrank
from recycling.adapters.canonical import Factors
from recycling.ground.errors import InputError
from recycling.merging.problem import Merged


def at_rank(merged: Merged, rank: int) -> Merged:
    """The merge with each update replaced by the nearest one of at most `rank` (Eckart-Young).

    `export_error` becomes the relative Frobenius error against the method's own result. What the
    method has left out of its factors is orthogonal to them, since it projects, so the squares of
    both losses add up. With R the rank of the merge it costs O(d R^2) per module, d = in + out.

    Raises InputError for a rank below 1, and for routed adapters, which are no single update.
    """
    if rank < 1:
        raise InputError("merge", "rank", rank, "at least 1", "correct the rank")
    if merged.routed:
        raise InputError(
            "merge",
            "rank",
            rank,
            "no rank for a method that keeps its adapters apart",
            "leave it out, or choose a method that gives one adapter",
        )
    modules: dict[str, Factors] = {}
    lost = total = 0.0
    for module, factors in merged.modules.items():
        squares = lowrank.singular_values(factors).square()
        lost, total = lost + float(squares[rank:].sum()), total + float(squares.sum())
        modules[module] = lowrank.truncate(factors, rank) if factors.rank > rank else factors
    share = lost / total if total else 0.0
    before = merged.export_error**2
    return replace(merged, modules=modules, export_error=(before + (1 - before) * share) ** 0.5)
