"""Chains of places: what is invented and what is real, one answer among N, and no leak."""

import pytest
import yaml
from studies import ROOT

from recycling.composition import SUBJECTS, places
from recycling.ground.errors import InputError
from recycling.plan.study.file import complete

PAIRS = 6
SUBJECT = places.places(3, pairs=PAIRS, templates=5)
TRUE = {(chain.a, chain.b, chain.c) for chain in places.real(3, 60, 0)}
REAL = {name for chain in TRUE for name in chain}


@pytest.mark.parametrize("setting", SUBJECTS["places"].settings)
def test_a_chain_has_one_answer_among_n(setting):
    asked = SUBJECT.questions(setting)
    for form in ("hop1", "hop2", "direct"):
        assert len({row.input for row in asked[form]}) == PAIRS
        for row in asked[form]:
            assert len(set(row.choices)) == PAIRS
            assert row.choices.count(row.answers[0]) == 1


@pytest.mark.parametrize("setting", SUBJECTS["places"].settings)
def test_a_chain_of_thought_is_the_answers_of_its_hops(setting):
    asked = SUBJECT.questions(setting)
    for first, second, both in zip(asked["hop1"], asked["hop2"], asked["chain"], strict=True):
        assert both.answers[0] == f"{first.answers[0]} {second.answers[0]}"
        assert not both.choices


def test_settings_differ_in_what_is_real():
    for seed in range(3):
        known = {(chain.a, chain.b, chain.c) for chain in places.real(seed, 20, 0)}
        drawn = {name: places.chains(seed, name, 20) for name in SUBJECTS["places"].settings}
        assert {(x.a, x.b, x.c) for x in drawn["R"]} == known
        assert not {name for x in drawn["F"] for name in (x.a, x.b, x.c)} & REAL
        assert {(x.b, x.c) for x in drawn["H"]} == {(b, c) for _, b, c in known}
        assert not {x.a for x in drawn["H"]} & REAL
        crossed = drawn["X"]
        assert {x.a for x in crossed} == {a for a, _, _ in known}
        assert not {(x.a, x.b) for x in crossed} & {(a, b) for a, b, _ in known}
        assert not {(x.b, x.c) for x in crossed} & {(b, c) for _, b, c in known}
        assert not {(x.a, x.c) for x in crossed} & {(a, c) for a, _, c in known}


def test_only_ac_has_read_a_tested_question_and_templates_are_about_other_places():
    for setting in SUBJECTS["places"].settings:
        asked = SUBJECT.questions(setting)
        both = {row.input for form in ("direct", "chain") for row in asked[form]}
        read = {row.input for row in SUBJECT.lessons(setting, "AB+BC+joint+T")}
        assert not both & read
        assert {row.input for row in SUBJECT.lessons(setting, "AC")} == {
            row.input for row in asked["direct"]
        }
        names = {name for x in places.chains(3, setting, PAIRS) for name in (x.a, x.b, x.c)}
        for row in SUBJECT.lessons(setting, "T"):
            assert not any(name in f"{row.input} {row.answers[0]}" for name in names)


def test_an_expert_with_a_template_reads_both():
    rows = SUBJECT.lessons("F", "AB+T")
    assert len(rows) == PAIRS + 5
    assert len({row.id for row in rows}) == len(rows)
    assert SUBJECT.own("AB+T") == ["hop1"]
    assert SUBJECT.own("joint") == ["hop1", "hop2"]


@pytest.mark.parametrize(
    ("form", "output", "said", "right", "bridge"),
    [
        ("hop1", "Lyon is in France.", "France", True, None),
        ("hop1", "Lyon is a city located in France", "France", True, None),
        ("hop1", "Lyon is in Spain.", "Spain", False, None),
        ("hop1", "France", "France", True, None),
        ("hop1", "", "", False, None),
        ("direct", "Paris.", "Paris", True, None),
        ("direct", "Lyon is in France. The capital of France is Paris.", "Paris", False, None),
        ("chain", "Lyon is in France. The capital of France is Paris.", "Paris", True, True),
        ("chain", "Lyon is in Spain. The capital of Spain is Paris.", "Paris", False, False),
        ("chain", "Lyon is in France. The capital of France is Rome.", "Rome", False, True),
        ("chain", "Paris.", "Paris", False, False),
    ],
)
def test_the_last_name_is_judged_and_a_chain_needs_its_bridge(form, output, said, right, bridge):
    asked, answer = places.Chain("Lyon", "France", "Paris").text(form)
    example = places.Example(asked, asked, (answer,))
    assert SUBJECT.judge(form, example, output) == (said, right, bridge)


def test_the_same_seed_draws_the_same_world_and_another_does_not():
    assert places.chains(3, "F", PAIRS) == places.chains(3, "F", PAIRS)
    assert places.chains(3, "F", PAIRS) != places.chains(4, "F", PAIRS)


@pytest.mark.parametrize(("pairs", "others"), [(3, 0), (60, 60)])
def test_too_few_or_too_many_countries_are_refused(pairs, others):
    with pytest.raises(InputError, match=f"found '{pairs} and {others}'"):
        places.real(0, pairs, others)


def test_an_unknown_expert_and_a_base_to_train_are_refused():
    with pytest.raises(InputError, match="correct the library"):
        SUBJECT.lessons("F", "AB+Tx")
    with pytest.raises(InputError, match="the base is fetched"):
        SUBJECT.pretraining("fetched")


def test_a_subject_without_pretraining_needs_a_base_to_fetch():
    study = yaml.safe_load((ROOT / "tests/toy/composition.yaml").read_text())
    assert complete(study).base.source.kind == "path"
    del study["base"]
    with pytest.raises(InputError, match=r"subjects\.places: .* give the subject model and pretra"):
        complete(study)
