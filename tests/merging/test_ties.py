import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from merge_cases import SHAPES, close, dense, elected, pool, pools, updates
from model_cases import problem

from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.merging.ties import knots, ties, ties_factors, ties_span

METHODS = [ties, ties_span, ties_factors, knots]


@pytest.mark.parametrize("density", [0.0, 0.1, 0.2, 0.5, 0.93, 1.0])
@pytest.mark.parametrize("scale", [1.0, -0.4])
def test_ties(density, scale):
    # Ranks that add up to the full rank, so that the file holds the whole result.
    adapters = pool(ranks=(4, 4, 4))
    merged = ties(problem(adapters), density=density, scale=scale)
    close(merged, {m: scale * elected(updates(adapters, m), density) for m in SHAPES})
    assert merged.export_error < 1e-9


@pytest.mark.parametrize("density", [0.1, 0.5, 1.0])
def test_export_error_of_ties_is_what_the_file_loses(density):
    adapters = pool(ranks=(1, 1, 2))
    merged = ties(problem(adapters), density=density)
    lost = total = 0
    for module, found in dense(merged.modules).items():
        expected = elected(updates(adapters, module), density)
        lost += np.square(found - expected).sum()
        total += np.square(expected).sum()
    assert merged.export_error == pytest.approx(np.sqrt(lost / total), rel=1e-9)
    assert merged.export_error > 0.05
    assert merged.modules["q"].rank == 4


# Few values, so that many entries have equal magnitudes.
COARSE = st.lists(st.integers(-2, 2), min_size=14, max_size=14)


@given(st.lists(COARSE, min_size=1, max_size=3), st.floats(0, 1))
def test_the_share_is_exact_and_of_equal_magnitudes_the_first_are_kept(entries, density):
    values = [torch.tensor(row, dtype=torch.float64) for row in entries]
    sides = [(row[:8].view(2, 4), row[8:].view(3, 2)) for row in values]
    adapters = [Adapter(f"pool-{i}", {"q": Factors(*side)}) for i, side in enumerate(sides)]
    merged = ties_factors(problem(adapters), density=density).modules["q"]
    for found, matrices in zip((merged.a, merged.b), zip(*sides, strict=True), strict=True):
        expected = elected([matrix.numpy() for matrix in matrices], density)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_matrix_of_one_magnitude_is_trimmed_too():
    a, b = torch.zeros(3, 4).double(), torch.zeros(3, 3).double()
    a[0], b[:, 0] = torch.tensor([1, -1, 1, -1]), 1
    one = Adapter("one", {"q": Factors(a, b)})
    expected = [[1, -1, 1, -1], [1, 0, 0, 0], [0, 0, 0, 0]]
    close(ties(problem([one]), density=0.4), {"q": np.array(expected)})
    turned = Adapter("turned", {"q": Factors(b.T.clone(), a.T)})  # a view that is not contiguous
    expected = [[1, 1, 1], [-1, -1, 0], [0, 0, 0], [0, 0, 0]]
    close(ties(problem([turned]), density=0.4), {"q": np.array(expected)})


def in_span(adapters, module, density):
    deltas, width = updates(adapters, module), sum(a[module].rank for a in adapters if module in a)
    u = np.linalg.svd(np.hstack(deltas), full_matrices=False)[0][:, :width]
    vt = np.linalg.svd(np.vstack(deltas), full_matrices=False)[2][:width]
    cores = [u.T @ delta @ vt.T for delta in deltas]
    return u @ elected(cores, density) @ vt


@pytest.mark.parametrize("density", [0.0, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("ranks", [(1, 2, 3), (2, 2, 2), (5, 4, 6)])
def test_ties_span(ranks, density):
    adapters = pool(ranks=ranks)
    merged = ties_span(problem(adapters), density=density, scale=0.7)
    close(merged, {m: 0.7 * in_span(adapters, m, density) for m in SHAPES})
    assert merged.rank <= sum(ranks)


def test_ties_span_holds_every_source_where_they_cancel():
    """The sum of the two is nothing, the span of the two is not."""
    one = pool()[0]
    opposite = Adapter("opposite", {m: f.scaled(-1) for m, f in one.items()})
    third = Adapter("third", {m: f.scaled(0.5) for m, f in one.items()})
    merged = ties_span(problem([one, opposite, third]), density=1.0)
    close(merged, {m: 0.75 * delta for m, delta in dense(one).items()})


def aligned(adapters, module, density):
    """KnOTS on dense updates side by side."""
    deltas = updates(adapters, module)
    u, s, vt = np.linalg.svd(np.hstack(deltas), full_matrices=False)
    rank = (s > 1e-9 * s[0]).sum()
    rights = np.hsplit(vt[:rank], len(deltas))
    return u[:, :rank] * s[:rank] @ elected(rights, density)


@given(pools(), st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.93, 1.0]), st.sampled_from([1.0, -0.4]))
def test_knots(adapters, density, scale):
    merged = knots(problem(adapters), density=density, scale=scale)
    changed = problem(adapters).modules
    close(merged, {m: scale * aligned(adapters, m, density) for m in changed})


def test_knots_counts_agreeing_directions_once():
    """Of two updates in one direction the mean, where nothing else agrees the sum."""
    one = pool()[0]
    double = Adapter("double", {m: f.scaled(2) for m, f in one.items()})
    merged = knots(problem([one, double]), density=1.0)
    close(merged, {m: 1.5 * delta for m, delta in dense(one).items()})


@given(pools(equal_ranks=True), st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_ties_factors(adapters, density):
    merged = ties_factors(problem(adapters), density=density, scale=0.7)
    expected = {}
    for module in problem(adapters).modules:
        parts = [a[module] for a in adapters if module in a]
        a, b = (elected([getattr(f, side).numpy() for f in parts], density) for side in "ab")
        expected[module] = 0.7 * b @ a
    close(merged, expected)
    assert merged.rank == adapters[0][next(iter(adapters[0]))].rank


def test_ties_factors_depends_on_the_split():
    """Why it is kept for comparison only."""
    adapters = pool((2, 2), ((), ()))
    turned = {m: type(f)(f.a.flip(0), f.b.flip(1)) for m, f in adapters[0].items()}
    other = [Adapter("pool-0", turned), adapters[1]]
    one, two = (dense(ties_factors(problem(given)).modules) for given in (adapters, other))
    assert not np.allclose(one["q"], two["q"], atol=0.1)


def test_ties_factors_of_mixed_ranks():
    with pytest.raises(InputError, match=r"ties_factors: ranks in q: found \[1, 2, 3\]"):
        ties_factors(problem(pool()))


@pytest.mark.parametrize("method", METHODS)
def test_coefficients_of_ties_name_the_sources(method):
    adapters = pool((2, 2, 2))
    assert method(problem(adapters)).coefficient_means(adapters) == [1, 1, 1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("density", [-0.1, 1.5, float("nan")])
def test_density_that_is_not_a_share(method, density):
    with pytest.raises(InputError, match="merge ties: density: found"):
        method(problem(pool((2, 2, 2))), density=density)
