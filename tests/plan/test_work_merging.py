"""What merges, fresh LoRAs and answers take."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import MANY, STUDIES, STUDY, changed, of_arms

from recycling.ground.provenance import source_digest
from recycling.merging import METHODS
from recycling.merging.recipe import Asking, MergeRecipe
from recycling.plan.work import merging
from recycling.plan.work.selection import Ranking, rankings
from recycling.plan.work.units import units

AVERAGE = {"pool": "real", "select": "random", "merge": {"method": "average"}}


def unasked():
    raise AssertionError("a checkpoint was asked")


# fresh LoRAs


def test_a_recipe_is_the_default_one_or_a_variant():
    assert merging.fresh_recipe(STUDY, "fresh") == STUDY.fresh
    variant = merging.fresh_recipe(STUDY, "regularised")
    assert (variant.dropout, variant.average, variant.steps) == (0.5, 2, 4)


def test_what_is_tuned_of_a_recipe_is_no_part_of_it():
    tune = merging.tune(STUDY, "tuned")
    assert (tune.grid, tune.folds) == ({"learning_rate": [0.001, 0.1], "rank": [2]}, 2)
    assert merging.fresh_recipe(STUDY, "tuned") == STUDY.fresh
    assert merging.choice(STUDY, "tuned", "months", "1") == [
        "<results>/fresh_tuning/tuned/months/1/choice.json"
    ]
    for recipe in ("fresh", "regularised"):
        assert merging.tune(STUDY, recipe) is None
        assert merging.choice(STUDY, recipe, "months", "1") == []


def test_a_tuned_merge_is_told_what_is_tried_and_how_the_fresh_lora_was_trained():
    made = merging.merge_recipe(STUDY, "adaptive_tuned")
    assert (made.grid, made.tuning_folds) == ({"steps": [1, 2]}, 2)
    assert (made.options, made.stand_in_training) == ({}, {})
    arm = {"fresh": "regularised", "merge": {"method": "learned", "tune": {"steps": [3]}}}
    made = merging.merge_recipe(of_arms({"a": arm}), "a")
    assert made.stand_in_training == STUDY.fresh_recipes["regularised"].model_dump(exclude={"tune"})


def test_a_fold_is_a_number_of_a_number():
    assert merging.left_out(STUDY, "1", "2") == (1, 2)


# merges


def test_arms_are_merged_or_the_bare_base_and_some_are_routed():
    bare = {"base", "in_context"}
    assert merging.merged_arms(STUDY) == [name for name in STUDY.arms if name not in bare]
    assert merging.routed_arms(STUDY) == ["routed"]


@given(STUDIES)
@settings(max_examples=20)
def test_every_routed_arm_is_merged(study):
    assert {*merging.routed_arms(study)} <= {*merging.merged_arms(study)}


COUNTS = {
    "bare base": ({}, False, 0),
    "fresh alone": ({"fresh": True}, True, 0),
    "pool": (AVERAGE | {"k": 2}, False, 2),
    "pool, counted": (AVERAGE | {"k": 2}, True, 2),
    "joined": (AVERAGE | {"k": 2, "fresh": True}, False, 2),
    "joined, counted": (AVERAGE | {"k": 3, "fresh": True}, True, 2),
    "all": (AVERAGE | {"k": "all", "fresh": True}, True, "all"),
}


@pytest.mark.parametrize(("arm", "counted", "expected"), COUNTS.values(), ids=COUNTS)
def test_k_counts_adapters_of_the_pool_and_in_the_paper_the_fresh_lora_too(arm, counted, expected):
    study = of_arms({"a": arm}, protocol__k_counts_fresh=counted)
    assert merging.pool_count(study, "a") == expected
    assert merging.merge_recipe(study, "a").count == expected


def test_a_merge_is_told_count_twin_method_and_options():
    assert merging.merge_recipe(STUDY, "stacked") == MergeRecipe(
        count=1,
        twin=None,
        method="stacked",
        entry="recycling.merging.stacked:stacked",
        options={"folds": 2, "steps": 2},
    )
    assert merging.merge_recipe(STUDY, "ties").export_rank == 3
    assert not merging.merge_recipe(STUDY, "ties").streams
    spanned = {"pool": "real", "select": "random", "k": "all", "merge": {"method": "subspace"}}
    assert merging.merge_recipe(of_arms({"a": spanned}), "a").streams
    assert merging.merge_recipe(STUDY, "twins").twin == "norm"
    assert merging.merge_recipe(STUDY, "twins").twin_training == {}


def test_twins_that_are_trained_are_told_the_recipe_of_the_fresh_lora():
    recipe = merging.merge_recipe(STUDY, "format_twins")
    assert recipe.twin == "label_shuffled"
    assert recipe.twin_training == STUDY.fresh.model_dump()
    assert recipe.twin_training["evaluate_every"] == 2


@pytest.mark.parametrize("arm", ["ties", "average", "fresh"])
def test_an_edit_of_a_method_reaches_its_arms(arm):
    module = METHODS[STUDY.arms[arm].merge.method].entry.partition(":")[0]
    assert merging.merge_code(STUDY, arm) == source_digest("merging/merge_adapters", module)


def test_methods_of_other_modules_have_other_code():
    codes = {arm: merging.merge_code(STUDY, arm) for arm in ("ties", "average", "routed", "fresh")}
    assert codes["average"] == codes["fresh"]  # one module
    assert len(set(codes.values())) == 3


def test_an_arm_takes_adapters_of_its_ranking():
    found = merging.ranking(STUDY, "unrelated", "months", "1")
    assert found == Ranking("random", "kin-unrelated", "months", "1")
    assert found.path == "<results>/rankings/random/kin-unrelated/months/1.tsv"


def test_an_arm_without_a_pool_has_no_ranking():
    with pytest.raises(LookupError, match="arm 'fresh' draws on no pool; ask for the ranking of"):
        merging.ranking(STUDY, "fresh", "months", "0")


@given(STUDIES)
@settings(max_examples=20)
def test_the_ranking_of_every_arm_is_made(study):
    made = set(rankings(study))
    for arm in study.arms:
        for task, replicate in units(study, study.arms[arm].targets):
            if study.arms[arm].draws_on_pool:
                assert merging.ranking(study, arm, task, replicate) in made


# shards of an arm


def test_an_arm_takes_the_shards_of_its_first_adapters_each_once_by_number():
    def order():
        return ["10", "9", "10", "2"]

    def taken(k):
        return merging.arm_shards(of_arms({"a": AVERAGE | {"k": k}}, community=MANY), "a", order)

    assert taken(2) == ["<results>/pool/adapters/9", "<results>/pool/adapters/10"]
    assert taken(3) == taken(2)
    assert taken(4) == ["<results>/pool/adapters/2", *taken(2)]
    assert taken(9) == taken("all") == taken(4)


def test_no_ranking_is_asked_for_an_arm_that_takes_nothing_of_the_pool():
    for arm in ("base", "fresh", "recalibrated", "in_context"):
        assert merging.arm_shards(STUDY, arm, unasked) == []


def test_a_fresh_lora_that_counts_leaves_less_of_the_pool():
    arm = AVERAGE | {"k": 2, "fresh": True}
    counted = of_arms({"a": arm}, protocol__k_counts_fresh=True)
    assert merging.arm_shards(counted, "a", lambda: ["3", "1"]) == ["<results>/pool/adapters/3"]


@given(st.lists(st.integers(0, 30).map(str)), st.integers(1, 6) | st.just("all"))
@settings(max_examples=30)
def test_shards_are_those_of_the_first_k_and_no_others(order, k):
    found = merging.arm_shards(
        of_arms({"a": AVERAGE | {"k": k}}, community=MANY), "a", lambda: order
    )
    first = order if k == "all" else order[:k]
    assert {path.rpartition("/")[2] for path in found} == {*first}
    assert found == sorted(set(found), key=lambda path: int(path.rpartition("/")[2]))


# what joins


def test_the_fresh_lora_joins_by_its_recipe():
    folder = "<results>/fresh/{}/months/1/adapter_config.json"
    assert merging.fresh_lora(STUDY, "stacked", "months", "1") == folder.format("fresh")
    assert merging.fresh_lora(STUDY, "regularised", "months", "1") == folder.format("regularised")
    with pytest.raises(LookupError, match="no fresh LoRA joins arm 'ties'; ask for that of one"):
        merging.fresh_lora(STUDY, "ties", "months", "1")


def test_an_arm_that_learns_on_unseen_rows_has_a_stand_in_for_each_fold():
    assert merging.arm_stand_ins(STUDY, "stacked", "months", "1") == [
        "<results>/fresh_folds/fresh/2/months/1/0/adapter_config.json",
        "<results>/fresh_folds/fresh/2/months/1/1/adapter_config.json",
    ]
    assert merging.arm_stand_ins(STUDY, "adaptive", "months", "1") == []


# answers


def test_a_task_is_answered_by_its_arms():
    arms = {
        "base": {},
        "shown": {"demonstrations": 3, "targets": ["months", "third_person"]},
        "fresh": {"fresh": True},
    }
    study = of_arms(arms | {"routed": AVERAGE | {"k": 2, "merge": {"method": "arrow"}}})
    assert merging.task_arms(study, "months") == ["base", "shown", "fresh", "routed"]
    assert merging.task_arms(study, "third_person") == ["shown"]
    assert merging.worn_arms(study, "months") == ["fresh", "routed"]
    assert merging.worn_arms(study, "third_person") == []
    others = dict.fromkeys(("base", "fresh", "routed"), Asking())
    assert merging.asking(study, "months") == {**others, "shown": Asking(3)}
    near = of_arms({"near": {"demonstrations": "all", "nearest": True}})
    assert merging.asking(near, "months") == {"near": Asking("all", nearest=True)}
    calibrated = of_arms({"calibrated": {"calibrated": True}})
    assert merging.asking(calibrated, "months") == {"calibrated": Asking(calibrated=True)}
    assert merging.merge_records(study, "months", "0") == [
        "<results>/merged/fresh/months/0/merge.json",
        "<results>/merged/routed/months/0/merge.json",
    ]
    assert merging.merged_configs(study, "months", "0") == [
        "<results>/merged/fresh/months/0/adapter_config.json",
        "<results>/merged/routed/months/0/routed.json",
    ]
    assert merging.merged_weights(study, "months", "0") == [
        "<results>/merged/fresh/months/0/adapter_model.safetensors",
        "<results>/merged/routed/months/0/routed.safetensors",
    ]


@given(STUDIES)
@settings(max_examples=20)
def test_weights_are_in_the_order_of_their_arms(study):
    for task, replicate in units(study):
        worn = merging.worn_arms(study, task)
        for paths in (
            merging.merge_records(study, task, replicate),
            merging.merged_weights(study, task, replicate),
        ):
            assert [path.split("/")[2] for path in paths] == worn


def test_every_unit_is_answered():
    study = changed(replicates=1, arms__base={"targets": ["months", "third_person"]})
    assert merging.predictions(study) == [
        "<results>/predictions/months/0.parquet",
        "<results>/predictions/third_person/0.parquet",
    ]
