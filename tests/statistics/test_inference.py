"""Intervals against closed forms and scipy, and the laws that hold for any scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from recycling.ground.errors import InputError
from recycling.statistics import inference, moments
from recycling.statistics.inference import (
    ANYTHING,
    NOT_NEGATIVE,
    SHARE,
    SHARE_DIFFERENCE,
    allowance,
)


def own_rows(scores):
    """Every answer has a row of its own."""
    return [[np.arange(len(run)) + 1000 * r for r, run in enumerate(runs)] for runs in scores]


def estimate(scores, tasks="fixed", bounds=ANYTHING, rows=None):
    scores = [[np.asarray(run, float) for run in runs] for runs in scores]
    return inference.estimate(scores, rows or own_rows(scores), tasks, bounds)


def t_test(means):
    """Scipy's, with the error raised for trainings that fail seldom."""
    oracle = stats.ttest_1samp(means, 0)
    error = stats.sem(means) * allowance(1, len(means))
    half = error * stats.t.ppf(0.975, oracle.df)
    p = 2 * stats.t.sf(abs(np.mean(means)) / error, oracle.df)
    return p, np.mean(means) - half, np.mean(means) + half


def normal(seed, tasks, runs, n=40, sd=(0.5,)):
    """Scores whose runs differ more than their answers do."""
    rng = np.random.default_rng(seed)
    return [
        [rng.normal(size=n) * 0.1 + sd[t % len(sd)] * rng.normal() for _ in range(runs)]
        for t in range(tasks)
    ]


def test_one_task_is_the_t_test_over_its_runs():
    scores = normal(1, 1, 5)
    means = [run.mean() for run in scores[0]]
    found = estimate(scores)
    assert (found.p, found.low, found.high) == pytest.approx(t_test(means))
    assert (found.value, found.df, found.basis) == (pytest.approx(np.mean(means)), 4, "runs")


def test_two_tasks_are_welch_s_test():
    first, second = normal(2, 2, 6, sd=(0.2, 0.9))
    found = estimate([first, second])
    means = [[run.mean() for run in runs] for runs in (first, second)]
    oracle = stats.ttest_ind(means[0], -np.array(means[1]), equal_var=False)
    assert found.df == pytest.approx(oracle.df)
    assert found.value / found.error * allowance(2, 6) == pytest.approx(oracle.statistic)


def test_tasks_with_equal_variances_have_all_degrees_of_freedom():
    run = np.random.default_rng(3).normal(size=(3, 20)) * 0.01
    spread = np.array([-1, 0, 1])[:, None]
    scores = [list(run + spread + shift) for shift in (0, 5, 9)]
    assert estimate(scores).df == pytest.approx(3 * 2)


def test_one_task_with_all_the_variance_has_its_degrees_of_freedom():
    quiet = [[np.array([-1e-9, 1e-9])] * 3] * 2
    assert estimate([*quiet, *normal(4, 1, 3)]).df == pytest.approx(2, rel=1e-6)


def test_random_tasks_are_the_t_test_over_their_means():
    scores = normal(5, 9, 3)
    means = [np.mean([run.mean() for run in runs]) for runs in scores]
    oracle = stats.ttest_1samp(means, 0)
    found = estimate(scores, "random")
    assert (found.df, found.basis) == (8, "tasks")
    assert found.value / found.error * allowance(9, 3) == pytest.approx(oracle.statistic)


def test_one_run_is_the_t_test_over_its_answers():
    scores = normal(6, 1, 1)
    oracle = stats.ttest_1samp(scores[0][0], 0)
    found, interval = estimate(scores), oracle.confidence_interval(0.95)
    assert (found.p, found.df, found.basis) == (pytest.approx(oracle.pvalue), 39, "answers")
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("n", [2, 20, 500])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_answers_without_variation_have_at_least_the_exact_interval(n, value):
    found = estimate([[np.full(n, value)]], bounds=SHARE)
    exact = stats.binomtest(round(n * value), n).proportion_ci(method="exact")
    assert found.low <= exact.low + 1e-12
    assert found.high >= exact.high - 1e-12
    assert found.low < found.high
    assert found.high - found.low < 6 * (exact.high - exact.low)


