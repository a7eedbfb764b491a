"""Arrow against PEFT's, and what follows from its equation."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_cases import INSTRUCTION, TRAIN, VALID, adapter, factors, logits, problem
from peft import ArrowConfig, create_arrow_model

from recycling.adapters import peft_folder, routed
from recycling.adapters.canonical import Adapter, Factors
from recycling.composition.factorwise import without_general
from recycling.ground.errors import InputError
from recycling.merging.routing import arrow, arrow_trained
from recycling.merging.static import average
from recycling.model import base as bases
from recycling.model.branches import RoutedBranch
from recycling.model.training import loss

TOKENS = [5, 80, 33, 260, 7]


def pool(base, count=3, **options):
    return [adapter(base, f"pool-{i}", i, ranks=(2, 1), **options) for i in range(count)]


def marked(adapters):
    """The first direction ten times as strong, so that power iterations settle."""
    strong = torch.tensor([10.0, 1.0])
    return [
        Adapter(a.name, {m: Factors(f.a, f.b * strong) for m, f in a.items()}) for a in adapters
    ]


def worn_logits(base, worn):
    with base.wearing(worn):
        return logits(base.model, TOKENS)


def valid_loss(base, worn, rows=VALID):
    with base.wearing(worn), torch.no_grad():
        return loss(base, INSTRUCTION, rows).item()


def turned(routed_adapters, prototypes):
    """The same experts with other prototypes."""
    modules = {
        module: routed.Experts(e.factors, e.owners, prototypes(e.prototypes))
        for module, e in routed_adapters.modules.items()
    }
    return routed.Routed(
        routed_adapters.names, modules, routed_adapters.top_k, routed_adapters.temperature
    )


@pytest.mark.parametrize(("top_k", "temperature"), [(1, 1.0), (2, 0.3), (3, 2.0)])
def test_peft_routes_alike(toy_base, toy_folder, tmp_path, top_k, temperature):
    pool = marked([adapter(toy_base, f"pool-{i}", i) for i in range(3)])
    scaled = [Adapter(a.name, {m: f.scaled(2.0) for m, f in a.items()}) for a in pool]
    config = ArrowConfig(top_k=top_k, router_temperature=temperature, rng_seed=0)
    fresh = bases.load(toy_folder, "cpu", "float32").model
    expected = logits(create_arrow_model(fresh, saved(pool, tmp_path), config).eval(), TOKENS)
    merged = arrow(problem(scaled), top_k=top_k, temperature=temperature)
    torch.testing.assert_close(worn_logits(toy_base, merged.routed), expected, atol=1e-3, rtol=1e-3)


def saved(adapters, folder):
    """The folders of adapters for PEFT, with alpha 4 at rank 2."""
    for one in adapters:
        peft_folder.write_peft(one, folder / one.name, "toy", alpha=4.0)
    return [str(folder / one.name) for one in adapters]


def test_peft_subtracts_what_is_general_alike(toy_base, toy_folder, tmp_path):
    pool = marked([adapter(toy_base, f"pool-{i}", i) for i in range(4)])
    experts, general = pool[:2], pool[2:]
    config = ArrowConfig(top_k=2, use_gks=True, rng_seed=0)
    fresh = bases.load(toy_folder, "cpu", "float32").model
    peft = create_arrow_model(
        fresh, saved(experts, tmp_path), config, general_adapter_paths=saved(general, tmp_path)
    )
    scaled = [Adapter(a.name, {m: f.scaled(2.0) for m, f in a.items()}) for a in pool]
    merged = arrow(problem(without_general(scaled[:2], scaled[2:])), top_k=2)
    expected = logits(peft.eval(), TOKENS)
    torch.testing.assert_close(worn_logits(toy_base, merged.routed), expected, atol=1e-3, rtol=1e-3)


def test_mixed_factors_of_a_token():
    """Against the equation in dense float64, for every token and leading dimension."""
    parts = factors(6, 5, 6, 1, 1.0, torch.float64)
    prototypes = factors(3, 1, 6, 2, 1.0, torch.float64).a
    x = factors(8, 1, 6, 3, 1.0, torch.float64).a.reshape(2, 4, 6)
    branch = RoutedBranch(
        parts.a, parts.b, torch.arange(3).repeat_interleave(2), prototypes, 2, 0.7, mixed=True
    )
    weights = branch.weights(x)
    for token, w, added in zip(
        x.reshape(8, 6), weights.reshape(8, 3), branch(x).reshape(8, 5), strict=True
    ):
        b = sum(w[i] * parts.b[:, 2 * i : 2 * i + 2] for i in range(3))
        a = sum(w[i] * parts.a[2 * i : 2 * i + 2] for i in range(3))
        torch.testing.assert_close(added, b @ a @ token)


def test_mixing_factors_of_copies_changes_nothing_and_of_others_does(toy_base, tmp_path):
    one, two = (adapter(toy_base, name, i) for i, name in enumerate(["one", "two"]))
    same = arrow(problem([one, Adapter("again", one.modules)]), combination="factors").routed
    torch.testing.assert_close(worn_logits(toy_base, same), worn_logits(toy_base, one))
    mixed, apart = (
        arrow(problem([one, two]), combination=how).routed for how in ("factors", "products")
    )
    assert not torch.allclose(worn_logits(toy_base, mixed), worn_logits(toy_base, apart))
    routed.write(mixed, tmp_path, "toy")
    again = routed.read(tmp_path)
    assert again.combination == "factors"
    torch.testing.assert_close(worn_logits(toy_base, again), worn_logits(toy_base, mixed))


def test_factors_of_two_ranks_are_not_mixed(toy_base):
    uneven = [adapter(toy_base, "one", 1), adapter(toy_base, "two", 2, ranks=(1,))]
    with pytest.raises(InputError, match=r"arrow: ranks in .*: found \[1, 2\], expected one"):
        arrow(problem(uneven), combination="factors")


def test_prototypes_are_top_right_singular_vectors(toy_base):
    adapters = pool(toy_base, without=("layers.0.mlp",))
    for module, experts in arrow(problem(adapters)).routed.modules.items():
        for one, prototype in zip(adapters, experts.prototypes, strict=True):
            _, _, vt = torch.linalg.svd(one[module].delta().double())
            assert abs(float(vt[0] @ prototype.double())) == pytest.approx(1, rel=1e-5)


def test_an_absent_module_has_a_zero_prototype_and_keeps_its_share(toy_base):
    whole, partial = adapter(toy_base, "whole", 1), adapter(toy_base, "part", 2, without=("mlp",))
    merged = arrow(problem([whole, partial]), temperature=1e6)
    experts = merged.routed.modules["model.layers.0.mlp.up_proj"]
    assert not experts.prototypes[1].any()
    assert experts.owners.tolist() == [0, 0]
    # At a high temperature all weights are equal: absent is like a zero update in an average.
    mean = Adapter("mean", average(problem([whole, partial])).modules)
    torch.testing.assert_close(
        worn_logits(toy_base, merged.routed), worn_logits(toy_base, mean), atol=1e-4, rtol=1e-4
    )


def test_one_expert_is_that_adapter(toy_base):
    [one] = pool(toy_base, 1)
    merged = arrow(problem([one]))
    assert merged.routed.top_k == 1
    torch.testing.assert_close(worn_logits(toy_base, merged.routed), worn_logits(toy_base, one))


def test_equal_logits_are_the_average(toy_base):
    adapters = pool(toy_base)
    equal = turned(arrow(problem(adapters)).routed, torch.zeros_like)
    mean = Adapter("mean", average(problem(adapters)).modules)
    torch.testing.assert_close(
        worn_logits(toy_base, equal), worn_logits(toy_base, mean), atol=1e-5, rtol=1e-4
    )


def test_a_temperature_of_almost_zero_is_the_top_expert_alone(toy_base):
    adapters = pool(toy_base)
    cold = arrow(problem(adapters), temperature=1e-6).routed
    alone = arrow(problem(adapters), top_k=1).routed
    torch.testing.assert_close(worn_logits(toy_base, cold), worn_logits(toy_base, alone))


@given(st.integers(1, 4), st.floats(0.05, 20), st.integers(0, 10**4))
def test_weights_of_a_token(top_k, temperature, seed):
    """Against the equation in float64; the signs of the prototypes do not matter."""
    parts = factors(8, 5, 6, seed, 1.0, torch.float64)
    prototypes = factors(4, 1, 6, seed + 1, 1.0, torch.float64).a
    x = factors(3, 1, 6, seed + 2, 1.0, torch.float64).a
    owners = torch.arange(4).repeat_interleave(2)
    branch = RoutedBranch(parts.a, parts.b, owners, prototypes, top_k, temperature)
    flipped = RoutedBranch(parts.a, parts.b, owners, -prototypes, top_k, temperature)
    torch.testing.assert_close(branch.weights(x), flipped.weights(x))
    for token, weights, added in zip(x, branch.weights(x), branch(x), strict=True):
        sizes = (prototypes @ token).abs() / temperature
        chosen = sizes.argsort(descending=True)[:top_k]
        expected = torch.zeros(4, dtype=torch.float64)
        expected[chosen] = sizes[chosen].exp() / sizes[chosen].exp().sum()
        torch.testing.assert_close(weights, expected)
        total = sum(
            expected[i] * parts.b[:, 2 * i : 2 * i + 2] @ parts.a[2 * i : 2 * i + 2] @ token
            for i in range(4)
        )
        torch.testing.assert_close(added, total)


def test_half_precision_keeps_the_order_of_experts(toy_base, toy_folder):
    narrow = bases.load(toy_folder, "cpu", "bfloat16")
    merged = arrow(problem(pool(toy_base)), top_k=2)
    wide, rounded = (worn_logits(base, merged.routed) for base in (toy_base, narrow))
    assert (wide - rounded).norm() < 0.1 * wide.norm()


def test_training_prototypes_lowers_the_loss_and_the_kept_ones_are_saved(toy_base, tmp_path):
    adapters = pool(toy_base)
    given_rows = problem(adapters, toy_base, valid=TRAIN)
    merged = arrow_trained(given_rows, top_k=2, steps=20, learning_rate=0.05)
    [kept] = [p for p in merged.curve if p.kept]
    frozen = arrow(given_rows, top_k=2).routed
    assert merged.curve[0].valid_loss == pytest.approx(valid_loss(toy_base, frozen, TRAIN))
    assert kept.valid_loss < merged.curve[0].valid_loss
    routed.write(merged.routed, tmp_path, "toy")
    assert valid_loss(toy_base, routed.read(tmp_path), TRAIN) == pytest.approx(kept.valid_loss)
    for module, experts in merged.routed.modules.items():
        assert torch.equal(experts.factors.b, frozen.modules[module].factors.b)
        assert not experts.prototypes.requires_grad


def test_no_steps_is_arrow(toy_base):
    given_rows = problem(pool(toy_base), toy_base)
    trained, frozen = arrow_trained(given_rows, steps=0).routed, arrow(given_rows).routed
    for module, experts in frozen.modules.items():
        assert torch.equal(experts.prototypes, trained.modules[module].prototypes)


def test_same_seed_same_bytes(toy_base):
    runs = [
        arrow_trained(problem(pool(toy_base), toy_base, seed=s), steps=3, batch_size=1)
        for s in (1, 1, 2)
    ]
    assert runs[0].curve == runs[1].curve != runs[2].curve


def test_zero_adapters_have_no_prototype(toy_base):
    zeros = [Adapter("zero", {m: f.scaled(0.0) for m, f in pool(toy_base, 1)[0].items()})]
    merged = arrow(problem(zeros))
    assert not any(experts.prototypes.any() for experts in merged.routed.modules.values())


def test_what_is_routed_has_no_coefficients(toy_base):
    adapters = pool(toy_base)
    merged = arrow(problem(adapters))
    assert merged.rank == 6
    assert merged.coefficient_means(adapters) is None
    assert merged.coefficient_table().empty


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 0}, "top_k: found 0, expected at least 1"),
        ({"combination": "sums"}, "combination: found 'sums', expected one of"),
        ({"temperature": 0.0}, "temperature: found 0.0, expected above 0"),
    ],
)
def test_refused_options(toy_base, options, message):
    with pytest.raises(InputError, match=f"merge arrow: {message}"):
        arrow(problem(pool(toy_base)), **options)
