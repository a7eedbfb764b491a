from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_cases import INSTRUCTION, ROWS, VALID, adapter, example, problem
from scipy import optimize, stats

from recycling.adapters.canonical import Adapter
from recycling.adapters.peft_folder import read_peft, write_peft
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.merging import closed_form, ridge_regression
from recycling.merging.closed_form import ridge
from recycling.merging.ridge_regression import Fit, path, until_best
from recycling.model.gradients import row_gradients, weight_gradient
from recycling.model.training import loss


def draw(rows, features, seed):
    generator = torch.Generator().manual_seed(seed)
    kwargs = {"generator": generator, "dtype": torch.float64}
    return torch.randn(rows, features, **kwargs), torch.randn(rows, **kwargs)


def solved(x, y, penalty):
    return np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)


SHAPE = st.tuples(st.integers(2, 9), st.integers(1, 14), st.integers(0, 10**6))


@given(SHAPE)
def test_coefficients_solve_the_normal_equations(shape):
    x, y = draw(*shape)
    for fit in path(x, y)[::8]:
        expected = solved(x.numpy(), y.numpy(), fit.penalty)
        np.testing.assert_allclose(fit.coefficients, expected, rtol=1e-6, atol=1e-9)


def test_coefficients_minimise_the_objective():
    x, y = draw(6, 3, 1)
    fit = path(x, y)[15]

    def objective(c):
        residual = y.numpy() - x.numpy() @ c
        return (residual**2).sum() + fit.penalty * (c**2).sum()

    best = optimize.minimize(objective, np.zeros(3), tol=1e-12).x
    np.testing.assert_allclose(fit.coefficients, best, atol=1e-5)


@given(SHAPE)
def test_left_out_residuals_are_those_of_leaving_out(shape):
    x, y = draw(*shape)
    for fit in path(x, y)[::8]:
        for row in range(len(y)):
            kept = torch.arange(len(y)) != row
            without = solved(x[kept].numpy(), y[kept].numpy(), fit.penalty)
            expected = y[row].item() - x[row].numpy() @ without
            assert fit.left_out[row].item() == pytest.approx(expected, rel=1e-5, abs=1e-7)


@given(SHAPE)
def test_the_path_ends_at_the_lowest_left_out_error(shape):
    x, y = draw(*shape)
    fits = path(x, y)
    errors = [fit.left_out.square().sum().item() for fit in fits]
    assert until_best(fits)[-1].left_out.square().sum().item() == min(errors)
    penalties = [fit.penalty for fit in fits]
    assert penalties == sorted(penalties, reverse=True)
    scale = x.square().sum(1).mean().item()
    assert (penalties[0], penalties[-1]) == pytest.approx((1e4 * scale, 1e-4 * scale))


def test_features_that_are_zero_move_nothing():
    [first, *_] = fits = path(torch.zeros(4, 3).double(), torch.ones(4).double())
    assert not any(fit.coefficients.any() for fit in fits)
    assert first.left_out.tolist() == pytest.approx([1, 1, 1, 1])


WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
PAIRS = [example(f"p{i}", *pair) for i, pair in enumerate(pairwise(WORDS))]
MANY = [*ROWS[:4], *PAIRS]


def helpful(base, name="helpful", scale=0.05):
    """An adapter straight down the gradient on rows of both splits."""
    gradient = weight_gradient(base, INSTRUCTION, [*MANY, *VALID])
    return Adapter(name, {m: f.scaled(-scale) for m, f in gradient.items()})


def faint(base):
    """A fresh LoRA that is nearly nothing, so that something is left to gain."""
    return Adapter("fresh", {m: f.scaled(0.01) for m, f in adapter(base, "", 1).items()})


def strangers(base):
    zero = Adapter("zero", {m: f.scaled(0) for m, f in adapter(base, "", 5).items()})
    return [adapter(base, "one", 2, ranks=(1, 3), without=("mlp", "layers.0")), zero]


def by_source(merged):
    return {
        source: rows["coefficient"].tolist()
        for source, rows in merged.coefficient_table().groupby("source")
    }


def valid_loss(base, modules):
    with base.wearing(Adapter("", modules)), torch.no_grad():
        return loss(base, INSTRUCTION, VALID).item()