def test_no_interval_leaves_what_is_possible():
    found = estimate([[np.full(48, -1.0)] * 2] * 3, bounds=SHARE_DIFFERENCE)
    assert (found.value, found.low) == (-1, -1)
    assert -1 < found.high < -0.9
    assert found.p < 0.01
    assert estimate([[np.array([0.1, 0.2]), np.array([1.0, 2.0])]], bounds=NOT_NEGATIVE).low == 0


def test_equal_runs_count_with_the_variance_of_their_answers():
    half = np.tile([0.0, 1.0], 24)
    found = estimate([[half, half]], bounds=SHARE)
    variance = (96 / 4 + 1) / (96 - 2 + 2) / 96
    assert found.error == pytest.approx(variance**0.5 * allowance(1, 2))
    random = estimate([[half, half]] * 8, "random", SHARE)
    assert random.error == pytest.approx((variance / 8) ** 0.5 * allowance(8, 2))


def test_a_task_without_variation_never_counts_as_certain():
    noisy = [np.tile([0.0, 1.0, 1.0, 0.0], 12), np.tile([0.0, 1.0, 0.0, 0.0], 12)]
    alone, beside = (
        estimate(tasks, bounds=SHARE) for tasks in ([noisy], [noisy, [np.zeros(48)] * 2])
    )
    assert beside.error / allowance(2, 2) > alone.error / allowance(1, 2) / 2


def test_where_nothing_is_known_of_the_error_there_is_no_interval():
    found = estimate([[np.zeros(4)] * 2])
    assert np.isnan([found.low, found.high]).all()
    assert found.p == 1
    assert not found.within(1)


def test_rows_that_runs_share_add_their_covariance():
    """Two runs of the same rows: the error is that of the mean of each row over the runs."""
    rng = np.random.default_rng(7)
    easy = rng.normal(size=60)
    runs = [easy + 0.01 * rng.normal(size=60) for _ in range(2)]
    apart = estimate([runs])
    same = estimate([runs], rows=[[np.arange(60)] * 2])
    more = (same.error**2 - apart.error**2) / allowance(1, 2) ** 2
    assert more == pytest.approx(easy.var(ddof=1) / 60, rel=0.02)
    assert same.df > apart.df


def test_two_estimates_apart_are_welch_s_test():
    first, second = normal(8, 2, 4, sd=(0.2, 0.9))
    oracle = stats.ttest_ind(
        *([run.mean() for run in runs] for runs in (first, second)), equal_var=False
    )
    found = inference.apart(estimate([first]), estimate([second]))
    assert found.df == pytest.approx(oracle.df)
    assert found.value / found.error * allowance(1, 4) == pytest.approx(oracle.statistic)
    one = inference.apart(estimate([first]), estimate([second[:1]]))
    assert one.basis == "answers"


def folds(seed, replicates, count=5, n=20, sd=0.5):
    """Scores of the folds of each replicate, which deal the same rows anew."""
    rng = np.random.default_rng(seed)
    easy = 0.1 * rng.normal(size=count * n)
    dealt = [rng.permutation(count * n).reshape(count, n) for _ in range(replicates)]
    rows = [of for deal in dealt for of in deal]
    return [[easy[of] + sd * rng.normal() for of in rows]], [rows]


def of_folds(scores, rows, count=5, bounds=ANYTHING):
    return inference.estimate(scores, rows, "fixed", bounds, folds=count)


def test_folds_have_the_corrected_variance_of_nadeau_and_bengio():
    """By hand: 5 folds of 20 rows, trained on the other 80: S^2 (1/5 + 20/80), 4 degrees."""
    scores, rows = folds(12, 1)
    means = np.array([run.mean() for run in scores[0]])
    found = of_folds(scores, rows)
    error = (means.var(ddof=1) * (1 / 5 + 20 / 80)) ** 0.5 * allowance(1, 5)
    half = stats.t.ppf(0.975, 4) * error
    assert (found.value, found.error) == pytest.approx((means.mean(), error))
    assert (found.low, found.high) == pytest.approx((means.mean() - half, means.mean() + half))
    assert (found.df, found.basis) == (pytest.approx(4), "runs")


