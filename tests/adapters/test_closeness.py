import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_cases import factors

from recycling.adapters.canonical import Adapter
from recycling.adapters.closeness import MEASURES, closeness
from recycling.pool import CLOSENESS, SELECTORS

MODULES = {"k": (4, 6), "q": (6, 5), "v": (3, 3)}


def adapter(seed, modules=tuple(MODULES), rank=2, scale=0.3):
    return Adapter(
        f"a{seed}",
        {
            name: factors(rank, *MODULES[name], 10 * seed + i, scale=scale)
            for i, name in enumerate(MODULES)
            if name in modules
        },
    )


def expected(candidate, reference, measure):
    """The formulas of the specification on dense float64 updates."""
    terms, distance = [], 0.0
    for module in {*candidate, *reference}:
        c, t = (
            side[module].b.double().numpy() @ side[module].a.double().numpy()
            if module in side
            else np.zeros(MODULES[module])
            for side in (candidate, reference)
        )
        distance += ((c - t) ** 2).sum()
        name = measure.removesuffix("_micro")
        power = 4 if name == "quasi_fim" else 2
        product = {
            "cosine": (c * t).sum(),
            "clamp": np.maximum(c * t, 0).sum(),
            "clamp_pm": max((c * t).sum(), 0),
            "abs": np.abs(c * t).sum(),
            "quasi_fim": ((c * t) ** 2).sum(),
            "l2": 0,
        }[name]
        terms.append((product, (c**power).sum(), (t**power).sum()))
    if name == "l2":
        return -math.log(1 + distance)
    if measure.endswith("_micro"):
        value = np.mean([p / math.sqrt(a * b) if a * b else 0 for p, a, b in terms])
    else:
        p, a, b = map(sum, zip(*terms, strict=True))
        value = p / math.sqrt(a * b) if a * b else 0
    return math.sqrt(value) if name == "quasi_fim" else value


SOME = st.sets(st.sampled_from(list(MODULES)), min_size=1)


@pytest.mark.parametrize("measure", MEASURES)
@given(seeds=st.tuples(st.integers(0, 99), st.integers(100, 199)), left=SOME, right=SOME)
def test_against_dense_updates(measure, seeds, left, right):
    candidate, reference = adapter(seeds[0], left, 3), adapter(seeds[1], right, 1, scale=0.02)
    found = closeness(candidate, reference, measure)
    assert found == pytest.approx(expected(candidate, reference, measure), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("measure", MEASURES)
def test_itself_is_closest_and_order_is_symmetric(measure):
    one, two = adapter(1), adapter(2)
    assert closeness(one, one, measure) == pytest.approx(0 if measure == "l2" else 1, abs=1e-6)
    assert closeness(one, two, measure) == pytest.approx(closeness(two, one, measure))
    assert closeness(one, two, measure) < closeness(one, one, measure)


@pytest.mark.parametrize("measure", [m for m in MEASURES if m != "l2"])
def test_size_does_not_matter(measure):
    """With the reference code's 1e-6 a hundredth of an adapter would score differently."""
    one, two = adapter(1), adapter(2)
    small = Adapter("small", {m: f.scaled(1e-4) for m, f in one.items()})
    assert closeness(small, two, measure) == pytest.approx(closeness(one, two, measure), rel=1e-4)


@pytest.mark.parametrize("measure", [m for m in MEASURES if m != "l2"])
def test_zero_updates_and_foreign_modules_are_far(measure):
    zero = Adapter("zero", {m: f.scaled(0) for m, f in adapter(1).items()})
    assert closeness(zero, adapter(2), measure) == 0
    assert closeness(zero, zero, measure) == 0
    assert closeness(adapter(1, ["q"]), adapter(2, ["v"]), measure) == 0


def test_l2_of_zero_updates():
    zero = Adapter("zero", {m: f.scaled(0) for m, f in adapter(1).items()})
    assert closeness(zero, zero, "l2") == 0
    assert closeness(zero, adapter(2), "l2") == pytest.approx(expected(zero, adapter(2), "l2"))


def test_every_measure_is_a_selector_that_rests_on_its_own_comparison():
    compared = {
        selector
        for selector, row in SELECTORS.items()
        if row.measure is CLOSENESS and row.own_work and row.needs_fresh
    }
    assert compared == set(MEASURES)
