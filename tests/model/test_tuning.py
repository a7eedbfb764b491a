"""Tuning by cross-validation: which rows it reads, and that its choice is that of the losses."""

import math
from dataclasses import asdict, replace

import pytest
import torch
import train_fresh
import tune_fresh
from hypothesis import given
from hypothesis import strategies as st
from model_cases import INSTRUCTION, ROWS, TRAIN, VALID, adapter, example

from recycling.adapters.canonical import Adapter
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.model import fresh, tuning
from recycling.model.conduct import Conduct
from recycling.model.recipe import LoraRecipe, Tried, chosen, tried_rows
from recycling.model.training import answer_tokens, loss
from recycling.plan.study.recipes import TuneFresh
from recycling.tasks.record import Counts, PreparedTask, write_examples, write_task

RECIPE = LoraRecipe(rank=2, alpha=4.0, steps=3, learning_rate=0.02, evaluate_every=1)
GRID = {"learning_rate": [0.02, 0.3], "steps": [2, 6], "rank": [1, 3]}


def tuned(base, grid, rows=TRAIN, recipe=RECIPE, folds=2):
    parts = tuning.folds_within(rows, len(VALID), folds)
    return fresh.tuned(base, INSTRUCTION, parts, recipe, grid, 5, Conduct())


# folds


@given(st.integers(2, 60), st.integers(0, 20), st.data())
def test_each_row_is_left_out_once_and_no_fold_learns_what_scores_it(count, valid, data):
    folds = data.draw(st.integers(2, count))
    rows = [example(number, f"row {number}", "answer") for number in range(count)]
    parts = tuning.folds_within(rows, valid, folds)
    assert len(parts) == folds
    left_out = [row.id for part in parts for row in part.left_out]
    assert sorted(left_out) == sorted(row.id for row in rows)
    for part in parts:
        ids = [row.id for row in (*part.train, *part.valid, *part.left_out)]
        assert sorted(ids) == sorted(row.id for row in rows)
        assert part.train
        # Of the rows that are not left out, as many validate as do of all labelled rows.
        expected = (len(part.train) + len(part.valid)) * valid / (count + valid)
        assert len(part.valid) == pytest.approx(expected, abs=1.01)


@pytest.mark.parametrize("folds", [0, 1, 5])
def test_folds_that_the_rows_do_not_fill(folds):
    with pytest.raises(InputError, match=f"tuning: folds: found {folds}, expected 2 to 4, the num"):
        tuning.folds_within(TRAIN, 2, folds)


# what is tried


def test_every_configuration_in_order():
    every = tuning.configurations({"learning_rate": [1, 2], "steps": [3, 4]})
    assert every == [{"learning_rate": rate, "steps": steps} for rate in (1, 2) for steps in (3, 4)]
    assert tuning.configurations({}) == [{}]


def test_the_choice_is_that_of_the_losses_computed_apart(toy_base):
    """Each fold is trained and scored by itself, the loss is that of single rows, summed."""
    found = tuned(toy_base, GRID)
    losses = {}
    for rate in GRID["learning_rate"]:
        for steps in GRID["steps"]:
            for rank in GRID["rank"]:
                recipe = replace(RECIPE, learning_rate=rate, steps=steps, rank=rank)
                nats = tokens = 0.0
                for fold in range(2):
                    rows = [row for place, row in enumerate(TRAIN) if place % 2 != fold]
                    # Of 2 rows, at 4 to train for 2 to validate.
                    factors, _ = fresh.train(
                        toy_base, INSTRUCTION, rows[:1], rows[1:], recipe, 5, Conduct()
                    )
                    folded = {m: f.scaled(4.0 / rank) for m, f in factors.items()}
                    with toy_base.wearing(Adapter("x", folded)), torch.no_grad():
                        for row in (row for place, row in enumerate(TRAIN) if place % 2 == fold):
                            count = answer_tokens(toy_base, [row])
                            nats += loss(toy_base, INSTRUCTION, [row]).item() * count
                            tokens += count
                losses[rate, steps, rank] = nats / tokens
    assert [tuple(one.configuration.values()) for one in found] == [*losses]
    assert [one.loss for one in found] == pytest.approx([*losses.values()], rel=1e-5)
    assert tuple(chosen(found).values()) == min(losses, key=losses.__getitem__)
    assert len({round(one.loss, 6) for one in found}) == len(found)
    assert {one.rows for one in found} == {len(TRAIN)}


def test_its_tokens_are_all_that_the_base_read(toy_base):
    before = toy_base.tokens_read
    found = tuned(toy_base, {"steps": [1, 2]})
    assert sum(one.tokens for one in found) == toy_base.tokens_read - before
    assert found[0].tokens < found[1].tokens


