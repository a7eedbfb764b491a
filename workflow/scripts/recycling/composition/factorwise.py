"""Averaging of the `a` and of the `b` apart; for comparison with what others call an average."""

import torch

from recycling.adapters.format import Factors
from recycling.errors import InputError
from recycling.merging.problem import Merged, Problem, strengths


def average_factors(problem: Problem) -> Merged:
    """Mean of the `a` times mean of the `b`, as PEFT's `linear` and mttl's uniform rule merge.

    For comparison only. The product has cross terms, a share of 1 - 1/k of all its terms; they are
    small only where all adapters started from one `a`. The scale is part of `b`. O(k r d) per
    module.

    Raises InputError for a module that some adapter lacks or in which ranks differ.
    """
    modules = {}
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        shapes = sorted({factors.rank for factors in present})
        if len(shapes) > 1 or len(present) < len(problem.adapters):
            raise InputError(
                "merge average_factors",
                f"ranks in {module}",
                shapes,
                "one rank, in every adapter",
                "merge with average, which takes mixed ranks and absent modules",
            )
        modules[module] = Factors(
            torch.stack([factors.a for factors in present]).mean(0),
            torch.stack([factors.b for factors in present]).mean(0),
        )
    return Merged(modules, strengths(problem, [1 / len(problem.adapters)] * len(problem.adapters)))
