import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from merge_cases import SHAPES, close, dense, pool, pools, updates
from model_cases import factors, problem
from scipy import linalg

from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.merging.spectral import iso_c, tsv


def decorrelated(adapters, module, keep):
    """TSV-M on dense updates; the polar factor from the inverse root of the Gram matrix."""
    triplets = []
    for delta in updates(adapters, module):
        u, s, vt = np.linalg.svd(delta)
        rank = min((s > 1e-9 * s[0]).sum(), keep)
        triplets.append((u[:, :rank], s[:rank], vt[:rank].T))
    u, s, v = (np.concatenate(parts, -1) for parts in zip(*triplets, strict=True))

    def polar(vectors):
        values, basis = np.linalg.eigh(vectors.T @ vectors)
        roots = np.where(values > 1e-9, np.maximum(values, 1e-9) ** -0.5, 0)
        return vectors @ (basis * roots) @ basis.T

    return polar(u) * s @ polar(v).T


@given(pools(), st.sampled_from([None, 1, 2, 9]), st.sampled_from([1.0, -0.4]))
def test_tsv(adapters, keep, scale):
    merged = tsv(problem(adapters), keep=keep, scale=scale)
    changed = problem(adapters).modules
    close(merged, {m: scale * decorrelated(adapters, m, keep or 99) for m in changed})
    assert merged.coefficient_means(adapters) == [scale] * len(adapters)


def test_tsv_vectors_are_orthonormal_where_they_can_be():
    merged = tsv(problem(pool(ranks=(1, 1, 2))))
    for part in merged.modules.values():
        np.testing.assert_allclose(part.a @ part.a.T, np.eye(part.rank), atol=1e-12)
    strengths = [s for a in pool(ranks=(1, 1, 2)) for s in np.linalg.svd(dense(a)["q"])[1][:2]]
    found = np.linalg.svd(dense(merged.modules)["q"])[1]
    strengths = sorted((s for s in strengths if s > 1e-9), reverse=True)
    np.testing.assert_allclose(found[:4], strengths)


def test_tsv_of_orthogonal_updates_is_their_sum():
    u = torch.linalg.qr(factors(4, 9, 9, 1, 1.0, torch.float64).b).Q
    v = torch.linalg.qr(factors(4, 7, 7, 2, 1.0, torch.float64).b).Q
    adapters = [
        Adapter(f"{i}", {"q": Factors(v[:, i : i + 2].T * 3, u[:, i : i + 2])}) for i in (0, 2)
    ]
    close(tsv(problem(adapters)), {"q": sum(updates(adapters, "q"))})


def test_tsv_keeps_the_strongest_directions():
    one = pool()[2]
    u, s, vt = np.linalg.svd(dense(one)["q"])
    expected = u[:, :2] * s[:2] @ vt[:2]
    np.testing.assert_allclose(dense(tsv(problem([one]), keep=2).modules)["q"], expected, atol=1e-9)


@pytest.mark.parametrize("method", [tsv, iso_c])
def test_float32_copies_with_other_factors_add_no_directions(method):
    """Vectors that differ by rounding are one, else their difference would count in full."""
    part = factors(3, 60, 50, 1)
    turn = torch.linalg.qr(factors(3, 3, 3, 2).a).Q
    split = Factors(turn @ part.a, part.b @ turn.T)
    one = Adapter("one", {"q": part})
    merged = method(problem([one, Adapter("two", {"q": split})]))
    expected = method(problem([one])).modules["q"].delta() * (2 if method is iso_c else 1)
    torch.testing.assert_close(merged.modules["q"].delta(), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("keep", [0, -1])
def test_tsv_keeps_at_least_one(keep):
    with pytest.raises(InputError, match="merge tsv: keep: found"):
        tsv(problem(pool()), keep=keep)


@given(pools(), st.sampled_from([1.0, -0.4]))
def test_iso_c(adapters, scale):
    merged = iso_c(problem(adapters), scale=scale)
    expected = {}
    for module in problem(adapters).modules:
        u, s, vt = linalg.svd(sum(updates(adapters, module)), full_matrices=False)
        rank = (s > 1e-9 * s[0]).sum()
        expected[module] = scale * s[:rank].mean() * u[:, :rank] @ vt[:rank]
    close(merged, expected)


def test_iso_c_of_full_rank_is_the_paper_s():
    """With all min(in, out) directions the mean is over all singular values."""
    adapters = pool(ranks=(4, 4, 4))
    merged = dense(iso_c(problem(adapters)).modules)
    for module in SHAPES:
        values = np.linalg.svd(sum(updates(adapters, module)), compute_uv=False)
        np.testing.assert_allclose(
            np.linalg.svd(merged[module], compute_uv=False), values.mean(), rtol=1e-9
        )


def test_iso_c_has_no_direction_for_what_cancels():
    one, two = pool((2, 1), ((), ()))
    opposite = Adapter("opposite", {m: f.scaled(-1) for m, f in one.items()})
    merged = iso_c(problem([one, opposite, two]))
    close(merged, dense(iso_c(problem([two])).modules))
    assert merged.rank == 1
