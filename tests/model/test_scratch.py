"""A small Llama from random weights: its words, its loss and its training."""

import pytest
import torch

from recycling.model import base as bases
from recycling.model import scratch
from recycling.model.recipe import Recipe
from recycling.model.scoring import predict
from recycling.model.training import loss
from recycling.tasks.record import Example

WORDS = ["a", "b", "c", "d", "r", "ANS"]
ROWS = [
    Example("0", "a r ANS", ("b",)),
    Example("1", "b r ANS", ("c d a",)),
    Example("2", "c d a b r ANS", ("d",)),
]


@pytest.fixture(scope="module")
def made():
    return scratch.create(WORDS, 16, 1, 0)


def test_a_word_is_a_token_and_texts_come_back(made):
    tokens = made.prompt("", "a r ANS")
    assert len(tokens) == 4
    assert tokens[0] == made.tokenizer.bos_token_id
    assert made.tokenizer.decode(tokens[1:]) == "a r ANS"
    assert made.answer("c d")[-1] == made.tokenizer.eos_token_id


def test_the_padded_loss_is_that_of_the_tree(made):
    padded = scratch.Padded()
    for rows in (ROWS, ROWS[:1], ROWS[::-1]):
        torch.testing.assert_close(padded(made, "", rows), loss(made, "", rows))


def test_pretraining_teaches_and_what_is_saved_is_what_was_trained(tmp_path):
    base = scratch.create(WORDS, 16, 1, 0)
    assert all(parameter.requires_grad for parameter in base.model.parameters())
    fit = scratch.pretrain(base, ROWS, Recipe(60, 0.02, 3), 1)
    assert fit.curve[-1].train_loss < 0.2
    assert not any(parameter.requires_grad for parameter in base.model.parameters())
    scratch.save(base, tmp_path)
    again = bases.load(tmp_path, "cpu", "float32")
    answers = [row.output for row in predict(again, "", ROWS, 4)]
    assert answers == [row.answers[0] for row in ROWS]


def test_same_seed_same_weights():
    first, second, other = (scratch.create(WORDS, 16, 1, seed) for seed in (4, 4, 5))
    weights = [next(base.model.parameters()) for base in (first, second, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
