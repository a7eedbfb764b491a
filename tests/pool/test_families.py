import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_cases import factors

from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter, Factors
from recycling.adapters.closeness import closeness
from recycling.pool import families
from recycling.pool.families import THRESHOLD, find, signature, suspects

MODULES = {"k": (14, 16), "q": (16, 15), "v": (13, 13)}


def adapter(seed, rank=3, modules=tuple(MODULES)):
    made = {m: factors(rank, *MODULES[m], 10 * seed + i) for i, m in enumerate(MODULES)}
    return Adapter(f"a{seed}", {m: made[m] for m in modules})


def changed(of, change):
    return Adapter("changed", {m: change(f) for m, f in of.items()})


def noisy(of, size, seed):
    """The update with noise of `size` times its norm, in every module, at double rank."""
    noise = adapter(seed, of[min(of)].rank, tuple(of))
    scale = size * lowrank.total_norm(of) / lowrank.total_norm(noise)
    return Adapter("n", {m: lowrank.concatenate([of[m], noise[m].scaled(scale)]) for m in of})


def turned(of):
    """The same update by other factors."""
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(1))).Q
    return changed(of, lambda f: Factors(turn.T @ f.a, f.b @ turn))


def dense(of):
    parts = [
        (of[m].delta().double() if m in of else torch.zeros(*MODULES[m])).flatten() for m in MODULES
    ]
    whole = torch.cat(parts).numpy()
    return whole / np.linalg.norm(whole)


def grouped(*adapters):
    names = [f"x{i}" for i in range(len(adapters))]
    by_name = dict(zip(names, adapters, strict=True))
    return [int(name[1:]) for name in find(names, sorted(MODULES), by_name.__getitem__)]


def test_singular_values_against_a_dense_svd():
    one = factors(3, 14, 16, 1)
    expected = torch.linalg.svdvals(one.delta().double())[:3]
    torch.testing.assert_close(lowrank.singular_values(one), expected, atol=1e-6, rtol=1e-6)


SOME = st.sets(st.sampled_from(sorted(MODULES)), min_size=1)
RANKS = st.integers(1, 12)


@given(st.integers(0, 50), st.integers(51, 99), RANKS, RANKS, SOME, SOME)
def test_signatures_are_no_farther_apart_than_updates(one, two, r, s, left, right):
    pair = adapter(one, r, sorted(left)), adapter(two, s, sorted(right))
    signatures = [signature(a, sorted(MODULES)) for a in pair]
    assert (
        np.linalg.norm(np.subtract(*signatures))
        <= np.linalg.norm(np.subtract(*map(dense, pair))) + 1e-6
    )


@given(st.integers(0, 50), st.integers(51, 99), RANKS, st.floats(0, 0.2), st.floats(1e-3, 1e3))
def test_no_near_identical_pair_is_missed(one, two, rank, size, scale):
    first = adapter(one, rank)
    second = changed(noisy(first, size, two), lambda f: f.scaled(scale))
    near = float(dense(first) @ dense(second)) > THRESHOLD
    pair = suspects(np.array([signature(a, sorted(MODULES)) for a in (first, second)]))
    assert pair == [(0, 1)] or not near
    if abs(closeness(first, second, "cosine") - THRESHOLD) > 1e-6:
        assert grouped(first, second) == ([0, 0] if near else [0, 1])


def test_copies_scales_and_other_factors_are_one_family():
    one = adapter(1)
    half = changed(one, lambda f: Factors(f.a.bfloat16().float(), f.b.bfloat16().float()))
    alike = [one, one, changed(one, lambda f: f.scaled(2)), turned(one), half, noisy(one, 0.01, 9)]
    assert grouped(*alike, adapter(2)) == [0] * 6 + [6]


def test_a_twin_with_the_same_spectrum_is_suspected_and_cleared():
    one = adapter(1)
    flipped = changed(one, lambda f: f.scaled(-1))
    assert suspects(np.array([signature(a, sorted(MODULES)) for a in (one, flipped)])) == [(0, 1)]
    assert grouped(one, flipped) == [0, 1]


def test_a_chain_is_one_family_whatever_the_order():
    ends = adapter(1), noisy(adapter(1), 0.06, 9)
    middle = noisy(adapter(1), 0.03, 9)
    assert grouped(*ends) == [0, 1]
    assert grouped(*ends, middle) == grouped(middle, *ends) == [0, 0, 0]


def test_different_adapters_are_read_once(monkeypatch):
    read = []
    pool = {f"x{i}": adapter(i, rank=1 + i % 4) for i in range(12)}
    found = find(sorted(pool), sorted(MODULES), lambda name: read.append(name) or pool[name])
    assert found == read == sorted(pool)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_small_pools(count):
    assert grouped(*(adapter(i) for i in range(count))) == list(range(count))


def test_copies_are_compared_once_each(monkeypatch):
    calls = []
    monkeypatch.setattr(families, "closeness", lambda *given: calls.append(1) or closeness(*given))
    assert grouped(*[adapter(1)] * 6) == [0] * 6
    assert len(calls) == 5
