"""The simulations against closed forms, and what they say of the intervals."""

from dataclasses import replace

import numpy as np
import pytest
import simulate_validity as validity

from recycling.statistics import inference, simulation
from recycling.statistics.inference import SHARE_DIFFERENCE
from recycling.statistics.simulation import LEAST_COVERAGE


def of(**settings):
    made = validity.design(3, 5, 0.05, False, 0.3)
    return replace(made, **settings)


@pytest.mark.parametrize("skewed", [False, True])
def test_made_up_studies_have_the_mean_and_variance_that_they_should(skewed):
    made = simulation.simulated(of(skewed=skewed), 0.1, np.random.default_rng(1), 40_000)
    values = made.runs.mean((-2, -1))
    variance = (0.05**2 + (0.3 - 0.1**2 - 0.05**2) / 48) / 15
    assert values.mean() == pytest.approx(0.1, abs=0.001)
    assert values.var() == pytest.approx(variance, rel=0.05)
    assert made.answers.mean() == pytest.approx((0.3 - 0.1**2) / 48, rel=0.03)


def test_lists_are_the_same_studies_where_rows_do_not_differ():
    listed = simulation.from_lists([462] * 3, of(), 0.0, 0.1, np.random.default_rng(2), 400)
    drawn = simulation.simulated(of(), 0.1, np.random.default_rng(3), 4000)
    for name in ("runs", "answers"):
        assert getattr(listed, name).mean() == pytest.approx(getattr(drawn, name).mean(), rel=0.05)
    values = listed.runs.mean((-2, -1)).std(), drawn.runs.mean((-2, -1)).std()
    assert values[0] == pytest.approx(values[1], rel=0.15)


def test_shared_rows_are_seen_as_covariance():
    lasting = simulation.from_lists([220], of_one(), 0.9, 0.0, np.random.default_rng(4), 300)
    fleeting = simulation.from_lists([220], of_one(), 0.0, 0.0, np.random.default_rng(4), 300)
    assert lasting.shared.mean() > 3 * fleeting.shared.mean()
    # Of a list of 220 rows the mean has a 220th part of the variance of a row.
    assert 0.1 / 220 < lasting.shared.mean() < 0.3 / 220


def of_one():
    return validity.design(1, 10, 0.0, False, 0.3)


def test_coverage_is_that_of_student_s_t_where_all_is_normal():
    """Many answers and much spread: nothing but the runs counts."""
    made = simulation.Design(5, np.array([5000] * 3), np.full(3, 0.1), np.full(3, 0.3), np.zeros(3))
    drawn = simulation.simulated(made, 0.0, np.random.default_rng(5), 4000)
    found = inference.intervals(drawn, "fixed", SHARE_DIFFERENCE)
    narrow = found.error / inference.allowance(3, 5)
    held = abs(found.value) <= narrow * inference.stats.t.ppf(0.975, found.df)
    assert held.mean() == pytest.approx(0.955, abs=0.012)


def dealt(replicates, draws, spread, by_rows, rows=100, folds=5):
    """Means of `[draws]` studies made row by row: the oracle of folds in `simulated`."""
    rng = np.random.default_rng(6)
    means = []
    for _ in range(draws):
        scores, effects = (
            rng.choice([-1.0, 0.0, 1.0], rows, p=[0.15, 0.7, 0.15]),
            rng.normal(size=rows),
        )
        total = 0.0
        for _ in range(replicates):
            for test in rng.permutation(rows).reshape(folds, -1):
                others = np.setdiff1d(np.arange(rows), test)
                labelled = effects[others].sum() / len(others) ** 0.5
                taught = by_rows**0.5 * labelled + (1 - by_rows) ** 0.5 * rng.normal()
                total += scores[test].mean() + spread * taught
        means.append(total / (replicates * folds))
    return np.array(means)


@pytest.mark.parametrize(("replicates", "by_rows"), [(1, 0.25), (4, 0.5)])
def test_folds_share_rows_as_those_that_are_dealt_one_by_one(replicates, by_rows):
    runs = 5 * replicates
    made = simulation.Design(
        runs, *(np.full(1, value) for value in (20, 0.1, 0.3, 0.0)), folds=5, by_rows=by_rows
    )
    drawn = simulation.simulated(made, 0.0, np.random.default_rng(7), 20_000)
    oracle = dealt(replicates, 1500, 0.1, by_rows)
    values = drawn.runs.mean((-2, -1))
    assert values.mean() == pytest.approx(0, abs=0.003)
    assert values.var() == pytest.approx(oracle.var(), rel=0.15)
    assert (drawn.folds, drawn.freedom, drawn.different) == (5, 4 * replicates, 100)


def test_intervals_of_folds_hold_the_truth_where_they_decide():
    """Five folds do; ten folds share so many rows that more replicates make them worse."""
    assert simulation.least_coverage(10, (20,), "fixed", 5) >= LEAST_COVERAGE
    assert simulation.least_coverage(50, (10,), "fixed", 10) < LEAST_COVERAGE


def test_sizes_that_cannot_be_relied_on_are_known_before_any_score():
    assert simulation.least_coverage(1, (48, 48, 48), "fixed") < 0.8
    assert simulation.least_coverage(2, (48, 48, 48), "fixed") >= LEAST_COVERAGE
    assert simulation.least_coverage(10, (500,), "fixed") >= LEAST_COVERAGE
    assert simulation.least_coverage(5, (48, 48, 48), "fixed") >= LEAST_COVERAGE
    assert simulation.least_coverage(1, (48,) * 8, "random") >= LEAST_COVERAGE
