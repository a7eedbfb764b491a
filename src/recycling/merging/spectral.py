"""Merges by singular values and vectors.

`tsv` makes the singular vectors of the adapters orthogonal before it adds them up; `iso_c` gives
all directions of the sum the same strength. The SVD is taken from the factors by QR, never of a
dense `[out, in]`, and in float64. Directions whose singular value is zero up to rounding are cut:
their vectors are arbitrary, and both methods would give them as much weight as the others.
"""

import torch

from recycling.adapters import lowrank
from recycling.adapters.canonical import Factors
from recycling.ground.errors import InputError
from recycling.merging.problem import Merged, Problem, strengths


def tsv(problem: Problem, *, keep: int | None = None, scale: float = 1.0) -> Merged:
    """Task singular vectors, TSV-M (Gargiulo et al., 2412.00081, "TSV-Merge").

    Per module: the `keep` strongest singular triplets of each update, all by default; the left
    vectors of all adapters side by side are replaced by their polar factor, the nearest orthonormal
    set, likewise the right ones; the result is `scale * u diag(s) v'`. Exact at rank sum_i r_i.
    The paper keeps d/k triplets, which cuts nothing of a LoRA with r <= d/k. Vectors that are
    linearly dependent get the polar factor of least norm, where the paper's choice among many is
    left to rounding; hence a merge of copies is the copy. With R = sum_i r_i it costs O(d R^2) per
    module.

    Raises InputError for `keep` below 1.
    """
    if keep is not None and keep < 1:
        raise InputError("merge tsv", "keep", keep, "at least 1", "correct the arm or remove it")
    modules = {}
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        triplets = [_triplets(factors, keep) for factors in present]
        u, s, v = (torch.cat(parts, -1) for parts in zip(*triplets, strict=True))
        modules[module] = _in_precision_of(present[0], _polar(v).T, scale * _polar(u) * s)
    return Merged(modules, strengths(problem, [scale] * len(problem.adapters)))


def iso_c(problem: Problem, *, scale: float = 1.0) -> Merged:
    """Isotropic merging in the common subspace, Iso-C (Marczak et al., 2502.04959, "Iso-C").

    Per module: every singular value of the summed update is replaced by their mean, times `scale`.
    Exact at rank sum_i r_i. The mean is over the directions that the sum has, where the paper's is
    over all min(in, out): a low-rank sum has no other directions, and an SVD would fill them with
    arbitrary ones. With R = sum_i r_i it costs O(d R^2) per module.
    """
    modules = {}
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        u, s, v = _triplets(lowrank.concatenate(present), None)
        modules[module] = _in_precision_of(present[0], v.T, scale * s.sum() / max(len(s), 1) * u)
    return Merged(modules, strengths(problem, [scale] * len(problem.adapters)))


def _triplets(
    factors: Factors, keep: int | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The strongest singular triplets that are above rounding: `u: [out, n]`, `s`, `v: [in, n]`."""
    u, s, vt = lowrank.svd(Factors(factors.a.double(), factors.b.double()))
    kept = lowrank.numerical_rank(s)
    kept = kept if keep is None else min(kept, keep)
    return u[:, :kept], s[:kept], vt[:kept].T


def _polar(vectors: torch.Tensor) -> torch.Tensor:
    """The partial isometry of the polar decomposition: singular values 1, or 0 where dependent."""
    u, s, vt = torch.linalg.svd(vectors, full_matrices=False)
    kept = lowrank.numerical_rank(s)
    isometry: torch.Tensor = u[:, :kept] @ vt[:kept]
    return isometry


def _in_precision_of(source: Factors, a: torch.Tensor, b: torch.Tensor) -> Factors:
    return Factors(a.to(source.a.dtype), b.to(source.b.dtype))
