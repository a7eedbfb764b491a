"""Arithmetic of the `a` and of the `b` apart; for comparison with what others do by that name.

It depends on the factors and not on the update alone: `(b R^-1)(R a)` is the same adapter for every
invertible R, and comes out as another one here.
"""

from collections.abc import Sequence

import torch

from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.merging.problem import Merged, Problem, require_one_rank, strengths


def average_factors(problem: Problem) -> Merged:
    """Mean of the `a` times mean of the `b`, as PEFT's `linear` and mttl's uniform rule merge.

    For comparison only. The product has cross terms, a share of 1 - 1/k of all its terms; they are
    small only where all adapters started from one `a`. The scale is part of `b`. O(k r d) per
    module.

    Raises InputError for a module that some adapter lacks or in which ranks differ.
    """
    remedy = "merge with average, which takes mixed ranks and absent modules"
    require_one_rank(problem, "average_factors", remedy, everywhere=True)
    modules = {
        module: _mean([factors for _, factors in problem.present(module)])
        for module in problem.modules
    }
    return Merged(modules, strengths(problem, [1 / len(problem.adapters)] * len(problem.adapters)))


def without_general(adapters: Sequence[Adapter], general: Sequence[Adapter]) -> list[Adapter]:
    """GenKnowSub as PEFT's `use_gks`: the mean general `a` and `b`, each subtracted from each side.

    For comparison only. This is no subtraction of the general update, whose factors enter with
    cross terms. From a common start the difference of the `a` holds no start any more, only what
    training did to it. O(k r d) per module.

    Raises InputError for adapters that differ in modules or in ranks.
    """
    found = {
        (module, factors.rank) for each in [*adapters, *general] for module, factors in each.items()
    }
    for each in [*adapters, *general]:
        if {(module, factors.rank) for module, factors in each.items()} != found:
            raise InputError(
                f"adapter {each.name}",
                "modules with ranks",
                sorted({module for module, _ in found}),
                "the same in all experts and general adapters",
                "leave `general` out of the rule, or train all with one recipe",
            )
    mean = {module: _mean([each[module] for each in general]) for module, _ in found}
    return [
        Adapter(
            each.name,
            {m: Factors(f.a - mean[m].a, f.b - mean[m].b) for m, f in each.items()},
        )
        for each in adapters
    ]


def _mean(parts: Sequence[Factors]) -> Factors:
    """The mean of the `a` and that of the `b`."""
    return Factors(
        torch.stack([factors.a for factors in parts]).mean(0),
        torch.stack([factors.b for factors in parts]).mean(0),
    )