@pytest.mark.parametrize("granularity", ["adapter", "module"])
@pytest.mark.parametrize("shrink", ["base", "fresh"])
def test_what_helps_is_recycled(toy_base, granularity, shrink):
    adapters = [faint(toy_base), helpful(toy_base), *strangers(toy_base)]
    given = problem(adapters, toy_base, fresh=True, train=MANY)
    merged = ridge(given, granularity=granularity, shrink=shrink)
    assert merged.details["abstained"] is False
    assert merged.details["reason"] == ""
    assert merged.details["left_out_gain"] > merged.details["left_out_gain_low"] > 0
    found = by_source(merged)
    assert np.mean(found["helpful"]) > 0
    assert set(found["zero"]) == {0.0}
    assert len(found["one"]) == len(adapters[2])
    if granularity == "adapter":
        assert all(len(set(values)) == 1 for values in found.values())
    [kept] = [point for point in merged.curve if point.kept]
    assert kept.valid_loss == pytest.approx(valid_loss(toy_base, merged.modules), rel=1e-5)
    assert kept.valid_loss == min(point.valid_loss for point in merged.curve)
    assert kept.valid_loss < merged.curve[0].valid_loss
    assert merged.tokens > 0


@pytest.mark.parametrize("granularity", ["adapter", "module"])
@pytest.mark.parametrize("shrink", ["base", "fresh"])
def test_coefficients_are_the_regression_of_the_deviance_residuals(toy_base, granularity, shrink):
    """Written out by hand with numpy, and the modules are the coefficients' weighted sum."""
    adapters = [faint(toy_base), helpful(toy_base), *strangers(toy_base)]
    given = problem(adapters, toy_base, fresh=True, train=MANY, valid=[])
    merged = ridge(given, granularity=granularity, shrink=shrink, confidence=0.5)
    assert not merged.details["abstained"]
    with toy_base.wearing(adapters[0] if shrink == "fresh" else None):
        losses, slopes = row_gradients(toy_base, INSTRUCTION, MANY, adapters)
    r = np.sqrt(2 * losses.numpy())
    keys = [(i, m) for i, a in enumerate(adapters) for m in a]
    x = np.stack([slopes[m][:, i].numpy() for i, m in keys], 1)
    if granularity == "adapter":
        x = np.stack([x[:, [k[0] == i for k in keys]].sum(1) for i in range(len(adapters))], 1)
    step = solved(x / r[:, None], -r, merged.details["penalty"])
    if granularity == "adapter":
        step = [step[i] for i, _ in keys]
    start = [float(shrink == "fresh" and i == 0) for i, _ in keys]
    found = {(c.source, c.module): c.coefficient for c in merged.coefficients}
    for (i, m), first, moved in zip(keys, start, step, strict=True):
        assert found[adapters[i].name, m] == pytest.approx(first + moved, rel=1e-5, abs=1e-8)
    for module, factors in merged.modules.items():
        expected = sum(found[a.name, module] * a[module].delta() for a in adapters if module in a)
        torch.testing.assert_close(factors.delta(), expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95])
def test_the_interval_is_the_one_sided_t(toy_base, confidence):
    """Of the gains of rows that are left out one after the other, by scipy."""
    adapters = [helpful(toy_base), *strangers(toy_base)]
    details = ridge(problem(adapters, toy_base, train=MANY), confidence=confidence).details
    losses, slopes = row_gradients(toy_base, INSTRUCTION, MANY, adapters)
    r = np.sqrt(2 * losses.numpy())
    keys = [(i, m) for i, a in enumerate(adapters) for m in a]
    x = np.stack([slopes[m][:, i].numpy() for i, m in keys], 1) / r[:, None]
    gains = []
    for row in range(len(MANY)):
        kept = np.arange(len(MANY)) != row
        step = solved(x[kept], -r[kept], details["penalty"])
        gains.append(r[row] ** 2 / 2 - (-r[row] - x[row] @ step) ** 2 / 2)
    test = stats.ttest_1samp(gains, 0, alternative="greater")
    assert details["left_out_gain"] == pytest.approx(np.mean(gains), rel=1e-5)
    low = test.confidence_interval(confidence).low
    assert details["left_out_gain_low"] == pytest.approx(low, rel=1e-5)


def fixed(monkeypatch, left_out, coefficients):
    """Let the regression find what a test says."""

    def path(features, target):
        steps = torch.full((features.shape[1],), coefficients, dtype=torch.float64)
        return [Fit(steps, target * left_out, 1.0)]

    monkeypatch.setattr(ridge_regression, "path", path)


