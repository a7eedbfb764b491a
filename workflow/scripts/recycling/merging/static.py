"""Merges that look at weights alone.

All work on updates `delta = b @ a`, never on the factors apart: averaging `a` and `b` separately
brings in cross terms between strangers' adapters.
"""

import torch

from recycling import seeds
from recycling.adapters import lowrank
from recycling.adapters.format import Factors
from recycling.errors import InputError
from recycling.merging.problem import Coefficient, Merged, Problem, weighted


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


def ties(problem: Problem, *, density: float = 0.2, scale: float = 1.0) -> Merged:
    """TIES-merging of the full updates (Yadav et al., 2306.01708, section 3).

    Per module: trim each update to its `density` largest entries by magnitude, elect for each
    entry the sign of the sum of trimmed entries, average the entries that agree with it, and
    multiply by `scale`. The result is not low rank; it is exported at the summed rank of its
    sources, near-best, with the error stated.
    """
    generator = seeds.torch_generator(problem.seed, "ties")
    modules, squared_error, squared_norm = {}, 0.0, 0.0
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        delta = scale * _elected([factors.delta() for factors in present], density)
        rank = sum(factors.rank for factors in present)
        modules[module] = lowrank.approximate(delta, rank, generator)
        squared_error += (delta - modules[module].delta()).square().sum().item()
        squared_norm += delta.square().sum().item()
    return Merged(
        modules,
        _as_chosen(problem),
        export_error=(squared_error / squared_norm) ** 0.5 if squared_norm else 0.0,
    )


def ties_span(problem: Problem, *, density: float = 0.2, scale: float = 1.0) -> Merged:
    """TIES-merging in the space that the adapters' factors span; exact at rank sum_i r_i.

    Each update is written in the left singular vectors of all updates side by side and the right
    ones of all on top of each other, and the small cores are merged entry by entry: the core space
    of 2509.17786, in a basis that no split into factors changes. Another rule than `ties`: its
    entries are directions, not weights.
    """
    modules = {}
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        # With orthonormal rows in place of each `a` the stack has the same left singular vectors.
        lefts = torch.cat([f.b @ torch.linalg.qr(f.a.T).R.T for f in present], 1)
        rights = torch.cat([torch.linalg.qr(f.b).R @ f.a for f in present])
        u = torch.linalg.svd(lefts, full_matrices=False).U
        vt = torch.linalg.svd(rights, full_matrices=False).Vh
        cores = [(u.T @ factors.b) @ (factors.a @ vt.T) for factors in present]
        modules[module] = Factors(vt, u @ (scale * _elected(cores, density)))
    return Merged(modules, _as_chosen(problem))


def _as_chosen(problem: Problem) -> list[Coefficient]:
    """TIES has no coefficients; the table still says which sources went in, each at 1."""
    return [Coefficient(adapter.name, "*", None, 1.0) for adapter in problem.adapters]


def _elected(matrices: list[torch.Tensor], density: float) -> torch.Tensor:
    if not 0 <= density <= 1:
        raise InputError(
            "merge ties", "density", density, "a share between 0 and 1", "correct the arm"
        )
    trimmed = torch.stack([_trimmed(matrix, density) for matrix in matrices])
    sign = trimmed.sum(0).sign()
    agreeing = torch.where(trimmed.sign() == sign, trimmed, torch.zeros(()))
    return agreeing.sum(0) / (agreeing != 0).sum(0).clamp(min=1)


def _trimmed(matrix: torch.Tensor, density: float) -> torch.Tensor:
    keep = round(density * matrix.numel())
    if keep == 0:
        return torch.zeros_like(matrix)
    threshold = matrix.abs().flatten().kthvalue(matrix.numel() - keep + 1).values
    return torch.where(matrix.abs() >= threshold, matrix, torch.zeros(()))
