from dataclasses import replace
from itertools import product

import pytest
import torch
from model_cases import (
    INSTRUCTION,
    TRAIN,
    VALID,
    against_differences,
    factors,
    mixed_pool,
    precise,
    problem,
)

from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter
from recycling.ground.errors import InputError
from recycling.merging import fitting
from recycling.merging.gated import ACTIVATIONS, Gated
from recycling.merging.learned import adamerging, adamerging_entropy, learned, pi_tuning
from recycling.model.entropy import candidate_entropy
from recycling.model.training import fit, loss

GRANULARITIES = ["adapter", "layer", "sublayer", "module", "direction"]
INITS = ["zero", "equal", "target"]
SETTINGS = [
    setting
    for setting in product(GRANULARITIES, ACTIVATIONS, INITS)
    if setting[:2] != ("direction", "softmax")
]


def valid_loss(base, modules, rows=VALID):
    with base.wearing(Adapter("merged", dict(modules))), torch.no_grad():
        return loss(base, INSTRUCTION, rows).item()


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
    """The saved factors have the loss seen in training and follow from the coefficients."""
    adapters = mixed_pool(toy_base)
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
        problem(mixed_pool(toy_base), toy_base), granularity=granularity, init="equal", steps=2
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


def test_a_module_outside_the_layers_is_a_layer_of_its_own(toy_base):
    names = ["model.layers.0.mlp.up", "model.layers.0.q", "model.layers.1.q", "model.project_in"]
    pool = [Adapter("one", {name: factors(1, 4, 3, 1) for name in names})]
    gated = Gated(problem(pool, toy_base), "layer", "identity", "equal")
    first, second, other, outside = (gated.layers[name].raw for name in names)
    assert first is second
    assert len(gated.raw) == len({id(first), id(other), id(outside)}) == 3


@pytest.mark.parametrize("activation", ["identity", "leaky_relu"])
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_init_target_starts_as_the_fresh_adapter(toy_base, granularity, activation):
    adapters = mixed_pool(toy_base)
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


@pytest.mark.parametrize(("granularity", "activation", "init"), SETTINGS)
def test_starts(toy_base, granularity, activation, init):
    """The activation acts on the start: an equal one of 1/sqrt(k) is a softmax share of 1/k."""
    raw = {"zero": [0.0] * 3, "equal": [3**-0.5] * 3, "target": [1.0, 0.0, 0.0]}[init]
    expected = ACTIVATIONS[activation](torch.tensor(raw)).tolist()
    adapters = mixed_pool(toy_base)
    merged = learned(
        problem(adapters, toy_base, fresh=True),
        granularity=granularity,
        activation=activation,
        init=init,
        steps=0,
    )
    for c in merged.coefficients:
        assert c.coefficient == pytest.approx(
            expected[[a.name for a in adapters].index(c.source)], rel=1e-6
        )


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


def test_leaky_relu_starts_with_a_hundredth_of_the_slope():
    raw = torch.zeros(1, requires_grad=True)
    ACTIVATIONS["leaky_relu"](raw).backward()
    assert raw.grad.item() == pytest.approx(0.01)


def test_the_softmax_share_of_an_absent_adapter_is_not_given_to_others(toy_base):
    merged = learned(
        problem(mixed_pool(toy_base), toy_base), activation="softmax", steps=2, evaluate_every=1
    )
    sums, counts = {}, {}
    for c in merged.coefficients:
        sums[c.module] = sums.get(c.module, 0.0) + c.coefficient
        counts[c.module] = counts.get(c.module, 0) + 1
    assert set(counts.values()) >= {1, 3}
    for module, count in counts.items():
        assert (sums[module] == pytest.approx(1, rel=1e-5)) == (count == 3)


def test_a_start_at_zero_is_the_bare_base(toy_base):
    merged = learned(problem(mixed_pool(toy_base), toy_base), steps=0)
    with torch.no_grad():
        bare = loss(toy_base, INSTRUCTION, VALID).item()
    assert merged.curve[0].valid_loss == pytest.approx(bare, rel=1e-6)
    assert not any(f.delta().any() for f in merged.modules.values())


@pytest.mark.parametrize("train", ["coefficients", "both"])
def test_training_lowers_the_loss_and_leaves_the_adapters_alone(toy_base, train):
    adapters, untouched = mixed_pool(toy_base), mixed_pool(toy_base)
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
    given = problem(mixed_pool(toy_base), toy_base, fresh=True)
    for rate in (0.01, 3.0):
        merged = learned(
            given, init="target", train="both", steps=3, learning_rate=rate, evaluate_every=1
        )
        assert valid_loss(toy_base, merged.modules) == pytest.approx(
            kept(merged).valid_loss, rel=1e-4
        )


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_recalibration_of_one_fresh_adapter(toy_base, granularity):
    """The ladder: one scalar, one for each layer, sublayer, module, direction."""
    [one] = mixed_pool(toy_base)[:1]
    given = problem([one], toy_base, fresh=True, valid=TRAIN)
    merged = learned(given, granularity=granularity, activation="identity", init="target", steps=10)
    assert merged.rank == 2
    assert merged.curve[0].valid_loss == pytest.approx(valid_loss(toy_base, one, TRAIN), rel=1e-5)
    assert kept(merged).valid_loss < merged.curve[0].valid_loss
    rungs = {"adapter": 1, "layer": 2, "sublayer": 4, "module": 14, "direction": 28}
    assert len({c.coefficient for c in merged.coefficients}) == rungs[granularity]


