"""The parts of the pool that are ranked: who they are made of, and what limits them."""

from plan_cases import STUDY, changed, of_arms

from recycling.plan.work import selection, subpools
from recycling.pool.parts import Part
from recycling.pool.subpools import Kinship
from recycling.pool.worsened import Worsening


def test_a_subpool_is_what_the_study_says_and_all_is_the_whole_pool():
    study = changed(pool__subpools={"own": {"only": ["plurals"]}})
    assert subpools.adapters(study, "own") == ["plurals"]
    assert subpools.adapters(study, "all") == []


KIN = {"months": {"same": ["plurals"], "sibling": ["plurals-attention"]}}
BY_KIN = {
    "grid": {"kin": ["same", "sibling", "unrelated"]},
    "pool": "real",
    "kin": "{kin}",
    "select": "random",
    "k": 1,
}


def test_an_arm_of_a_kin_is_told_who_is_wanted_and_who_is_related():
    own = {"own": {"only": ["plurals"]}}
    study = of_arms({"by_{kin}": BY_KIN}, pool__kin=KIN, pool__subpools=own)
    assert subpools.parts(study) == [
        "all",
        "own",
        "kin-same",
        "kin-sibling",
        "kin-unrelated",
    ]
    related = ["plurals", "plurals-attention"]
    found = [subpools.kinship(study, part, "months") for part in subpools.parts(study)]
    assert found == [
        None,
        None,
        Kinship(["plurals"], related),
        Kinship(["plurals-attention"], related),
        Kinship([], related),
    ]
    paths = selection.ranking_files(study)
    assert "<results>/rankings/random/kin-same/months/0.tsv" in paths


def test_an_arm_whose_pool_got_worse_is_told_who_is_related_and_how_many_are_replaced():
    arm = {key: value for key, value in BY_KIN.items() if key not in ("kin", "grid")}
    arms = {
        "worse_{by}": arm
        | {
            "grid": {"by": ["unrelated", "negated"]},
            "worsened": {"by": "{by}", "share": 0.5},
        }
    }
    study = of_arms(arms, pool__kin=KIN)
    assert subpools.parts(study) == ["all", "worsened-negated-0.5", "worsened-unrelated-0.5"]
    related = ["plurals", "plurals-attention"]
    part = subpools.part(study, "worsened-negated-0.5", "months")
    assert part == Part([], True, worsening=Worsening(related, "negated", 0.5))
    assert subpools.part(study, "all", "months") == Part([], True)
    assert "<results>/rankings/random/worsened-negated-0.5/months/0.tsv" in selection.ranking_files(
        study
    )


def test_rankings_are_limited_by_owner_and_by_family():
    assert subpools.limits(STUDY, "all") == {"max_per_owner": None, "one_per_family": True}
    study = changed(pool__max_per_owner=2, pool__one_per_family=False)
    assert subpools.limits(study, "all") == {"max_per_owner": 2, "one_per_family": False}


def test_a_part_of_the_pool_may_have_limits_of_its_own():
    parts = {"strict": {"max_per_owner": 1}, "loose": {"one_per_family": False}}
    study = changed(pool__max_per_owner=2, pool__subpools=parts)
    assert subpools.limits(study, "strict") == {"max_per_owner": 1, "one_per_family": True}
    assert subpools.limits(study, "loose") == {"max_per_owner": 2, "one_per_family": False}
    assert subpools.adapters(study, "strict") == []
