import math
import weakref
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

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
    same,
)

from recycling.adapters import twins
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.merging import fitting, spans
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
        span = room._Span(problem(adapters, toy_base), module, 50, "adapters")
        side_by_side, on_top = dense_spans(adapters, module)
        for found, dense in ((span.u, side_by_side), (span.vt.T, on_top.T)):
            rank = int(torch.linalg.matrix_rank(dense, rtol=1e-5))
            u = torch.linalg.svd(dense).U[:, :rank]
            assert found.shape[1] == rank
            torch.testing.assert_close(
                found.double() @ found.double().T, u @ u.T, atol=1e-4, rtol=0
            )
        narrow = room._Span(problem(adapters, toy_base), module, 1, "adapters")
        assert torch.equal(narrow.u, span.u[:, : narrow.u.shape[1]])


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 900))
def test_directions_of_each_side(left, right, allowed):
    p, q = spans.counts(left, right, allowed)
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


# other directions


@pytest.mark.parametrize("directions", ["random", "base"])
@pytest.mark.parametrize("rank", [1, 2])
def test_other_directions_are_as_many_in_the_same_modules(toy_base, directions, rank):
    given_rows = problem(mixed_pool(toy_base), toy_base)
    own = subspace(given_rows, rank=rank, steps=2)
    other = subspace(given_rows, rank=rank, steps=2, directions=directions)
    assert other.details == own.details | {"directions": directions}
    for module, found in other.modules.items():
        assert found.a.shape == own.modules[module].a.shape
        assert found.b.shape == own.modules[module].b.shape
        span = room._Span(given_rows, module, rank, directions)
        for side in (span.u, span.vt.T):
            torch.testing.assert_close(side.T @ side, torch.eye(side.shape[1]), atol=1e-5, rtol=0)
    assert {c.coefficient for c in own.coefficients} == {1.0}
    assert {c.coefficient for c in other.coefficients} == {0.0}


def test_random_directions_are_those_of_the_seed_and_the_module(toy_base):
    pool = mixed_pool(toy_base)
    one, again, other = (
        subspace(problem(pool, toy_base, seed=seed), steps=0, directions="random")
        for seed in (1, 1, 2)
    )
    q, o = (f"model.layers.1.self_attn.{kind}_proj" for kind in "qo")
    assert torch.equal(one.modules[q].a, again.modules[q].a)
    for different in (other.modules[q].a, one.modules[o].a):
        assert not torch.equal(one.modules[q].a, different)


def test_directions_of_the_base_are_the_strongest_of_its_weights(toy_base):
    given_rows = problem(mixed_pool(toy_base), toy_base)
    for module in given_rows.modules:
        span = room._Span(given_rows, module, 1, "base")
        u, _, vt = torch.linalg.svd(toy_base.linears[module].weight.double())
        for found, dense in ((span.u, u[:, : span.u.shape[1]]), (span.vt.T, vt[: len(span.vt)].T)):
            torch.testing.assert_close(
                found.double() @ found.double().T, dense @ dense.T, atol=1e-5, rtol=0
            )


@pytest.mark.parametrize("directions", ["random", "base"])
def test_folding_in_other_directions_is_what_was_trained(toy_base, directions):
    given_rows = problem(mixed_pool(toy_base), toy_base, valid=TRAIN)
    options = {"steps": 20, "learning_rate": 0.02, "evaluate_every": 5}
    merged = subspace(given_rows, rank=1, directions=directions, **options)
    left = valid_loss(toy_base, merged.modules, TRAIN)
    assert left == pytest.approx(kept(merged).valid_loss, rel=1e-4)
    assert left < 0.95 * merged.curve[0].valid_loss


def test_a_base_with_too_few_directions_is_refused(toy_base):
    module = "model.layers.0.self_attn.q_proj"
    linear = toy_base.linears[module]
    before = linear.weight.data.clone()
    linear.weight.data[2:] = 0
    wide = [adapter(toy_base, f"wide-{i}", i, ranks=(4,)) for i in range(2)]
    try:
        with pytest.raises(InputError, match=r"weights of .*q_proj: found 2, expected at least 8"):
            room._Span(problem(wide, toy_base), module, 50, "base")
    finally:
        linear.weight.data.copy_(before)


