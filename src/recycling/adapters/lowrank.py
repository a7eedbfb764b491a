"""Norms, sums and singular values of updates `b @ a`, computed from their factors.

No dense `[out, in]` matrix is formed, and where a function is not given one it costs O(d r^2) per
module, with rank r and d = in + out.
"""

import math
from collections.abc import Mapping, Sequence

import torch

from recycling.adapters.canonical import Factors


def inner(left: Factors, right: Factors) -> float:
    """Frobenius inner product <left, right> by the Gram trick, summed in float64."""
    product = (left.b.double().T @ right.b.double()) * (left.a.double() @ right.a.double().T)
    return float(product.sum())


def norm(factors: Factors) -> float:
    """Frobenius norm of one update."""
    return math.sqrt(max(inner(factors, factors), 0.0))


def total_norm(modules: Mapping[str, Factors]) -> float:
    """Frobenius norm over all modules."""
    return math.sqrt(sum(max(inner(factors, factors), 0.0) for factors in modules.values()))


def concatenate(parts: Sequence[Factors]) -> Factors:
    """The exact sum of updates of one module; its rank is the sum of the ranks."""
    return Factors(torch.cat([part.a for part in parts]), torch.cat([part.b for part in parts], 1))


def svd(factors: Factors) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Thin SVD of the update: `u: [out, r]`, `s: [r]` falling, `vt: [r, in]`.

    QR of both factors, then the SVD of the small core. Directions beyond min(out, in) are cut.
    """
    q_b, r_b = torch.linalg.qr(factors.b)
    q_a, r_a = torch.linalg.qr(factors.a.T)
    u, s, vt = torch.linalg.svd(r_b @ r_a.T, full_matrices=False)
    return q_b @ u, s, vt @ q_a.T


def singular_values(factors: Factors) -> torch.Tensor:
    """Singular values `[r]` of the update, falling, in float64 from the small core."""
    r_b = torch.linalg.qr(factors.b.double(), mode="r").R
    r_a = torch.linalg.qr(factors.a.double().T, mode="r").R
    values: torch.Tensor = torch.linalg.svdvals(r_b @ r_a.T)
    return values


def left_vectors(parts: Sequence[Factors]) -> tuple[torch.Tensor, torch.Tensor]:
    """Left singular vectors `[out, n]` and values `[n]` of all updates side by side.

    The right ones of updates on top of each other are those of `Factors(b.T, a.T)`. With
    R = sum_i r_i it costs O(d R^2).
    """
    # With orthonormal rows in place of each `a` the stack has the same left singular vectors.
    stack = torch.cat([part.b @ torch.linalg.qr(part.a.T).R.T for part in parts], 1)
    u, s, _ = torch.linalg.svd(stack, full_matrices=False)
    return u, s


def numerical_rank(values: torch.Tensor) -> int:
    """How many of the falling singular `values` are above the rounding of float32 input."""
    rounding = len(values) * torch.finfo(torch.float32).eps
    return int((values > rounding * values[:1]).sum())


def truncate(factors: Factors, rank: int) -> Factors:
    """The best update of at most `rank` (Eckart-Young), singular values shared by both sides."""
    u, s, vt = svd(factors)
    root = s[:rank].sqrt()
    return Factors(root[:, None] * vt[:rank], u[:, :rank] * root)


def approximate(delta: torch.Tensor, rank: int, generator: torch.Generator) -> Factors:
    """Near-best factors of a dense `delta: [out, in]` by randomised subspace iteration.

    Halko, Martinsson and Tropp (2011), algorithm 4.4 with three power steps and ten extra
    directions. Exact when `rank` reaches the rank of `delta`.
    """
    width = min(rank + 10, *delta.shape)
    probe = torch.randn(delta.shape[1], width, generator=generator).to(delta)
    basis = torch.linalg.qr(delta @ probe).Q
    for _ in range(3):
        basis = torch.linalg.qr(delta @ torch.linalg.qr(delta.T @ basis).Q).Q
    return truncate(Factors(basis.T @ delta, basis), min(rank, *delta.shape))