@pytest.mark.parametrize("granularity", ["adapter", "module"])
def test_abstention_returns_the_bare_base(toy_base, monkeypatch, tmp_path, granularity):
    fixed(monkeypatch, 1.1, 0.5)
    pool = strangers(toy_base)
    merged = ridge(problem(pool, toy_base), granularity=granularity)
    assert merged.details["abstained"] is True
    assert merged.details["reason"] == "no credible gain"
    assert merged.coefficient_means(pool) == [0, 0]
    assert valid_loss(toy_base, merged.modules) == valid_loss(toy_base, {})
    assert [(p.step, p.kept) for p in merged.curve] == [(0, True)]
    assert len(merged.modules) == 1
    write_peft(Adapter("arm", merged.modules), tmp_path, "toy/base")
    reloaded = read_peft(tmp_path, "arm", set(toy_base.linears))
    assert not any(f.delta().any() for f in reloaded.values())


def test_abstention_returns_exactly_the_fresh_lora(toy_base, monkeypatch):
    fixed(monkeypatch, 1.1, 0.5)
    fresh = adapter(toy_base, "fresh", 1)
    merged = ridge(problem([fresh, *strangers(toy_base)], toy_base, fresh=True), shrink="fresh")
    assert merged.details["abstained"] is True
    assert set(merged.modules) == set(fresh)
    for module, factors in fresh.items():
        assert torch.equal(merged.modules[module].a, factors.a)
        assert torch.equal(merged.modules[module].b, factors.b)
    assert by_source(merged)["fresh"] == [1.0] * len(fresh)


def test_a_fit_that_measures_worse_is_not_recycled(toy_base, monkeypatch):
    fixed(monkeypatch, 0.5, -50.0)
    merged = ridge(problem([helpful(toy_base)], toy_base))
    assert merged.details["left_out_gain_low"] > 0
    assert merged.details["reason"] == "no lower loss on valid"
    assert [(p.step, p.kept) for p in merged.curve] == [(0, True), (1, False)]
    assert merged.coefficient_means([helpful(toy_base)]) == [0]


def test_noise_is_rarely_credible():
    """Targets without any relation to the features: the interval keeps its level, nearly."""
    credible = 0
    for seed in range(400):
        x, y = draw(30, 12, seed)
        mean, low = closed_form._gain(y.square() / 2, until_best(path(x, y))[-1], 0.95)
        assert low < mean
        credible += low > 0
    assert credible <= 30


def test_noise_is_recycled_in_less_than_a_tenth_of_cases_even_without_validation_rows(
    toy_base, monkeypatch
):
    """More than the interval's level, because several penalties are tried."""
    pool = [adapter(toy_base, f"pool-{number}", number) for number in range(12)]
    given = problem(pool, toy_base, valid=[])
    recycled = 0
    for seed in range(400):
        features, residuals = draw(30, len(pool), seed)
        # The method divides by the size of the residuals and sums over the modules.
        slopes = features * residuals.abs()[:, None] / len(given.modules)
        found = residuals.square() / 2, dict.fromkeys(given.modules, slopes)
        monkeypatch.setattr(closed_form, "row_gradients", lambda *_, found=found: found)
        recycled += not ridge(given, granularity="adapter").details["abstained"]
    assert 0 < recycled < 40


def test_order_of_the_adapters_does_not_matter(toy_base):
    pool = [helpful(toy_base), *strangers(toy_base)]
    one, two = (
        by_source(ridge(problem(order, toy_base, train=MANY))) for order in (pool, pool[::-1])
    )
    for source, values in one.items():
        assert two[source] == pytest.approx(values, rel=1e-4, abs=1e-7)


def test_the_record_says_what_was_decided(toy_base, tmp_path):
    pool = strangers(toy_base)
    merged = ridge(problem(pool, toy_base))
    tables.write_json(asdict(merged.record("arm", "ridge", pool)), tmp_path / "merge.json")
    details = tables.read_json(tmp_path / "merge.json")["details"]
    assert set(details) == {
        "abstained",
        "reason",
        "penalty",
        "left_out_gain",
        "left_out_gain_low",
        "confidence",
    }
    tables.write_table(merged.coefficient_table(), tmp_path / "c.tsv", "coefficients")


def test_shrinkage_to_an_absent_fresh_lora(toy_base):
    with pytest.raises(InputError, match="merge ridge: shrink: found 'fresh', expected base"):
        ridge(problem(strangers(toy_base), toy_base), shrink="fresh")


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_rows(toy_base, rows):
    with pytest.raises(InputError, match=f"merge ridge: train: found {rows}, expected at least 2"):
        ridge(problem(strangers(toy_base), toy_base, train=ROWS[:rows]))


@pytest.mark.parametrize("confidence", [0.4, 1.0])
def test_confidence_outside_its_range(toy_base, confidence):
    with pytest.raises(InputError, match=f"merge ridge: confidence: found {confidence}"):
        ridge(problem(strangers(toy_base), toy_base), confidence=confidence)
