import warnings
from functools import partial

import numpy as np
import pytest
import torch
from model_cases import INSTRUCTION, ROWS, TRAIN, VALID, adapter, problem

from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.merging import blackbox
from recycling.merging.blackbox import line_search, lorahub
from recycling.merging.static import average
from recycling.model.training import loss


def pool(base, ranks=((2,), (1, 3), (2, 1))):
    """Three adapters, of mixed ranks unless told; the last lacks some modules."""
    without = ((), ("mlp",), ("layers.0", "v_proj"))
    return [
        adapter(base, f"pool-{number}", number, ranks=rank, without=lacking)
        for number, (rank, lacking) in enumerate(zip(ranks, without, strict=True))
    ]


EQUAL = ((2,), (2,), (2,))


def measured(base, modules, rows):
    with base.wearing(Adapter("merged", modules)), torch.no_grad():
        return loss(base, INSTRUCTION, rows).item()


def weights(merged):
    return [c.coefficient for c in merged.coefficients]


def kept(merged):
    [point] = [p for p in merged.curve if p.kept]
    return point


@pytest.fixture
def bowl(monkeypatch):
    """The loss replaced by the squared distance of the weights from a point that they can reach."""
    target = np.array([0.5, -1.0, 1.2])

    def distance(problem, modules, rows):
        # With one direction for each adapter, the weights are in the factors.
        return float(((modules["q"].b.numpy()[0] - target) ** 2).sum())

    monkeypatch.setattr(blackbox, "_loss", distance)
    return target


def unit_problem(base, seed=1, valid=()):
    from recycling.adapters.canonical import Factors

    one = Factors(torch.ones(1, 1), torch.ones(1, 1))
    adapters = [Adapter(f"pool-{i}", {"q": one}) for i in range(3)]
    return problem(adapters, base, valid=list(valid), seed=seed)


def test_lorahub_finds_the_bottom_of_a_bowl(toy_base, bowl):
    merged = lorahub(unit_problem(toy_base), l1=0.0)
    np.testing.assert_allclose(weights(merged), bowl, atol=1e-3)
    assert len(merged.curve) == 101
    assert merged.details == {"optimiser": "Cobyla"}


def test_the_penalty_is_the_mean_absolute_weight(toy_base, bowl):
    """sum (w - t)^2 + 0.6 mean |w| has its minimum where each |t| is less by 0.6 / (2 * 3)."""
    merged = lorahub(unit_problem(toy_base), l1=0.6)
    np.testing.assert_allclose(weights(merged), bowl - 0.1 * np.sign(bowl), atol=1e-3)
    assert kept(merged).train_loss == pytest.approx(3 * 0.01, rel=0.05)


def test_weights_stay_within_their_bounds(toy_base, bowl):
    merged = lorahub(unit_problem(toy_base), l1=0.0, bound=0.75)
    np.testing.assert_allclose(weights(merged), [0.5, -0.75, 0.75], atol=0.1)
    assert max(map(abs, weights(merged))) <= 0.75


@pytest.mark.parametrize("form", ["linear", "factors"])
def test_the_kept_point_is_the_lowest_and_is_exported(toy_base, form):
    adapters = pool(toy_base, EQUAL)
    merged = lorahub(problem(adapters, toy_base), form=form, budget=12, l1=0.0)
    point = kept(merged)
    assert point.train_loss == min(p.train_loss for p in merged.curve[1:])
    assert measured(toy_base, merged.modules, TRAIN) == pytest.approx(point.train_loss, rel=1e-5)
    assert measured(toy_base, merged.modules, VALID) == pytest.approx(point.valid_loss, rel=1e-5)
    assert [p.valid_loss is not None for p in merged.curve].count(True) == 2
    assert merged.tokens > 0


def test_forms_against_dense_float64(toy_base):
    """Linear is the weighted sum of updates, factors the product of weighted sums of factors."""
    adapters = pool(toy_base, EQUAL)
    for form in ("linear", "factors"):
        merged = lorahub(problem(adapters, toy_base), form=form, budget=6)
        for module, found in merged.modules.items():
            parts = [
                (w, a[module].a.double().numpy(), a[module].b.double().numpy())
                for w, a in zip(weights(merged), adapters, strict=True)
                if module in a
            ]
            if form == "linear":
                expected = sum(w * b @ a for w, a, b in parts)
            else:
                expected = sum(w * b for w, _, b in parts) @ sum(w * a for w, a, _ in parts)
                assert found.rank == 2
            np.testing.assert_allclose(found.delta().numpy(), expected, atol=1e-5)


