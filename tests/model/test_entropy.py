import math
from dataclasses import replace

import pytest
import torch
from model_cases import INSTRUCTION, ROWS

from recycling.ground.errors import InputError
from recycling.model.entropy import candidate_entropy
from recycling.model.scoring import predict


def test_entropy_is_that_of_the_scored_likelihoods(toy_base):
    """Against the likelihoods by which answers are chosen, row by row in float64."""
    expected = []
    for row in predict(toy_base, INSTRUCTION, ROWS, 0):
        weights = [math.exp(min(row.choice_nll) - nll) for nll in row.choice_nll]
        shares = [weight / sum(weights) for weight in weights]
        expected.append(-sum(share * math.log(share) for share in shares))
    with torch.no_grad():
        found = candidate_entropy(toy_base, INSTRUCTION, ROWS).item()
        one = candidate_entropy(toy_base, INSTRUCTION, ROWS[:1]).item()
    assert found == pytest.approx(sum(expected) / len(expected), rel=1e-4)
    assert one == pytest.approx(expected[0], rel=1e-3)


def test_the_order_of_candidates_does_not_matter(toy_base):
    turned = [replace(row, choices=row.choices[::-1]) for row in ROWS]
    with torch.no_grad():
        one, two = (
            candidate_entropy(toy_base, INSTRUCTION, rows).item() for rows in (ROWS, turned)
        )
    assert one == pytest.approx(two, rel=1e-5)


@pytest.mark.parametrize("choices", [(), ("two",)])
def test_too_few_candidates(toy_base, choices):
    rows = [*ROWS[1:], replace(ROWS[0], choices=choices)]
    with pytest.raises(InputError, match="entropy of row 0: choices"):
        candidate_entropy(toy_base, INSTRUCTION, rows)
