import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_cases import factors

from recycling.adapters import lowrank

DIMENSION = st.integers(1, 9)
RANK = st.integers(0, 12)
SEED = st.integers(0, 10**6)


def exact(rank, out, width, seed):
    return factors(rank, out, width, seed, scale=1.0, dtype=torch.float64)


def dense(part):
    return part.b.double().numpy() @ part.a.double().numpy()


def close(found, expected, scale=1.0):
    np.testing.assert_allclose(found, expected, atol=1e-10 * max(scale, 1), rtol=1e-9)


@given(DIMENSION, DIMENSION, RANK, RANK, SEED)
def test_inner_product_and_norm(out, width, rank, other_rank, seed):
    left, right = exact(rank, out, width, seed), exact(other_rank, out, width, seed + 1)
    close(lowrank.inner(left, right), (dense(left) * dense(right)).sum(), 1e3)
    close(lowrank.norm(left), np.linalg.norm(dense(left)), 1e2)


def test_total_norm_is_over_all_modules():
    modules = {"one": exact(2, 5, 4, 1), "two": exact(3, 2, 7, 2)}
    every = np.concatenate([dense(part).ravel() for part in modules.values()])
    close(lowrank.total_norm(modules), np.linalg.norm(every))
    assert lowrank.total_norm({}) == 0


def test_float32_products_are_summed_in_float64():
    left, right = factors(3, 500, 400, 1), factors(2, 500, 400, 2)
    assert lowrank.inner(left, right) == pytest.approx((dense(left) * dense(right)).sum(), rel=1e-9)
    cancelling = lowrank.concatenate([left, left.scaled(-1)])
    assert lowrank.norm(cancelling) < 1e-6 * lowrank.norm(left)


@given(DIMENSION, DIMENSION, st.lists(RANK, min_size=1, max_size=4), SEED)
def test_concatenation_is_the_exact_sum(out, width, ranks, seed):
    parts = [exact(rank, out, width, seed + i) for i, rank in enumerate(ranks)]
    whole = lowrank.concatenate(parts)
    assert whole.rank == sum(ranks)
    close(dense(whole), sum(map(dense, parts)), 1e2)


def test_concatenation_of_one_is_a_copy():
    part = exact(2, 4, 3, 1)
    copy = lowrank.concatenate([part])
    copy.a.zero_()
    assert part.a.any()


@given(DIMENSION, DIMENSION, RANK, SEED)
def test_svd(out, width, rank, seed):
    part = exact(rank, out, width, seed)
    u, s, vt = (side.numpy() for side in lowrank.svd(part))
    size = min(out, width, rank)
    assert (u.shape, s.shape, vt.shape) == ((out, size), (size,), (size, width))
    close(u * s @ vt, dense(part), 1e2)
    close(u.T @ u, np.eye(size))
    close(vt @ vt.T, np.eye(size))
    close(s, np.linalg.svd(dense(part), compute_uv=False)[:size], 1e2)


@given(DIMENSION, DIMENSION, RANK, st.integers(1, 3), SEED)
def test_numerical_rank_sees_through_split_directions(out, width, rank, copies, seed):
    part = exact(rank, out, width, seed)
    split = lowrank.concatenate([part.scaled(1 / copies)] * copies)
    assert lowrank.numerical_rank(lowrank.svd(split)[1]) == np.linalg.matrix_rank(dense(part))


@pytest.mark.parametrize(
    ("values", "rank"), [([], 0), ([0.0, 0.0], 0), ([1e-30], 1), ([2.0, 1e-3, 1e-7], 2)]
)
def test_numerical_rank_is_relative_to_the_largest_value(values, rank):
    assert lowrank.numerical_rank(torch.tensor(values)) == rank


@given(DIMENSION, DIMENSION, RANK, RANK, SEED)
def test_truncation_is_the_best_approximation(out, width, rank, kept, seed):
    part = exact(rank, out, width, seed)
    short = lowrank.truncate(part, kept)
    assert short.rank == min(out, width, rank, kept)
    values = np.linalg.svd(dense(part), compute_uv=False)
    error = np.linalg.norm(dense(part) - dense(short))
    close(error, np.linalg.norm(values[kept:]), 1e3)
    # Both sides carry the same share of each singular value.
    close(np.linalg.norm(short.a, axis=1), np.linalg.norm(short.b, axis=0), 1e3)


