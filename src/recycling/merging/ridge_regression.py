"""Ridge regression in closed form with exact leave-one-out errors, over a grid of penalties."""

from dataclasses import dataclass

import torch

# Penalties relative to the mean squared length of a row: from nearly all shrinkage to nearly none.
PENALTIES = [10.0 ** (step / 4) for step in range(16, -17, -1)]


@dataclass(frozen=True)
class Fit:
    """Coefficients `[features]`, the residual `[rows]` of each row when left out, the penalty."""

    coefficients: torch.Tensor
    left_out: torch.Tensor
    penalty: float


def path(features: torch.Tensor, target: torch.Tensor) -> list[Fit]:
    """Minimise |target - features c|^2 + penalty |c|^2, no intercept, for each of `PENALTIES`.

    With h the diagonal of K (K + penalty)^-1, K = features features^T, the residual of a row
    without that row is its residual with it over 1 - h: one eigendecomposition of size
    `[rows, rows]` serves all penalties and rows, however many features there are.
    """
    kernel = features @ features.T
    values, vectors = torch.linalg.eigh(kernel)
    values = values.clamp(min=0)
    scale = float(kernel.diagonal().mean()) or 1.0
    turned = vectors.T @ target
    fits = []
    for relative in PENALTIES:
        penalty = relative * scale
        weights = vectors @ (turned / (values + penalty))
        leverage = vectors.square() @ (values / (values + penalty))
        fits.append(Fit(features.T @ weights, penalty * weights / (1 - leverage), penalty))
    return fits


def until_best(fits: list[Fit]) -> list[Fit]:
    """The start of a path, up to the lowest leave-one-out error."""
    errors = [float(fit.left_out.square().sum()) for fit in fits]
    return fits[: errors.index(min(errors)) + 1]
