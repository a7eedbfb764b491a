"""Shares of the variance of a two-way table without repetition."""

import numpy as np

from recycling.statistics import Array


def shares(scores: Array) -> Array:
    """`[..., 3]` from `[..., rows, columns]`: shares of rows, of columns and of what is left.

    What is left is the interaction of both with the noise. NaN where nothing varies.
    """
    centred = scores - scores.mean((-2, -1), keepdims=True)
    rows, columns = centred.mean(-1, keepdims=True), centred.mean(-2, keepdims=True)
    parts = np.stack(
        [
            np.broadcast_to(part, scores.shape).var((-2, -1))
            for part in (rows, columns, centred - rows - columns)
        ],
        axis=-1,
    )
    total = parts.sum(-1, keepdims=True)
    found: Array = np.divide(parts, total, out=np.full_like(parts, np.nan), where=total > 0)
    return found
