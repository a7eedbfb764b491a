"""The units of a study: its targets, those of its arms, and its replicates."""

from hypothesis import given, settings
from plan_cases import STUDIES, STUDY, changed

from recycling.ground import seeds
from recycling.plan.work.units import Unit, replicate_seed, replicates, units


def test_replicates_are_numbered_from_0():
    assert replicates(STUDY) == ["0", "1"]
    assert replicates(changed(replicates=3)) == ["0", "1", "2"]


def test_units_are_of_every_target_or_of_those_asked_for():
    assert units(STUDY) == [("months", "0"), ("months", "1")]
    assert units(STUDY, ["plural"]) == [("plural", "0"), ("plural", "1")]
    assert units(STUDY, []) == []
    assert units(STUDY)[0] == Unit(task="months", replicate="0")


def test_targets_of_one_arm_alone_have_units_too():
    study = changed(arms__base={"targets": ["months", "third_person"]})
    assert units(study) == [
        ("months", "0"),
        ("months", "1"),
        ("third_person", "0"),
        ("third_person", "1"),
    ]


def test_a_unit_has_a_seed_of_its_own():
    assert replicate_seed(STUDY, "months", "1") == seeds.derive(7, "replicate", "months", "1")
    assert replicate_seed(changed(seed=8), "months", "1") == seeds.derive(
        8, "replicate", "months", "1"
    )


@given(STUDIES)
@settings(max_examples=20)
def test_no_two_units_share_a_seed(study):
    found = units(study)
    assert len({replicate_seed(study, *unit) for unit in found}) == len(set(found)) == len(found)
