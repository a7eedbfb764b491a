import pytest
from synthetic_study import ARMS, STATISTICS

from recycling.plan.study.merging import Merge
from recycling.verdict.answers import SENTENCES
from recycling.verdict.contrasts import (
    QUESTIONS,
    Contrast,
    planned,
    primary,
    without_adapters,
)
from recycling.verdict.pairings import role

KIN = {"kin_instead", "kin_together"}


def changed(arm, **keys):
    """The arm with other keys."""
    return arm.model_copy(update=keys)


EXPECTED = [
    ("best_single", "fresh", "instead"),
    ("average", "fresh", "instead"),
    ("ties", "fresh", "instead"),
    ("adaptive", "fresh", "instead"),
    ("adaptive_random", "fresh", "instead"),
    ("adaptive_with_target", "fresh", "together"),
    ("recalibrated", "fresh", "control"),
    ("twins", "fresh", "control"),
    ("twins_with_target", "fresh", "control"),
    ("adaptive", "twins", "twins_instead"),
    ("adaptive_with_target", "twins_with_target", "twins_together"),
    ("adaptive_with_target", "recalibrated", "recalibration"),
    ("adaptive", "adaptive_random", "selection"),
    *((arm, "base", "gain") for arm in ARMS if arm != "base"),
]


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        ("base", "base"),
        ("fresh", "fresh"),
        ("recalibrated", "recalibrated"),
        ("best_single", "recycled"),
        ("adaptive_with_target", "recycled"),
        ("twins_with_target", "twins"),
    ],
)
def test_role_follows_from_the_settings(arm, expected):
    assert role(ARMS[arm]) == expected


def test_the_default_arms_make_the_planned_contrasts():
    assert planned(ARMS) == [Contrast(*row) for row in EXPECTED]


def test_without_its_twins_an_arm_is_the_base_or_the_fresh_lora():
    on = {
        "twins_trained_on": changed(ARMS["twins"], merge=Merge(method="continued")),
        "twins_pi": changed(ARMS["twins"], merge=Merge(method="pi_tuning")),
        "twins_both": changed(ARMS["twins"], merge=Merge(method="learned", train="both")),
    }
    assert without_adapters(ARMS | on) == {
        "twins": "base",
        "twins_with_target": "fresh",
        **dict.fromkeys(on, "fresh"),
    }
    other = {"other_recipe": changed(ARMS["twins_with_target"], fresh="longer")}
    assert "other_recipe" not in without_adapters(ARMS | other)
    bare = {name: arm for name, arm in ARMS.items() if name not in ("base", "fresh")}
    assert without_adapters(bare) == {}


@pytest.mark.parametrize("missing", ARMS)
def test_a_contrast_needs_both_of_its_arms(missing):
    kept = {arm: settings for arm, settings in ARMS.items() if arm != missing}
    assert planned(kept) == [Contrast(*row) for row in EXPECTED if missing not in row[:2]]


@pytest.mark.parametrize("arms", [{}, {"base": ARMS["base"]}])
def test_no_arms_or_one_make_no_contrast(arms):
    assert planned(arms) == []


def test_names_do_not_matter():
    renamed = {f"x_{arm}": settings for arm, settings in ARMS.items()}
    assert planned(renamed) == [Contrast(f"x_{a}", f"x_{r}", q) for a, r, q in EXPECTED]


def test_an_oracle_takes_part_in_no_contrast():
    chosen = {
        f"oracle_{arm}": changed(settings, select="oracle")
        for arm, settings in ARMS.items()
        if settings.select is not None
    }
    assert {role(settings) for settings in chosen.values()} == {"oracle"}
    assert planned({**ARMS, **chosen}) == planned(ARMS)


def test_twins_of_another_merge_are_no_control():
    other = changed(ARMS["twins"], merge=Merge(method="learned", steps=7))
    questions = {c.question for c in planned({"adaptive": ARMS["adaptive"], "twins": other})}
    assert questions == set()


def test_every_question_but_those_of_kinship_is_asked_by_the_default_arms():
    assert {contrast.question for contrast in planned(ARMS)} == set(QUESTIONS) - KIN


def of_kin(kin, joined=False, **keys):
    arm = ARMS["adaptive_with_target" if joined else "adaptive"]
    return changed(arm, kin=kin, **keys)


