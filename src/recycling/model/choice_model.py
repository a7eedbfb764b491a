"""A conditional logit: which of a row's candidates is right, from numbers that describe them.

The probability of candidate c of a row is proportional to `exp(x_c . theta)`, with `x_c: [p]` the
numbers of the candidate (McFadden, 1974). The model is fitted to rows whose right candidate is
known. It is convex, so its minimum is one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]


class Row(NamedTuple):
    """The candidates of a row, `numbers: [candidates, p]`, and the place of the right one."""

    numbers: Floats
    right: int


def log_probabilities(numbers: Floats, theta: Floats) -> Floats:
    """Log-probability of each candidate, `[candidates]`."""
    scores = numbers @ theta
    highest = scores.max()
    found: Floats = scores - highest - np.log(np.exp(scores - highest).sum())
    return found


def loss(rows: Sequence[Row], theta: Floats) -> float:
    """Mean negative log-likelihood of the right candidates, in nats."""
    logs = (log_probabilities(row.numbers, theta)[row.right] for row in rows)
    return -float(sum(logs)) / len(rows)


def fitted(rows: Sequence[Row], start: Floats, ridge: float) -> Floats:
    """The theta that minimises `loss + ridge / 2 * |theta - start|^2`.

    The gradient costs O(candidates * p) for each row; some tens of steps are taken.
    """

    def objective(theta: Floats) -> tuple[float, Floats]:
        away = theta - start
        value, gradient = ridge / 2 * float(away @ away), ridge * away
        for row in rows:
            logs = log_probabilities(row.numbers, theta)
            value -= float(logs[row.right]) / len(rows)
            expected = np.exp(logs) @ row.numbers
            gradient = gradient + (expected - row.numbers[row.right]) / len(rows)
        return value, gradient

    how = {"ftol": 0.0, "gtol": 1e-9, "maxiter": 1000, "maxfun": 5000}
    found: Floats = minimize(objective, start, jac=True, method="L-BFGS-B", options=how).x
    return found
