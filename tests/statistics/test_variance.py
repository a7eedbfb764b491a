"""Shares of variance by hand, and by the sums of squares of a two-way table."""

import numpy as np
import pytest

from recycling.statistics import variance


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([[0, 0], [1, 1]], (1, 0, 0)),
        ([[0, 1], [0, 1]], (0, 1, 0)),
        ([[0, 1], [1, 0]], (0, 0, 1)),
        ([[0, 1], [1, 2]], (0.5, 0.5, 0)),
    ],
)
def test_shares_of_rows_and_columns_by_hand(scores, expected):
    assert variance.shares(np.array(scores, float)) == pytest.approx(expected)


def test_shares_are_those_of_a_two_way_table():
    scores = np.random.default_rng(0).random((5, 3, 4))
    shares = variance.shares(scores)
    assert shares.sum(-1) == pytest.approx(1)
    for table, share in zip(scores, shares, strict=True):
        grand = table.mean()
        rows = 4 * ((table.mean(1) - grand) ** 2).sum()
        columns = 3 * ((table.mean(0) - grand) ** 2).sum()
        total = ((table - grand) ** 2).sum()
        assert share[:2] == pytest.approx([rows / total, columns / total])
        assert variance.shares(table) == pytest.approx(share)


def test_there_are_no_shares_of_nothing():
    assert np.isnan(variance.shares(np.ones((1, 3, 4)))).all()