def test_average_and_rslora_are_scored_at_their_own_scale(toy_base):
    recipe = replace(RECIPE, average=2, rslora=True)
    [found] = tuned(toy_base, {}, recipe=recipe)
    nats = tokens = 0.0
    for fold in tuning.folds_within(TRAIN, len(VALID), 2):
        parts = (fold.train, fold.valid, recipe, 5, Conduct())
        factors, _ = fresh.train(toy_base, INSTRUCTION, *parts)
        folded = {m: f.scaled(4.0 / math.sqrt(4)) for m, f in factors.items()}
        with toy_base.wearing(Adapter("x", folded)), torch.no_grad():
            count = answer_tokens(toy_base, fold.left_out)
            nats += loss(toy_base, INSTRUCTION, fold.left_out).item() * count
            tokens += count
    assert found.loss == pytest.approx(nats / tokens, rel=1e-6)


# what is chosen


def of(*losses):
    return [Tried({"steps": place}, loss, 4, 10) for place, loss in enumerate(losses)]


def test_of_equal_losses_the_first_is_chosen_and_none_that_is_no_number():
    assert chosen(of(2.0, 1.0, 1.0, math.inf)) == {"steps": 1}
    rows = tried_rows(of(2.0, 1.0, 1.0))
    assert [row["chosen"] for row in rows] == [False, True, False]
    assert rows[0] == {
        "learning_rate": None,
        "steps": 0,
        "rank": None,
        "loss": 2.0,
        "rows": 4,
        "tokens": 10,
        "chosen": False,
    }
    assert tried_rows([]) == []


def test_losses_that_are_no_numbers():
    with pytest.raises(InputError, match=r"tuning: loss: found \[\{'steps': 0\}\], .* lower learn"):
        chosen(of(math.inf))


def test_a_loss_that_is_no_number_is_infinite(toy_base):
    [fold, *_] = tuning.folds_within(ROWS, 2, 2)
    broken = {m: f.scaled(math.nan) for m, f in adapter(toy_base, "x", 1).items()}
    [found] = tuning.tried(toy_base, INSTRUCTION, [(fold, lambda _: broken)], {})
    assert found.loss == math.inf


# the scripts


@pytest.fixture
def made(toy_folder, tmp_path):
    """Tunes the fresh LoRA on a grid and trains it; the folder of the LoRA."""
    write_examples(TRAIN, tmp_path / "train.jsonl")
    write_examples(VALID, tmp_path / "valid.jsonl")
    counts = Counts(items=6, train=4, valid=2, test=0, dropped=0)
    write_task(PreparedTask("numbers", INSTRUCTION, None, counts, {}), tmp_path / "task.json")
    shared = {
        "model": str(toy_folder),
        "runtime": "",
        "train": str(tmp_path / "train.jsonl"),
        "task": str(tmp_path / "task.json"),
        "recipe": asdict(RECIPE),
        "seed": 5,
        "conduct": asdict(Conduct()),
    }

    def make(name, grid):
        choice = str(tmp_path / f"{name}.json")
        if grid is not None:
            tune_fresh.main(
                **shared,
                tuning=str(tmp_path / f"{name}.tsv"),
                choice=choice,
                seconds=str(tmp_path / f"{name}-seconds.tsv"),
                tune=TuneFresh(**grid, folds=2),
            )
        train_fresh.main(
            **shared,
            valid=str(tmp_path / "valid.jsonl"),
            choice=[choice] if grid is not None else [],
            folder=tmp_path / name,
            seconds=str(tmp_path / "seconds.tsv"),
            base_name="toy",
            fold=None,
        )
        return tmp_path / name

    return make


def test_a_grid_of_one_is_the_untuned_training_bit_by_bit(made):
    usual, one = made("usual", None), made("one", {"learning_rate": [0.02], "rank": [2]})
    none = made("none", {})
    for file in usual.iterdir():
        assert (
            file.read_bytes() == (one / file.name).read_bytes() == (none / file.name).read_bytes()
        )
    tried = tables.read_table(one.with_suffix(".tsv"), "tried")
    assert tried["chosen"].tolist() == [True]
    assert tables.read_json(none.with_suffix(".json"))["chosen"] == {}


def test_what_was_chosen_is_what_is_trained(made):
    grid = {"learning_rate": [1e-9, 0.1234567891], "steps": [1, 4], "rank": [3, 1]}
    folder = made("tuned", grid)
    tried = tables.read_table(folder.with_suffix(".tsv"), "tried")
    best = tried.loc[tried["loss"].idxmin()]
    assert tried["chosen"].tolist() == (tried.index == best.name).tolist()
    assert len(tried) == 8
    choice = tables.read_json(folder.with_suffix(".json"))
    # The table has six digits, what is trained with has all.
    assert choice["chosen"]["learning_rate"] in grid["learning_rate"]
    assert choice["chosen"]["steps"] == best["steps"]
    assert choice["tokens"] == tried["tokens"].sum()
    assert tables.read_json(folder / "adapter_config.json")["r"] == best["rank"]
    assert tables.read_table(folder / "curve.tsv", "curve")["step"].max() == best["steps"]
