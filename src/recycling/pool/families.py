"""Families of near-identical adapters: copies, re-uploads in another precision, other scales.

Two adapters are near-identical when the cosine of their updates, over all modules, is above
THRESHOLD; a family is what such pairs connect. The exact cosine is taken of few pairs only. By
Mirsky's theorem the singular values of two matrices are no farther apart than the matrices, and so
are those of all modules together. Updates of norm 1 with cosine c are sqrt(2 - 2 c) apart; if their
singular values are farther apart than that at THRESHOLD, the pair is not near-identical, whatever
its directions. No near-identical pair is missed.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter
from recycling.adapters.closeness import closeness

THRESHOLD = 0.999
# Singular values of a module that are kept apart; of the others the root of the sum of squares is,
# which moves no farther than they do.
TOP = 8
# Of distances between signatures: far above rounding, far below the reach of THRESHOLD, 0.045.
ROUNDING = 1e-4


def find(names: Sequence[str], modules: Sequence[str], read: Callable[[str], Adapter]) -> list[str]:
    """The family of each adapter, called by its first member in the order of `names`.

    Every adapter is read once for its signature, and again for each suspected pair whose two are
    not in one family yet; two adapters are in memory at a time.
    """
    family = list(range(len(names)))
    signatures = np.zeros((len(names), len(modules) * (TOP + 1)))
    for row, name in zip(signatures, names, strict=True):
        row[:] = signature(read(name), modules)
    for left, pairs in groupby(suspects(signatures), key=lambda pair: pair[0]):
        adapter = read(names[left])
        for _, right in pairs:
            one, two = sorted((family[left], family[right]))
            if one != two and closeness(adapter, read(names[right]), "cosine") > THRESHOLD:
                family = [one if member == two else member for member in family]
    return [names[member] for member in family]


def signature(adapter: Adapter, modules: Sequence[str]) -> np.ndarray:
    """The largest singular values of each module and the norm of the others, as one unit vector."""
    values = np.zeros((len(modules), TOP + 1))
    for row, module in zip(values, modules, strict=True):
        if module in adapter:
            found = lowrank.singular_values(adapter[module]).cpu().numpy()
            row[: min(TOP, len(found))] = found[:TOP]
            row[TOP] = np.linalg.norm(found[TOP:])
    unit: np.ndarray = values.ravel() / np.linalg.norm(values)
    return unit


def suspects(signatures: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of rows of `[n, width]`, first before second, that may be near-identical."""
    reach = np.sqrt(2 - 2 * THRESHOLD) + ROUNDING
    near = 2 - 2 * signatures @ signatures.T <= reach**2
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(near, 1))]
