"""Merges cut to a lower rank, against the SVD of dense float64 matrices."""

import numpy as np
import pytest
import torch
from merge_cases import SHAPES, dense, elected, pool
from model_cases import problem

from recycling.ground.errors import InputError
from recycling.merging.routing import arrow
from recycling.merging.static import average
from recycling.merging.ties import ties
from recycling.merging.truncation import at_rank


def best(matrix, rank):
    u, s, vt = np.linalg.svd(matrix)
    return u[:, :rank] * s[:rank] @ vt[:rank]


def error(found, expected):
    """Relative Frobenius error over all modules."""
    lost = sum(np.square(found[module] - expected[module]).sum() for module in expected)
    return (lost / sum(np.square(matrix).sum() for matrix in expected.values())) ** 0.5


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_each_update_is_the_nearest_one_of_that_rank_and_the_error_is_stated(rank):
    merged = average(problem(pool()))
    cut = at_rank(merged, rank)
    whole = dense(merged.modules)
    for module, matrix in dense(cut.modules).items():
        np.testing.assert_allclose(matrix, best(whole[module], rank), atol=1e-12)
    assert cut.rank == rank
    assert cut.export_error == pytest.approx(error(dense(cut.modules), whole), rel=1e-9)
    assert cut.coefficients == merged.coefficients


def test_a_rank_that_is_reached_changes_nothing():
    merged = average(problem(pool()))
    cut = at_rank(merged, merged.rank)
    for module, factors in merged.modules.items():
        assert torch.equal(cut.modules[module].a, factors.a)
        assert torch.equal(cut.modules[module].b, factors.b)
    assert cut.export_error == 0


def test_what_the_method_itself_lost_counts():
    """TIES is of full rank: its export loses some, and the cut loses more."""
    adapters = pool()
    whole = {
        module: elected([f.b.numpy() @ f.a.numpy() for f in present], 0.4)
        for module in SHAPES
        for present in [[adapter[module] for adapter in adapters if module in adapter]]
    }
    merged = ties(problem(adapters), density=0.4)
    cut = at_rank(merged, 1)
    assert cut.export_error == pytest.approx(error(dense(cut.modules), whole), rel=1e-9)
    assert cut.export_error > merged.export_error > 0


def test_a_rank_below_one_and_routed_adapters_are_refused():
    with pytest.raises(InputError, match=r"merge: rank: found 0, expected at least 1"):
        at_rank(average(problem(pool())), 0)
    with pytest.raises(InputError, match=r"found 2, expected no rank for a method that keeps"):
        at_rank(arrow(problem(pool())), 2)
