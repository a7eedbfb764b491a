"""Merges of weights alone, at the widths of one layer of Llama-3.1-8B, against PEFT's.

What PEFT computes from factors is timed on all seven linear modules. Its types with `svd` decompose
the dense update, which takes minutes for the larger ones, so they are timed on `k_proj` alone.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import torch

from benchmarks import peft_merging
from benchmarks.case import OURS, Case, Growth, Rival, Run
from benchmarks.inputs import SEED, Inputs, random_factors
from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter, Factors
from recycling.merging.election import elected
from recycling.merging.problem import Merged, Problem
from recycling.merging.static import average, dare, task_arithmetic
from recycling.merging.ties import ties, ties_factors
from recycling.merging.truncation import at_rank

Updates = Mapping[str, Factors]
Differ = Callable[[Updates, Updates], float]
# A share of which PEFT, which rounds down, keeps as many entries as we do.
DENSITY = 0.25


def cases(inputs: Inputs) -> Iterator[Case]:
    """Each type of `add_weighted_adapter` with what we have in its place, by rank."""
    sizes = inputs.sizes
    everything, one = list(sizes.modules), [sizes.small_module]
    for rank in sizes.ranks:
        total = rank * sizes.merged

        def case(
            kind: str,
            modules: list[str],
            method: Callable[[Problem], Merged],
            same: bool = True,
            differ: Differ = difference,
            within: float = 1e-3,
            rank: int = rank,
            **options: Any,
        ) -> Case:
            theirs = partial(_peft, inputs, modules, rank, kind, options)
            rivals = {
                OURS: Rival(partial(_ours, inputs, modules, rank, method)),
                f"PEFT, {kind}": Rival(theirs, same),
            }
            where = "seven modules" if modules == everything else one[0].rpartition(".")[2]
            work = f"merge like {kind}, {where}, k = {sizes.merged}, r = {rank}"
            return Case(work, rivals, differ, within)

        yield case("cat", everything, task_arithmetic)
        # The sum of `a` times the sum of `b` has cross terms between adapters.
        yield case("linear", everything, average, same=False)
        yield case("ties", everything, partial(ties_factors, density=DENSITY), density=DENSITY)
        yield case("svd", one, partial(_summed_at, rank), svd_rank=rank)
        # Both save the summed rank of what has a higher one; ours is near-best.
        small = min(total, *sizes.modules[one[0]])
        yield case(
            "ties_svd",
            one,
            partial(ties, density=DENSITY),
            differ=partial(_excess, inputs, one[0], rank),
            within=0.05,
            density=DENSITY,
            svd_rank=small,
        )
        # Other entries are dropped in each.
        yield case(
            "dare_linear_svd",
            one,
            partial(dare, density=DENSITY),
            same=False,
            density=DENSITY,
            svd_rank=small,
        )
        yield _decomposition(inputs, one[0], rank)


def growths(inputs: Inputs) -> Iterator[Growth]:
    """How the seconds grow with rank, and those of `ties` in full space with adapters."""
    sizes = inputs.sizes
    one = [sizes.small_module]
    yield Growth(
        "sum and best approximation",
        "rank",
        sizes.growth["rank"],
        lambda rank: _ours(inputs, one, rank, partial(_summed_at, rank)),
    )
    yield Growth(
        "ties in full space",
        "adapters",
        sizes.growth["adapters"],
        lambda count: _ours(inputs, one, sizes.rank, ties, count),
    )


def difference(ours: Updates, theirs: Updates) -> float:
    """The relative Frobenius norm of the difference of two merges, without dense updates."""
    apart = size = 0.0
    for module, factors in ours.items():
        apart += lowrank.norm(lowrank.concatenate([factors, theirs[module].scaled(-1)])) ** 2
        size += lowrank.norm(factors) ** 2
    return float((apart / size) ** 0.5)


def _excess(inputs: Inputs, module: str, rank: int, ours: Updates, theirs: Updates) -> float:
    """By which share ours loses more than theirs does of the whole result of TIES."""
    dense = (adapter[module].delta() for adapter in _pool(inputs, [module], rank))
    whole = elected(dense, DENSITY)
    lost = [(whole - saved[module].delta()).norm() for saved in (ours, theirs)]
    # Where the summed rank is the full one, neither loses more than rounding.
    return float((lost[0] - lost[1]) / torch.maximum(lost[1], 1e-3 * whole.norm()))


def _summed_at(rank: int, problem: Problem) -> Merged:
    return at_rank(task_arithmetic(problem), rank)


def _pool(inputs: Inputs, modules: list[str], rank: int, count: int | None = None) -> list[Adapter]:
    shapes = inputs.sizes.modules
    return [
        Adapter(f"a{number}", {m: random_factors(rank, shapes[m], number, m) for m in modules})
        for number in range(count or inputs.sizes.merged)
    ]


def _ours(
    inputs: Inputs,
    modules: list[str],
    rank: int,
    method: Callable[[Problem], Merged],
    count: int | None = None,
) -> Run:
    problem = Problem(_pool(inputs, modules, rank, count), False, "", [], [], SEED)
    return lambda: method(problem).modules


def _peft(inputs: Inputs, modules: list[str], rank: int, kind: str, options: dict[str, Any]) -> Run:
    pool = _pool(inputs, modules, rank)
    weight = 1 / len(pool) if kind == "linear" else 1.0
    return peft_merging.prepare(pool, rank, kind, weight, options)


def _decomposition(inputs: Inputs, module: str, rank: int) -> Case:
    """The singular values of an update from its factors, and from the dense update."""
    pool = _pool(inputs, [module], rank)
    strongest = slice(rank)
    rivals = {
        OURS: Rival(lambda: lambda: lowrank.svd(pool[0][module])[1][strongest]),
        "dense SVD": Rival(
            lambda: (
                lambda: torch.linalg.svd(pool[0][module].delta(), full_matrices=False).S[strongest]
            )
        ),
    }
    work = f"SVD of one update, {module.rpartition('.')[2]}, r = {rank}"
    return Case(work, rivals, lambda one, two: float((one - two).norm() / one.norm()), 1e-4)
