"""What the experiments of a study take."""

import pytest
from hypothesis import given, settings
from plan_cases import STUDIES, STUDY, changed, of_arms

from recycling.ground.provenance import source_digest
from recycling.plan.work import experiments
from recycling.plan.work.units import units
from recycling.verdict.experiments import EXPERIMENTS

TWINS = "real_against_twins"
LADDER = "recalibration_ladder"


def test_the_main_comparison_is_no_experiment():
    assert experiments.experiments(STUDY) == [TWINS, LADDER]
    assert experiments.experiments(of_arms({"base": {}})) == []


def test_an_experiment_has_its_arms_and_targets():
    assert [*experiments.arms(STUDY, LADDER)] == ["fresh", "recalibrated"]
    assert experiments.arms(STUDY, LADDER)["fresh"] == STUDY.arms["fresh"]
    assert experiments.targets(STUDY, LADDER) == ["months"]


def test_an_experiment_may_name_the_arm_that_others_are_compared_with():
    assert experiments.reference(STUDY, LADDER) == ""
    study = changed(experiments__recalibration_ladder={"arms": ["fresh*"], "reference": "fresh"})
    assert experiments.reference(study, LADDER) == "fresh"


def test_targets_with_rows_of_their_own_number_are_told_apart():
    assert experiments.few(STUDY, LADDER) == []
    assert experiments.few(changed(tasks__months__split={"train": 8}), LADDER) == ["months"]


def test_what_is_tried_is_counted_for_tuned_arms():
    study = changed(
        experiments={"tuned_alike": {"arms": ["fresh", "tuned", "adaptive*", "format"]}}
    )
    assert experiments.tried(study, "tuned_alike") == {"tuned": 2, "adaptive_tuned": 2}


def test_targets_have_the_task_of_their_test_rows_and_a_number_of_labelled_rows():
    few = {"fewer_of": "months", "split": {"train": 4, "valid": 2}}
    study = changed(
        arms={"fresh": {"fresh": True}, "base": {}},
        tasks__few=few,
        targets=["months", "few"],
        experiments={
            "main_comparison": {"arms": ["*"], "targets": ["months"]},
            "labelled_rows": {"arms": ["*"]},
        },
    )
    assert experiments.labelled(study, "labelled_rows") == {
        "months": ("months", 24),
        "few": ("months", 6),
    }


def test_rankings_are_of_the_whole_pool_by_the_selectors_of_its_arms():
    assert experiments.ranked(STUDY, TWINS) == [
        ("evaluation", "months", "0"),
        ("evaluation", "months", "1"),
    ]
    assert experiments.rankings(STUDY, TWINS) == [
        "<results>/rankings/evaluation/all/months/0.tsv",
        "<results>/rankings/evaluation/all/months/1.tsv",
    ]
    assert experiments.rankings(STUDY, LADDER) == []


def test_rankings_by_test_rows_are_left_out():
    study = changed(
        experiments__selectors={"arms": ["oracle", "closest", "unrelated"]},
        arms__unrelated={"pool": "real", "select": "random", "k": 1},
    )
    assert [selector for selector, _, _ in experiments.ranked(study, "selectors")] == [
        "cosine",
        "cosine",
        "random",
        "random",
    ]


def test_merges_are_of_the_arms_that_wear_an_adapter():
    study = changed(experiments__recalibration_ladder={"arms": ["base", "fresh"]}, replicates=1)
    assert experiments.merged(study, LADDER) == [("fresh", "months", "0")]
    assert experiments.records(study, LADDER) == ["<results>/merged/fresh/months/0/merge.json"]


@given(STUDIES)
@settings(max_examples=20)
def test_files_are_in_the_order_of_their_cells(study):
    for name in experiments.experiments(study):
        merged, ranked = experiments.merged(study, name), experiments.ranked(study, name)
        assert [path.split("/")[2:5] for path in experiments.records(study, name)] == [
            [*cell] for cell in merged
        ]
        assert len(experiments.rankings(study, name)) == len(ranked)
        assert {unit[1:] for unit in [*merged, *ranked]} <= {*units(study)}


@pytest.mark.parametrize("name", [TWINS, "selectors"])
def test_an_edit_of_an_experiment_s_module_reaches_its_table(name):
    module = EXPERIMENTS[name].entry.partition(":")[0]
    code = source_digest("verdict/tabulate_experiment", module)
    assert experiments.code(STUDY, name) == code


def test_experiments_of_other_modules_have_other_code():
    assert experiments.code(STUDY, TWINS) == experiments.code(STUDY, LADDER)  # one module
    assert experiments.code(STUDY, TWINS) != experiments.code(STUDY, "selectors")