def test_same_seed_same_bytes(toy_base):
    def run(seed):
        given = problem(mixed_pool(toy_base), toy_base, seed=seed)
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

    monkeypatch.setattr(fitting, "fit", against_differences(checked))
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(InterruptedError):
            learned(
                problem(mixed_pool(base, torch.float64), base),
                granularity=granularity,
                activation=activation,
                init="equal",
                train=train,
            )
    finally:
        torch.set_default_dtype(torch.float32)
    groups = 1 if granularity == "adapter" else len(base.linears)
    assert checked == [groups + (2 * len(base.linears) if train == "both" else 0)]


def one_step(base, **options):
    """All coefficients after a step that is too short for the loss to matter."""
    given = problem(mixed_pool(base), base, valid=[], fresh=True)
    options = {"activation": "identity", "init": "equal", "steps": 3, "l1": 1e4} | options
    merged = learned(given, learning_rate=0.01, **options)
    return [c.coefficient for c in merged.coefficients]


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_l1_pulls_every_coefficient_to_zero(toy_base, granularity):
    values = one_step(toy_base, granularity=granularity)
    assert max(values) < 3**-0.5 - 0.01
    assert max(values) - min(values) < 1e-3


def recorded(monkeypatch):
    """The arguments of every run of the training loop from here on."""
    seen = []

    def recording(*arguments):
        seen.append(arguments)
        return fit(*arguments)

    monkeypatch.setattr(fitting, "fit", recording)
    return seen


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_l1_is_the_mean_whatever_the_granularity(toy_base, granularity, monkeypatch):
    """At equal coefficients the penalty is l1 times their size, and its gradient that of a mean."""
    seen = recorded(monkeypatch)
    given = problem(mixed_pool(toy_base), toy_base)
    learned(given, granularity=granularity, activation="identity", init="equal", l1=0.3, steps=0)
    parameters, penalty = seen[0][1], seen[0][7]
    value = penalty()
    assert value.item() == pytest.approx(0.3 * 3**-0.5)
    value.backward()
    assert sum(p.grad.sum().item() for p in parameters) == pytest.approx(0.3)


def test_no_l1_is_no_penalty(toy_base, monkeypatch):
    seen = recorded(monkeypatch)
    learned(problem(mixed_pool(toy_base), toy_base), steps=0)
    assert seen[0][7] is None


def lengths(modules, adapters):
    """Norm of each module's update over that of the longest that went in."""
    return {
        m: lowrank.norm(f) / max(lowrank.norm(a[m]) for a in adapters if m in a)
        for m, f in modules.items()
    }


@pytest.mark.parametrize("train", ["coefficients", "both"])
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_a_ball_bounds_the_merged_update_of_each_module(toy_base, granularity, train):
    adapters = mixed_pool(toy_base)
    given = problem(adapters, toy_base, valid=[])
    options = {"granularity": granularity, "train": train, "activation": "identity"}
    options |= {"init": "equal", "steps": 3, "learning_rate": 0.5}
    free = learned(given, **options)
    held = learned(given, **options, ball=0.5)
    assert max(lengths(free.modules, adapters).values()) > 0.6
    # With factors trained along, the longest is still that of the sources.
    assert max(lengths(held.modules, adapters).values()) == pytest.approx(0.5, rel=1e-4)
    if train == "coefficients":
        for module, expected in refolded(held, adapters).items():
            torch.testing.assert_close(held.modules[module].delta(), expected, atol=1e-5, rtol=1e-4)


def test_a_ball_that_is_not_reached_changes_nothing(toy_base):
    given = problem(mixed_pool(toy_base), toy_base)
    options = {"init": "equal", "steps": 3, "evaluate_every": 1}
    free, held = learned(given, **options), learned(given, **options, ball=50.0)
    assert free.coefficients == held.coefficients
    assert free.curve == held.curve


def test_a_ball_around_zero_adapters(toy_base):
    zeros = [
        Adapter(a.name, {m: f.scaled(0.0) for m, f in a.items()}) for a in mixed_pool(toy_base)
    ]
    merged = learned(problem(zeros, toy_base), init="equal", ball=1.0, steps=2)
    assert not any(f.delta().any() for f in merged.modules.values())
    assert all(c.coefficient == c.coefficient for c in merged.coefficients)


