import numpy as np
import pandas as pd
import pytest
from synthetic_study import ARMS, PAID, STATISTICS, TASKS, jobs, scored

from recycling.ground import tables
from recycling.plan.study.merging import Statistics
from recycling.statistics import estimates, metrics
from recycling.verdict import designs, summary


@pytest.fixture(scope="module")
def examples():
    return scored(n=40)


@pytest.fixture(scope="module")
def answers(examples):
    return summary.answered(examples, list(ARMS), TASKS, STATISTICS)


@pytest.fixture(scope="module")
def contrasts(answers, tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "contrasts.tsv"
    tables.write_table(summary.contrasts(answers, ARMS, STATISTICS), path, "contrasts")
    return tables.read_table(path, "contrasts")


def test_means_are_those_of_the_scores(examples, answers, tmp_path):
    means = summary.means(answers)
    tables.write_table(means, tmp_path / "summary.tsv", "summary")
    scores = metrics.aggregate(examples)
    oracle = scores.groupby(["arm", "task"])["exact_match"].mean()
    exact = means[means["metric"] == "exact_match"].set_index(["arm", "task"])["mean"]
    for arm in ARMS:
        assert exact[arm, "all"] == pytest.approx(oracle[arm].mean())
        for task in oracle[arm].index:
            assert exact[arm, task] == pytest.approx(oracle[arm, task])
    assert (means["low"] < means["high"]).all()
    assert (means["low"] >= 0).all()
    assert (means["low"] <= means["mean"]).all()
    assert (means["mean"] <= means["high"]).all()
    overall = means[means["task"] == "all"]
    assert set(overall["n"]) == {3 * 5 * 40}
    assert set(overall["replicates"]) == {15}
    assert set(means["task"][:1]) == {"all"}
    assert set(means["basis"]) == {"runs"}


def test_contrasts_are_differences_of_means(answers, contrasts):
    means = summary.means(answers).set_index(["arm", "task", "metric"])["mean"]
    for row in contrasts.itertuples():
        of = [means[arm, row.task, row.metric] for arm in (row.arm, row.reference)]
        assert row.difference == pytest.approx(of[0] - of[1], abs=1e-5)
    assert contrasts.loc[contrasts["metric"] == "nll", "margin"].isna().all()


def test_primary_contrasts_decide_and_are_corrected_together(contrasts):
    primary = contrasts[contrasts["family"] == "primary"]
    assert set(primary["task"]) == {"all"}
    for _, family in primary.groupby("metric"):
        assert len(family) == 5
        adjusted = estimates.holm(family["p"].tolist())
        assert family["p_holm"].tolist() == pytest.approx(adjusted, rel=1e-4)
    known = primary.set_index(["arm", "reference", "metric"])["outcome"]
    assert known["adaptive", "twins", "exact_match"] == "more"
    assert known["adaptive", "fresh", "exact_match"] == "less"


def test_all_others_are_explored_without_a_word(contrasts):
    others = contrasts[contrasts["family"] == "exploratory"]
    assert others["outcome"].isna().all()
    assert others["p_holm"].isna().all()
    assert others["low"].notna().all()
    assert set(others["task"]) == {"all", *TASKS}


def test_a_single_task_rests_on_its_own_runs(contrasts):
    alone = contrasts[(contrasts["task"] != "all") & (contrasts["metric"] == "exact_match")]
    assert (alone["df"] >= 4).all()
    assert alone["df"].median() < 6
    assert set(alone["replicates"]) == {5}


def test_one_run_decides_nothing(examples):
    one = examples[examples["replicate"] == "0"]
    answers = summary.answered(one, list(ARMS), TASKS, STATISTICS)
    found = summary.contrasts(answers, ARMS, STATISTICS)
    assert set(found["basis"]) == {"answers"}
    assert set(found["outcome"].dropna()) == {"undecided"}
    design = designs.designs(answers, ARMS, STATISTICS, 1)
    for unknown in ("coverage", "shows_equality", "replicates_to_decide", "rows_to_decide"):
        assert design[unknown].isna().all()


def test_an_added_task_leaves_the_numbers_of_the_others(examples, answers):
    alone = summary.answered(examples, list(ARMS), TASKS[:2], STATISTICS)
    for task in TASKS[:2]:
        for of in (alone, answers):
            assert of.only([task]).mean("fresh", "nll") == answers.only([task]).mean("fresh", "nll")


def test_a_study_without_pairs_has_empty_contrasts(examples, tmp_path):
    arms = {"base": ARMS["base"]}
    answers = summary.answered(examples, ["base"], TASKS, Statistics())
    for made, schema in (
        (summary.contrasts(answers, arms, Statistics()), "contrasts"),
        (designs.designs(answers, arms, Statistics(), 1), "design"),
    ):
        tables.write_table(made, tmp_path / f"{schema}.tsv", schema)
        assert tables.read_table(tmp_path / f"{schema}.tsv", schema).empty


def test_the_design_says_what_it_can_show(answers, contrasts, tmp_path):
    path = tmp_path / "design.tsv"
    tables.write_table(designs.designs(answers, ARMS, STATISTICS, 1), path, "design")
    design = tables.read_table(path, "design")
    assert set(design["metric"]) == {"exact_match", "choice_accuracy", "valid_format"}
    assert (design["coverage"] > 0.93).all()
    assert (design["least_coverage"] >= 0.93).all()
    assert set(design["different_rows"]) == {3 * 40}
    asked = design.set_index(["arm", "reference", "metric"])
    known = contrasts[contrasts["task"] == "all"].set_index(["arm", "reference", "metric"])
    same = (asked["minimum_detectable"] - known["minimum_detectable"]).dropna()
    assert len(same) == len(asked)
    assert (same.abs() < 1e-5).all()
    assert asked["family"].equals(known["family"].reindex(asked.index))


def test_cost_is_what_a_user_pays(answers, tmp_path):
    table = summary.costs(PAID, jobs(), summary.means(answers))
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


def test_an_unmeasured_cost_is_missing_not_zero(answers):
    table = summary.costs(PAID, [], summary.means(answers)).set_index("arm")
    assert table.loc["base", "seconds"] == 0
    assert np.isnan(table.loc["fresh", "seconds"])
