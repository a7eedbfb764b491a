"""Rank correlations against scipy's, with ties, one at a time and many at once."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from recycling.statistics.rank_correlation import spearman

scores = st.lists(st.integers(0, 4).map(lambda x: x / 4), min_size=3, max_size=12)


@given(st.data(), scores)
def test_it_is_scipy_s_where_there_are_ties(data, x):
    y = data.draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=len(x), max_size=len(x)))
    found = spearman(np.array(x), np.array(y))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(scipy.stats.spearmanr(x, y).statistic)


def test_many_at_once_are_those_one_at_a_time():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, (7, 3, 6)) / 4, rng.random((7, 3, 6))
    x[0, 0] = 0.5
    found = spearman(x, y)
    assert found.shape == (7, 3)
    assert np.isnan(found[0, 0])
    assert np.isnan(found).sum() == 1
    for place in zip(*np.where(np.isfinite(found)), strict=True):
        expected = scipy.stats.spearmanr(x[place], y[place]).statistic
        assert found[place] == pytest.approx(expected)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_have_none(n):
    assert np.isnan(spearman(np.ones(n), np.ones(n)))
