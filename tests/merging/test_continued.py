"""A warm start against the fresh LoRA, pi-Tuning of one adapter, and its own source."""

import pytest
import torch
from model_cases import INSTRUCTION, TRAIN, VALID, adapter, mixed_pool, problem, same

from recycling.adapters.canonical import Adapter
from recycling.merging.continued import continued
from recycling.merging.learned import pi_tuning
from recycling.merging.static import average
from recycling.model import lora
from recycling.model.recipe import Recipe
from recycling.model.training import loss

HOW = {"steps": 6, "learning_rate": 0.02, "batch_size": 2, "evaluate_every": 2}


def test_from_the_start_of_the_fresh_lora_it_is_the_fresh_lora(toy_base):
    """Same factors at first, same rows, same batches: the same LoRA, bit by bit."""
    size = {"rank": 3, "alpha": 3.0}
    rows = (toy_base, INSTRUCTION, TRAIN, VALID)
    start, _ = lora.train(*rows, Recipe(0, 0.02), 1, **size)
    recipe = Recipe(6, 0.02, batch_size=2, evaluate_every=2)
    fresh, fit = lora.train(*rows, recipe, 1, **size)
    merged = continued(problem([Adapter("start", start)], toy_base, seed=1), **HOW)
    same(merged.modules, fresh)
    assert list(merged.curve) == list(fit.curve)
    assert merged.tokens == fit.tokens


def test_one_adapter_is_trained_as_pi_tuning_trains_it(toy_base):
    """The softmax over one adapter is 1, whatever its coefficient."""
    given = problem([adapter(toy_base, "one", 2, ranks=(1, 3), without=("mlp",))], toy_base)
    ours, theirs = continued(given, **HOW), pi_tuning(given, **HOW)
    same(ours.modules, theirs.modules)
    assert ours.curve == theirs.curve


def test_no_steps_is_the_source(toy_base):
    source = adapter(toy_base, "one", 2, ranks=(1, 3), without=("mlp",))
    merged = continued(problem([source], toy_base), steps=0)
    same(merged.modules, source)
    assert [(c.source, c.module, c.coefficient) for c in merged.coefficients] == [("one", "*", 1.0)]
    assert merged.export_error == 0


def test_several_start_as_their_average(toy_base):
    given = problem(mixed_pool(toy_base), toy_base)
    same(continued(given, steps=0).modules, average(given).modules)


def test_what_validation_kept_is_written_and_the_source_is_left_alone(toy_base):
    source = adapter(toy_base, "one", 2)
    before = {m: (f.a.clone(), f.b.clone()) for m, f in source.items()}
    merged = continued(problem([source], toy_base, valid=TRAIN), **{**HOW, "steps": 20})
    [kept] = [point for point in merged.curve if point.kept]
    assert kept.valid_loss < 0.9 * merged.curve[0].valid_loss
    with toy_base.wearing(Adapter("merged", merged.modules)), torch.no_grad():
        found = loss(toy_base, INSTRUCTION, TRAIN).item()
    assert found == pytest.approx(kept.valid_loss, rel=1e-4)
    for module, (a, b) in before.items():
        assert torch.equal(source[module].a, a)
        assert torch.equal(source[module].b, b)
