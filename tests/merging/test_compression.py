"""Adapters compressed before they are merged, against dense float64 computations."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from merge_cases import SHAPES, dense, pool, pools, updates
from model_cases import problem

from recycling.ground.errors import InputError
from recycling.merging import METHODS, arms
from recycling.merging.compression import compressed
from recycling.merging.recipe import MergeRecipe
from recycling.merging.static import average
from recycling.merging.truncation import at_rank


def strongest(matrix, rank):
    return np.linalg.svd(matrix, full_matrices=False)[0][:, :rank]


def alternated(matrices, rank):
    """Projectors of both sides by alternation on dense matrices; from the HOSVD."""
    v = strongest(np.concatenate(matrices).T, rank)
    for _ in range(2000):
        u = strongest(np.concatenate([matrix @ v for matrix in matrices], 1), rank)
        v = strongest(np.concatenate([matrix.T @ u for matrix in matrices], 1), rank)
    return u @ u.T, v @ v.T


def squares(matrices):
    return sum(np.square(matrix).sum() for matrix in matrices)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("seed", [0, 1])
def test_each_update_is_projected_to_the_directions_that_a_dense_alternation_finds(rank, seed):
    adapters = pool(seed=seed)
    found = compressed(problem(adapters), rank)
    kept = 0
    for module in SHAPES:
        whole, projected = updates(adapters, module), updates(found.problem.adapters, module)
        left, right = alternated(whole, rank)
        for before, after in zip(whole, projected, strict=True):
            # The rounds end when a round gains a millionth, the dense ones go on.
            np.testing.assert_allclose(after, left @ before @ right, atol=0.05)
        assert squares(projected) == pytest.approx(
            squares([left @ matrix @ right for matrix in whole]), rel=1e-4
        )
        kept += squares(projected)
    total = sum(squares(updates(adapters, module)) for module in SHAPES)
    assert found.error == pytest.approx((1 - kept / total) ** 0.5, rel=1e-9)
    assert 0 < found.error < 1


@given(pools(), st.integers(1, 4))
def test_a_sum_with_any_weights_has_the_rank_and_no_more_than_the_best_of_each_is_kept(pool, rank):
    found = compressed(problem(pool), rank)
    names = [(adapter.name, list(adapter)) for adapter in pool]
    assert [(adapter.name, list(adapter)) for adapter in found.problem.adapters] == names
    for module in found.problem.modules:
        whole, projected = updates(pool, module), updates(found.problem.adapters, module)
        weighted = sum((i + 1) * matrix for i, matrix in enumerate(projected))
        values = np.linalg.svd(weighted, compute_uv=False)
        assert (values[rank:] < 1e-9 * max(values[0], 1)).all()
        best = [np.square(np.linalg.svd(m, compute_uv=False)[:rank]).sum() for m in whole]
        for after, most, before in zip(projected, best, whole, strict=True):
            assert np.square(after).sum() <= most + 1e-9
            # A projection: what is lost is orthogonal to what is kept.
            assert (after * (before - after)).sum() == pytest.approx(0, abs=1e-8)
        # Not worse than the directions of all updates, from which the rounds start.
        left = strongest(np.concatenate(whole, 1), rank)
        right = strongest(np.concatenate(whole).T, rank)
        start = squares([left.T @ matrix @ right for matrix in whole])
        assert squares(projected) >= start * (1 - 1e-9)


@pytest.mark.parametrize("rank", [1, 2])
def test_one_adapter_is_cut_to_its_best_approximation(rank):
    [one] = pool(ranks=(3,))
    found = compressed(problem([one]), rank)
    cut = at_rank(average(problem([one])), rank)
    for module in SHAPES:
        np.testing.assert_allclose(
            dense(found.problem.adapters[0])[module], dense(cut.modules)[module], atol=1e-9
        )
    assert found.error == pytest.approx(cut.export_error)


def test_adapters_that_fit_stay_as_they_are():
    adapters = pool()
    found = compressed(problem(adapters), 6)
    assert found.problem.adapters == adapters
    assert found.error == 0


def test_stand_ins_are_projected_to_the_same_directions():
    adapters = pool(without=((), (), ()))
    given_rows = replace(problem(adapters), stand_ins=adapters[:1])
    found = compressed(given_rows, 2).problem
    for module in SHAPES:
        assert found.stand_ins[0][module].a.equal(found.adapters[0][module].a)
        assert found.stand_ins[0][module].b.equal(found.adapters[0][module].b)


@pytest.mark.parametrize("method", ["average", "task_arithmetic", "ties_span", "tsv", "ties"])
def test_the_merge_has_the_rank_and_states_what_was_lost(method):
    adapters = pool()
    entry = METHODS[method].entry
    merged = arms.made(problem(adapters), MergeRecipe(3, None, method, entry, compress_rank=2))
    assert merged.rank == 2
    before = compressed(problem(adapters), 2)
    assert merged.details == {"compress_rank": 2, "compress_error": before.error}
    # Entries that are dropped leave the directions; all else stays in them.
    assert (merged.export_error > 0.01) == (method == "ties")
    if method == "average":
        for module in SHAPES:
            mean = sum(updates(before.problem.adapters, module)) / 3
            np.testing.assert_allclose(dense(merged.modules)[module], mean, atol=1e-9)


def test_a_merge_cut_afterwards_is_nearer_to_the_whole_average():
    """Eckart-Young: of an average the cut is the best of its rank, so compression cannot win."""
    adapters = pool()
    recipe = MergeRecipe(3, None, "average", METHODS["average"].entry)
    whole, first, after = (
        dense(arms.made(problem(adapters), replace(recipe, **ranks)).modules)
        for ranks in ({}, {"compress_rank": 2}, {"export_rank": 2})
    )
    for module, matrix in whole.items():
        lost = np.linalg.norm(matrix - after[module])
        assert 0 < lost < np.linalg.norm(matrix - first[module])


def test_a_rank_below_one_is_refused():
    with pytest.raises(InputError, match=r"merge: compress_rank: found 0, expected at least 1"):
        compressed(problem(pool()), 0)
