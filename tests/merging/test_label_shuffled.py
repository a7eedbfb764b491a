"""A twin that is trained on shuffled answers: what it keeps of its adapter and what it learns."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_cases import INSTRUCTION, OURS, TRAIN, VALID, adapter, factors

from recycling.adapters import TWINS, twins
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground import seeds
from recycling.merging import label_shuffled
from recycling.model import fresh
from recycling.model.recipe import LoraRecipe
from recycling.model.training import loss
from recycling.tasks.splits import with_shuffled_answers

RECIPE = LoraRecipe(rank=2, alpha=4.0, steps=12, learning_rate=0.02, evaluate_every=4, average=3)


def learner(base, train=TRAIN, recipe=RECIPE):
    about = {"instruction": INSTRUCTION, "train": train, "valid": VALID, "conduct": OURS}
    return label_shuffled.learner(lambda: base, recipe, **about)


def pool(base):
    return [
        adapter(base, "one", 2, ranks=(1, 3), without=("mlp",)),
        adapter(base, "two", 3, ranks=(2, 1), without=("layers.0", "v_proj")),
    ]


def test_a_twin_has_the_modules_and_ranks_of_its_adapter(toy_base):
    adapters = pool(toy_base)
    drawn = twins.draw("label_shuffled", adapters, 1, learner(toy_base))
    for original, twin in zip(adapters, drawn, strict=True):
        assert twin.name == f"twin-of-{original.name}"
        assert twin.source == {"twin_of": original.name}
        assert {m: f.rank for m, f in twin.items()} == {m: f.rank for m, f in original.items()}
        for module, part in twin.items():
            assert part.a.shape == original[module].a.shape
            assert part.b.shape == original[module].b.shape
            assert not part.a.requires_grad


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 10**6))
@settings(max_examples=25)
def test_nothing_but_the_shape_of_the_adapter_is_handed_on(ranks, seed):
    """Adapters that differ in every entry have the same twin under the same name."""

    def learn(shape, own):
        return {m: factors(rank, 4, 3, own % 1000) for m, rank in shape.items()}

    one, two = (
        Adapter(
            "x", {f"{i}.q": factors(rank, 4, 3, 10 * i + shift) for i, rank in enumerate(ranks)}
        )
        for shift in (0, 5)
    )
    [first] = twins.draw("label_shuffled", [one], seed, learn)
    [second] = twins.draw("label_shuffled", [two], seed, learn)
    assert {m: f.rank for m, f in first.items()} == dict(zip(one, ranks, strict=True))
    assert all(torch.equal(first[m].a, second[m].a) for m in first)
    [other] = twins.draw("label_shuffled", [Adapter("y", one.modules)], seed, learn)
    assert not all(torch.equal(first[m].a, other[m].a) for m in first)


def test_a_twin_is_the_fresh_recipe_on_shuffled_rows(toy_base):
    """The factors of the recipe with all of its modules at one rank, the scale folded in."""
    original = adapter(toy_base, "one", 2, ranks=(2,))
    [twin] = twins.draw("label_shuffled", [original], 1, learner(toy_base))
    generator = seeds.torch_generator(1, "twin", "label_shuffled", "one")
    seed = int(torch.randint(2**62, (), generator=generator))
    rows = with_shuffled_answers(TRAIN, seeds.numpy_generator(seed, "labels", "train"))
    valid = with_shuffled_answers(VALID, seeds.numpy_generator(seed, "labels", "valid"))
    once = replace(RECIPE, average=1)
    expected, _ = fresh.train(toy_base, INSTRUCTION, rows, valid, once, seed, OURS)
    for module, part in twin.items():
        scaled = Factors(expected[module].a, expected[module].b).scaled(2.0)
        torch.testing.assert_close(part.delta(), scaled.delta())


def test_a_twin_learns_the_answers_that_occur(toy_base):
    """Answers become likelier, in the rows of others as well as in their own."""
    [twin] = twins.draw("label_shuffled", pool(toy_base)[:1], 1, learner(toy_base))
    dealt = with_shuffled_answers(TRAIN, seeds.numpy_generator(3, "any"))
    with torch.no_grad():
        before = loss(toy_base, INSTRUCTION, dealt).item()
        with toy_base.wearing(twin):
            after = loss(toy_base, INSTRUCTION, dealt).item()
    assert after < before


def test_other_twins_train_nothing(toy_base):
    def refuse(ranks, seed):
        raise AssertionError("trained")

    adapters = pool(toy_base)
    for kind in (name for name, row in TWINS.items() if not row.trained):
        if kind != "layer_shuffled":
            assert len(twins.draw(kind, adapters, 1, refuse)) == 2


def test_same_seed_same_bytes(toy_base):
    one, two, other = (
        twins.draw("label_shuffled", pool(toy_base)[:1], seed, learner(toy_base))[0]
        for seed in (1, 1, 2)
    )
    module = next(iter(one))
    assert torch.equal(one[module].b, two[module].b)
    assert not torch.equal(one[module].a, other[module].a)
    assert pytest.approx(0) != (one[module].b - other[module].b).abs().sum().item()
