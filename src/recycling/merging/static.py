"""Sums of updates with weights that depend on no data.

All work on updates `delta = b @ a`, never on the factors apart: averaging `a` and `b` separately
brings in cross terms between strangers' adapters.
"""

import torch

from recycling.adapters import lowrank
from recycling.adapters.canonical import Factors
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.merging.election import blocks
from recycling.merging.problem import ExportLoss, Merged, Problem, strengths, weighted


def alone(problem: Problem) -> Merged:
    """The one adapter as it is."""
    if len(problem.adapters) != 1:
        raise InputError(
            "merge none",
            "adapters",
            len(problem.adapters),
            "exactly one",
            "set the arm's k to 1 without fresh, or choose a merging method",
        )
    return weighted(problem, [1.0])


def average(problem: Problem) -> Merged:
    """Mean update `(1/n) sum_i delta_i`, exact at rank sum_i r_i; absent modules count as zero."""
    return weighted(problem, [1 / len(problem.adapters)] * len(problem.adapters))


def task_arithmetic(problem: Problem, *, scale: float = 1.0) -> Merged:
    """Scaled sum `scale * sum_i delta_i` (Ilharco et al., 2212.04089, section 2).

    Exact at rank sum_i r_i, by copying factors: O(d sum_i r_i) per module, d = in + out.
    """
    return weighted(problem, [scale] * len(problem.adapters))


def dare(problem: Problem, *, density: float = 0.5, scale: float = 1.0) -> Merged:
    """Drop and rescale, then the scaled sum (Yu et al., 2311.03099, "DARE").

    Each entry of each dense update is kept with probability `density` and divided by it, else set
    to zero, so the expectation is that of `task_arithmetic`. The result is not low rank; it is
    exported at the summed rank of its sources, near-best, with the error stated. The drop adds
    noise of `(1 - density) / density` times the squared norms of the updates, and the error is the
    part of it that the export undoes. Updates are held two at a time; O(in out sum_i r_i) per
    module.

    Raises InputError for a density outside (0, 1]: at 0 no rescaling keeps the expectation.
    """
    if not 0 < density <= 1:
        raise InputError(
            "merge dare", "density", density, "a share above 0 and up to 1", "correct the arm"
        )
    modules, error = {}, ExportLoss()
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        delta = present[0].b.new_zeros(len(present[0].b), present[0].a.shape[1])
        for adapter, factors in problem.present(module):
            # A stream for each adapter by name, so their order does not matter.
            name = problem.adapters[adapter].name
            generator = seeds.torch_generator(problem.seed, "dare", name, module)
            delta += _dropped(factors, density, generator).mul_(scale)
        generator = seeds.torch_generator(problem.seed, "dare export", module)
        rank = sum(factors.rank for factors in present)
        modules[module] = lowrank.approximate(delta, rank, generator)
        error.add(delta, modules[module])
    weights = [scale] * len(problem.adapters)
    return Merged(modules, strengths(problem, weights), export_error=error.relative)


def _dropped(factors: Factors, density: float, generator: torch.Generator) -> torch.Tensor:
    """The dense update, of which each entry is kept with a probability of `density`, rescaled."""
    delta = factors.delta()
    # Blocks together take the same numbers from the stream as one draw. The mask is a number: to
    # fill by a mask of booleans takes several times as long.
    for rows in blocks(delta):
        block = delta[rows]
        drawn = torch.rand(block.shape, generator=generator, dtype=torch.float32)
        kept = torch.lt(drawn, density, out=torch.empty_like(block))
        block.div_(density).mul_(kept)
    return delta
