"""Calibration of stated probabilities: made-up models with a known truth, and other estimators."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from recycling.ground.errors import InputError
from recycling.statistics import inference, reliability
from recycling.statistics.inference import ANYTHING

LIKELIHOODS = st.lists(st.floats(0, 30), min_size=2, max_size=5)
CONFIDENCES = st.lists(st.floats(0.2, 1), min_size=2, max_size=120).map(np.array)


def answered(rng, n, truth):
    """Confidences of `n` answers, and whether each is right, with chance `truth(confidence)`."""
    confidence = rng.uniform(0.34, 1, n)
    return confidence, (rng.random(n) < truth(confidence)).astype(float)


# what is stated


@given(LIKELIHOODS)
def test_what_is_stated_is_softmax_and_scikit_learn_s_brier_score(nll):
    found = reliability.stated(nll, 1)
    chances = softmax(-np.array(nll))
    assert found.confidence == pytest.approx(chances.max())
    assert found.right == float(nll[1] < min(nll[:1] + nll[2:]))
    labels = list(range(len(nll)))
    expected = brier_score_loss([1], chances[None], labels=labels, scale_by_half=True)
    assert found.brier == pytest.approx(expected, abs=1e-12)


def test_likelihoods_that_no_float_holds_are_scaled():
    found = reliability.stated([2000.0, 2001.0], 0)
    assert found.confidence == pytest.approx(1 / (1 + np.exp(-1)))
    assert (found.right, reliability.stated([3.0, 3.0], 0).right) == (1, 0)


# bins


def test_bins_are_those_of_scikit_learn_where_nothing_is_tied():
    confidence, right = answered(np.random.default_rng(0), 200, lambda c: c**2)
    place = reliability.bins(confidence)
    expected = calibration_curve(right, confidence, n_bins=10, strategy="quantile")
    sizes = np.bincount(place)
    assert set(sizes) == {20}
    assert np.bincount(place, right) / sizes == pytest.approx(expected[0])
    assert np.bincount(place, confidence) / sizes == pytest.approx(expected[1])


@given(CONFIDENCES, st.randoms())
def test_equal_confidences_share_a_bin_no_bin_is_of_one_and_order_is_nothing(confidence, random):
    confidence = np.round(confidence, 1)
    place = reliability.bins(confidence)
    assert np.bincount(place).min() >= 2
    assert set(place) == set(range(place.max() + 1))
    for value in np.unique(confidence):
        assert len(set(place[confidence == value])) == 1
    order = random.sample(range(len(place)), len(place))
    assert list(reliability.bins(confidence[order])) == list(place[order])


# the error


def test_the_squared_error_is_that_of_kumar_liang_and_ma_where_confidence_takes_few_values():
    """Their definition 4.3: the squared gap of a bin, less the variance of its share right."""
    rng = np.random.default_rng(1)
    confidence = np.repeat([0.4, 0.6, 0.8, 1.0], 12)
    right = (rng.random(48) < confidence**2).astype(float)
    expected = 0.0
    for value in np.unique(confidence):
        share = right[confidence == value].mean()
        expected += ((value - share) ** 2 - share * (1 - share) / 11) * 12 / 48
    assert reliability.squared_error(confidence, right).mean() == pytest.approx(expected)


@given(CONFIDENCES, st.integers(0, 9))
def test_the_squared_error_is_the_mean_product_of_two_gaps_of_a_bin(confidence, seed):
    right = np.random.default_rng(seed).integers(2, size=len(confidence)).astype(float)
    place, gaps = reliability.bins(confidence), confidence - right
    expected = 0.0
    for number in set(place):
        own = gaps[place == number]
        products = [a * b for i, a in enumerate(own) for j, b in enumerate(own) if i != j]
        expected += np.mean(products) * len(own) / len(gaps)
    found = reliability.squared_error(confidence, right).mean()
    assert found == pytest.approx(expected, abs=1e-12)


def test_one_answer_has_no_calibration_error():
    with pytest.raises(InputError, match="test rows: found 1, expected at least two"):
        reliability.squared_error(np.array([0.5]), np.array([1.0]))


# Truth as a function of confidence -> its root mean squared gap over confidences in [0.34, 1].
EVEN = np.linspace(0.34, 1, 100_001)
TRUTHS = {
    "calibrated": (lambda c: c, 0.0),
    "sure": (lambda c: c - 0.2, 0.2),
    "too sure at the top": (lambda c: c - 0.4 * (c > 0.67), np.sqrt(0.16 * (EVEN > 0.67).mean())),
}


@pytest.mark.parametrize(("truth", "error"), TRUTHS.values(), ids=TRUTHS)
@pytest.mark.parametrize(("tasks", "runs"), [(1, 1), (3, 5)])
def test_intervals_hold_the_known_error_of_a_made_up_model(truth, error, tasks, runs):
    rng = np.random.default_rng([tasks, runs, int(100 * error)])
    rows = [[np.arange(48) + 48 * run for run in range(runs)] for _ in range(tasks)]
    values, held, found = [], [], []
    for _ in range(150):
        scores = [
            [reliability.squared_error(*answered(rng, 48, truth)) for _ in range(runs)]
            for _ in range(tasks)
        ]
        one = inference.estimate(scores, rows, "fixed", ANYTHING)
        values.append(one.value)
        held.append(one.low <= error**2 <= one.high)
        found.append(one.low > 0)
    # Bins hide what cancels within them: the error between 0.67 and its neighbours in one bin.
    noise = 4 * np.std(values) / np.sqrt(len(values))
    assert np.mean(values) == pytest.approx(error**2, abs=noise + 0.1 * error**2)
    assert np.mean(held) >= 0.9
    if error == 0:
        assert np.mean(found) <= 0.04
    if runs > 1 and error:
        assert np.mean(found) > 0.9


def test_the_usual_sum_of_gaps_is_far_from_0_for_a_perfect_model():
    """Why it is not what is reported."""
    rng = np.random.default_rng(2)
    sums, ours = [], []
    for _ in range(300):
        confidence, right = answered(rng, 48, lambda c: c)
        place = reliability.bins(confidence)
        sums.append(abs(np.bincount(place, confidence - right)).sum() / 48)
        ours.append(reliability.squared_error(confidence, right).mean())
    assert np.mean(sums) > 0.09
    assert np.mean(ours) == pytest.approx(0, abs=4 * np.std(ours) / np.sqrt(300))
