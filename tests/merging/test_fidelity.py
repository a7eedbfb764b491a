"""The reference's layer and training loop, made anew from its description, beside ours.

Plain PyTorch on padded-free single rows: micro-batches of one row, gradients accumulated over the
rows of a step and divided by its answer tokens, the schedule of transformers, a clipped gradient.
"""

import math

import pytest
import torch
from model_cases import INSTRUCTION, ROWS, VALID, adapter, example, problem
from torch import nn
from transformers import get_cosine_schedule_with_warmup

from recycling.ground import seeds
from recycling.merging.learned import learned
from recycling.model import base as bases
from recycling.model.conduct import OURS, PAPER, Conduct
from recycling.model.recipe import Recipe
from recycling.model.training import _batches, _rate, fit, loss
from recycling.plan.study.protocol import Protocol

REFERENCE = Protocol(**PAPER).conduct
TRAIN = [*ROWS, *(example(n, f"{n} and one", str(n + 1)) for n in range(10, 16))]
STEPS, RATE, SIZE = 25, 0.05, 8


class MergingLinear(nn.Module):
    """`y = W x + sum_i s_i a(c_i) B_i A_i x`, a = leaky ReLU of slope 0.01, c = 0 at first."""

    def __init__(self, linear, experts):
        super().__init__()
        self.linear, self.experts = linear, experts
        self.c = nn.Parameter(torch.zeros(len(experts)))

    def forward(self, x):
        y = self.linear(x)
        for c, expert in zip(self.c, self.experts, strict=True):
            if expert is not None:
                strength = torch.where(c > 0, c, 0.01 * c)
                y = y + strength * (x @ expert.a.T @ expert.b.T)
        return y


def wrapped(folder, adapters):
    """The toy base with a merging layer in every linear module that some adapter changes."""
    model = bases.load(folder, "cpu", "float32").model
    layers = {}
    for name, module in list(model.named_modules()):
        if any(name in a for a in adapters):
            parent, _, last = name.rpartition(".")
            layers[name] = MergingLinear(module, [a.modules.get(name) for a in adapters])
            setattr(model.get_submodule(parent), last, layers[name])
    return model, layers


def summed(model, base, row):
    """Summed loss of one row's answer and end-of-turn tokens, and their number."""
    prompt, answer = base.prompt(INSTRUCTION, row.input), base.answer(row.answers[0])
    logits = model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0, len(prompt) - 1 : -1]
    return nn.functional.cross_entropy(logits, torch.tensor(answer), reduction="sum"), len(answer)


def reference(model, layers, base, train, valid, order):
    """Losses by step and the coefficients of the lowest validation loss after step 0."""
    parameters = [layer.c for layer in layers.values()]
    optimiser = torch.optim.AdamW(
        parameters, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0
    )
    schedule = get_cosine_schedule_with_warmup(optimiser, math.ceil(0.1 * STEPS), STEPS)
    curve, best, kept = [], math.inf, None
    last = None
    stream = []
    for step in range(STEPS + 1):
        if step % 10 == 0 or step == STEPS:
            total = 0.0
            for start in range(0, len(valid), 4):
                with torch.no_grad():
                    parts = [summed(model, base, row) for row in valid[start : start + 4]]
                mean = sum(p[0] for p in parts) / sum(p[1] for p in parts)
                total += mean.item() * len(parts)
            held_out = total / len(valid)
            curve.append((step, last, held_out))
            if step > 0 and held_out < best:
                best, kept = held_out, {n: layer.c.detach().clone() for n, layer in layers.items()}
        if step == STEPS:
            break
        if not stream:
            stream = torch.randperm(len(train), generator=order).tolist()
        rows, stream = [train[i] for i in stream[:SIZE]], stream[SIZE:]
        tokens = sum(len(base.answer(row.answers[0])) for row in rows)
        optimiser.zero_grad()
        last = 0.0
        for row in rows:
            value = summed(model, base, row)[0] / tokens
            value.backward()
            last += value.item()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
    return curve, kept


