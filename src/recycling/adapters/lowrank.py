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
    stack = torch.cat([_columns(part) for part in parts], 1)
    u, s, _ = torch.linalg.svd(stack, full_matrices=False)
    return u, s


def _columns(part: Factors) -> torch.Tensor:
    """Columns `[out, r]` with the left singular vectors and the values of the update."""
    columns: torch.Tensor = part.b @ torch.linalg.qr(part.a.T).R.T
    return columns


class Columns:
    """Updates side by side, of which one after the other is added and then forgotten.

    However many there are, at most 2 out^2 numbers are held: the columns of the updates as long as
    these are no more than rows, then their Gram matrix. All costs O(d R min(out, R) + out^3), with
    R = sum_i r_i. Give it float64, since a Gram matrix squares what is large and what is small.
    """

    def __init__(self) -> None:
        self._held: list[torch.Tensor] = []
        self._gram: torch.Tensor | None = None

    def add(self, part: Factors) -> None:
        """Put an update beside the others."""
        columns = _columns(part)
        if sum(held.shape[1] for held in self._held) + columns.shape[1] > len(columns):
            self._fold()
        self._held.append(columns)

    def left_vectors(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Left singular vectors `[out, n]` and values `[n]` of all, as those of `left_vectors`.

        Values below 1e-7 of the first are rounding where the Gram matrix is held.
        """
        if self._gram is None:
            u, s, _ = torch.linalg.svd(torch.cat(self._held, 1), full_matrices=False)
            return u, s
        self._fold()
        squares, u = torch.linalg.eigh(self._gram)
        return u.flip(1), squares.flip(0).clamp(min=0).sqrt()

    def _fold(self) -> None:
        """Put the held columns into the Gram matrix."""
        if self._held:
            stack = torch.cat(self._held, 1)
            gram = stack @ stack.T
            self._gram = gram if self._gram is None else self._gram.add_(gram)
            self._held = []


def largest_vectors(matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Singular vectors of a dense `[out, in]` above rounding: `u: [out, n]`, `s: [n]`, `[in, n]`.

    From the Gram matrix of its smaller side: O(out in min(out, in)). The strongest come first.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    squares, near = torch.linalg.eigh(wide @ wide.T)
    s = squares.flip(0).clamp(min=0).sqrt()
    s = s[: numerical_rank(s)]
    near = near.flip(1)[:, : len(s)]
    far = wide.T @ near / s
    return (near, s, far) if wide is matrix else (far, s, near)


def random_columns(like: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Orthonormal columns of the shape of `like: [d, n]`, n at most d, uniform among all such."""
    drawn = torch.linalg.qr(torch.randn(like.shape, generator=generator).to(like))
    # The signs that LAPACK chooses are not random; with those of the diagonal taken out the
    # orthonormal columns are uniform (Mezzadri, math-ph/0609050).
    columns: torch.Tensor = drawn.Q * drawn.R.diagonal().sign()
    return columns


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
