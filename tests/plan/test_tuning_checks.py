"""What cannot be tuned is refused when the study is read, with the reason."""

import pytest
from plan_cases import changed, of_arms

from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.merging import METHODS

TUNE = {"learning_rate": [0.1, 0.2], "folds": 2}
POOL = {"pool": "real", "select": "random", "k": 1}
ARMS = {
    "a method without a rate": (
        POOL | {"merge": {"method": "ties", "tune": TUNE}},
        r"arms.a.merge.tune: found 'ties', expected one of the methods \['learned', 'adamerging'",
    ),
    "entropy, which reads no label": (
        POOL | {"merge": {"method": "adamerging_entropy", "tune": TUNE}},
        r"found 'adamerging_entropy', expected one of the methods",
    ),
    "given and tuned": (
        POOL | {"merge": {"method": "learned", "learning_rate": 0.1, "tune": TUNE}},
        r"arms.a.merge.learning_rate: found 0.1, expected no such key beside tune.learning_rate",
    ),
    "twins that know the rows": (
        {"pool": "twins", "twin": "label_shuffled", "select": "random", "k": 1}
        | {"merge": {"method": "learned", "tune": TUNE}},
        r"arms.a.twin: found 'label_shuffled', expected twins that are not trained on the rows",
    ),
    "more folds than rows": (
        POOL | {"merge": {"method": "learned", "tune": {"folds": 17}}},
        r"arms.a.merge.tune.folds: found 17, expected at most 16, the training rows of months",
    ),
    "tuned twice": (
        {"fresh": "tuned", "merge": {"method": "learned", "tune": TUNE}},
        r"arms.a.merge.tune: found .* beside the fresh LoRA 'tuned': in a fold another stands in",
    ),
    "folds of a tuned one": (
        {"fresh": "tuned", "merge": {"method": "stacked", "folds": 2}},
        r"arms.a.merge.folds: found 2, expected no such key beside the fresh LoRA 'tuned'",
    ),
    "rank of a merge": (
        POOL | {"merge": {"method": "learned", "tune": {"rank": [2]}}},
        r"arms.a.merge.tune: found 'rank', expected one of",
    ),
}


@pytest.mark.parametrize(("arm", "message"), ARMS.values(), ids=ARMS)
def test_an_arm_that_cannot_be_tuned_is_refused(arm, message):
    with pytest.raises(InputError, match=message):
        of_arms({"a": arm})


def test_folds_of_a_task_with_few_rows():
    tasks = {"source": "builtin", "split": {"train": 3, "valid": 2}}
    with pytest.raises(InputError, match=r"variants.tuned.tune.folds: found 4, expected at most 3"):
        of_arms(
            {"a": {"fresh": "tuned", "targets": ["months", "third_person"]}},
            tasks__third_person=tasks,
            fresh_variants={"tuned": {"tune": {"steps": [1]}}},
        )


def test_a_recipe_with_shuffled_labels():
    with pytest.raises(InputError, match=r"variants.x.labels: found 'shuffled', expected given"):
        changed(fresh_variants__x={"labels": "shuffled", "tune": TUNE})


def test_the_default_recipe_is_not_tuned():
    with pytest.raises(InputError, match=r"config: fresh: found 'tune', expected one of"):
        changed(fresh__tune=TUNE)


def test_a_merge_that_a_tuned_fresh_lora_joins_is_fine():
    study = of_arms({"a": POOL | {"fresh": "tuned", "merge": {"method": "learned", "steps": 2}}})
    assert study.arms["a"].fresh == "tuned"


def test_what_may_be_tuned_has_a_rate_and_steps():
    for name, row in METHODS.items():
        if row.tunable:
            assert {"learning_rate", "steps"} <= {*registry.options(row.entry)}, name
            assert not row.routed
