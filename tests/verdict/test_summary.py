import numpy as np
import pandas as pd
import pytest
from synthetic_study import ARMS, PAID, jobs, scored

from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.statistics import estimates, metrics
from recycling.verdict import summary

SETTINGS = {"draws": 2000, "level": 0.95, "tasks_random": False, "seed": 1}


@pytest.fixture(scope="module")
def examples():
    return scored(n=40)


@pytest.fixture(scope="module")
def resamples(examples):
    return summary.resample(examples, list(ARMS), **SETTINGS)


def test_means_are_those_of_the_scores(examples, resamples, tmp_path):
    means = summary.means(resamples)
    tables.write_table(means, tmp_path / "summary.tsv", "summary")
    scores = metrics.aggregate(examples)
    oracle = scores.groupby(["arm", "task"])["exact_match"].mean()
    exact = means[means["metric"] == "exact_match"].set_index(["arm", "task"])["mean"]
    for arm in ARMS:
        assert exact[arm, "all"] == pytest.approx(oracle[arm].mean())
        for task in oracle[arm].index:
            assert exact[arm, task] == pytest.approx(oracle[arm, task])
    assert (means["low"] <= means["mean"]).all()
    assert (means["mean"] <= means["high"]).all()
    overall = means[means["task"] == "all"]
    assert set(overall["n"]) == {3 * 2 * 40}
    assert set(overall["replicates"]) == {6}
    assert set(means["task"][:1]) == {"all"}


def test_contrasts_are_differences_of_means_and_corrected_by_family(resamples, tmp_path):
    table = summary.contrasts(resamples, ARMS, 0.02)
    tables.write_table(table, tmp_path / "contrasts.tsv", "contrasts")
    means = summary.means(resamples).set_index(["arm", "task", "metric"])["mean"]
    for row in table.itertuples():
        of = [means[arm, row.task, row.metric] for arm in (row.arm, row.reference)]
        assert row.difference == pytest.approx(of[0] - of[1])
    for _, family in table.groupby(["question", "metric", table["task"] == "all"]):
        assert family["p_holm"].tolist() == pytest.approx(estimates.holm(list(family["p"])))
    assert table.loc[table["metric"] == "nll", "margin"].isna().all()
    known = table.set_index(["arm", "reference", "metric", "task"])["outcome"]
    assert known["adaptive", "twins", "exact_match", "all"] == "more"
    assert known["average", "fresh", "exact_match", "all"] == "less"


def test_an_added_task_leaves_the_other_numbers(examples, resamples):
    fewer = examples[examples["task"] != "past_tense"]
    alone = summary.resample(fewer, list(ARMS), **SETTINGS)
    assert (alone["city_country"].draws == resamples["city_country"].draws).all()


def test_a_study_without_pairs_has_empty_contrasts(examples, tmp_path):
    resamples = summary.resample(examples, ["base"], **SETTINGS)
    table = summary.contrasts(resamples, {"base": ARMS["base"]}, 0.02)
    tables.write_table(table, tmp_path / "contrasts.tsv", "contrasts")
    assert tables.read_table(tmp_path / "contrasts.tsv", "contrasts").empty


def test_too_few_resamples_are_refused(examples):
    resamples = summary.resample(examples, list(ARMS), **{**SETTINGS, "draws": 100})
    with pytest.raises(InputError, match=r"statistics.resamples: found 100, expected at least \d+"):
        summary.contrasts(resamples, ARMS, 0.02)


def test_cost_is_what_a_user_pays(resamples, tmp_path):
    table = summary.costs(PAID, jobs(), summary.means(resamples))
    tables.write_table(table, tmp_path / "cost.tsv", "cost")
    found = table.set_index("arm")
    seconds = {
        "base": 0,
        "fresh": 35,
        "recalibrated": 35 + 32,
        "best_single": 30,
        "average": 30 + 5,
        "adaptive_random": 28,
        "adaptive": 30 + 28,
        "adaptive_with_target": 30 + 35 + 32,
        "twins_with_target": 30 + 35 + 32,
    }
    assert {arm: found.loc[arm, "seconds"] for arm in seconds} == seconds
    assert found.loc["adaptive_with_target", "tokens"] == 40_000 + 30_000 + 25_000


def test_shards_add_up_and_runs_are_averaged():
    paid = {"best_single": ["score_pool"]}
    shards = [
        summary.Spent("score_pool", "", "t", r, seconds=s, tokens=1)
        for r, s in (("0", 1.0), ("0", 2.0), ("1", 5.0))
    ]
    accuracy = pd.DataFrame(
        [
            {"arm": "best_single", "task": "all", "metric": metric, "mean": 0.5}
            for metric in metrics.METRICS
        ]
    )
    row = summary.costs(paid, shards, accuracy).iloc[0]
    assert (row["seconds"], row["tokens"]) == (4.0, 1.5)


def test_an_unmeasured_cost_is_missing_not_zero(resamples):
    table = summary.costs(PAID, [], summary.means(resamples)).set_index("arm")
    assert table.loc["base", "seconds"] == 0
    assert np.isnan(table.loc["fresh", "seconds"])
