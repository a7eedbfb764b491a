"""Families of near-identical adapters: copies, the same in another precision, or rescaled.

Two adapters are near-identical when the cosine between their updates, over all modules, is above
THRESHOLD. A family holds all adapters that such pairs connect.

Computing the cosine of every pair would take too long, so most pairs are ruled out by singular
values, which are compared quickly. By Mirsky's theorem the singular values of two matrices are at
most as far apart as the matrices themselves, in Frobenius norm. Two updates of norm 1 with cosine c
are sqrt(2 - 2 c) apart. So a pair whose singular values are farther apart than that at THRESHOLD
cannot be near-identical. The cosine is computed for all other pairs; none is missed.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter
from recycling.adapters.closeness import closeness

THRESHOLD = 0.999
# The largest singular values of a module are compared one by one, the others by the root of their
# sum of squares, whose distance is at most theirs.
TOP = 8
# Tolerance for rounding in a distance; the largest distance at THRESHOLD is 0.045.
ROUNDING = 1e-4


def find(names: Sequence[str], modules: Sequence[str], read: Callable[[str], Adapter]) -> list[str]:
    """The family of each adapter, named after its first member in the order of `names`.

    `modules` are those of the base, `read` loads an adapter by name. Every adapter is read once for
    its singular values, and again for each pair that they do not rule out and that is not in one
    family yet. At most two adapters are in memory.
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
    """A unit vector: of each module the TOP largest singular values and the norm of the others."""
    values = np.zeros((len(modules), TOP + 1))
    for row, module in zip(values, modules, strict=True):
        if module in adapter:
            found = lowrank.singular_values(adapter[module]).cpu().numpy()
            row[: min(TOP, len(found))] = found[:TOP]
            row[TOP] = np.linalg.norm(found[TOP:])
    unit: np.ndarray = values.ravel() / np.linalg.norm(values)
    return unit


def suspects(signatures: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of adapters, by row of `signatures: [n, width]`, that may be near-identical.

    The first of a pair is the one with the smaller number.
    """
    reach = np.sqrt(2 - 2 * THRESHOLD) + ROUNDING
    near = 2 - 2 * signatures @ signatures.T <= reach**2
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(near, 1))]
