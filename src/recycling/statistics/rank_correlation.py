"""Spearman's rank correlation of many samples at once.

`scipy.stats.spearmanr` takes one pair at a time and tests it, which costs too much in a resample.
"""

import numpy as np
from scipy.stats import rankdata

from recycling.statistics import Array


def spearman(x: Array, y: Array) -> Array:
    """`[...]` from two `[..., n]`: the correlation of mean ranks; NaN where one does not vary."""
    left, right = _centred_ranks(x), _centred_ranks(y)
    norm = np.sqrt((left**2).sum(-1) * (right**2).sum(-1))
    product = np.asarray((left * right).sum(-1))
    found: Array = np.divide(product, norm, out=np.full_like(product, np.nan), where=norm > 0)
    return found


def _centred_ranks(values: Array) -> Array:
    centred: Array = rankdata(values, axis=-1) - (values.shape[-1] + 1) / 2
    return centred
