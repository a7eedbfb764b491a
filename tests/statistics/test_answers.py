import numpy as np
import pandas as pd
import pytest

from recycling.ground.errors import InputError
from recycling.statistics import answers, simulation
from recycling.statistics.inference import SHARE_DIFFERENCE, estimate


def table(seed=0, arms=("a", "b"), tasks=("t", "u"), runs=3, n=20, listed=30):
    """Scores of arms on rows that runs draw from a list."""
    rng = np.random.default_rng(seed)
    parts = []
    for task in tasks:
        for run in range(runs):
            rows = rng.permutation(listed)[:n]
            for arm in arms:
                part = {"arm": arm, "task": task, "replicate": str(run)}
                names = [f"{task}-{row:02d}" for row in rows]
                scores = {"x": (rng.random(n) < 0.5) * 1.0, "y": rng.random(n)}
                parts.append(pd.DataFrame({**part, "example": names, **scores}))
    return pd.concat(parts, ignore_index=True)


def collect(frame, tasks_are="fixed"):
    return answers.collect(frame, ["a", "b"], {"x": True, "y": False}, tasks_are)


def test_differences_are_paired_by_row_whatever_the_order_of_the_table():
    frame = table()
    found = collect(frame).difference("a", "b", "x")
    shuffled = collect(frame.sample(frac=1, random_state=1)).difference("a", "b", "x")
    wide = frame.pivot(index=["task", "replicate", "example"], columns="arm", values="x")
    gaps = wide["a"] - wide["b"]
    assert found.value == pytest.approx(gaps.mean())
    assert (shuffled.low, shuffled.high) == pytest.approx((found.low, found.high))
    runs = [
        [
            gaps[task, run].to_numpy()
            for run in sorted(set(gaps[task].index.get_level_values("replicate")))
        ]
        for task in ("t", "u")
    ]
    rows = [
        [gaps[task, run].index.str[2:].astype(int).to_numpy() for run in ("0", "1", "2")]
        for task in ("t", "u")
    ]
    oracle = estimate(runs, rows, "fixed", SHARE_DIFFERENCE)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))


def test_sizes():
    frame = table()
    found = collect(frame)
    assert (found.n, found.replicates, found.tasks) == (120, 6, ["t", "u"])
    assert found.different_rows == frame["example"].nunique()
    one = found.only(["u"])
    assert (one.n, one.replicates, one.tasks, one.tasks_are) == (60, 3, ["u"], "fixed")


def test_means_stay_within_what_is_possible():
    frame = table(runs=2)
    frame["y"] = np.where(frame["replicate"] == "0", 0.1, 5.0)
    found = collect(frame)
    assert found.mean("a", "y").low == 0
    assert found.difference("a", "b", "y").low != found.difference("a", "b", "y").low
    assert 0 <= found.mean("a", "x").low < found.mean("a", "x").high <= 1


def test_one_run_decides_nothing():
    frame = table(runs=1)
    frame.loc[frame["arm"] == "a", "x"] = 1.0
    frame.loc[frame["arm"] == "b", "x"] = 0.0
    found = collect(frame)
    estimate = found.difference("a", "b", "x")
    assert (estimate.basis, estimate.value) == ("answers", 1)
    assert found.outcome(estimate, estimate.p, 0.05) == "undecided"
    assert found.least_coverage < simulation.LEAST_COVERAGE


def test_a_size_that_cannot_be_relied_on_decides_nothing(monkeypatch):
    frame = table(runs=5)
    frame["x"] = (frame["arm"] == "a") * 1.0
    found = collect(frame)
    estimate = found.difference("a", "b", "x")
    assert found.least_coverage >= simulation.LEAST_COVERAGE
    assert found.outcome(estimate, estimate.p, 0.05) == "more"
    monkeypatch.setattr(simulation, "LEAST_COVERAGE", 0.999)
    assert found.outcome(estimate, estimate.p, 0.05) == "undecided"


def test_runs_are_folds_by_their_names():
    frame = table(runs=6, listed=20)
    frame["replicate"] = [f"{int(run) // 3}.{int(run) % 3}" for run in frame["replicate"]]
    found = collect(frame)
    assert (found.folds, found.replicates, found.only(["t"]).folds) == (3, 12, 3)
    assert collect(table()).folds == 1
    assert found.difference("a", "b", "x").df > 4
    assert found.moments("a", "b", "x").freedom == 4
    known = simulation.least_coverage(6, (20, 20), "fixed", 3)
    assert found.least_coverage == known != simulation.least_coverage(6, (20, 20), "fixed")


def test_arms_must_share_their_examples():
    frame = table(runs=1, tasks=("t",), n=2)
    with pytest.raises(InputError, match=r"arm b: examples: found .*1 answers.*the 2 examples of"):
        collect(frame.iloc[:-1])
    with pytest.raises(InputError, match=r"arm c: examples: found .*0 answers"):
        answers.check_design(frame, ["a", "c"])
