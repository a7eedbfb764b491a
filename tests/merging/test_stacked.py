"""Coefficients of a fresh LoRA learnt on rows that it has not seen."""

from dataclasses import replace

import pytest
import torch
from model_cases import INSTRUCTION, ROWS, adapter, precise, problem

from recycling.ground.errors import InputError
from recycling.merging import stacked as room
from recycling.merging.gated import Gated
from recycling.merging.learned import learned
from recycling.merging.stacked import stacked
from recycling.model.training import loss
from recycling.tasks.splits import fold_of, without_fold

TRAIN, VALID, FOLDS = ROWS[:5], ROWS[5:], 3


def parts(base, dtype=torch.float32):
    """A fresh LoRA with a stranger, and its stand-ins of the same shape."""
    adapters = [
        adapter(base, "fresh", 1, ranks=(2,), dtype=dtype),
        adapter(base, "one", 2, ranks=(1, 3), without=("mlp",), dtype=dtype),
    ]
    stand_ins = [
        adapter(base, "fresh", 10 + fold, ranks=(2,), dtype=dtype) for fold in range(FOLDS)
    ]
    return adapters, stand_ins


def given(base, dtype=torch.float32):
    adapters, stand_ins = parts(base, dtype)
    whole = problem(adapters, base, fresh=True, train=TRAIN, valid=VALID)
    return replace(whole, stand_ins=stand_ins)


def answered(base, monkeypatch, run):
    """The first factor that was attached, with the rows that were read, pass by pass."""
    seen = []
    attach, loss = base.attached, room.loss
    worn = []

    def attached(branches):
        worn[:] = [next(iter(branches.values())).a]
        return attach(branches)

    def recording(base, instruction, rows):
        seen.append((worn[0][:2].clone(), [row.id for row in rows]))
        return loss(base, instruction, rows)

    monkeypatch.setattr(base, "attached", attached)
    monkeypatch.setattr(room, "loss", recording)
    run()
    return seen


def test_no_stand_in_has_seen_the_row_it_answers(toy_base, monkeypatch):
    about = given(toy_base)
    module = about.modules[0]
    seen = answered(
        toy_base, monkeypatch, lambda: stacked(about, folds=FOLDS, steps=6, batch_size=2)
    )
    names = {row.id for row in TRAIN}
    trained = {fold: {row.id for row in without_fold(TRAIN, fold, FOLDS)} for fold in range(FOLDS)}
    read = set()
    for first, ids in seen:
        [who] = [
            name
            for name, one in [("fresh", about.adapters[0]), *enumerate(about.stand_ins)]
            if torch.equal(one[module].a, first)
        ]
        if set(ids) & names:
            assert not trained[who] & set(ids)
            read |= set(ids)
        else:
            assert who == "fresh"
    assert read == names


def test_every_row_is_left_out_of_one_fold():
    left = [
        [row.id for row in TRAIN if row not in without_fold(TRAIN, fold, FOLDS)]
        for fold in range(FOLDS)
    ]
    assert sorted(name for names in left for name in names) == sorted(row.id for row in TRAIN)
    assert [fold_of(index, FOLDS) for index in range(5)] == [0, 1, 2, 0, 1]


def test_the_gradient_is_that_of_finite_differences(toy_folder, toy_base):
    base = precise(toy_folder, toy_base.tokenizer)
    about = given(base, torch.float64)
    full = Gated(about, "adapter", "identity", "equal")
    raw = full.raw[0].double().requires_grad_(True)
    crossed = {
        fold: Gated(replace(about, adapters=[s, about.adapters[1]]), "adapter", "identity", "equal")
        for fold, s in enumerate(about.stand_ins)
    }
    for gated in (full, *crossed.values()):
        for layer in gated.layers.values():
            layer.raw = raw
    places = {row.id: fold_of(index, FOLDS) for index, row in enumerate(TRAIN)}

    def value():
        return room._crossed_loss(full, crossed, places, base, INSTRUCTION, TRAIN)

    [gradient] = torch.autograd.grad(value(), raw)
    for index in range(len(raw)):
        sides = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                raw[index] += step
                sides.append(value().item())
                raw[index] -= step
        assert gradient[index].item() == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-5)


def test_the_loss_is_that_of_a_loop_over_rows(toy_base):
    """Row by row, the base wearing the row's stand-in and the stranger at their coefficients."""
    about = given(toy_base)
    merged = stacked(about, folds=FOLDS, steps=1, batch_size=len(TRAIN), learning_rate=0.0)
    total, tokens = 0.0, 0
    for index, row in enumerate(TRAIN):
        count = len(toy_base.answer(row.answers[0]))
        # The start is `target`: the fresh LoRA's place at 1, the others at 0.
        with toy_base.wearing(about.stand_ins[fold_of(index, FOLDS)]), torch.no_grad():
            total += count * loss(toy_base, INSTRUCTION, [row]).item()
        tokens += count
    assert merged.curve[1].train_loss == pytest.approx(total / tokens, rel=1e-4)
    with toy_base.wearing(about.adapters[0]), torch.no_grad():
        held_out = loss(toy_base, INSTRUCTION, VALID).item()
    assert merged.curve[0].valid_loss == pytest.approx(held_out, rel=1e-4)


def test_stand_ins_equal_to_the_fresh_lora_give_what_learned_gives(toy_base):
    adapters, _ = parts(toy_base)
    whole = problem(adapters, toy_base, fresh=True, train=TRAIN, valid=VALID)
    crossed = replace(whole, stand_ins=[adapters[0]] * FOLDS)
    options = {"init": "target", "steps": 4, "evaluate_every": 1}
    one, other = learned(whole, **options), stacked(crossed, folds=FOLDS, **options)
    for mine, theirs in zip(other.coefficients, one.coefficients, strict=True):
        assert mine.coefficient == pytest.approx(theirs.coefficient, abs=1e-3)
    assert other.details == {"folds": FOLDS}


def test_the_fresh_lora_itself_is_folded(toy_base):
    about = given(toy_base)
    merged = stacked(about, folds=FOLDS, steps=0)
    for module, factors in about.adapters[0].items():
        torch.testing.assert_close(merged.modules[module].delta(), factors.delta())


@pytest.mark.parametrize("folds", [2, 4])
def test_a_stand_in_for_each_fold(toy_base, folds):
    with pytest.raises(InputError, match=f"found 3, expected one for each of {folds} folds"):
        stacked(given(toy_base), folds=folds)


def test_the_fresh_lora_alone_is_rescaled_by_rows_it_has_not_seen(toy_base):
    about = given(toy_base)
    alone = replace(about, adapters=about.adapters[:1])
    merged = stacked(alone, folds=FOLDS, steps=6, batch_size=2, learning_rate=0.1)
    assert {row.source for row in merged.coefficients} == {"fresh"}
    assert merged.curve[-1].step == 6