@given(DIMENSION, DIMENSION, st.lists(RANK, min_size=1, max_size=6), SEED)
def test_columns_that_are_added_one_by_one_are_the_stack(out, width, ranks, seed):
    """Same values and spans as the dense updates side by side; few numbers are held of many."""
    parts = [exact(rank, out, width, seed + i) for i, rank in enumerate(ranks)]
    columns = lowrank.Columns()
    for part in parts:
        columns.add(part)
        held = sum(one.numel() for one in columns._held)
        assert held <= out * max(out, part.rank)
    u, s = columns.left_vectors()
    stack = np.concatenate([dense(part) for part in parts], axis=1)
    expected = np.linalg.svd(stack, full_matrices=False)
    scale = max(expected.S, default=0) + 1
    shared = min(len(s), len(expected.S))
    np.testing.assert_allclose(s[:shared], expected.S[:shared], atol=1e-6 * scale)
    assert (s[shared:] < 1e-6 * scale).all()
    rank = lowrank.numerical_rank(s)
    assert rank == lowrank.numerical_rank(torch.from_numpy(expected.S))
    close(u.T @ u, np.eye(len(s)))
    left = u[:, :rank].numpy()
    np.testing.assert_allclose(left @ (left.T @ stack), stack, atol=1e-5 * scale)


@given(DIMENSION, DIMENSION, st.integers(1, 9), SEED)
def test_largest_vectors_are_those_of_a_dense_svd(out, width, rank, seed):
    matrix = exact(rank, out, width, seed).delta()
    u, s, v = lowrank.largest_vectors(matrix)
    size = np.linalg.matrix_rank(matrix.numpy(), rtol=1e-6)
    assert (u.shape, s.shape, v.shape) == ((out, size), (size,), (width, size))
    values = np.linalg.svd(matrix.numpy(), compute_uv=False)[:size]
    np.testing.assert_allclose(s, values, rtol=1e-5, atol=1e-7 * values[0])
    np.testing.assert_allclose(u * s @ v.T, matrix, atol=1e-5 * values[0])


def test_random_columns_are_orthonormal_and_centred():
    generator = torch.Generator().manual_seed(3)
    drawn = [lowrank.random_columns(torch.empty(6, 2).double(), generator) for _ in range(2000)]
    for columns in drawn[:20]:
        close(columns.T @ columns, np.eye(2))
    # The projector on a uniform plane is (2/6) of the identity on average, each column 0.
    np.testing.assert_allclose(
        sum(columns @ columns.T for columns in drawn) / 2000, np.eye(6) / 3, atol=0.03
    )
    np.testing.assert_allclose(sum(drawn) / 2000, 0, atol=0.04)


@given(DIMENSION, DIMENSION, RANK, SEED)
def test_approximation_at_the_true_rank_is_exact(out, width, rank, seed):
    delta = exact(rank, out, width, seed).delta()
    found = lowrank.approximate(delta, rank, torch.Generator().manual_seed(0))
    assert found.rank == min(rank, out, width)
    close(dense(found), delta.numpy(), 1e3)


@pytest.mark.parametrize("rank", [0, 1, 8, 40, 60, 100])
@pytest.mark.parametrize("decay", [0.0, 0.25, 1.0])
def test_approximation_is_nearly_the_best(rank, decay):
    generator = torch.Generator().manual_seed(rank)
    u = torch.linalg.qr(torch.randn(80, 60, generator=generator, dtype=torch.float64)).Q
    v = torch.linalg.qr(torch.randn(70, 60, generator=generator, dtype=torch.float64)).Q
    values = torch.arange(1, 61, dtype=torch.float64) ** -decay
    delta = u * values @ v.T
    found = lowrank.approximate(delta, rank, generator)
    assert found.rank == min(rank, 70)
    best = values[rank:].norm().item()
    assert (delta - found.delta()).norm().item() <= 1.02 * best + 1e-9


def test_approximation_depends_on_its_generator_alone():
    delta = exact(9, 9, 9, 1).delta()
    one, two = (lowrank.approximate(delta, 3, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one.a, two.a)
    assert torch.equal(one.b, two.b)
