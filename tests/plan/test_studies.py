"""The studies that are shipped name what they claim to name."""

import json

import pytest
import studies
import yaml

from recycling.adapters import TWINS
from recycling.merging import METHODS
from recycling.plan.study import file as study_file
from recycling.plan.study.merging import MAIN, MergingStudy
from recycling.plan.work import experiments, tasks
from recycling.pool import SELECTORS
from recycling.tasks import builtin
from recycling.verdict.experiments import EXPERIMENTS

RELEVANCE = studies.ROOT / "workflow/studies/smollm2_relevance.yaml"
FILE = studies.ROOT / "workflow/studies/smollm2_methods.yaml"


@pytest.fixture(scope="module")
def methods():
    """The study of all methods, completed."""
    return study_file.complete(yaml.safe_load(FILE.read_text()))


@pytest.fixture(scope="module")
def rivals():
    """The study of what a reviewer would put beside a merge, completed."""
    return study_file.complete(yaml.safe_load(FILE.with_name("smollm2_rivals.yaml").read_text()))


def named(study, key):
    """What the arms name: their selectors or kinds of twins."""
    return {getattr(arm, key) for arm in study.arms.values()} - {None}


def merged_by(study):
    """The methods of the arms."""
    return {arm.merge.method for arm in study.arms.values()}


# What is no merge of several adapters, or no choice that the first paper knows, is a rival's.
OF_RIVALS = {
    "methods": {"continued", "logo"},
    "selectors": {"cards"},
    "experiments": {
        "warm_start",
        "without_training",
        "routing",
        "tuned_alike",
        "stated_rank",
        "pool_subspace",
        "compress_then_merge",
        "worse_pools",
    },
}


# Each has a study of its own.
OF_OTHERS = {"relevance_dial", "labelled_rows"}


def test_the_studies_of_methods_and_rivals_forget_none(methods, rivals):
    assert merged_by(methods) == {*METHODS} - OF_RIVALS["methods"]
    of_thousand = {"oracle_choice", "oracle_likelihood"}
    assert named(methods, "select") == {*SELECTORS} - OF_RIVALS["selectors"] - of_thousand
    assert named(methods, "twin") == {*TWINS}
    assert {*methods.experiments} == {MAIN, *EXPERIMENTS} - OF_OTHERS - OF_RIVALS["experiments"]
    assert merged_by(rivals) >= OF_RIVALS["methods"]
    assert named(rivals, "select") >= OF_RIVALS["selectors"]
    assert {*rivals.experiments} >= OF_RIVALS["experiments"]


def test_the_study_of_rivals_has_three_trainings_on_four_targets(rivals):
    assert (rivals.replicates, len(rivals.targets)) == (3, 4)
    used = {arm for experiment in rivals.experiments.values() for arm in experiment.arms}
    assert used == {*rivals.arms}


def test_the_study_of_rivals_has_the_pool_of_the_default_study(rivals):
    default = study_file.complete(yaml.safe_load((studies.ROOT / "config.yaml").read_text()))
    assert rivals.community == default.community
    assert rivals.fresh == default.fresh
    assert rivals.base == default.base


def test_the_study_of_methods_has_three_trainings_and_two_targets_for_each_arm(methods):
    assert methods.replicates == 3
    assert all(len(arm.targets) >= 2 for arm in methods.arms.values())
    assert methods.experiments[MAIN].targets == methods.targets
    assert len(methods.targets) == 4


def test_designs_differ_from_the_usual_one_in_one_key(methods):
    about = methods.experiments["design_ablation"]
    usual = methods.arms[about.reference].merge.model_dump()
    for arm in {*about.arms} - {about.reference}:
        other = methods.arms[arm].merge.model_dump()
        assert len([key for key in usual if usual[key] != other[key]]) == 1, arm


def test_designs_are_chosen_on_other_tasks_than_they_are_judged_on(methods):
    targets = [
        {*methods.experiments[name].targets} for name in ("design_ablation", "main_comparison")
    ]
    assert targets[0].isdisjoint(targets[1])


def test_every_arm_of_the_study_of_methods_is_in_an_experiment(methods):
    used = {arm for experiment in methods.experiments.values() for arm in experiment.arms}
    assert used == {*methods.arms}


