from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.statistics import estimates


@given(st.lists(st.floats(0, 1), max_size=7))
def test_holm_is_the_closure_of_bonferroni(p_values):
    everyone = range(len(p_values))
    subsets = [s for size in everyone for s in combinations(everyone, size + 1)]
    oracle = [
        max(min(1.0, len(s) * min(p_values[i] for i in s)) for s in subsets if index in s)
        for index in everyone
    ]
    assert estimates.holm(p_values) == pytest.approx(oracle)


@pytest.mark.parametrize(
    ("low", "high", "p", "margin", "expected"),
    [
        (0.01, 0.05, 0.01, 0.02, "more"),
        (-0.05, -0.01, 0.01, 0.02, "less"),
        (0.001, 0.015, 0.01, 0.02, "equivalent"),
        (-0.015, 0.015, 0.9, 0.02, "equivalent"),
        (-0.02, 0.015, 0.9, 0.02, "undecided"),
        (-0.01, 0.05, 0.3, 0.02, "undecided"),
        (0.01, 0.05, 0.2, 0.02, "undecided"),
        (-0.001, 0.001, 0.9, None, "undecided"),
    ],
)
def test_outcome(low, high, p, margin, expected):
    found = estimates.Estimate((low + high) / 2, low, high, p, 0.1, 4, "runs")
    assert estimates.outcome(found, p, margin) == expected


def test_one_run_decides_nothing_about_training():
    found = estimates.Estimate(0.5, 0.4, 0.6, 1e-6, 0.05, 47, "answers")
    assert estimates.outcome(found, 1e-6, 0.05) == "undecided"
    assert estimates.outcome(replace(found, value=0, low=-0.01, high=0.01), 1, 0.05) == "undecided"
    assert estimates.outcome(replace(found, basis="runs"), 1e-6, 0.05) == "more"
