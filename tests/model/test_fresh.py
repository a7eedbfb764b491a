"""Recipes of the fresh LoRA: what each changes and what it leaves."""

from collections import Counter
from dataclasses import replace

import numpy as np
import peft
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_cases import INSTRUCTION, ROWS, TRAIN, VALID, logits

from recycling.adapters import peft_folder
from recycling.adapters.canonical import Adapter, Factors
from recycling.model import base as bases
from recycling.model import fresh, lora
from recycling.model.branches import Branch
from recycling.model.conduct import Conduct
from recycling.model.recipe import LoraRecipe, Recipe
from recycling.model.training import loss
from recycling.tasks.splits import with_shuffled_answers

TOKENS = [5, 80, 33, 260, 7]
RECIPE = LoraRecipe(rank=2, alpha=4.0, steps=3, learning_rate=0.02, evaluate_every=1)


def trained(base, seed=5, rows=TRAIN, valid=VALID, **changes):
    return fresh.train(base, INSTRUCTION, rows, valid, replace(RECIPE, **changes), seed, Conduct())


def same(one, other):
    return all(
        torch.equal(one[module].a, other[module].a) and torch.equal(one[module].b, other[module].b)
        for module in one
    )


def test_the_default_recipe_is_plain_lora(toy_base):
    factors, [fit] = trained(toy_base)
    recipe = Recipe(3, 0.02, evaluate_every=1)
    expected, theirs = lora.train(toy_base, INSTRUCTION, TRAIN, VALID, recipe, 5, rank=2, alpha=4.0)
    assert same(factors, expected)
    assert fit == theirs


@pytest.mark.parametrize(
    "changes",
    [
        {"dropout": 0.5},
        {"weight_decay": 0.5},
        {"labels": "shuffled"},
        {"average": 2},
        {"rslora": True},
        {"loraplus_ratio": 4.0},
    ],
)
def test_a_recipe_gives_the_same_bytes_twice_and_others_than_the_default(toy_base, changes):
    one, fits = trained(toy_base, valid=[], **changes)
    two, again = trained(toy_base, valid=[], **changes)
    usual, _ = trained(toy_base, valid=[])
    assert same(one, two)
    assert fits == again
    module = next(iter(usual))
    assert one[module].b.shape != usual[module].b.shape or not same(one, usual)


@pytest.mark.parametrize("rslora", [False, True])
def test_the_saved_average_is_the_mean_of_the_updates(toy_base, tmp_path, rslora):
    average, fits = trained(toy_base, average=3, rslora=rslora)
    scale = {"alpha": RECIPE.alpha, "rslora": rslora}
    peft_folder.write_peft(Adapter("fresh", average), tmp_path, "toy", **scale)
    saved = peft_folder.read_peft(tmp_path, "fresh", toy_base.linears)
    first, _ = trained(toy_base, rslora=rslora)
    own = lora.scaling(RECIPE.rank, RECIPE.alpha, rslora)
    # The saved scale of rsLoRA holds one root of 3, the factors the other.
    kept = 3**-0.5 if rslora else 1.0
    assert len({fit.curve for fit in fits}) == 3
    for module, factors in saved.items():
        assert factors.rank == 6
        parts = [
            Factors(average[module].a[i : i + 2], average[module].b[:, i : i + 2])
            for i in (0, 2, 4)
        ]
        mean = sum(part.scaled(own / kept).delta() for part in parts) / 3
        torch.testing.assert_close(factors.delta(), mean)
        torch.testing.assert_close(parts[0].delta(), first[module].delta() * kept)


def test_rslora_and_loraplus_are_saved_as_peft_loads_them(toy_base, toy_folder, tmp_path):
    factors, _ = trained(toy_base, rslora=True, loraplus_ratio=4.0)
    saved = Adapter("fresh", factors)
    peft_folder.write_peft(saved, tmp_path, "toy", alpha=RECIPE.alpha, rslora=True)
    config = peft.LoraConfig.from_pretrained(tmp_path)
    assert config.use_rslora
    model = peft.PeftModel.from_pretrained(bases.load(toy_folder, "cpu", "float32").model, tmp_path)
    with toy_base.wearing(peft_folder.read_peft(tmp_path, "fresh", toy_base.linears)):
        torch.testing.assert_close(logits(toy_base.model, TOKENS), logits(model, TOKENS))
    assert (logits(model, TOKENS) - logits(toy_base.model, TOKENS)).abs().max() > 1e-3


def test_weight_decay_shrinks_what_has_no_gradient(toy_base):
    """`a` has none while `b` is zero: one step of AdamW takes rate times decay off it."""
    start, _ = trained(toy_base, steps=0)
    after, _ = trained(toy_base, steps=1, valid=[], weight_decay=0.5)
    for module, factors in after.items():
        torch.testing.assert_close(factors.a, start[module].a * (1 - 0.02 * 0.5))


def test_dropout_drops_its_share_and_keeps_the_mean():
    x = torch.ones(400, 50)
    seen = lora._dropped(0.25, torch.Generator().manual_seed(0), x)
    assert seen.unique().tolist() == pytest.approx([0, 4 / 3])
    assert (seen == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    again = lora._dropped(0.25, torch.Generator().manual_seed(0), x)
    assert torch.equal(seen, again)


def test_dropout_acts_on_the_input_of_the_branch_in_training_alone(toy_base):
    branch = Branch(torch.eye(3), torch.eye(3), drop=torch.zeros_like)
    x = torch.rand(2, 3)
    assert not branch(x).any()
    with torch.no_grad():
        torch.testing.assert_close(branch(x), x)


def test_validation_is_without_dropout(toy_base, tmp_path):
    factors, [fit] = trained(toy_base, dropout=0.5)
    peft_folder.write_peft(Adapter("fresh", factors), tmp_path, "toy", alpha=RECIPE.alpha)
    read = peft_folder.read_peft(tmp_path, "fresh", toy_base.linears)
    with toy_base.wearing(read), torch.no_grad():
        after = loss(toy_base, INSTRUCTION, VALID).item()
    assert after == pytest.approx(next(p.valid_loss for p in fit.curve if p.kept), rel=1e-5)


@given(st.integers(0, 10**6))
def test_shuffled_answers_keep_inputs_and_the_count_of_every_answer(seed):
    shuffled = with_shuffled_answers(ROWS, np.random.default_rng(seed))
    assert [(row.id, row.input) for row in shuffled] == [(row.id, row.input) for row in ROWS]
    for part in ("answers", "choices"):
        assert Counter(getattr(r, part) for r in shuffled) == Counter(
            getattr(r, part) for r in ROWS
        )
    assert all(row.answers[0] in row.choices for row in shuffled)


def test_most_rows_get_the_answer_of_another():
    moved = [
        sum(a.answers != b.answers for a, b in zip(rows, ROWS, strict=True))
        for rows in (with_shuffled_answers(ROWS, np.random.default_rng(i)) for i in range(300))
    ]
    # A random order has one fixed point on average.
    assert np.mean(moved) == pytest.approx(len(ROWS) - 1, abs=0.2)


def test_shuffled_training_learns_from_shuffled_rows_alone(toy_base):
    from recycling.ground import seeds

    rows = with_shuffled_answers(TRAIN, seeds.numpy_generator(5, "labels", "train"))
    valid = with_shuffled_answers(VALID, seeds.numpy_generator(5, "labels", "valid"))
    expected, fits = trained(toy_base, rows=rows, valid=valid)
    found, found_fits = trained(toy_base, labels="shuffled")
    assert same(found, expected)
    assert found_fits == fits