def test_the_start_and_so_the_run_follow_the_seed(toy_base, bowl):
    one, two, other = (lorahub(unit_problem(toy_base, seed), budget=8) for seed in (1, 1, 2))
    assert (one.coefficients, one.curve) == (two.coefficients, two.curve)
    assert one.curve[1] != other.curve[1]
    starts = [lorahub(unit_problem(toy_base, seed), budget=1) for seed in range(5)]
    assert all(max(map(abs, weights(start))) <= 0.1 for start in starts)
    assert len({tuple(weights(start)) for start in starts}) == 5


@pytest.mark.parametrize("budget", [1, 3, 100])
@pytest.mark.parametrize("count", [1, 2])
def test_few_adapters_and_any_budget(toy_base, monkeypatch, count, budget):
    """One adapter and a large budget is where nevergrad would choose what it cannot run."""
    monkeypatch.setattr(blackbox, "_loss", lambda *_: 1.0)
    merged = lorahub(problem(pool(toy_base)[:count], toy_base), budget=budget)
    assert len(merged.curve) == budget + 1
    assert merged.details == {"optimiser": "Cobyla"}


def test_warnings_are_as_before(toy_base, bowl):
    lorahub(unit_problem(toy_base), budget=3)
    with pytest.raises(UserWarning, match="COBYLA"):
        warnings.warn("COBYLA: Invalid MAXFUN", stacklevel=1)


def test_factors_need_one_rank(toy_base):
    with pytest.raises(InputError, match=r"merge lorahub: ranks in model.*found \[2, 3"):
        lorahub(problem(pool(toy_base), toy_base), form="factors")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": 0}, "budget: found 0, expected at least 1"),
        ({"l1": -0.1}, "l1: found -0.1, expected at least 0"),
        ({"bound": 0.0}, "bound: found 0.0, expected above 0"),
    ],
)
def test_refused_options_of_lorahub(toy_base, options, message):
    with pytest.raises(InputError, match=f"merge lorahub: {message}"):
        lorahub(problem(pool(toy_base), toy_base), **options)


def test_the_loss_of_many_rows_is_that_of_one_pass(toy_base, monkeypatch):
    given = problem(pool(toy_base), toy_base)
    modules = average(given).modules
    monkeypatch.setattr(blackbox, "BATCH", 4)
    found = blackbox._loss(given, modules, ROWS)
    assert found == pytest.approx(measured(toy_base, modules, ROWS), rel=1e-5)


@pytest.mark.parametrize("count", [1, 3])
def test_line_search_is_as_low_as_a_grid(toy_base, count):
    given = problem(pool(toy_base)[:count], toy_base, valid=TRAIN)
    merged = line_search(given, evaluations=20)
    mean = average(given).modules
    grid = [
        measured(toy_base, {m: f.scaled(scale) for m, f in mean.items()}, TRAIN)
        for scale in np.linspace(0, 2, 41)
    ]
    assert kept(merged).train_loss <= min(grid) + 1e-3
    assert measured(toy_base, merged.modules, TRAIN) == pytest.approx(
        kept(merged).valid_loss, rel=1e-5
    )
    for module, expected in mean.items():
        torch.testing.assert_close(
            merged.modules[module].delta(), merged.details["scale"] * expected.delta()
        )
    assert weights(merged) == [pytest.approx(merged.details["scale"] / count)] * count


def test_valid_rows_decide_between_the_scale_found_and_one(toy_base, monkeypatch):
    given = problem(pool(toy_base)[:1], toy_base)

    def worse_on_valid(problem, modules, rows):
        module = problem.modules[0]
        scale = (modules[module].b / problem.adapters[0][module].b).mean().item()
        return (scale - 1.6) ** 2 if rows is problem.train else (scale - 1.0) ** 2

    monkeypatch.setattr(blackbox, "_loss", worse_on_valid)
    merged = line_search(given)
    assert weights(merged) == [1.0]
    assert kept(merged).step == 0
    assert merged.details["scale_by_train"] == pytest.approx(1.6, abs=1e-3)
    blind = problem(pool(toy_base)[:1], toy_base, valid=[])
    assert weights(line_search(blind)) == [pytest.approx(1.6, abs=1e-3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"high": 0.0}, "high: found 0.0, expected above 0"),
        ({"evaluations": 2}, "evaluations: found 2, expected at least 3"),
    ],
)
def test_refused_options_of_line_search(toy_base, options, message):
    with pytest.raises(InputError, match=f"merge line_search: {message}"):
        line_search(problem(pool(toy_base), toy_base), **options)


@pytest.mark.parametrize(
    "run",
    [partial(lorahub, budget=3), partial(line_search, evaluations=3)],
    ids=["lorahub", "line"],
)
def test_adapters_are_brought_to_the_base_once(toy_base, monkeypatch, run):
    placed = []
    to = Factors.to
    monkeypatch.setattr(Factors, "to", lambda one, device: placed.append(device) or to(one, device))
    two = pool(toy_base)[:2]
    run(problem(two, toy_base))
    assert placed == [toy_base.device] * sum(map(len, two))
