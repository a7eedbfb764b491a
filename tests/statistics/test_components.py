"""Variances by source: by hand, by projections, by statsmodels, and in made-up studies."""

import numpy as np
import pytest

from recycling.statistics import components
from recycling.statistics.components import SOURCES

EFFECTS = {
    "task": 1.0,
    "run": 0.6,
    "row": 0.5,
    "arm": 0.4,
    "arm x task": 0.3,
    "arm x run": 0.2,
    "arm x row": 0.7,
}


def made(rng, tasks, runs, rows, arms, effects=EFFECTS):
    """Scores `[tasks, runs, rows, arms]` with normal effects of these standard deviations."""
    sizes = {"t": tasks, "r": runs, "i": rows, "a": arms}
    scores = np.zeros(tuple(sizes.values()))
    for source in ("task", "run", "row", "arm", "arm x task", "arm x run", "arm x row"):
        shape = [size if index in SOURCES[source] else 1 for index, size in sizes.items()]
        scores = scores + effects[source] * rng.standard_normal(shape)
    return scores


def nested(scores):
    return [list(of_task) for of_task in scores]


def squares_by_projection(scores):
    """Sum of squares and degrees of freedom of each source, by least squares on indicators."""
    places = np.indices(scores.shape).reshape(4, -1)
    left, rank, known = scores.ravel(), 0, np.zeros((scores.size, 0))
    found = {}
    # Sources with fewer indices first: each is what it adds to those before it.
    for source in ("task", "arm", "run", "arm x task", "row", "arm x run", "arm x row"):
        if rank == 0:
            known, rank = np.ones((scores.size, 1)), 1
            left = left - left.mean()
        which = ["tria".index(index) for index in SOURCES[source]]
        levels = np.unique(places[which], axis=1, return_inverse=True)[1].ravel()
        known = np.hstack([known, np.eye(levels.max() + 1)[levels]])
        basis, size, _ = np.linalg.svd(known, full_matrices=False)
        kept = basis[:, size > 1e-8]
        fitted = kept @ (kept.T @ left)
        found[source] = (float((fitted**2).sum()), kept.shape[1] - rank)
        left, rank, known = left - fitted, kept.shape[1], kept
    return found


def test_mean_squares_are_those_of_least_squares():
    scores = made(np.random.default_rng(3), 3, 2, 4, 3)
    strata = components.strata(nested(scores))
    expected = squares_by_projection(scores)
    assert strata.sources == list(SOURCES)
    for source, square, df in zip(strata.sources, strata.mean_squares, strata.freedom, strict=True):
        assert df == expected[source][1]
        assert square * df == pytest.approx(expected[source][0])


def test_statsmodels_finds_the_same_mean_squares_and_variances():
    """By statsmodels 0.15.0: `anova_lm`, and for one arm a mixed model of tasks and runs (REML)."""
    scores = made(np.random.default_rng(0), 4, 3, 6, 3)
    strata = components.strata(nested(scores))
    assert dict(zip(strata.sources, strata.mean_squares, strict=True)) == pytest.approx(
        {
            "task": 5.019383,
            "arm": 19.958175,
            "arm x task": 1.843352,
            "run": 4.633703,
            "row": 0.976047,
            "arm x run": 0.477743,
            "arm x row": 0.630480,
        },
        rel=1e-5,
    )
    one = components.strata(nested(scores[..., :1]))
    assert one.sources == ["task", "run", "row"]
    variances = one.variances(one.mean_squares)
    assert variances == pytest.approx([0.0803376, 0.1038134, 0.6552311], rel=1e-3)


def test_known_effects_are_found_by_hand():
    """Two tasks with two runs of two rows, one arm: mean squares of a table on paper."""
    scores = np.array([[[0, 0], [2, 2]], [[4, 4], [6, 6]]], float)[..., None]
    strata = components.strata(nested(scores))
    # Means of tasks are 1 and 5: 8 answers off by 2. Those of runs are off by 1, with 2 degrees.
    assert list(strata.mean_squares) == [32, 4, 0]
    assert list(strata.variances(strata.mean_squares)) == [7, 2, 0]
    found = components.shares(strata, 100, np.random.default_rng(0))
    assert [one.share for one in found] == pytest.approx([7 / 9, 2 / 9, 0])


def test_what_is_not_repeated_is_no_source():
    rng = np.random.default_rng(4)
    for sizes, left in {
        (1, 3, 5, 2): ["run", "row", "arm", "arm x run", "arm x row"],
        (3, 1, 5, 2): ["task", "row", "arm", "arm x task", "arm x row"],
        (1, 1, 5, 1): ["row"],
    }.items():
        found = components.shares(components.strata(nested(made(rng, *sizes))), 200, rng)
        assert [one.source for one in found] == left
        assert sum(one.share for one in found) == pytest.approx(1)
        for one in found:
            assert 0 <= one.low <= one.high <= 1


def test_where_nothing_varies_nothing_has_a_share():
    found = components.shares(
        components.strata(nested(np.ones((2, 2, 4, 2)))), 50, np.random.default_rng(0)
    )
    assert {one.variance for one in found} == {0.0}
    assert all(np.isnan([one.share, one.low, one.high]).all() for one in found)


def test_runs_of_other_sizes_have_the_same_weight():
    """A run whose rows are all there twice changes no mean of its task."""
    rng = np.random.default_rng(5)
    scores = nested(made(rng, 2, 2, 6, 2))
    scores[0][0] = np.concatenate([scores[0][0], scores[0][0]])
    strata = components.strata(scores)
    assert strata.expected[0, 0] == pytest.approx(2 * 2 * 4 / (3 / 6 + 1 / 12))  # 4 runs
    means = np.array([[run.mean() for run in runs] for runs in scores])
    between = strata.mean_squares[strata.sources.index("task")]
    rows = 4 / (3 / 6 + 1 / 12)
    assert between == pytest.approx(rows * 2 * 2 * means.mean(1).var(ddof=1))


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(3, 5, 48, 6), (3, 2, 48, 6), (8, 3, 48, 4), (3, 5, 48, 1)])
@pytest.mark.parametrize("without", [(), ("run", "arm x run"), ("task", "run", "arm", "arm x run")])
def test_intervals_hold_the_true_shares(sizes, without):
    rng = np.random.default_rng([*sizes, len(without)])
    # Of a single arm, what it does on a task cannot be told from the task.
    gone = {*without, *(source for source in SOURCES if sizes[-1] == 1 and "arm" in source)}
    effects = {source: 0.0 if source in gone else size for source, size in EFFECTS.items()}
    held = {}
    for _ in range(500):
        strata = components.strata(nested(made(rng, *sizes, effects)))
        whole = sum(effects[source] ** 2 for source in strata.sources)
        for one in components.shares(strata, 400, rng):
            true = effects[one.source] ** 2 / whole
            held.setdefault(one.source, []).append(one.low - 1e-9 <= true <= one.high + 1e-9)
    assert {source: np.mean(of) for source, of in held.items() if np.mean(of) < 0.9} == {}
