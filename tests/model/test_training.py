import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from model_cases import INSTRUCTION, ROWS, TRAIN, VALID, example

from recycling.ground.errors import InputError
from recycling.model import tree
from recycling.model.branches import Branch
from recycling.model.entropy import candidate_entropy
from recycling.model.recipe import Point, Recipe, curve_rows
from recycling.model.training import fit, loss

MODULE = "model.layers.1.mlp.down_proj"


def branch(base, seed=0):
    """One trainable branch with a zero start, as LoRA has it."""
    linear = base.linears[MODULE]
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(4, linear.in_features, generator=generator) / 8
    b = torch.zeros(linear.out_features, 4)
    return Branch(a.requires_grad_(True), b.requires_grad_(True))


def run(base, recipe, *, valid=VALID, train=TRAIN, seed=0, penalty=None, objective=loss):
    trained = branch(base)
    parameters = [trained.a, trained.b]
    generator = torch.Generator().manual_seed(seed)
    with base.attached({MODULE: trained}):
        rows = (INSTRUCTION, train, valid)
        done = fit(base, parameters, *rows, recipe, generator, penalty, objective)
        with torch.no_grad():
            left = loss(base, INSTRUCTION, valid).item() if valid else None
    return trained, done, left


def same(one, other):
    return torch.equal(one.a, other.a) and torch.equal(one.b, other.b)


def test_loss_is_that_of_labels_on_the_answer(toy_base):
    """The model's own loss on a padded batch with prompt and padding masked out."""
    prompts = [toy_base.prompt(INSTRUCTION, row.input) for row in ROWS]
    answers = [toy_base.answer(row.answers[0]) for row in ROWS]
    width = max(len(p) + len(a) for p, a in zip(prompts, answers, strict=True))
    ids = torch.full((len(ROWS), width), toy_base.tokenizer.pad_token_id)
    labels = torch.full_like(ids, -100)
    for i, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        end = len(prompt) + len(answer)
        ids[i, :end] = torch.tensor([*prompt, *answer])
        labels[i, len(prompt) : end] = torch.tensor(answer)
    attended = (ids != toy_base.tokenizer.pad_token_id).long()
    with torch.inference_mode():
        expected = toy_base.model(input_ids=ids, attention_mask=attended, labels=labels).loss
        torch.testing.assert_close(loss(toy_base, INSTRUCTION, ROWS), expected, rtol=1e-5, atol=0)


def test_a_row_given_twice_weighs_twice(toy_base):
    with torch.no_grad():
        once, other = (loss(toy_base, INSTRUCTION, [row]).item() for row in ROWS[:2])
        both = loss(toy_base, INSTRUCTION, [ROWS[0], ROWS[0], ROWS[1]]).item()
    lengths = [len(toy_base.answer(row.answers[0])) for row in ROWS[:2]]
    total = 2 * lengths[0] * once + lengths[1] * other
    assert both == pytest.approx(total / (2 * lengths[0] + lengths[1]), rel=1e-5)


def test_training_lowers_the_loss(toy_base):
    trained, done, left = run(toy_base, Recipe(20, 0.02, evaluate_every=5), valid=TRAIN)
    assert [p.step for p in done.curve] == [0, 5, 10, 15, 20]
    assert left < 0.8 * done.curve[0].valid_loss
    assert trained.b.abs().max() > 0


def test_step_0_is_kept_when_training_makes_it_worse(toy_base):
    trained, done, left = run(toy_base, Recipe(4, 5.0, evaluate_every=2))
    assert same(trained, branch(toy_base))
    assert [p.kept for p in done.curve] == [True, False, False]
    assert left == done.curve[0].valid_loss < min(p.valid_loss for p in done.curve[1:])


def test_the_lowest_validation_loss_is_restored(toy_base):
    _, done, left = run(toy_base, Recipe(24, 0.05, batch_size=1, evaluate_every=1), train=ROWS[:1])
    kept = [p for p in done.curve if p.kept]
    assert len(kept) == 1
    assert kept[0].valid_loss == min(p.valid_loss for p in done.curve) == left
    assert 0 < kept[0].step < 24


def test_equal_losses_keep_the_first(toy_base):
    _, done, _ = run(toy_base, Recipe(2, 0.0, evaluate_every=1))
    assert [p.kept for p in done.curve] == [True, False, False]


def test_a_loss_that_is_not_a_number_is_not_kept(toy_base):
    trained, done, _ = run(toy_base, Recipe(2, float("inf"), evaluate_every=1))
    assert math.isnan(done.curve[1].valid_loss)
    assert done.curve[0].kept
    assert same(trained, branch(toy_base))


def test_without_validation_rows_the_last_step_is_kept(toy_base):
    recipe = Recipe(4, 0.02, evaluate_every=3)
    trained, done, _ = run(toy_base, recipe, valid=[])
    assert [(p.step, p.valid_loss, p.kept) for p in done.curve] == [
        (0, None, False),
        (3, None, False),
        (4, None, True),
    ]
    assert not same(trained, branch(toy_base))


def test_same_seed_same_bytes(toy_base):
    recipe = Recipe(5, 0.02, batch_size=2, evaluate_every=5)
    one, first, _ = run(toy_base, recipe)
    two, second, _ = run(toy_base, recipe)
    other, third, _ = run(toy_base, recipe, seed=1)
    assert same(one, two)
    assert first == second
    assert not same(one, other)
    assert first.curve[0] == third.curve[0]


def test_each_pass_takes_every_row_once(toy_base):
    seen = []

    def recording(base, instruction, examples):
        seen.append([row.id for row in examples])
        return loss(base, instruction, examples)

    run(toy_base, Recipe(6, 0.01, batch_size=2), valid=[], objective=recording)
    stream = [name for batch in seen for name in batch]
    passes = [sorted(stream[i : i + 4]) for i in range(0, 12, 4)]
    assert passes == [sorted(row.id for row in TRAIN)] * 3


