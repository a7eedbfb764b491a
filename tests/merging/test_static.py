import numpy as np
import peft
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from merge_cases import SHAPES, close, dense, pool, pools, updates
from model_cases import adapter, factors, problem

from recycling.adapters import peft_folder
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.merging import election, static
from recycling.merging.static import alone, average, dare, task_arithmetic
from recycling.merging.ties import ties_factors
from recycling.model import base as bases


def test_average_is_the_mean_update_with_zero_for_absent_modules():
    adapters = pool()
    merged = average(problem(adapters))
    close(merged, {m: sum(updates(adapters, m)) / 3 for m in SHAPES})
    assert {m: f.rank for m, f in merged.modules.items()} == {"q": 6, "v": 4}
    assert [(c.source, c.module, c.direction, c.coefficient) for c in merged.coefficients] == [
        (f"pool-{i}", "*", None, 1 / 3) for i in range(3)
    ]
    assert (merged.tokens, merged.export_error, merged.curve) == (0, 0, ())


def test_a_zero_adapter_thins_the_average():
    adapters = pool(without=((), (), ()))
    zero = Adapter("zero", {m: f.scaled(0) for m, f in adapters[0].items()})
    expected = {m: sum(updates(adapters, m)) / 4 for m in SHAPES}
    close(average(problem([*adapters, zero])), expected)


@given(pools(), st.floats(-2, 2))
def test_task_arithmetic_is_the_scaled_sum(adapters, scale):
    merged = task_arithmetic(problem(adapters), scale=scale)
    changed = problem(adapters).modules
    close(merged, {m: scale * sum(updates(adapters, m)) for m in changed})
    assert merged.coefficient_means(adapters) == [scale] * len(adapters)


@pytest.fixture(scope="module")
def peft_pool(toy_base, toy_folder, tmp_path_factory):
    """Three LoRAs with alpha/r of 1.5 worn by one PEFT model, and as we read them."""
    folder = tmp_path_factory.mktemp("peft")
    for i, name in enumerate("abc"):
        peft_folder.write_peft(
            adapter(toy_base, name, i, ranks=(4,)), folder / name, "toy", alpha=6
        )
    model = peft.PeftModel.from_pretrained(
        bases.load(toy_folder, "cpu", "float32").model, folder / "a", adapter_name="a"
    )
    for name in "bc":
        model.load_adapter(folder / name, name)
    return model, [peft_folder.read_peft(folder / name, name, toy_base.linears) for name in "abc"]


@pytest.mark.parametrize(
    ("method", "options", "weight", "theirs"),
    [
        (average, {}, 1 / 3, {"combination_type": "cat"}),
        (average, {}, 1 / 3, {"combination_type": "svd", "svd_rank": 12}),
        (task_arithmetic, {"scale": 0.4}, 0.4, {"combination_type": "cat"}),
        (task_arithmetic, {"scale": 0.4}, 0.4, {"combination_type": "svd", "svd_rank": 12}),
        (ties_factors, {"density": 0.5}, 1.0, {"combination_type": "ties", "density": 0.5}),
    ],
)
def test_peft_merges_alike(peft_pool, method, options, weight, theirs):
    model, read = peft_pool
    model.add_weighted_adapter(list("abc"), [weight] * 3, "merged", **theirs)
    merged = method(problem(read), **options)
    layers = {
        name.removeprefix("base_model.model."): layer
        for name, layer in model.named_modules()
        if isinstance(layer, peft.tuners.lora.Linear)
    }
    assert set(layers) == set(merged.modules)
    for module, layer in layers.items():
        with torch.no_grad():
            expected = layer.get_delta_weight("merged")
        assert expected.abs().max() > 0.01
        torch.testing.assert_close(merged.modules[module].delta(), expected, atol=1e-6, rtol=1e-5)
    model.delete_adapter("merged")


def at_full_rank(adapters):
    """The same updates with directions of zeros, so that a file holds any result."""
    return [
        Adapter(
            a.name,
            {
                m: Factors(
                    torch.cat([f.a, f.a.new_zeros(9, f.a.shape[1])]),
                    torch.cat([f.b, f.b.new_zeros(f.b.shape[0], 9)], 1),
                )
                for m, f in a.items()
            },
        )
        for a in adapters
    ]


