"""The tables of reliability: from predictions of made-up arms with a known calibration."""

import numpy as np
import pandas as pd
import pytest
from synthetic_study import ARMS

from recycling.ground import tables
from recycling.statistics.reliability import squared_error
from recycling.verdict import reliability

TASKS, RUNS, N = ["a", "b"], ["0", "1", "2"], 60
SOME = {arm: ARMS[arm] for arm in ("base", "fresh", "average")}
# Arm -> how often an answer of confidence c is right.
TRUTH = {"base": lambda c: c, "fresh": lambda c: c, "average": lambda c: c - 0.25}


def predictions(arm, task, run, certain=False):
    """Rows with two candidates, whose first is right as often as the arm's truth says."""
    rng = np.random.default_rng([[*TRUTH].index(arm), TASKS.index(task), int(run)])
    confidence = np.ones(N) if certain else rng.uniform(0.6, 1, N)
    right = rng.random(N) < (1 if certain else TRUTH[arm](confidence))
    rows = []
    for number, (chance, is_right) in enumerate(zip(confidence, right, strict=True)):
        first = chance if is_right else 1 - chance
        rows.append(
            {
                "example": f"{task}{run}{number}",
                "input": "?",
                "answers": ["x"],
                "choices": ["x", "y"],
                "output": "x",
                "finished": True,
                "answer_nll": 1.0,
                "answer_tokens": 1,
                "choice_nll": [-np.log(max(first, 1e-30)), -np.log(max(1 - first, 1e-30))],
                "choice_tokens": [1, 1],
            }
        )
    return pd.DataFrame(rows)


def answered(arms=SOME, **how):
    read = {
        (task, run): pd.concat([predictions(arm, task, run, **how).assign(arm=arm) for arm in arms])
        for task in TASKS
        for run in RUNS
    }
    return reliability.answered(read, list(arms), "fixed")


@pytest.fixture(scope="module")
def made():
    answers = answered()
    return answers, reliability.errors(answers, SOME), reliability.curves(answers)


def of(errors, arm, quantity, reference="", task="all"):
    chosen = errors[(errors["arm"] == arm) & (errors["quantity"] == quantity)]
    [row] = chosen[(chosen["reference"] == reference) & (chosen["task"] == task)].itertuples()
    return row


def test_a_calibrated_arm_has_no_error_within_its_interval_and_the_other_is_found(made):
    _, errors, _ = made
    for arm in ("base", "fresh"):
        assert of(errors, arm, "calibration_error").low == 0
        assert of(errors, arm, "overconfidence").low < 0 < of(errors, arm, "overconfidence").high
    sure = of(errors, "average", "calibration_error")
    assert 0.1 < sure.low < 0.25 < sure.high
    assert of(errors, "average", "overconfidence").low > 0.1
    assert of(errors, "average", "squared_calibration_error", "fresh").low > 0
    assert of(errors, "average", "brier", "base").low > 0


def test_each_value_is_the_mean_over_tasks_of_means_over_runs(made):
    answers, errors, _ = made
    assert set(errors["n"]) == {360, 180}
    assert of(errors, "base", "brier").value == pytest.approx(answers.mean("base", "brier").value)
    of_runs = [squared_error(run[:, 0, 0], run[:, 0, 1]).mean() for run in answers.scores["b"]]
    found = of(errors, "base", "calibration_error", task="b").value
    assert found == pytest.approx(np.sqrt(max(0, np.mean(of_runs))))
    apart = [of(errors, "average", "brier", "fresh", task).value for task in ("all", "a", "b")]
    assert apart[0] == pytest.approx(np.mean(apart[1:]))


def test_an_arm_is_not_compared_with_itself_and_a_merge_not_with_merges(made):
    _, errors, _ = made
    pairs = {(row.arm, row.reference) for row in errors.itertuples() if row.reference}
    others = {"base": {"fresh"}, "fresh": {"base"}, "average": {"base", "fresh"}}
    assert pairs == {(arm, other) for arm, of_arm in others.items() for other in of_arm}


def test_points_of_the_curve_hold_the_truth_and_all_answers(made):
    _, _, curves = made
    for arm, points in curves.groupby("arm"):
        assert points["n"].sum() == 360
        assert points["confidence"].is_monotonic_increasing
        truth = TRUTH[arm](points["confidence"])
        held = (points["low"] <= truth) & (truth <= points["high"])
        assert held.mean() >= 0.9
        assert ((points["low"] <= points["right"]) & (points["right"] <= points["high"])).all()
        assert points[["low", "high"]].stack().between(0, 1).all()


def test_an_arm_that_is_certain_and_right_has_one_point_and_no_made_up_interval(tmp_path):
    answers = answered({"base": SOME["base"]}, certain=True)
    [point] = reliability.curves(answers).itertuples()
    assert (point.confidence, point.right, point.high) == (1, 1, 1)
    assert 0.98 < point.low < 1  # Clopper and Pearson: 360 of 360
    errors = reliability.errors(answers, {"base": SOME["base"]})
    error = of(errors, "base", "calibration_error")
    assert error.value == 0
    assert np.isnan([error.low, error.high]).all()
    tables.write_table(errors, tmp_path / "x.tsv", "reliability")