def test_a_relative_is_compared_with_an_unrelated_adapter_in_its_place():
    arms = {
        f"{'joined' if joined else 'alone'}_{kin}_{k}": of_kin(kin, joined, k=k)
        for joined in (False, True)
        for kin in ("same", "sibling", "unrelated")
        for k in (1, 10)
    }
    assert planned({**arms, "chosen": ARMS["adaptive"]}) == [
        Contrast(f"{how}_{kin}_{k}", f"{how}_unrelated_{k}", question)
        for question, how in (("kin_instead", "alone"), ("kin_together", "joined"))
        for kin in ("same", "sibling")
        for k in (1, 10)
    ]


@pytest.mark.parametrize("key", ["k", "select", "merge"])
def test_it_is_compared_with_nothing_that_differs_in_more(key):
    other = {"k": 9, "select": "random", "merge": Merge(method="average")}[key]
    arms = {"same": of_kin("same", select="rank"), "not": of_kin("unrelated", select="rank")}
    assert len(planned(arms)) == 1
    arms["not"] = changed(arms["not"], **{key: other})
    assert planned(arms) == []


def test_another_recipe_of_the_fresh_lora_is_a_control_and_the_reference_of_what_joins_it():
    arms = {
        "fresh": ARMS["fresh"],
        "dropout": changed(ARMS["fresh"], fresh="dropout"),
        "joined": changed(ARMS["adaptive_with_target"], fresh="dropout"),
    }
    assert role(arms["dropout"]) == "variant"
    assert planned(arms) == [
        Contrast("joined", "dropout", "together"),
        Contrast("dropout", "fresh", "control"),
    ]


@pytest.mark.parametrize(("directions", "kind"), [("adapters", "recycled"), ("base", "variant")])
def test_a_method_that_takes_the_shapes_of_adapters_alone_is_a_control(directions, kind):
    spanned = Merge(method="subspace", directions=directions)
    arms = {"fresh": ARMS["fresh"], "spanned": changed(ARMS["average"], merge=spanned)}
    assert role(arms["spanned"]) == kind
    question = {"recycled": "instead", "variant": "control"}[kind]
    assert planned(arms) == [Contrast("spanned", "fresh", question)]
    joined = changed(ARMS["adaptive_with_target"], merge=spanned)
    assert role(joined) == {"recycled": "recycled", "variant": "recalibrated"}[kind]


def test_a_calibrated_base_is_a_control():
    arms = {name: ARMS[name] for name in ("base", "fresh", "average")}
    arms["calibrated"] = changed(ARMS["base"], calibrated=True)
    assert role(arms["calibrated"]) == "calibrated"
    assert [c for c in planned(arms) if "calibrated" in (c.arm, c.reference)] == [
        Contrast("calibrated", "fresh", "control"),
        Contrast("calibrated", "base", "gain"),
    ]


def test_rows_shown_in_the_prompt_are_a_control():
    arms = {name: ARMS[name] for name in ("base", "fresh", "average")}
    arms["shown"] = changed(ARMS["base"], demonstrations=5)
    assert role(arms["shown"]) == "in_context"
    assert [c for c in planned(arms) if "shown" in (c.arm, c.reference)] == [
        Contrast("shown", "fresh", "control"),
        Contrast("shown", "base", "gain"),
    ]


def test_what_the_study_names_decides():
    named = [(one.arm, one.reference) for one in STATISTICS.primary]
    found = primary(ARMS, STATISTICS.primary)
    assert [(one.arm, one.reference) for one in found] == named
    assert [one.question for one in found] == [one for one in SENTENCES if one not in KIN]


def test_if_it_names_nothing_the_first_arm_of_each_question_decides():
    assert primary(ARMS, []) == [
        Contrast("best_single", "fresh", "instead"),
        Contrast("adaptive_with_target", "fresh", "together"),
        Contrast("adaptive", "twins", "twins_instead"),
        Contrast("adaptive_with_target", "twins_with_target", "twins_together"),
        Contrast("adaptive_with_target", "recalibrated", "recalibration"),
    ]
    assert primary({"base": ARMS["base"], "fresh": ARMS["fresh"]}, []) == []
