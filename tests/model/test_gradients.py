import pytest
import torch
from model_cases import INSTRUCTION, ROWS, TRAIN, adapter, precise

from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter
from recycling.ground.errors import InputError
from recycling.model import gradients
from recycling.model.branches import Branch
from recycling.model.training import loss


def pool(base, dtype=torch.float64):
    return [
        adapter(base, "one", 2, ranks=(1, 3), without=("mlp",), dtype=dtype),
        adapter(base, "two", 3, ranks=(2,), without=("layers.0", "v_proj"), dtype=dtype),
        Adapter("zero", {m: f.scaled(0) for m, f in adapter(base, "", 4, dtype=dtype).items()}),
    ]


@pytest.fixture(scope="module")
def exact(toy_folder, toy_base):
    """The toy base in float64."""
    return precise(toy_folder, toy_base.tokenizer)


def summed_loss(base, row):
    return float(loss(base, INSTRUCTION, [row])) * len(base.answer(row.answers[0]))


def difference(base, row, module, part, step=1e-5):
    """Central difference of a row's summed loss by the coefficient of one update."""
    values = []
    for sign in (1, -1):
        branch = Branch(part.a, sign * step * part.b)
        with base.attached({module: branch}), torch.no_grad():
            values.append(summed_loss(base, row))
    return (values[0] - values[1]) / (2 * step)


@pytest.mark.parametrize("at_fresh", [False, True])
def test_row_gradients_against_finite_differences(exact, at_fresh):
    adapters = pool(exact)
    fresh = adapter(exact, "fresh", 1, dtype=torch.float64) if at_fresh else None
    with exact.wearing(fresh):
        losses, slopes = gradients.row_gradients(exact, INSTRUCTION, ROWS, adapters)
        assert losses.tolist() == pytest.approx([summed_loss(exact, row) for row in ROWS])
        differences = []
        for module in ["model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"]:
            for i, one in enumerate(adapters[:2]):
                for n, row in enumerate(ROWS[:4]):
                    if module not in one:
                        assert slopes[module][n, i] == 0
                        continue
                    found = difference(exact, row, module, one[module])
                    differences.append(abs(slopes[module][n, i].item() - found) / abs(found))
    assert len(differences) == 8
    assert max(differences) < 1e-6
    assert not any(found[:, 2].any() for found in slopes.values())


@pytest.mark.parametrize("at_fresh", [False, True])
def test_weight_gradient_holds_the_mean_of_the_rows(exact, at_fresh):
    adapters = pool(exact)
    with exact.wearing(adapter(exact, "fresh", 1, dtype=torch.float64) if at_fresh else None):
        _, slopes = gradients.row_gradients(exact, INSTRUCTION, ROWS, adapters)
        weight = gradients.weight_gradient(exact, INSTRUCTION, ROWS)
    assert set(weight) == set(exact.linears)
    for module, found in slopes.items():
        for i, one in enumerate(adapters):
            if module in one:
                assert lowrank.inner(weight[module], one[module]) == pytest.approx(
                    found[:, i].mean().item(), rel=1e-9, abs=1e-12
                )


def test_weight_gradient_is_autograds_own(exact):
    weight = gradients.weight_gradient(exact, INSTRUCTION, TRAIN)
    tokens = [len(exact.answer(row.answers[0])) for row in TRAIN]
    for module in ["model.layers.0.self_attn.k_proj", "model.layers.1.mlp.gate_proj"]:
        parameter = exact.linears[module].weight.requires_grad_(True)
        total = loss(exact, INSTRUCTION, TRAIN) * sum(tokens) / len(TRAIN)
        [expected] = torch.autograd.grad(total, parameter)
        parameter.requires_grad_(False)
        torch.testing.assert_close(weight[module].delta(), expected)
        assert weight[module].rank <= min(expected.shape)


def test_batches_change_nothing(exact, monkeypatch):
    adapters = pool(exact)
    before = exact.tokens_read
    whole = gradients.row_gradients(exact, INSTRUCTION, ROWS, adapters)
    tokens = exact.tokens_read - before
    weight = gradients.weight_gradient(exact, INSTRUCTION, ROWS)
    monkeypatch.setattr(gradients, "NODES", 1)
    single = gradients.row_gradients(exact, INSTRUCTION, ROWS, adapters)
    torch.testing.assert_close(single, whole)
    read = [exact.prompt(INSTRUCTION, r.input) + exact.answer(r.answers[0]) for r in ROWS]
    assert tokens == sum(len(tokens) - 1 for tokens in read)
    for module, found in gradients.weight_gradient(exact, INSTRUCTION, ROWS).items():
        torch.testing.assert_close(found.delta(), weight[module].delta())


def test_nothing_is_left_on_the_base(toy_base):
    gradients.weight_gradient(toy_base, INSTRUCTION, TRAIN)
    assert not any(linear._forward_hooks for linear in toy_base.linears.values())
    assert not any(p.requires_grad for p in toy_base.model.parameters())


def test_gain_is_downhill_per_unit_of_norm(toy_base):
    weight = gradients.weight_gradient(toy_base, INSTRUCTION, TRAIN)
    uphill = Adapter("uphill", weight)
    downhill = Adapter("downhill", {m: f.scaled(-3) for m, f in weight.items()})
    steepest = lowrank.total_norm(weight)
    assert gradients.first_order_gain(uphill, weight) == pytest.approx(-steepest)
    assert gradients.first_order_gain(downhill, weight) == pytest.approx(steepest)
    for one in pool(toy_base, torch.float32)[:2]:
        gain = gradients.first_order_gain(one, weight)
        doubled = Adapter("doubled", {m: f.scaled(2) for m, f in one.items()})
        assert abs(gain) < steepest
        assert gradients.first_order_gain(doubled, weight) == pytest.approx(gain)


def test_a_gain_is_that_of_products_in_double_precision(toy_base):
    weight = gradients.weight_gradient(toy_base, INSTRUCTION, TRAIN)
    for one in pool(toy_base, torch.float32)[:2]:
        slope = sum(lowrank.inner(weight[module], part) for module, part in one.items())
        expected = -slope / lowrank.total_norm(one)
        assert gradients.first_order_gain(one, weight) == pytest.approx(expected, rel=1e-5)


def test_gain_of_what_the_loss_does_not_see(toy_base):
    weight = gradients.weight_gradient(toy_base, INSTRUCTION, TRAIN)
    zero = pool(toy_base, torch.float32)[2]
    assert gradients.first_order_gain(zero, weight) == 0
    elsewhere = Adapter("elsewhere", {"other": zero["model.layers.0.mlp.up_proj"]})
    assert gradients.first_order_gain(elsewhere, weight) == 0


def test_half_precision_is_near(toy_base, toy_folder):
    from recycling.model import base as bases

    half = bases.load(toy_folder, "cpu", "bfloat16")
    one = pool(toy_base, torch.float32)[:1]
    _, slopes = gradients.row_gradients(toy_base, INSTRUCTION, TRAIN, one)
    _, rough = gradients.row_gradients(half, INSTRUCTION, TRAIN, one)
    whole, near = (torch.cat([*found.values()]).flatten() for found in (slopes, rough))
    assert torch.cosine_similarity(whole, near, 0) > 0.98


def test_no_rows(toy_base):
    with pytest.raises(InputError, match="gradient: rows: found 0, expected at least one"):
        gradients.weight_gradient(toy_base, INSTRUCTION, [])