def test_the_objective_is_minimised_and_chooses_the_step(toy_base):
    def other_way(base, instruction, examples):
        return -loss(base, instruction, examples)

    _, done, left = run(toy_base, Recipe(6, 0.02, evaluate_every=2), objective=other_way)
    assert left > -done.curve[0].valid_loss
    assert [-p.valid_loss for p in done.curve if p.kept] == [pytest.approx(left)]


def test_a_batch_may_be_larger_than_the_rows(toy_base):
    _, done, _ = run(toy_base, Recipe(1, 0.01, batch_size=9), train=TRAIN[:1])
    assert done.curve[1].train_loss == pytest.approx(
        loss(toy_base, INSTRUCTION, TRAIN[:1]).item(), rel=1e-5
    )


def test_zero_steps_are_an_evaluation(toy_base):
    trained, done, left = run(toy_base, Recipe(0, 0.1))
    assert done.curve == (Point(0, None, left, kept=True),)
    assert same(trained, branch(toy_base))


def test_tokens_are_those_read(toy_base):
    before = toy_base.tokens_read
    _, done, _ = run(toy_base, Recipe(3, 0.01, evaluate_every=2))
    evaluation = run(toy_base, Recipe(0, 0.01))[1].tokens
    assert done.tokens > 3 * evaluation
    # `run` itself evaluates once more after each fit.
    assert toy_base.tokens_read - before == done.tokens + 3 * evaluation


def test_a_penalty_is_minimised_but_not_reported(toy_base):
    target = torch.ones(())
    shared = {}

    def penalty():
        return 100 * (shared["b"] - target).square().mean()

    trained = branch(toy_base)
    shared["b"] = trained.b
    with toy_base.attached({MODULE: trained}):
        done = fit(
            toy_base,
            [trained.b],
            INSTRUCTION,
            TRAIN,
            [],
            Recipe(2, 0.1),
            torch.Generator(),
            penalty,
        )
    assert (trained.b > 0.1).all()
    assert done.curve[-1].train_loss < 50


def test_the_rate_rises_then_falls(toy_base, monkeypatch):
    rates = []
    step = torch.optim.AdamW.step

    def recording(self, *arguments, **options):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *arguments, **options)

    monkeypatch.setattr(torch.optim.AdamW, "step", recording)
    run(toy_base, Recipe(10, 1e-3, warmup=0.3), valid=[])
    assert rates[:4] == pytest.approx([1e-3 / 3, 2e-3 / 3, 1e-3, 1e-3])
    assert rates[3:] == sorted(rates[3:], reverse=True)
    assert 0 < rates[-1] < 1e-4


def test_no_training_rows(toy_base):
    with pytest.raises(InputError, match="training: train: found 0"):
        run(toy_base, Recipe(1, 0.1), train=[])


@pytest.mark.parametrize(
    ("option", "value"),
    [("steps", -1), ("learning_rate", float("nan")), ("batch_size", 0), ("evaluate_every", 0)],
)
def test_recipe_that_cannot_be_followed(option, value):
    with pytest.raises(InputError, match=f"training: {option}: found {value}, expected at least"):
        Recipe(**{"steps": 1, "learning_rate": 0.1, option: value})


def test_curve_rows_are_those_of_the_table():
    from recycling.ground.tables import columns

    rows = curve_rows([Point(0, None, 1.5, kept=True)])
    assert [list(row) for row in rows] == [list(columns("curve"))]
    assert SimpleNamespace(**rows[0]).valid_loss == 1.5


def test_many_tokens_are_read_as_several_trees(toy_base, monkeypatch):
    rows = [example(n, str(n), "x" * n, ["x" * n, "y"]) for n in range(1, 9)]
    objectives = (loss, candidate_entropy)
    whole = [objective(toy_base, INSTRUCTION, rows).item() for objective in objectives]
    read, sizes = toy_base.read, []
    monkeypatch.setattr(
        toy_base, "read", lambda grown, *_: (sizes.append(len(grown)), read(grown))[1]
    )
    monkeypatch.setattr(tree, "LARGEST", 60)
    parts = [objective(toy_base, INSTRUCTION, rows).item() for objective in objectives]
    assert parts == pytest.approx(whole, rel=1e-5)
    assert len(sizes) == 4
    assert max(sizes) < 100


def test_a_row_beyond_the_window_is_found_before_training(toy_base):
    rows = [example("long", "a" * 2100, "b")]
    for train, valid in ((rows, []), (TRAIN, rows)):
        with pytest.raises(InputError, match="tokens of example long with its answer: found 21"):
            fit(toy_base, [], INSTRUCTION, train, valid, Recipe(1, 0.1, 1), torch.Generator())


def test_a_stop_takes_the_first_steps_of_the_schedule(toy_base):
    whole = Recipe(6, 0.02, evaluate_every=1)
    _, all_of_it, _ = run(toy_base, whole, valid=TRAIN)
    _, half, _ = run(toy_base, replace(whole, stop=3), valid=TRAIN)
    losses = [[(p.train_loss, p.valid_loss) for p in done.curve] for done in (all_of_it, half)]
    assert losses[1] == losses[0][:4]
    _, shorter, _ = run(toy_base, Recipe(3, 0.02, evaluate_every=1), valid=TRAIN)
    assert [(p.train_loss, p.valid_loss) for p in shorter.curve] != losses[1]


@pytest.mark.parametrize("stop", [-1, 7])
def test_a_stop_lies_within_the_steps(stop):
    with pytest.raises(InputError, match=f"training: stop: found {stop}, expected 0 to steps = 6"):
        Recipe(6, 0.02, stop=stop)