# the whole pool


class Lent(Mapping):
    """Modules that are made anew each time one is asked for; `alive` are those still held."""

    def __init__(self, modules, alive, asked):
        self.modules, self.alive, self.asked = modules, alive, asked

    def __getitem__(self, module):
        lent = Factors(self.modules[module].a.clone(), self.modules[module].b.clone())
        self.alive.add(lent.a)
        self.asked[module] += 1
        assert len(self.alive) <= 2
        return lent

    def __contains__(self, module):
        return module in self.modules

    def __iter__(self):
        return iter(self.modules)

    def __len__(self):
        return len(self.modules)


def test_of_a_large_pool_one_module_of_one_adapter_is_held_at_a_time(toy_base, monkeypatch):
    """As many adapters as give each module several times as many directions as it has rows."""
    pool = [adapter(toy_base, f"a{i}", i, ranks=(2, 3)) for i in range(40)]
    alive, asked, most = weakref.WeakSet(), Counter(), Counter()
    lent = [Adapter(one.name, Lent(one.modules, alive, asked)) for one in pool]

    class Watched(spans.lowrank.Columns):
        def add(self, part):
            super().add(part)
            held = [*self._held, *([] if self._gram is None else [self._gram])]
            numbers = sum(one.numel() for one in held)
            most[len(part.b)] = max(most[len(part.b)], numbers)

    monkeypatch.setattr(spans.lowrank, "Columns", Watched)
    found = subspace(problem(lent, toy_base), rank=1, steps=2)
    assert all(numbers <= 2 * rows**2 for rows, numbers in most.items())
    # Each is read once, and what is made is what is made of adapters in memory.
    assert set(asked.values()) == {len(pool)}
    whole = subspace(problem(pool, toy_base), rank=1, steps=2)
    for module, expected in whole.modules.items():
        assert torch.equal(found.modules[module].b, expected.b)


def test_the_directions_of_a_large_pool_are_those_of_the_dense_stack(toy_base):
    pool = [adapter(toy_base, f"a{i}", i, ranks=(2, 3)) for i in range(40)]
    for module in problem(pool).modules:
        span = room._Span(problem(pool, toy_base), module, 1, "adapters")
        side_by_side, on_top = dense_spans(pool, module)
        for found, dense in ((span.u, side_by_side), (span.vt.T, on_top.T)):
            u = torch.linalg.svd(dense, full_matrices=False).U[:, : found.shape[1]]
            assert found.shape[1] < len(dense)
            torch.testing.assert_close(
                found.double() @ found.double().T, u @ u.T, atol=1e-5, rtol=0
            )


def test_directions_are_found_once_for_the_same_adapters_and_anew_for_others(toy_base):
    pool = [adapter(toy_base, f"a{i}", i, ranks=(2, 3)) for i in range(4)]
    asked = Counter()
    lent = [Adapter(one.name, Lent(one.modules, weakref.WeakSet(), asked)) for one in pool]
    shared = problem(lent, toy_base)
    for directions in ("adapters", "random", "base"):
        found = subspace(shared, directions=directions, steps=2)
        same(
            found.modules, subspace(problem(pool, toy_base), directions=directions, steps=2).modules
        )
    assert set(asked.values()) == {len(pool)}
    # A larger rank, other numbers under the same names, fewer of them.
    others = [adapter(toy_base, f"a{i}", 9 + i, ranks=(2, 3)) for i in range(4)]
    for adapters, rank in ((pool, 2), (others, 2), (others[:3], 2), (pool, 1)):
        found = subspace(replace(shared, adapters=adapters), rank=rank, steps=2)
        same(found.modules, subspace(problem(adapters, toy_base), rank=rank, steps=2).modules)


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