def test_replicates_of_folds_have_a_variance_within_each_and_a_floor():
    scores, rows = folds(13, 3)
    means = np.array([run.mean() for run in scores[0]]).reshape(3, 5)
    found = of_folds(scores, rows)
    within = means.var(axis=1, ddof=1).mean()
    assert found.df == pytest.approx(3 * 4)
    expected = (within * (1 / 15 + 1 / 4)) ** 0.5 * allowance(1, 15)
    assert found.error == pytest.approx(expected)
    shifted = [[run + 0.3 * (place // 5) for place, run in enumerate(scores[0])]]
    assert of_folds(shifted, rows).error == pytest.approx(expected)
    assert [inference.worth(runs, 5) for runs in (5, 10)] == pytest.approx([1 / 0.45, 1 / 0.35])
    assert inference.worth(10**9, 5) == pytest.approx(4)
    assert inference.worth(7, 1) == 7


def test_folds_that_are_equal_count_with_the_variance_of_their_answers():
    half = np.tile([0.0, 1.0], 10)
    rows = [[np.arange(20) + 20 * fold for fold in range(5)] * 2]
    found = of_folds([[half] * 10], rows, bounds=SHARE)
    answers = (200 / 4 + 1) / (200 - 10 + 2) / 20
    assert found.error == pytest.approx((answers * (1 / 10 + 1 / 4)) ** 0.5 * allowance(1, 10))


def test_replicates_of_folds_add_no_rows_to_answers_without_variation():
    rows = [np.arange(20) + 20 * fold for fold in range(5)]
    found = moments.of_scores([[np.ones(20)] * 10], [rows * 2], share=True, folds=5)
    assert (found.n, found.different) == (200, 100)
    assert of_folds([[np.ones(20)] * 10], [rows * 2], bounds=SHARE).low <= 0.025 ** (1 / 100)


def test_few_tasks_do_not_generalise():
    with pytest.raises(
        InputError, match=r"statistics.tasks: found 'random with 7 tasks'.*at least 8"
    ):
        estimate(normal(9, 7, 2), "random")


def test_minimum_detectable_is_found_four_times_in_five():
    found = estimate(normal(10, 3, 5))
    reached = stats.nct.sf(
        stats.t.ppf(0.975, found.df), found.df, found.minimum_detectable / found.error
    )
    assert reached == pytest.approx(0.8, abs=0.02)


SCORES = arrays(float, (4, 3, 6), elements=st.sampled_from([-1.0, 0.0, 1.0]))


@given(SCORES)
def test_the_other_sign_gives_the_other_interval(scores):
    found, turned = (estimate(values, bounds=SHARE_DIFFERENCE) for values in (scores, -scores))
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    assert turned.p == pytest.approx(found.p)


@given(SCORES, st.permutations(range(4)), st.permutations(range(3)), st.permutations(range(6)))
def test_no_order_matters(scores, tasks, runs, answers):
    found = estimate(scores, bounds=SHARE_DIFFERENCE)
    other = estimate(scores[tasks][:, runs][:, :, answers], bounds=SHARE_DIFFERENCE)
    assert (other.low, other.high, other.df) == pytest.approx((found.low, found.high, found.df))


@given(SCORES, st.floats(-5, 5))
def test_a_shift_moves_the_interval(scores, shift):
    found, moved = estimate(scores), estimate(scores + shift)
    assert moved.low - shift == pytest.approx(found.low, abs=1e-6, nan_ok=True)
    assert moved.high - shift == pytest.approx(found.high, abs=1e-6, nan_ok=True)


@given(SCORES)
def test_no_interval_of_a_share_has_width_zero(scores):
    for chosen in (scores, scores[:1], scores[:, :1]):
        found = estimate(chosen, bounds=SHARE_DIFFERENCE)
        assert -1 <= found.low < found.high <= 1
        assert found.low <= found.value <= found.high


def test_statsmodels_finds_the_same_errors():
    """Of `y ~ C(task)` by statsmodels 0.15.0: runs as clusters (CR1), and a mixed model of runs."""
    rng = np.random.default_rng(11)
    scores = rng.normal(size=(3, 4, 20)) + rng.normal(size=(3, 4, 1)) * 0.8
    one, three = estimate(scores[:1]), estimate(scores + np.arange(3)[:, None, None])
    assert one.error / allowance(1, 4) == pytest.approx(0.4459263469688621)
    # CR1 counts all 12 runs of 240 answers at once, and ours the 4 runs of each task.
    ours, theirs = 4 / 3, 12 / 11 * 239 / 237
    assert three.error / allowance(3, 4) == pytest.approx(0.19582658 * (ours / theirs) ** 0.5, 1e-6)
    assert three.error / allowance(3, 4) == pytest.approx(0.21558703, rel=1e-5)
    assert three.value == pytest.approx(1.1454995)