def test_the_paper_s_layer_and_loop_give_the_same_curve_and_coefficients(toy_base, toy_folder):
    adapters = [
        adapter(toy_base, "one", 2, ranks=(1, 3), without=("mlp",)),
        adapter(toy_base, "two", 3, ranks=(2, 1), without=("layers.0",)),
        adapter(toy_base, "three", 4),
    ]
    valid = [*VALID, *ROWS[:4]]  # a whole batch of four and a part of one
    given = problem(adapters, toy_base, train=TRAIN, valid=valid, conduct=REFERENCE)
    merged = learned(given, steps=STEPS, learning_rate=RATE)
    model, layers = wrapped(toy_folder, adapters)
    order = seeds.torch_generator(given.seed, "batches")
    curve, kept = reference(model, layers, toy_base, TRAIN, valid, order)
    assert [point.step for point in merged.curve] == [step for step, _, _ in curve]
    for point, (_, last, held_out) in zip(merged.curve, curve, strict=True):
        assert point.train_loss == (None if last is None else pytest.approx(last, rel=1e-3))
        assert point.valid_loss == pytest.approx(held_out, rel=1e-3)
    position = {a.name: i for i, a in enumerate(adapters)}
    for found in merged.coefficients:
        raw = kept[found.module][position[found.source]].item()
        assert found.coefficient == pytest.approx(max(raw, 0.01 * raw), abs=2e-3)
    assert max(abs(c.coefficient) for c in merged.coefficients) > 0.05


@pytest.mark.parametrize("steps", [1, 9, 10, 25, 100])
def test_the_rate_is_that_of_transformers(steps):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = get_cosine_schedule_with_warmup(optimiser, math.ceil(0.1 * steps), steps)
    recipe = Recipe(steps, 1.0, conduct=REFERENCE)
    for step in range(steps):
        assert _rate(recipe, step) == pytest.approx(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert _rate(recipe, 0) == 0
    assert _rate(Recipe(steps, 1.0), 0) > 0


def test_a_pass_may_end_in_a_smaller_batch():
    ragged = Recipe(5, 0.1, batch_size=5, conduct=REFERENCE)
    rows = _batches(TRAIN, ragged, torch.Generator())
    assert [len(batch) for batch in rows] == [5, 5, 2, 5, 5]
    assert sorted(row.id for batch in rows[:3] for row in batch) == sorted(r.id for r in TRAIN)
    joined = _batches(TRAIN, Recipe(5, 0.1, batch_size=5), torch.Generator())
    assert [len(batch) for batch in joined] == [5] * 5


def unattached(base, **options):
    """The steps of the curve and the kept one, of a parameter that changes no loss."""
    parameter = nn.Parameter(torch.zeros(1))
    recipe = Recipe(20, 0.1, evaluate_every=2, conduct=Conduct(**options))
    generator = torch.Generator()
    done = fit(base, [parameter], INSTRUCTION, TRAIN, VALID, recipe, generator, parameter.sum)
    [kept] = [point.step for point in done.curve if point.kept]
    return [point.step for point in done.curve], kept


def test_the_start_is_a_candidate_only_if_the_conduct_says_so(toy_base):
    assert unattached(toy_base) == (list(range(0, 21, 2)), 0)
    assert unattached(toy_base, start_is_candidate=False)[1] == 2


def test_training_stops_after_so_many_evaluations_without_a_new_low(toy_base):
    assert unattached(toy_base, patience=3) == ([0, 2, 4, 6], 0)
    assert unattached(toy_base, patience=3, start_is_candidate=False) == ([0, 2, 4, 6, 8], 2)


def test_the_gradient_is_clipped_as_one_vector(toy_base):
    parameter = nn.Parameter(torch.tensor([3.0, 4.0]))
    seen = []
    parameter.register_post_accumulate_grad_hook(lambda p: seen.append(p))
    recipe = Recipe(1, 0.0, conduct=Conduct(clip=1.0))
    fit(
        toy_base,
        [parameter],
        INSTRUCTION,
        TRAIN,
        [],
        recipe,
        torch.Generator(),
        lambda: 0.5 * parameter.square().sum(),
    )
    torch.testing.assert_close(seen[0].grad, torch.tensor([0.6, 0.8]))


def test_the_validation_loss_of_batches_is_weighted_by_rows(toy_base):
    nothing = nn.Parameter(torch.zeros(1))

    def first(size):
        recipe = Recipe(0, 0.1, conduct=Conduct(valid_batch=size))
        return fit(toy_base, [nothing], INSTRUCTION, TRAIN, ROWS, recipe, torch.Generator()).curve[
            0
        ]

    with torch.no_grad():
        parts = [loss(toy_base, INSTRUCTION, ROWS[i : i + 4]).item() for i in (0, 4)]
        whole = loss(toy_base, INSTRUCTION, ROWS).item()
    assert first(4).valid_loss == pytest.approx((4 * parts[0] + 2 * parts[1]) / 6, rel=1e-5)
    assert first(0).valid_loss == pytest.approx(whole, rel=1e-5)


def test_both_protocols_make_every_choice():
    assert list(OURS) == list(PAPER)
    assert all(OURS[key] != PAPER[key] for key in OURS)
