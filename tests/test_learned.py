from itertools import product

import pytest
import torch
from model_cases import INSTRUCTION, TRAIN, VALID, adapter, precise, problem

from recycling.adapters.format import Adapter
from recycling.errors import InputError
from recycling.merging import learned as room
from recycling.merging.learned import ACTIVATIONS, learned
from recycling.model.training import loss

GRANULARITIES = ["adapter", "layer", "sublayer", "module", "direction"]
INITS = ["zero", "equal", "target"]
SETTINGS = [
    setting
    for setting in product(GRANULARITIES, ACTIVATIONS, INITS)
    if setting[:2] != ("direction", "softmax")
]


def pool(base, dtype=torch.float32):
    """A fresh LoRA and two others with mixed ranks; each of these lacks some modules."""
    return [
        adapter(base, "fresh", 1, ranks=(2,), dtype=dtype),
        adapter(base, "one", 2, ranks=(1, 3), without=("mlp",), dtype=dtype),
        adapter(base, "two", 3, ranks=(2, 1), without=("layers.0", "v_proj"), dtype=dtype),
    ]


def valid_loss(base, modules):
    with base.wearing(Adapter("merged", modules)), torch.no_grad():
        return loss(base, INSTRUCTION, VALID).item()


def kept(merged):
    [point] = [p for p in merged.curve if p.kept]
    return point


def refolded(merged, adapters):
    """The update of each module from the table of coefficients alone."""
    position = {a.name: a for a in adapters}
    total = {}
    for module in merged.modules:
        parts = [a[module] for a in adapters if module in a]
        stacked_a, stacked_b = torch.cat([p.a for p in parts]), torch.cat([p.b for p in parts], 1)
        total[module] = torch.zeros(stacked_b.shape[0], stacked_a.shape[1])
        for c in merged.coefficients:
            if c.module == module and c.direction is None:
                total[module] += c.coefficient * position[c.source][module].delta()
            elif c.module == module:
                i = c.direction
                total[module] += c.coefficient * stacked_b[:, i : i + 1] @ stacked_a[i : i + 1]
    return total


@pytest.mark.parametrize(("granularity", "activation", "init"), SETTINGS)
def test_folding_is_what_was_trained(toy_base, granularity, activation, init):
    """The written factors have the loss seen in training and follow from the coefficients."""
    adapters = pool(toy_base)
    given = problem(adapters, toy_base, fresh=True)
    options = {"granularity": granularity, "activation": activation, "init": init}
    merged = learned(given, **options, steps=3, batch_size=2, evaluate_every=1)
    assert valid_loss(toy_base, merged.modules) == pytest.approx(kept(merged).valid_loss, rel=1e-4)
    for module, expected in refolded(merged, adapters).items():
        torch.testing.assert_close(merged.modules[module].delta(), expected, atol=1e-5, rtol=1e-4)
    assert set(merged.modules) == set(given.modules)
    assert merged.tokens > 0
    assert merged.export_error == 0
    present = sum(len(a) for a in adapters)
    directions = sum(f.rank for a in adapters for f in a.values())
    assert len(merged.coefficients) == (directions if granularity == "direction" else present)


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_modules_of_a_group_share_their_coefficients(toy_base, granularity):
    merged = learned(
        problem(pool(toy_base), toy_base), granularity=granularity, init="equal", steps=2
    )
    groups = {
        "adapter": lambda module: "",
        "layer": lambda module: module.split(".")[2],
        "sublayer": lambda module: module.rpartition(".")[0],
        "module": lambda module: module,
        "direction": lambda module: module,
    }[granularity]
    values = {}
    for c in merged.coefficients:
        values.setdefault((c.source, groups(c.module), c.direction), set()).add(c.coefficient)
    assert all(len(shared) == 1 for shared in values.values())
    moved = {min(shared) for shared in values.values()}
    assert len(moved) > len(values) / 2


@pytest.mark.parametrize("activation", ["identity", "leaky_relu"])
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_init_target_starts_as_the_fresh_adapter(toy_base, granularity, activation):
    adapters = pool(toy_base)
    merged = learned(
        problem(adapters, toy_base, fresh=True),
        granularity=granularity,
        activation=activation,
        init="target",
        steps=0,
    )
    assert merged.curve[0].valid_loss == pytest.approx(
        valid_loss(toy_base, adapters[0].modules), rel=1e-5
    )
    for module, expected in adapters[0].items():
        torch.testing.assert_close(merged.modules[module].delta(), expected.delta())
    assert merged.coefficient_means(adapters) == [1, 0, 0]


@pytest.mark.parametrize(
    ("activation", "init", "expected"),
    [
        ("leaky_relu", "zero", [0, 0, 0]),
        ("identity", "equal", [3**-0.5] * 3),
        ("softmax", "zero", [1 / 3] * 3),
        ("sigmoid", "zero", [0.5] * 3),
    ],
)
def test_starts(toy_base, activation, init, expected):
    adapters = pool(toy_base)
    merged = learned(
        problem(adapters, toy_base, fresh=True), activation=activation, init=init, steps=0
    )
    assert merged.coefficient_means(adapters) == pytest.approx(expected)


