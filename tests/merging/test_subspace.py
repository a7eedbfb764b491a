import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_cases import (
    INSTRUCTION,
    TRAIN,
    VALID,
    adapter,
    against_differences,
    mixed_pool,
    precise,
    problem,
)

from recycling.adapters import twins
from recycling.adapters.canonical import Adapter
from recycling.ground.errors import InputError
from recycling.merging import fitting
from recycling.merging import subspace as room
from recycling.merging.subspace import subspace
from recycling.model.training import loss


def valid_loss(base, modules, rows=VALID):
    with base.wearing(Adapter("merged", modules)), torch.no_grad():
        return loss(base, INSTRUCTION, rows).item()


def kept(merged):
    [point] = [p for p in merged.curve if p.kept]
    return point


def dense_spans(adapters, module):
    """Columns and rows that the adapters' updates reach, in float64."""
    updates = [a[module].delta().double() for a in adapters if module in a]
    return torch.cat(updates, 1), torch.cat(updates)


def test_bases_are_those_of_the_dense_stacks(toy_base):
    """Same projectors as the singular vectors of the dense updates, strongest first."""
    adapters = mixed_pool(toy_base)
    for module in problem(adapters).modules:
        span = room._Span(problem(adapters, toy_base), module, rank=50)
        side_by_side, on_top = dense_spans(adapters, module)
        for found, dense in ((span.u, side_by_side), (span.vt.T, on_top.T)):
            rank = int(torch.linalg.matrix_rank(dense, rtol=1e-5))
            u = torch.linalg.svd(dense).U[:, :rank]
            assert found.shape[1] == rank
            torch.testing.assert_close(
                found.double() @ found.double().T, u @ u.T, atol=1e-4, rtol=0
            )
        narrow = room._Span(problem(adapters, toy_base), module, rank=1)
        assert torch.equal(narrow.u, span.u[:, : narrow.u.shape[1]])


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 900))
def test_directions_of_each_side(left, right, allowed):
    p, q = room._sides(left, right, allowed)
    assert 1 <= p <= left
    assert 1 <= q <= right
    # All that is allowed where the spans have it, and no direction without a trained entry.
    assert p * q >= min(allowed, left * right)
    assert (p - 1) * q < allowed
    if left == right and left**2 > allowed:
        assert max(p, q) <= math.isqrt(allowed) + 1


def test_as_many_parameters_as_a_rank_or_as_the_span_has(toy_base):
    adapters = mixed_pool(toy_base)
    for rank in (1, 100):
        details = subspace(problem(adapters, toy_base), rank=rank, steps=0).details
        allowed = [rank * (x.in_features + x.out_features) for x in toy_base.linears.values()]
        summed = [
            sum(a[m].rank for a in adapters if m in a) ** 2 for m in problem(adapters).modules
        ]
        assert details["parameters_of_rank"] == sum(allowed)
        if rank == 100:
            assert details["parameters"] == sum(summed) < sum(allowed)
    # A wide span is cut to exactly what is allowed.
    wide = [adapter(toy_base, f"wide-{i}", i, ranks=(12,)) for i in range(2)]
    details = subspace(problem(wide, toy_base), rank=1, steps=0).details
    assert details["parameters"] == details["parameters_of_rank"] == sum(allowed) // 100


@pytest.mark.parametrize("kind", ["norm", "spectrum", "sign_flipped"])
def test_twins_have_as_many(toy_base, kind):
    adapters = mixed_pool(toy_base)
    real = subspace(problem(adapters, toy_base), rank=1, steps=0)
    twin = subspace(problem(twins.draw(kind, adapters, 5), toy_base), rank=1, steps=0)
    assert real.details == twin.details


def test_the_start_is_the_bare_base_or_the_fresh_adapter(toy_base):
    adapters = mixed_pool(toy_base)
    alone = subspace(problem(adapters, toy_base), rank=100, steps=0)
    assert not any(f.delta().any() for f in alone.modules.values())
    joined = subspace(problem(adapters, toy_base, fresh=True), rank=100, steps=0)
    for module, found in joined.modules.items():
        torch.testing.assert_close(found.delta(), adapters[0][module].delta(), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("rank", [1, 100])
def test_folding_is_what_was_trained(toy_base, rank, fresh):
    """The loss of the saved factors is that of the kept step, and they stay within the span."""
    adapters = mixed_pool(toy_base)
    given_rows = problem(adapters, toy_base, fresh=fresh, valid=TRAIN)
    merged = subspace(given_rows, rank=rank, steps=20, learning_rate=0.02, evaluate_every=5)
    left = valid_loss(toy_base, merged.modules, TRAIN)
    assert left == pytest.approx(kept(merged).valid_loss, rel=1e-4)
    assert left < 0.95 * merged.curve[0].valid_loss
    assert merged.export_error == 0
    assert [c.source for c in merged.coefficients] == ["fresh", "one", "two"]
    for module, found in merged.modules.items():
        side_by_side, on_top = dense_spans(adapters, module)
        delta = found.delta().double()
        for spanned, dense in ((delta, side_by_side), (delta.T, on_top.T)):
            rest = spanned - dense @ torch.linalg.lstsq(dense, spanned, driver="gelsd").solution
            assert rest.norm() < 1e-4 * delta.norm()


def test_gradients(toy_base, toy_folder, monkeypatch):
    """Along a random direction of all entries, against central differences."""
    base = precise(toy_folder, toy_base.tokenizer)
    checked = []
    monkeypatch.setattr(fitting, "fit", against_differences(checked))
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(InterruptedError):
            subspace(problem(mixed_pool(base, torch.float64), base, fresh=True))
    finally:
        torch.set_default_dtype(torch.float32)
    assert checked == [len(base.linears)]


def test_same_seed_same_bytes(toy_base):
    runs = [
        subspace(problem(mixed_pool(toy_base), toy_base, seed=seed), steps=3, batch_size=1)
        for seed in (1, 1, 2)
    ]
    assert runs[0].curve == runs[1].curve != runs[2].curve
    assert all(torch.equal(f.b, runs[1].modules[m].b) for m, f in runs[0].modules.items())


def test_a_module_without_an_update_is_left_out(toy_base):
    [whole, *_] = mixed_pool(toy_base)
    silent = {m: f.scaled(0.0) if "mlp" in m else f for m, f in whole.items()}
    merged = subspace(problem([Adapter("silent", silent)], toy_base), steps=1)
    assert set(merged.modules) == {m for m in whole if "mlp" not in m}


def test_only_zero_updates(toy_base):
    zeros = {m: f.scaled(0.0) for m, f in mixed_pool(toy_base)[0].items()}
    with pytest.raises(InputError, match="merge subspace: updates: found 0"):
        subspace(problem([Adapter("zero", zeros)], toy_base))


def test_rank_0(toy_base):
    with pytest.raises(InputError, match="merge subspace: rank: found 0, expected at least 1"):
        subspace(problem(mixed_pool(toy_base), toy_base), rank=0)
