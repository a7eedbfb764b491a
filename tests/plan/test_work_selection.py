"""What measures the pool, and who is ranked by what."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import STUDIES, STUDY, changed, of_arms

from recycling.adapters.closeness import MEASURES
from recycling.plan.work import merging, selection
from recycling.plan.work.selection import Ranking
from recycling.plan.work.units import units
from recycling.pool import CLOSENESS, HALVING, SCORES, SELECTORS, TEST_SCORES


def shards():
    return ["0", "1"]


def unasked():
    raise AssertionError("a checkpoint was asked")


# rankings


def test_rankings_are_those_that_arms_take_adapters_from():
    one = of_arms({"a": {"pool": "real", "select": "cosine", "k": 1}, "b": {}}, replicates=1)
    assert selection.rankings(one) == [Ranking("cosine", "all", "months", "0")]
    assert selection.ranking_files(one) == ["<results>/rankings/cosine/all/months/0.tsv"]
    assert Ranking("random", "kin-unrelated", "months", "1") in selection.rankings(STUDY)
    assert selection.rankings(of_arms({"base": {}})) == []


def test_an_arm_s_own_targets_are_ranked_for():
    both = {"targets": ["months", "third_person"]}
    arms = {"a": {"pool": "real", "select": "random", "k": 1} | both, "b": {}}
    found = selection.rankings(of_arms(arms, replicates=1))
    assert found == [Ranking("random", "all", task, "0") for task in ("months", "third_person")]


@given(STUDIES)
@settings(max_examples=30)
def test_rankings_are_sorted_each_once_and_those_of_arms(study):
    found = selection.rankings(study)
    assert found == sorted(set(found))
    of_every_arm = {
        merging.ranking(study, name, *unit)
        for name, arm in study.arms.items()
        if arm.draws_on_pool
        for unit in units(study, arm.targets)
    }
    assert set(found) == of_every_arm
    assert selection.ranking_files(study) == [ranking.path for ranking in found]


# measures


METRICS = {
    "evaluation": "exact_match",
    "likelihood": "nll",
    "oracle": "exact_match",
    "oracle_choice": "choice_accuracy",
    "oracle_likelihood": "nll",
    "choice_accuracy": "choice_accuracy",
    "halving": "halving",
    "cosine": "cosine",
    "random": "random",
}


@pytest.mark.parametrize("selector", METRICS)
def test_a_selector_reads_its_metric(selector):
    assert selection.metric(STUDY, selector) == METRICS[selector]


def test_evaluation_reads_what_the_study_names():
    assert selection.metric(changed(pool__scoring={"metric": "nll"}), "evaluation") == "nll"


def test_only_metrics_that_some_arm_reads_are_measured():
    assert selection.scored_metrics(STUDY) == ["exact_match"]
    arms = {
        name: {"pool": "real", "select": name, "k": 1}
        for name in ("likelihood", "choice_accuracy", "random", "cosine")
    }
    assert selection.scored_metrics(of_arms(arms)) == ["choice_accuracy", "nll"]
    assert selection.scored_metrics(of_arms({"base": {}})) == []
    assert selection.oracle_metrics(STUDY) == ["exact_match"]
    choice = {"oracle": {"pool": "real", "select": "oracle_choice", "k": 1}}
    assert selection.oracle_metrics(of_arms(choice)) == ["choice_accuracy"]
    assert selection.oracle_metrics(of_arms({"base": {}})) == ["exact_match"]


def test_the_pool_is_scored_on_training_rows_or_on_all_labelled_ones():
    train = "<results>/tasks/months/1/train.jsonl"
    assert selection.scored_rows(STUDY, "months", "1") == [train]
    paper = changed(protocol__score_on_valid=True)
    valid = "<results>/tasks/months/1/valid.jsonl"
    assert selection.scored_rows(paper, "months", "1") == [train, valid]


def test_a_job_scores_the_tasks_that_some_arm_s_selector_asks_for():
    scored = {"pool": "real", "select": "evaluation", "k": 1}
    both = of_arms(
        {
            "a": scored | {"targets": ["third_person"]},
            "b": scored | {"select": "cosine", "targets": ["months", "third_person"]},
        }
    )
    assert selection.measured_tasks(both, SCORES) == ["third_person"]
    assert selection.measured_tasks(both, TEST_SCORES) == both.all_targets
    assert selection.scored_rows_of_tasks(both, "1") == [
        "<results>/tasks/third_person/1/train.jsonl"
    ]
    paper = of_arms(
        {"a": scored | {"targets": ["months", "third_person"]}}, protocol__score_on_valid=True
    )
    assert selection.scored_rows_of_tasks(paper, "0") == [
        f"<results>/tasks/{task}/0/{part}.jsonl"
        for part in ("train", "valid")
        for task in ("months", "third_person")
    ]


def test_a_job_measures_closeness_in_each_way_that_some_arm_selects_by():
    ways = {name: {"pool": "real", "select": name, "k": 1} for name in ("l2", "cosine", "random")}
    assert selection.closeness_measures(of_arms(ways)) == ["cosine", "l2"]
    every = selection.closeness_measures(of_arms({"base": {}}))
    assert set(every) == {*MEASURES}


def test_what_is_scored_on_training_and_on_test_rows_is_kept_apart():
    assert selection.score_store(STUDY, "1", "7") == "results/toy/parts/score_pool/1/7"
    assert selection.oracle_store(STUDY, "1", "7") == "results/toy/parts/score_on_test/1/7"


FOLDERS = {
    "evaluation": "<results>/pool_scores",
    "exact_match": "<results>/pool_scores",
    "halving": "<results>/pool_halving",
    "oracle": "<results>/oracle_scores",
    "gradient": "<results>/pool_gains/gradient",
    "gradient_at_fresh": "<results>/pool_gains/gradient_at_fresh",
    "cosine": "<results>/pool_closeness/cosine",
    "l2": "<results>/pool_closeness/l2",
}


@pytest.mark.parametrize("selector", FOLDERS)
def test_a_measure_has_a_folder_of_its_selector_where_it_is_done_for_it_alone(selector):
    assert selection.measure_folder(selector) == FOLDERS[selector]


@pytest.mark.parametrize("selector", ["random", "rank"])
def test_a_selector_without_a_measure_has_no_folder(selector):
    with pytest.raises(LookupError, match=f"selector '{selector}' rests on no measure; ask for"):
        selection.measure_folder(selector)


def test_halving_measures_the_pool_at_once_and_others_shard_by_shard():
    assert selection.measured_parts(HALVING, unasked) == ["pool"]
    assert selection.measured_parts(CLOSENESS, shards) == ["0", "1"]


def test_a_ranking_takes_the_measures_of_its_selector():
    assert selection.evidence(STUDY, "cosine", "months", "1", shards) == [
        "<results>/pool_closeness/cosine/months/1/0.tsv",
        "<results>/pool_closeness/cosine/months/1/1.tsv",
    ]
    assert selection.evidence(STUDY, "halving", "months", "0", unasked) == [
        "<results>/pool_halving/months/0/pool.tsv"
    ]
    assert selection.evidence(STUDY, "rank", "months", "0", unasked) == []


def test_no_two_selectors_write_over_each_other_but_those_that_share_their_work():
    shared = {name for name, row in SELECTORS.items() if row.measure and not row.own_work}
    folders = [selection.measure_folder(name) for name, row in SELECTORS.items() if row.own_work]
    assert len(set(folders)) == len(folders)
    assert not {selection.measure_folder(name) for name in shared} & {*folders}


FRESH = "<results>/fresh/fresh/months/1/adapter_config.json"


def test_the_gradient_is_taken_at_the_base_or_at_the_fresh_lora():
    assert selection.fresh_adapter(STUDY, "months", "1") == FRESH
    assert selection.gradient_points(STUDY, "gradient_at_fresh", "1") == [FRESH]
    assert selection.gradient_points(STUDY, "gradient", "1") == []
    rows = "<results>/tasks/months/1/train.jsonl"
    assert selection.screened_rows_of_tasks(STUDY, "1") == [rows]
    store = "results/toy/parts/screen_pool/gradient/1/7"
    assert selection.screen_store(STUDY, "gradient", "1", "7") == store


def test_the_pool_is_ranked_by_more_than_the_arms_select_by():
    study = of_arms({"base": {}}, pool__ranked_by=["cosine", "likelihood", "gradient"])
    chosen = {(ranking.selector, ranking.subpool) for ranking in selection.rankings(study)}
    assert chosen == {("cosine", "all"), ("likelihood", "all"), ("gradient", "all")}
    assert len(selection.rankings(study)) == 3 * study.replicates * len(study.targets)
    assert selection.scored_metrics(study) == ["nll"]
    assert selection.closeness_measures(study) == ["cosine"]
    assert {*selection.related_targets(study)} == {"months"}
    assert selection.related_targets(of_arms({"base": {}})) == {}


# shards of a ranking


def ranked(file, rows):
    lines = [f"{position}\t{adapter}\t{shard}" for position, adapter, shard in rows]
    file.write_text("\n".join(["position\tadapter\tshard", *lines]) + "\n")
    return file


def test_shards_are_in_the_order_of_the_ranking_without_who_was_passed_over(tmp_path):
    file = ranked(tmp_path / "0.tsv", [("1", "a", "3"), ("", "b", "7"), ("2", "c", "0")])
    assert selection.shards_in_order(file) == selection.shards_in_order(str(file)) == ["3", "0"]


def test_a_ranking_is_read_again_when_it_has_changed(tmp_path):
    file = ranked(tmp_path / "0.tsv", [("1", "a", "3")])
    assert selection.shards_in_order(file) == ["3"]
    changed_at = file.stat().st_mtime_ns + 1_000_000_000
    os.utime(ranked(file, [("1", "b", "4")]), ns=(changed_at, changed_at))
    assert selection.shards_in_order(file) == ["4"]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=12))
@settings(max_examples=20)
def test_every_adapter_with_a_position_gives_its_shard(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("ranking") / "0.tsv"
    ranked(file, [(str(i + 1) if taken else "", f"a{i}", n) for i, (taken, n) in enumerate(rows)])
    assert selection.shards_in_order(file) == [str(number) for taken, number in rows if taken]
