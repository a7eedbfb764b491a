"""The conditional logit against gradients by autograd and a closed form."""

import numpy as np
import pytest
import torch

from recycling.model import choice_model
from recycling.model.choice_model import Row


def made_up(n=40, candidates=4, p=3, seed=1):
    rng = np.random.default_rng(seed)
    rows = [Row(rng.normal(size=(candidates + i % 2, p)), i % candidates) for i in range(n)]
    return rows, rng.normal(size=p)


def objective(rows, theta, start, ridge):
    """The same in PyTorch, by its own cross-entropy."""
    losses = [
        torch.nn.functional.cross_entropy(
            (torch.from_numpy(row.numbers) @ theta)[None], torch.tensor([row.right])
        )
        for row in rows
    ]
    away = theta - torch.from_numpy(start)
    return torch.stack(losses).mean() + ridge / 2 * (away @ away)


@pytest.mark.parametrize("ridge", [0.01, 1.0])
def test_the_fit_is_the_minimum_of_a_convex_function(ridge):
    rows, start = made_up()
    found = choice_model.fitted(rows, start, ridge)
    theta = torch.from_numpy(found).requires_grad_(True)
    value = objective(rows, theta, start, ridge)
    value.backward()
    assert theta.grad.abs().max() < 1e-7
    assert value.item() < float(objective(rows, torch.from_numpy(start), start, ridge))
    away = found - start
    expected = value.item() - ridge / 2 * float(away @ away)
    assert choice_model.loss(rows, found) == pytest.approx(expected, rel=1e-12)


def test_one_bias_of_two_candidates_is_the_log_odds():
    """Of 40 rows 30 have the first candidate right: the bias is log 3, without a ridge."""
    rows = [Row(np.array([[1.0], [0.0]]), int(i >= 30)) for i in range(40)]
    assert choice_model.fitted(rows, np.zeros(1), 0.0) == pytest.approx([np.log(3)], rel=1e-6)


def test_a_firm_ridge_holds_the_start():
    rows, start = made_up()
    assert choice_model.fitted(rows, start, 1e9) == pytest.approx(start, abs=1e-6)


def test_probabilities_sum_to_one_whatever_their_size():
    numbers = np.array([[900.0], [-900.0], [899.0]])
    logs = choice_model.log_probabilities(numbers, np.ones(1))
    assert np.exp(logs).sum() == pytest.approx(1)
    assert np.isfinite(logs).all()
