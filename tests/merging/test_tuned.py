"""Tuned merges: the untuned one where one is tried, else chosen on rows that none has seen."""

import math
from dataclasses import replace

import pytest
import torch
from model_cases import INSTRUCTION, TRAIN, VALID, mixed_pool, problem, same

from recycling.adapters.canonical import Adapter
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.merging import METHODS
from recycling.merging.learned import learned
from recycling.merging.tuned import tuned
from recycling.model import fresh
from recycling.model.recipe import LoraRecipe, chosen
from recycling.model.training import answer_tokens, loss

RECIPE = LoraRecipe(rank=2, alpha=2.0, steps=4, learning_rate=0.05, evaluate_every=2)
OPTIONS = {"batch_size": 2, "evaluate_every": 1}
ONE = {"learning_rate": [0.1], "steps": [3]}
GRID = {"learning_rate": [0.02, 0.5], "steps": [2, 6]}


def of_pool(base, **changes):
    return problem(mixed_pool(base)[1:], base, **changes)


def test_a_grid_of_one_is_the_untuned_merge_bit_by_bit(toy_base):
    for name, row in METHODS.items():
        if row.tunable:
            method = registry.load(row.entry)
            given = of_pool(toy_base)
            alone = method(given, **OPTIONS, learning_rate=0.1, steps=3)
            found = tuned(given, method, OPTIONS, grid=ONE, folds=2, stand_ins=None)
            same(found.modules, alone.modules)
            assert (found.curve, found.coefficients) == (alone.curve, alone.coefficients), name
            [one] = found.tried
            assert found.tokens == alone.tokens + one.tokens
            assert alone.tried == ()


def test_the_choice_is_that_of_the_losses_computed_apart(toy_base):
    """Each fold is merged and scored by itself, the fresh LoRA's stand-in trained by itself."""
    given = problem(mixed_pool(toy_base), toy_base, fresh=True, seed=3)
    found = tuned(given, learned, OPTIONS, grid=GRID, folds=2, stand_ins=(RECIPE, 11))
    losses = {}
    for rate in GRID["learning_rate"]:
        for steps in GRID["steps"]:
            nats = tokens = 0.0
            for fold in range(2):
                # Of 2 rows one validates, as 2 of all 6 labelled rows do.
                [learnt, validates] = [row for i, row in enumerate(TRAIN) if i % 2 != fold]
                rows = (toy_base, INSTRUCTION, [learnt], [validates])
                factors, _ = fresh.train(*rows, RECIPE, 11, given.conduct)
                part = replace(
                    given,
                    train=[learnt],
                    valid=[validates],
                    adapters=[Adapter("fresh", factors), *given.adapters[1:]],
                )
                merged = learned(part, **OPTIONS, learning_rate=rate, steps=steps)
                with toy_base.wearing(Adapter("x", merged.modules)), torch.no_grad():
                    for row in (row for i, row in enumerate(TRAIN) if i % 2 == fold):
                        count = answer_tokens(toy_base, [row])
                        nats += loss(toy_base, INSTRUCTION, [row]).item() * count
                        tokens += count
            losses[rate, steps] = nats / tokens
    assert [one.loss for one in found.tried] == pytest.approx([*losses.values()], rel=1e-5)
    assert len({round(loss, 6) for loss in losses.values()}) == len(losses)
    best = chosen(found.tried)
    assert tuple(best.values()) == min(losses, key=losses.__getitem__)
    same(found.modules, learned(given, **OPTIONS, **best).modules)


def test_rows_that_keep_or_drop_a_merge_have_not_tuned_it(toy_base):
    """Other validation rows, as many, change no loss of what was tried."""
    grid = {"learning_rate": [0.02, 0.5]}
    losses = [
        [
            one.loss
            for one in tuned(given, learned, OPTIONS, grid=grid, folds=2, stand_ins=None).tried
        ]
        for given in (
            of_pool(toy_base),
            of_pool(toy_base, valid=VALID[::-1]),
            of_pool(toy_base, valid=TRAIN[:2]),
        )
    ]
    assert losses[0] == losses[1] == losses[2]
    assert all(math.isfinite(loss) for loss in losses[0])


def test_a_fresh_lora_of_an_unknown_recipe(toy_base):
    given = problem(mixed_pool(toy_base), toy_base, fresh=True)
    with pytest.raises(InputError, match="tuning: recipe of the fresh LoRA: found None"):
        tuned(given, learned, OPTIONS, grid=ONE, folds=2, stand_ins=None)
