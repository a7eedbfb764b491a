import numpy as np
import pandas as pd
import pytest
from scipy import stats

from recycling.statistics import answers, bootstrap

DRAWS = 4000


def examples(values, arm="a", task="t"):
    """A table from `values: [replicates, examples]` of the metric x."""
    return pd.DataFrame(
        [
            {"arm": arm, "task": task, "replicate": str(r), "example": str(i), "x": float(value)}
            for r, row in enumerate(values)
            for i, value in enumerate(row)
        ]
    )


def resample(values, draws=DRAWS, seed=0, **arms):
    """Resamples of one task with arm `a`, and further arms by name."""
    named = {"a": values, **arms}
    table = pd.concat([examples(rows, arm) for arm, rows in named.items()])
    collected = answers.collect(table, list(named), {"x": False}, "fixed")
    return bootstrap.resample_task(collected, "t", draws, np.random.default_rng(seed))


def error(resamples, arm=0):
    return resamples.draws[:, arm, 0].std()


def test_one_replicate_has_the_standard_error_of_the_mean():
    values = np.random.default_rng(1).normal(size=(1, 300))
    found = resample(values)
    assert found.observed[0, 0] == pytest.approx(values.mean())
    assert error(found) == pytest.approx(stats.sem(values[0], ddof=0), rel=0.05)
    oracle = stats.bootstrap(
        values, np.mean, n_resamples=DRAWS, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    interval = bootstrap.estimate(values.mean(), found.draws[:, 0, 0])
    assert (interval.low, interval.high) == pytest.approx((oracle.low, oracle.high), abs=0.02)
    assert interval.basis == "resamples"


def test_replicates_have_the_closed_form_variance():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4, 50)) + 0.3 * rng.normal(size=(4, 1))
    between = values.mean(axis=1).var() / 4
    within = values.var(axis=1).mean() / 50 / 4
    assert error(resample(values)) ** 2 == pytest.approx(between + within, rel=0.08)


def test_arms_have_the_same_resamples():
    values = np.random.default_rng(6).normal(size=(2, 30))
    found = resample(values, b=values)
    assert (found.draws[:, 0] == found.draws[:, 1]).all()


def test_the_same_seed_gives_the_same_resamples():
    values = np.random.default_rng(7).normal(size=(2, 10))
    assert (resample(values, 50).draws == resample(values, 50).draws).all()


def test_slices_of_draws_do_not_matter():
    values = np.random.default_rng(8).normal(size=(1, 30_000))
    assert error(resample(values, 200)) == pytest.approx(stats.sem(values[0]), rel=0.2)


def test_p_agrees_with_the_z_test_far_from_the_edges():
    draws = np.random.default_rng(9).normal(0.1, 0.08, size=40_000)
    found = bootstrap.estimate(0.1, draws)
    assert found.p == pytest.approx(2 * stats.norm.sf(0.1 / 0.08), abs=0.01)


def test_minimum_detectable_has_the_stated_power():
    draws = np.random.default_rng(10).normal(0, 0.05, size=40_000)
    effect = bootstrap.estimate(0.0, draws).minimum_detectable
    power = stats.norm.sf(stats.norm.ppf(0.975) - effect / 0.05)
    assert power == pytest.approx(0.8, abs=0.01)