@pytest.mark.parametrize("rows", [1, 4, 100])
def test_dare_takes_the_same_numbers_whatever_fits_a_cache(rows, monkeypatch):
    """Bit by bit what one draw and one mask give."""
    one = factors(3, 37, 53, seed=5)
    monkeypatch.setattr(election, "BLOCK", rows * 53)
    found = static._dropped(one, 0.4, torch.Generator().manual_seed(6))
    drawn = torch.rand(37, 53, generator=torch.Generator().manual_seed(6))
    assert torch.equal(found, (one.delta() / 0.4).masked_fill(drawn >= 0.4, 0))


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9])
def test_dare_keeps_an_entry_rescaled_or_drops_it(density):
    one = Adapter("one", {"q": factors(40, 50, 40, 1, 1.0, torch.float64)})
    merged = dare(problem([one]), density=density, scale=-0.3)
    found, delta = dense(merged.modules)["q"], dense(one)["q"]
    kept = np.abs(found) > 1e-8
    np.testing.assert_allclose(found[kept], -0.3 * delta[kept] / density, rtol=1e-6)
    # 2000 entries: five standard errors.
    assert kept.mean() == pytest.approx(density, abs=5 * (density * (1 - density) / 2000) ** 0.5)
    assert merged.export_error < 1e-9


def test_dare_keeps_the_expectation():
    adapters, density, draws = at_full_rank(pool()), 0.4, 400
    total = dict.fromkeys(SHAPES, 0.0)
    for seed in range(draws):
        merged = dense(dare(problem(adapters, seed=seed), density=density, scale=0.7).modules)
        total = {m: total[m] + merged[m] / draws for m in SHAPES}
    for module in SHAPES:
        deltas = updates(adapters, module)
        variance = 0.49 * sum(np.square(d) for d in deltas) * (1 - density) / density / draws
        z = (total[module] - 0.7 * sum(deltas)) / np.sqrt(variance)
        assert np.abs(z).max() < 5
        assert 0.6 < np.square(z).mean() < 1.5


@given(pools())
def test_dare_of_everything_is_task_arithmetic(adapters):
    merged = dare(problem(adapters), density=1.0, scale=0.3)
    close(merged, dense(task_arithmetic(problem(adapters), scale=0.3).modules))
    assert merged.export_error < 1e-9


def test_dare_drops_apart_in_each_adapter_and_module():
    part = factors(9, 9, 9, 1, 1.0, torch.float64)
    twice = [Adapter(name, {"q": part, "v": part}) for name in ("one", "two")]
    alone_q, alone_v = (dense(dare(problem([a])).modules)["q"] for a in twice)
    both = dense(dare(problem([twice[0]])).modules)
    assert not np.allclose(alone_q, alone_v)
    assert not np.allclose(both["q"], both["v"])


@pytest.mark.parametrize("density", [0.2, 0.5, 0.9])
def test_export_error_of_dare_is_what_the_file_loses(density):
    adapters = pool(ranks=(1, 1, 2))
    merged = dare(problem(adapters), density=density)
    whole = dense(dare(problem(at_full_rank(adapters)), density=density).modules)
    found = dense(merged.modules)
    lost = sum(np.square(found[m] - whole[m]).sum() for m in SHAPES)
    total = sum(np.square(whole[m]).sum() for m in SHAPES)
    assert merged.export_error == pytest.approx(np.sqrt(lost / total), rel=1e-9)
    assert merged.export_error > 0.05
    assert merged.modules["q"].rank == 4


@pytest.mark.parametrize("density", [0.0, -0.1, 1.5, float("nan")])
def test_density_with_which_no_rescaling_keeps_the_expectation(density):
    with pytest.raises(InputError, match="merge dare: density: found"):
        dare(problem(pool()), density=density)


def test_alone_is_the_one_adapter():
    one = pool()[2]
    close(alone(problem([one])), dense(one))


def test_alone_takes_one_adapter():
    with pytest.raises(InputError, match="merge none: adapters: found 3, expected exactly one"):
        alone(problem(pool()))