def test_gradients_on_the_sphere_of_a_ball(toy_base, toy_folder, monkeypatch):
    base = precise(toy_folder, toy_base.tokenizer)
    torch.set_default_dtype(torch.float64)
    try:
        gated = Gated(
            problem(mixed_pool(base, torch.float64), base), "module", "identity", "equal", 0.3
        )
        [raw, *_] = gated.raw
        layer = next(iter(gated.layers.values()))
        target = torch.randn(len(layer.owners))
        raw.requires_grad_(True)

        def value(c):
            layer.raw = c
            return (layer.gate() * target).sum()

        assert torch.autograd.gradcheck(value, (raw.detach().clone().requires_grad_(True),))
    finally:
        torch.set_default_dtype(torch.float32)


def test_adamerging_is_a_setting_of_learned(toy_base):
    given = problem(mixed_pool(toy_base), toy_base)
    schedule = {"steps": 3, "learning_rate": 0.1, "batch_size": 2, "evaluate_every": 1}
    named = adamerging(given, **schedule)
    spelled = learned(given, activation="identity", init="equal", **schedule)
    assert (named.coefficients, named.curve) == (spelled.coefficients, spelled.curve)


def relabelled(rows):
    """The same rows and candidates with another of them as the answer."""
    return [replace(row, answers=(row.choices[row.choices[0] == row.answers[0]],)) for row in rows]


def test_entropy_reads_no_label(toy_base):
    adapters = mixed_pool(toy_base)
    right = problem(adapters, toy_base)
    wrong = problem(adapters, toy_base, train=relabelled(TRAIN), valid=relabelled(VALID))
    schedule = {"steps": 3, "batch_size": 2, "evaluate_every": 1}
    one, two = adamerging_entropy(right, **schedule), adamerging_entropy(wrong, **schedule)
    assert (one.coefficients, one.curve) == (two.coefficients, two.curve)
    assert adamerging(right, **schedule).curve != adamerging(wrong, **schedule).curve


def test_entropy_falls_and_the_kept_step_is_exported(toy_base):
    given = problem(mixed_pool(toy_base), toy_base, valid=TRAIN)
    merged = adamerging_entropy(given, steps=15, evaluate_every=5)
    with toy_base.wearing(Adapter("merged", merged.modules)), torch.no_grad():
        left = candidate_entropy(toy_base, INSTRUCTION, TRAIN).item()
    assert left == pytest.approx(kept(merged).valid_loss, rel=1e-4)
    assert left < 0.95 * merged.curve[0].valid_loss


def test_entropy_needs_candidates(toy_base):
    given = problem(
        mixed_pool(toy_base), toy_base, train=[replace(row, choices=()) for row in TRAIN]
    )
    with pytest.raises(
        InputError, match=r"entropy of row \d: choices: found \(\), expected at least"
    ):
        adamerging_entropy(given)


def test_pi_tuning_is_a_setting_of_learned(toy_base):
    given = problem(mixed_pool(toy_base), toy_base)
    schedule = {"steps": 3, "learning_rate": 0.01, "batch_size": 2, "evaluate_every": 1}
    named = pi_tuning(given, **schedule)
    spelled = learned(given, activation="softmax", train="both", **schedule)
    assert (named.coefficients, named.curve) == (spelled.coefficients, spelled.curve)


def test_pi_tuning_exports_the_factors_of_the_kept_step(toy_base):
    """A run whose later steps are worse: the adapter is that of the step before them."""
    adapters = mixed_pool(toy_base)
    given = problem(adapters, toy_base, valid=relabelled(TRAIN))
    merged = pi_tuning(given, steps=12, learning_rate=0.03, evaluate_every=1)
    assert 0 < kept(merged).step < 12
    assert kept(merged).valid_loss < merged.curve[-1].valid_loss
    with toy_base.wearing(Adapter("merged", merged.modules)), torch.no_grad():
        left = loss(toy_base, INSTRUCTION, given.valid).item()
    assert left == pytest.approx(kept(merged).valid_loss, rel=1e-4)
    for module, untrained in refolded(merged, adapters).items():
        assert not torch.allclose(merged.modules[module].delta(), untrained, atol=1e-4)


REFUSED = [
    ({"activation": "softmax", "l1": 0.1}, "l1: found 0.1"),
    ({"l1": -0.1}, "l1: found -0.1"),
    ({"ball": 0.0}, "ball: found 0.0"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_refused_options(toy_base, options, message):
    with pytest.raises(InputError, match=f"merge learned: {message}"):
        learned(problem(mixed_pool(toy_base), toy_base), **options)


def test_init_target_needs_the_fresh_adapter(toy_base):
    with pytest.raises(InputError, match="merge learned: init: found 'target'"):
        learned(problem(mixed_pool(toy_base), toy_base), init="target")


def test_softmax_by_direction(toy_base):
    with pytest.raises(InputError, match="merge learned: activation: found 'softmax'"):
        learned(
            problem(mixed_pool(toy_base), toy_base), granularity="direction", activation="softmax"
        )


def test_no_training_rows(toy_base):
    with pytest.raises(InputError, match="training: train"):
        learned(problem(mixed_pool(toy_base), toy_base, train=[]))