THOUSAND = FILE.with_name("smollm2_thousand.yaml")


@pytest.mark.parametrize("count", [960, 96])
def test_the_study_of_a_thousand_has_relatives_of_three_grades_and_asks_for_no_more_than_there_are(
    count,
):
    said = yaml.safe_load(THOUSAND.read_text()) | {"community_count": count}
    study = study_file.opened(said, [THOUSAND], look=True)
    assert isinstance(study, MergingStudy)
    assert (study.replicates, len(study.targets)) == (3, 3)
    fit = [recipe for recipe in study.community.values() if recipe.defect is None]
    assert len(fit) == count
    assert study.community_count == count
    for target in study.targets:
        kin = study.pool.kin[target]
        of = [sum(recipe.task in names for recipe in fit) for _, names in kin]
        assert min(of) >= 1
        assert sum(of) < count - 10
    # Where all of a part are asked for, a part of more than there are has all.
    counted = [arm for arm in study.arms.values() if arm.k not in (None, "all")]
    sizes = {arm.k for arm in counted}
    assert sizes == {1, 3, 10, 30} | ({100} if count == 960 else set())
    assert [{*one.model_dump().values()} <= {*study.arms} for one in study.statistics.primary]
    by_test_rows = {"oracle_choice", "oracle_likelihood"}
    assert named(study, "select") == {"evaluation", "random", "gradient"} | by_test_rows
    assert {*study.pool.ranked_by} | named(study, "select") <= {*SELECTORS}
    parts = {arm.among for arm in counted}
    assert parts >= ({"of_300", "of_96", "of_30"} if count == 960 else {"of_30"})
    assert parts.isdisjoint({"of_300", "of_96"}) == (count == 96)


@pytest.mark.workflow
def test_the_study_of_methods_plans_in_an_empty_directory(tmp_path):
    folder = studies.copy(tmp_path / "project")
    done = studies.snakemake(folder, "-n", "--configfile", "workflow/studies/smollm2_methods.yaml")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "train_community" in done.stdout


def test_the_dial_turns_one_thing():
    study = study_file.complete(yaml.safe_load(RELEVANCE.read_text()))
    recipes = {
        json.dumps(recipe.model_dump(exclude={"task"})) for recipe in study.community.values()
    }
    assert len(recipes) == 1
    rows = next(iter(study.community.values())).rows
    for recipe in study.community.values():
        assert len(builtin.load(recipe.task).examples) >= rows
    for target in study.targets:
        task, kin = study.tasks[target], study.pool.kin[target]
        assert len(builtin.load(target).examples) >= 250
        assert task.set_aside == rows
        assert [study.community[name].task for name in kin.same] == [target]
        unrelated = {*study.community} - {*kin.same, *kin.sibling}
        assert len(unrelated) >= max(arm.k or 0 for arm in study.arms.values())


def test_the_second_base_has_the_tasks_the_pool_and_the_arms_of_the_default_study():
    own = {"study", "base"}
    default, gemma = (
        {key: value for key, value in yaml.safe_load(file.read_text()).items() if key not in own}
        for file in (studies.ROOT / "config.yaml", FILE.with_name("gemma3_270m.yaml"))
    )
    assert gemma == default


def test_the_study_of_labelled_rows_has_the_same_numbers_of_each_task_and_one_test_part():
    file = FILE.with_name("smollm2_rows.yaml")
    study = study_file.complete(yaml.safe_load(file.read_text()))
    assert study.replicates == 3
    found = experiments.labelled(study, "labelled_rows")
    assert [*found] == study.targets
    assert {*found.values()} == {
        (task, number)
        for task in ("number_words", "roman", "city_continent")
        for number in (10, 20, 40, 80, 160, 320)
    }
    rates = study.fresh_variants["tuned"].tune.grid["learning_rate"]
    assert min(rates) < study.fresh.learning_rate < max(rates)
    for target, (task, _) in found.items():
        whole = tasks.whole(study, target)
        assert (whole.name if whole else target) == task
        asked = study.split.of_task(study.tasks[task].split)
        assert len(builtin.load(task).examples) >= sum(
            asked[part] for part in ("train", "valid", "test")
        )
