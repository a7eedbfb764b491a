"""What may differ between two arms that are compared."""

import pytest
import studies
import yaml
from hypothesis import given
from hypothesis import strategies as st
from synthetic_study import ARMS

from recycling.plan.study import file as study_file
from recycling.verdict.contrasts import QUESTIONS, planned
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.pairings import ANY, DRAWN, Kind, Pairing, differences, role


def shipped():
    """Every merging study that is shipped, by the name of its file."""
    found = {}
    for file in [studies.ROOT / "config.yaml", *studies.ROOT.glob("workflow/studies/*.yaml")]:
        said = yaml.safe_load(file.read_text())
        if "study" in said and said.get("kind", "merging") == "merging":
            found[file.stem] = study_file.opened(said, [file], look=False)
    return dict(sorted(found.items()))


SHIPPED = shipped()
COMPARED = {
    **{question: about.pairing for question, about in QUESTIONS.items()},
    **{
        f"{name}: {what}": pairing
        for name, about in EXPERIMENTS.items()
        for what, pairing in about.compares.items()
    },
}


def moved(arm, other):
    """The fields in which two arms differ, by a computation of its own."""
    mine, its = arm.model_dump(), other.model_dump()
    found = {key for key in mine if key != "targets" and mine[key] != its[key]}
    return {"pool" if key == "twin" else key for key in found}


@given(st.data())
def test_arms_that_are_compared_differ_in_the_keys_of_the_comparison_alone(data):
    study = SHIPPED[data.draw(st.sampled_from(sorted(SHIPPED)))]
    pairing = COMPARED[data.draw(st.sampled_from(sorted(COMPARED)))]
    arm, other = (data.draw(st.sampled_from(sorted(study.arms))) for _ in "ab")
    one, two = study.arms[arm], study.arms[other]
    if pairing.fits(one, two):
        assert set() != moved(one, two) <= {*pairing.turns}
        assert role(one) != "oracle" or pairing is EXPERIMENTS["selectors"].compares["minus random"]
    assert (differences(one, two) == {}) == (moved(one, two) == set())


@pytest.mark.parametrize("name", SHIPPED)
def test_every_comparison_of_a_shipped_study_is_of_one_thing_or_of_whole_recipes(name):
    study = SHIPPED[name]
    for one in planned(study.arms):
        pairing = QUESTIONS[one.question].pairing
        found = moved(study.arms[one.arm], study.arms[one.reference])
        assert found
        assert found <= {*pairing.turns}
        assert pairing.whole or "merge" not in found or found == {"merge"}


def test_whole_recipes_are_those_of_which_anything_may_differ():
    whole = {question for question, about in QUESTIONS.items() if about.pairing.whole}
    assert whole == {"instead", "together", "control", "gain"}


@pytest.mark.parametrize(
    ("pairing", "wording"),
    [
        (Pairing(Kind(), Kind()), "the whole recipe"),
        (Pairing(Kind(), Kind(), turns=DRAWN), "the pool's adapters alone"),
        (Pairing(Kind(), Kind(), turns=("k",)), "`k` alone"),
        (Pairing(Kind(), Kind(), turns=("pool", "select", "k")), "`pool`, `select` and `k` alone"),
        (Pairing(Kind(), Kind(), turns=("merge",), one=True), "one key of `merge`"),
        (Pairing(Kind(), Kind(), turns=("pool", "k"), one=True), "one key of `pool` or `k`"),
    ],
)
def test_a_comparison_says_what_differs(pairing, wording):
    assert pairing.wording == wording


def test_one_of_several_keys_differs_at_a_time():
    pairing = Pairing(Kind(), Kind(), turns=("select", "k"), one=True)
    arm = ARMS["adaptive"]
    assert pairing.fits(arm, arm.model_copy(update={"k": 7}))
    both = arm.model_copy(update={"k": 7, "select": "random"})
    assert [*pairing.unwanted(arm, both)] == ["select", "k"]
    assert not pairing.fits(arm, arm)


def test_a_pair_names_each_key_and_both_values():
    twins = ARMS["twins"].model_copy(update={"k": 9})
    found = differences(ARMS["adaptive"], twins)
    assert found == {"pool": ("real", f"twins by {twins.twin}"), "k": (ARMS["adaptive"].k, 9)}
    assert {"pool", "merge", "fresh", "k"} <= {*ANY}
