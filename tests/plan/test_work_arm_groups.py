"""The arms that one process merges: tasks with the same arms, in processes as large as allowed."""

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import STUDIES, STUDY, TOY, of_arms

from recycling.plan.work import arm_groups, merging
from recycling.plan.work.arm_groups import ArmGroup, groups

AVERAGE = {"pool": "real", "select": "random", "k": 2, "merge": {"method": "average"}}
BOTH = ["months", "third_person"]


def test_arms_with_the_same_tasks_have_one_rule_but_for_those_that_choose_by_the_test_rows():
    arms = tuple(arm for arm in merging.merged_arms(STUDY) if arm != "oracle")
    assert groups(STUDY) == [
        ArmGroup("merge_adapters", 0, ("months",), arms),
        ArmGroup("merge_adapters_2", 1, ("months",), ("oracle",)),
    ]


@given(STUDIES)
@settings(max_examples=20)
def test_nothing_that_is_made_from_test_rows_is_an_input_of_other_arms(study):
    for group in groups(study):
        ranked = group.rankings(study, study.targets[0], "0")
        by_test_rows = {"/rankings/oracle/" in path for path in ranked}
        assert len(by_test_rows) <= 1


def test_tasks_with_other_arms_have_a_rule_of_their_own():
    one, two = (AVERAGE | {"targets": targets} for targets in (BOTH, ["third_person"]))
    study = of_arms({"base": {"targets": BOTH}, "one": one, "two": two})
    assert groups(study) == [
        ArmGroup("merge_adapters", 0, ("months",), ("one",)),
        ArmGroup("merge_adapters_2", 0, ("third_person",), ("one", "two")),
    ]


def test_a_task_whose_arms_wear_no_adapter_has_no_merges():
    assert groups(of_arms({"base": {}, "in_context": {"demonstrations": 1}})) == []


def test_a_process_takes_no_more_arms_than_the_study_says():
    arms = dict.fromkeys("abc", AVERAGE)
    study = of_arms(arms, runtime__arms_per_process=2)
    assert groups(study) == [
        ArmGroup("merge_adapters", 0, ("months",), ("a", "b")),
        ArmGroup("merge_adapters_2", 1, ("months",), ("c",)),
    ]


@given(STUDIES, st.none() | st.integers(1, 20))
@settings(max_examples=30)
def test_every_arm_of_every_task_is_merged_by_one_rule(study, most):
    runtime = study.runtime.model_copy(update={"arms_per_process": most})
    study = study.model_copy(update={"runtime": runtime})
    found = [(task, arm) for group in groups(study) for task in group.tasks for arm in group.arms]
    wanted = [(task, arm) for task in study.all_targets for arm in merging.worn_arms(study, task)]
    assert sorted(found) == sorted(wanted)
    rules = [group.rule for group in groups(study)]
    assert len(set(rules)) == len(rules)
    assert rules[:1] in ([], [arm_groups.RULE])
    assert all(len(group.arms) <= (most or len(group.arms)) for group in groups(study))


def group_of(*names, **changes):
    study = of_arms({name: TOY["arms"][name] for name in names}, **changes)
    [group] = groups(study)
    return study, group


RECORDS = ["merge.json", "coefficients.tsv", "curve.tsv", "tuning.tsv"]


def test_outputs_are_files_of_each_arm_in_their_order():
    study, group = group_of("fresh", "routed")
    folder = "<results>/merged/{}/{{task}}/{{replicate}}/{}"
    files = {
        "fresh": ["adapter_config.json", "adapter_model.safetensors"],
        "routed": ["routed.json", "routed.safetensors"],
    }
    assert group.staying(study) == [
        folder.format(arm, file)
        for arm, weights in files.items()
        for file in [*weights, "README.md", "NOTICE", *RECORDS]
    ]
    assert group.passing(study) == []
    assert group.seconds() == [
        "<results>/seconds/merge_adapters/fresh/{task}/{replicate}.tsv",
        "<results>/seconds/merge_adapters/routed/{task}/{replicate}.tsv",
    ]


def test_of_arms_that_are_not_exported_gates_stay_or_the_record_alone():
    study, group = group_of("fresh", "routed", "ties", export=["fresh"])
    folder = "<results>/merged/{}/{{task}}/{{replicate}}/{}"
    exported = ["adapter_config.json", "adapter_model.safetensors", "README.md", "NOTICE"]
    assert group.staying(study) == [
        *(folder.format("fresh", file) for file in [*exported, *RECORDS]),
        *(folder.format("routed", file) for file in RECORDS),
        *(folder.format("ties", file) for file in RECORDS),
    ]
    assert group.passing(study) == [
        folder.format("routed", "routed.json"),
        folder.format("routed", "routed.safetensors"),
        folder.format("ties", "adapter_config.json"),
        folder.format("ties", "adapter_model.safetensors"),
    ]
    study, group = group_of("fresh", export="none")
    gates = ["sources.json", "gates.safetensors"]
    assert group.staying(study) == [folder.format("fresh", file) for file in [*gates, *RECORDS]]
    assert group.passing(study) == []


@given(STUDIES)
@settings(max_examples=20)
def test_what_is_predicted_with_and_paid_for_is_what_is_made(study):
    made = [
        path.format(task=task, replicate="0")
        for group in groups(study)
        for task in group.tasks
        for path in (*group.staying(study), *group.passing(study), *group.seconds())
    ]
    wanted = [
        path
        for task in study.all_targets
        for path in (
            *merging.merged_weights(study, task, "0"),
            *merging.merge_records(study, task, "0"),
            *(merging.merge_seconds(arm, task, "0") for arm in merging.worn_arms(study, task)),
        )
    ]
    assert len(set(made)) == len(made)
    assert set(wanted) <= set(made)


def test_what_arms_take_is_told_apart_by_arm():
    study, group = group_of("fresh", "stacked", "average", "base")
    at = {"task": "months", "replicate": "1"}
    assert group.drawing(study) == ["stacked", "average"]
    ranked = [merging.ranking(study, arm, **at).path for arm in ("stacked", "average")]
    assert group.rankings(study, **at) == ranked
    assert group.joined(study) == ["fresh", "stacked"]
    assert group.fresh(study, **at) == ["<results>/fresh/fresh/months/1/adapter_config.json"] * 2
    assert group.folding(study) == ["stacked", "stacked"]
    assert group.stand_ins(study, **at) == merging.arm_stand_ins(study, "stacked", **at)


@given(STUDIES)
@settings(max_examples=20)
def test_files_and_the_arms_that_they_are_of_come_in_pairs(study):
    at = {"task": study.targets[0], "replicate": "0"}
    for group in groups(study):
        assert len(group.drawing(study)) == len(group.rankings(study, **at))
        assert len(group.joined(study)) == len(group.fresh(study, **at))
        assert len(group.folding(study)) == len(group.stand_ins(study, **at))


def test_shards_are_those_of_the_adapters_of_some_arm_each_once_by_number():
    study, group = group_of("fresh", "closest", "average")
    order = {"closest": ["10", "2"], "average": ["9", "10", "7"]}
    assert study.arms["closest"].k == 1
    assert study.arms["average"].k == 2
    found = group.shards(study, lambda arm: order[arm])
    assert found == ["<results>/pool/adapters/9", "<results>/pool/adapters/10"]


def test_each_arm_has_its_recipe_and_its_code():
    study, group = group_of("ties", "average", "routed")
    assert group.recipes(study) == {arm: merging.merge_recipe(study, arm) for arm in group.arms}
    assert group.code(study) == {arm: merging.merge_code(study, arm) for arm in group.arms}
    assert len(set(group.code(study).values())) == 3