def test_activations():
    raw = torch.tensor([-2.0, 0.0, 3.0])
    expected = {
        "identity": [-2, 0, 3],
        "leaky_relu": [-0.02, 0, 3],
        "softmax": (raw.exp() / raw.exp().sum()).tolist(),
        "sigmoid": (1 / (1 + (-raw).exp())).tolist(),
    }
    assert {name: f(raw).tolist() for name, f in ACTIVATIONS.items()} == {
        name: pytest.approx(values) for name, values in expected.items()
    }


def test_a_start_at_zero_is_the_bare_base(toy_base):
    merged = learned(problem(pool(toy_base), toy_base), steps=0)
    with torch.no_grad():
        bare = loss(toy_base, INSTRUCTION, VALID).item()
    assert merged.curve[0].valid_loss == pytest.approx(bare, rel=1e-6)
    assert not any(f.delta().any() for f in merged.modules.values())


@pytest.mark.parametrize("train", ["coefficients", "both"])
def test_training_lowers_the_loss_and_leaves_the_adapters_alone(toy_base, train):
    adapters, untouched = pool(toy_base), pool(toy_base)
    given = problem(adapters, toy_base, valid=TRAIN, fresh=True)
    merged = learned(given, init="equal", train=train, steps=15, learning_rate=0.05)
    assert kept(merged).valid_loss < 0.9 * merged.curve[0].valid_loss
    for before, after in zip(untouched, adapters, strict=True):
        for module in before:
            assert torch.equal(before[module].a, after[module].a)
            assert torch.equal(before[module].b, after[module].b)
    trained = any(
        not torch.equal(merged.modules[m].a, torch.cat([a[m].a for a in untouched if m in a]))
        for m in merged.modules
    )
    assert trained == (train == "both")
    assert not any(f.a.requires_grad or f.b.requires_grad for f in merged.modules.values())


def test_train_both_writes_the_kept_factors(toy_base):
    given = problem(pool(toy_base), toy_base, fresh=True)
    for rate in (0.01, 3.0):
        merged = learned(
            given, init="target", train="both", steps=3, learning_rate=rate, evaluate_every=1
        )
        assert valid_loss(toy_base, merged.modules) == pytest.approx(
            kept(merged).valid_loss, rel=1e-4
        )


def test_recalibration_of_one_fresh_adapter(toy_base):
    one = pool(toy_base)[:1]
    merged = learned(problem(one, toy_base, fresh=True), init="target", steps=2, evaluate_every=1)
    assert merged.rank == 2
    assert kept(merged).valid_loss <= merged.curve[0].valid_loss


def test_same_seed_same_bytes(toy_base):
    def run(seed):
        given = problem(pool(toy_base), toy_base, seed=seed)
        return learned(given, init="equal", steps=3, batch_size=1, evaluate_every=1)

    one, two, other = run(1), run(1), run(2)
    assert (one.coefficients, one.curve, one.tokens) == (two.coefficients, two.curve, two.tokens)
    assert all(torch.equal(one.modules[m].b, two.modules[m].b) for m in one.modules)
    assert one.curve != other.curve


@pytest.mark.parametrize("train", ["coefficients", "both"])
@pytest.mark.parametrize(
    ("granularity", "activation"),
    [setting[:2] for setting in SETTINGS if "layer" not in setting[0] and setting[2] == "equal"],
)
def test_gradients(toy_base, toy_folder, monkeypatch, granularity, activation, train):
    """Along a random direction of all parameters, against central differences."""
    base = precise(toy_folder, toy_base.tokenizer)
    checked = []

    def check(base, parameters, instruction, train, valid, recipe, generator):
        directions = [torch.randn(p.shape, generator=generator) for p in parameters]

        def moved(step):
            with torch.no_grad():
                for parameter, direction in zip(parameters, directions, strict=True):
                    parameter += step * direction
                value = loss(base, instruction, train).item()
                for parameter, direction in zip(parameters, directions, strict=True):
                    parameter -= step * direction
            return value

        loss(base, instruction, train).backward()
        slope = sum((p.grad * d).sum().item() for p, d in zip(parameters, directions, strict=True))
        assert slope == pytest.approx((moved(1e-5) - moved(-1e-5)) / 2e-5, rel=1e-5)
        assert abs(slope) > 1e-4
        checked.append(len(parameters))
        raise InterruptedError

    monkeypatch.setattr(room, "fit", check)
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(InterruptedError):
            learned(
                problem(pool(base, torch.float64), base),
                granularity=granularity,
                activation=activation,
                init="equal",
                train=train,
            )
    finally:
        torch.set_default_dtype(torch.float32)
    groups = 1 if granularity == "adapter" else len(base.linears)
    assert checked == [groups + (2 * len(base.linears) if train == "both" else 0)]


def test_init_target_needs_the_fresh_adapter(toy_base):
    with pytest.raises(InputError, match="merge learned: init: found 'target'"):
        learned(problem(pool(toy_base), toy_base), init="target")


def test_softmax_by_direction(toy_base):
    with pytest.raises(InputError, match="merge learned: activation: found 'softmax'"):
        learned(problem(pool(toy_base), toy_base), granularity="direction", activation="softmax")


def test_no_training_rows(toy_base):
    with pytest.raises(InputError, match="training: train"):
        learned(problem(pool(toy_base), toy_base, train=[]))
