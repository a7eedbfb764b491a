import numpy as np
import pandas as pd
import pytest
from scipy import stats

from recycling.ground.errors import InputError
from recycling.statistics import bootstrap

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


def resample(values, draws=DRAWS, level=0.95, seed=0, **arms):
    """Resamples of one task with arm `a`, and further arms by name."""
    named = {"a": values, **arms}
    table = pd.concat([examples(rows, arm) for arm, rows in named.items()])
    generator = np.random.default_rng(seed)
    return bootstrap.resample_task(table, list(named), ["x"], draws, level, generator)


def error(resamples, arm=0):
    return resamples.draws[:, arm, 0].std()


def test_one_replicate_has_the_standard_error_of_the_mean():
    values = np.random.default_rng(1).normal(size=(1, 300))
    found = resample(values)
    assert found.observed[0, 0] == pytest.approx(values.mean())
    assert (found.n, found.replicates) == (300, 1)
    assert error(found) == pytest.approx(stats.sem(values[0], ddof=0), rel=0.05)
    oracle = stats.bootstrap(
        values, np.mean, n_resamples=DRAWS, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    interval = found.mean("a", "x", share=False)
    assert (interval.low, interval.high) == pytest.approx((oracle.low, oracle.high), abs=0.02)


def test_replicates_have_the_closed_form_variance():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4, 50)) + 0.3 * rng.normal(size=(4, 1))
    between = values.mean(axis=1).var() / 4
    within = values.var(axis=1).mean() / 50 / 4
    assert error(resample(values)) ** 2 == pytest.approx(between + within, rel=0.08)


def test_tasks_have_the_closed_form_variance():
    rng = np.random.default_rng(4)
    values = [rng.normal(size=(2, 40)) + rng.normal() for _ in range(8)]
    tasks = [resample(rows, seed=i) for i, rows in enumerate(values)]
    inner = sum(task.draws[:, 0, 0].var() for task in tasks) / 64
    outer = np.var([rows.mean() for rows in values]) / 8
    fixed = bootstrap.combine_tasks(tasks, False, rng)
    random = bootstrap.combine_tasks(tasks, True, rng)
    assert error(fixed) ** 2 == pytest.approx(inner, rel=0.08)
    assert error(random) ** 2 == pytest.approx(inner + outer, rel=0.08)
    for found in (fixed, random):
        assert found.observed[0, 0] == pytest.approx(np.mean(values))
        assert (found.n, found.replicates) == (640, 16)


def test_differences_are_paired():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(2, 100))
    noise = 0.01 * rng.normal(size=(2, 100))
    found = resample(values, b=values + 0.1 + noise)
    difference = found.difference("b", "a", "x", share=False)
    assert difference.value == pytest.approx(0.1 + noise.mean())
    assert difference.high - difference.low < 0.01 < found.mean("a", "x", share=False).high
    assert difference.p == pytest.approx(2 / (DRAWS + 1))


def test_an_arm_minus_itself_is_zero():
    values = np.random.default_rng(6).normal(size=(2, 30))
    found = resample(values, b=values).difference("a", "b", "x", share=False)
    assert (found.value, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_examples_need_not_come_in_order():
    table = pd.concat([examples([[0, 1, 1]], "a"), examples([[0, 1, 1]], "b")])
    shuffled = table.sample(frac=1, random_state=1)
    found = bootstrap.resample_task(
        shuffled, ["a", "b"], ["x"], 100, 0.95, np.random.default_rng(0)
    )
    assert (found.draws[:, 0] == found.draws[:, 1]).all()


def test_the_same_seed_gives_the_same_resamples():
    values = np.random.default_rng(7).normal(size=(2, 10))
    assert (resample(values, 50).draws == resample(values, 50).draws).all()


def test_slices_of_draws_do_not_matter():
    values = np.random.default_rng(8).normal(size=(1, 30_000))
    assert error(resample(values, 200)) == pytest.approx(stats.sem(values[0]), rel=0.2)


@pytest.mark.parametrize("n", [1, 2, 20, 500])
def test_no_variation_gives_the_exact_bound(n):
    found = resample(np.zeros((1, n)), 100).mean("a", "x", share=True)
    exact = stats.binomtest(0, n).proportion_ci(method="exact")
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(exact.high)
    ones = resample(np.ones((1, n)), 100).mean("a", "x", share=True)
    assert (ones.low, ones.high) == pytest.approx((1 - exact.high, 1))


def test_no_disagreement_is_equivalence_only_with_enough_examples():
    few, many = (resample(np.ones((1, n)), 100, b=np.ones((1, n))) for n in (50, 500))
    assert not few.difference("a", "b", "x", share=True).within(0.02)
    assert many.difference("a", "b", "x", share=True).within(0.02)


def test_p_agrees_with_the_z_test_far_from_the_edges():
    draws = np.random.default_rng(9).normal(0.1, 0.08, size=40_000)
    found = bootstrap.estimate(0.1, draws, 0.95, None)
    assert found.p == pytest.approx(2 * stats.norm.sf(0.1 / 0.08), abs=0.01)


def test_minimum_detectable_has_the_stated_power():
    draws = np.random.default_rng(10).normal(0, 0.05, size=40_000)
    effect = bootstrap.estimate(0.0, draws, 0.95, None).minimum_detectable
    power = stats.norm.sf(stats.norm.ppf(0.975) - effect / 0.05)
    assert power == pytest.approx(0.8, abs=0.01)


def test_the_level_sets_the_interval():
    draws = np.random.default_rng(11).normal(size=40_000)
    wide, narrow = (bootstrap.estimate(0.0, draws, level, None) for level in (0.95, 0.5))
    assert wide.high == pytest.approx(1.96, abs=0.05)
    assert narrow.high == pytest.approx(0.674, abs=0.05)


def test_coverage_of_a_paired_share():
    rng = np.random.default_rng(12)
    hits = 0
    for seed in range(200):
        values = (rng.random((2, 60)) < 0.4).astype(float)
        found = resample(values, 300, seed=seed).mean("a", "x", share=True)
        hits += found.low <= 0.4 <= found.high
    # Replicates that do not differ make the interval a little too wide, never too narrow.
    assert 0.93 <= hits / 200 <= 1


def test_arms_must_share_their_examples():
    table = pd.concat([examples([[0, 1]], "a"), examples([[0, 1, 1]], "b")])
    bootstrap.check_design(table, ["a"])
    with pytest.raises(InputError, match=r"arm b: examples: found .*3 answers.*the 2 examples of"):
        bootstrap.check_design(table, ["a", "b"])
    with pytest.raises(InputError, match=r"arm c: examples: found .*0 answers"):
        bootstrap.check_design(table, ["a", "c"])


def test_few_tasks_do_not_generalise():
    tasks = [resample(np.ones((1, 3)), 10) for _ in range(7)]
    with pytest.raises(
        InputError, match=r"statistics.tasks: found 'random with 7 tasks'.*at least 8"
    ):
        bootstrap.combine_tasks(tasks, True, np.random.default_rng(0))
