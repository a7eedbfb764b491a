"""Pools in float64 and dense counterparts of what a merge does to them."""

import numpy as np
import torch
from hypothesis import strategies as st
from model_cases import factors

from recycling.adapters.canonical import Adapter
from recycling.ground import registry
from recycling.merging import METHODS

SHAPES = {"q": (9, 7), "v": (4, 8)}
ROOMS = ("static", "ties", "spectral")
STATIC = {
    name: registry.load(entry)
    for name, entry in registry.entries(METHODS).items()
    if name != "none" and entry.split(":")[0].rpartition(".")[2] in ROOMS
}
# Options under which nothing is trimmed or dropped.
WHOLE = {name: {"density": 1.0} for name in ("dare", "ties", "ties_span", "ties_factors", "knots")}
MIXED_RANKS = sorted(set(STATIC) - {"ties_factors"})


def pool(ranks=(1, 2, 3), without=((), ("v",), ()), seed=0):
    """Adapters in float64 with mixed ranks; the second lacks a module."""
    return [
        Adapter(
            f"pool-{number}",
            {
                module: factors(rank, *shape, 100 * seed + 10 * number + i, 1.0, torch.float64)
                for i, (module, shape) in enumerate(SHAPES.items())
                if module not in lacking
            },
        )
        for number, (rank, lacking) in enumerate(zip(ranks, without, strict=False))
    ]


@st.composite
def pools(draw, equal_ranks=False):
    """One to four adapters; each changes one module or both."""
    count = draw(st.integers(1, 4))
    ranks = [draw(st.integers(1, 4))] * count
    if not equal_ranks:
        ranks = draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    lacking = st.sampled_from([(), ("q",), ("v",)])
    without = draw(st.lists(lacking, min_size=count, max_size=count))
    return pool(ranks, without, draw(st.integers(0, 10**4)))


@st.composite
def merges(draw, names=tuple(STATIC)):
    """The name of a method and a pool that it takes."""
    name = draw(st.sampled_from(sorted(names)))
    return name, draw(pools(equal_ranks=name == "ties_factors"))


def dense(modules):
    return {module: f.b.numpy() @ f.a.numpy() for module, f in modules.items()}


def updates(adapters, module):
    return [dense(a)[module] for a in adapters if module in a]


def close(merged, expected):
    found = dense(merged.modules)
    assert set(found) == set(expected)
    for module in expected:
        np.testing.assert_allclose(found[module], expected[module], atol=1e-9, rtol=1e-7)


def elected(matrices, density):
    """TIES entry by entry, in loops."""
    trimmed = []
    for matrix in matrices:
        entries = matrix.ravel()
        largest = sorted(range(entries.size), key=lambda i: -abs(entries[i]))
        kept = set(largest[: round(density * entries.size)])
        trimmed.append([x if i in kept else 0.0 for i, x in enumerate(entries)])
    merged = []
    for column in zip(*trimmed, strict=True):
        agreeing = [x for x in column if x * sum(column) > 0]
        merged.append(sum(agreeing) / len(agreeing) if agreeing else 0.0)
    return np.reshape(merged, matrices[0].shape)
