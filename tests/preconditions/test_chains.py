"""A user's two-hop questions: read strictly, asked in four forms, judged whatever the sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import ROOT

from recycling.ground.errors import InputError
from recycling.preconditions import chains
from recycling.preconditions.chains import Names
from recycling.tasks import cities, countries
from recycling.tasks.record import Dropped

SHIPPED = ROOT / "workflow/studies/preconditions.jsonl"


def row(a="Lyon", b="France", c="Paris", **changes):
    return {
        "hop1": {"question": f"Which country is {a} in?", "answer": b},
        "hop2": {
            "question": f"What is the capital of {b if isinstance(b, str) else b[0]}?",
            "answer": c,
        },
        "direct": f"What is the capital of the country of {a}?",
        **changes,
    }


GOOD = [
    row(),
    row("Turin", "Italy", ["Rome", "Roma"]),
    row("Basra", "Iraq", "Baghdad"),
    row("Kano", "Niger", "Niamey"),
    row("Lagos", "Nigeria", "Abuja"),
]


@pytest.fixture
def read(tmp_path):
    def reader(*rows):
        file = tmp_path / "chains.jsonl"
        file.write_text("\n".join(json.dumps(row) for row in rows))
        return chains.read(str(file))

    return reader


def judged(found, form, number, output):
    example = found.asked([found.chains[number].id])[form][0]
    return found.judge(form, example, output)


def test_each_chain_is_asked_in_four_forms_with_the_answers_of_all_as_choices(read):
    found = read(*GOOD)
    asked = found.asked(["line-1", "line-2"])
    assert {form: len(rows) for form, rows in asked.items()} == dict.fromkeys(asked, 2)
    assert asked["hop1"][0].choices == ("France", "Italy", "Iraq", "Niger", "Nigeria")
    assert asked["hop2"][1].answers == ("Rome",)
    assert asked["direct"][0].choices == ("Paris", "Rome", "Baghdad", "Niamey", "Abuja")
    assert asked["chain"][0].input.endswith(chains.STEPS)
    assert asked["chain"][0].choices == ()


def test_the_reference_answers_are_right(read):
    found = read(*GOOD)
    for form, rows in found.asked([chain.id for chain in found.chains]).items():
        for example in rows:
            assert found.judge(form, example, example.answers[0]).right


@pytest.mark.parametrize(
    ("form", "number", "output", "right"),
    [
        ("hop1", 0, "Lyon is a city in FRANCE, on the Rhone.", True),
        ("hop1", 0, "It is either in France or in Italy.", False),
        ("hop1", 0, "It lies in Francesca.", False),
        ("hop1", 0, "", False),
        ("hop2", 1, "Roma", True),
        ("hop2", 1, "Rome, also called Roma", True),
        ("hop1", 3, "Kano is in Nigeria.", False),
        ("hop1", 4, "Lagos is in Nigeria.", True),
        ("direct", 0, "The capital of France is Paris.", True),
        ("chain", 0, "Lyon is in France, whose capital is Paris.", True),
        ("chain", 0, "Paris, since Lyon is in France.", False),
        ("chain", 0, "Lyon is in Italy. The capital is Paris.", False),
        ("chain", 0, "Lyon is in France or Italy. The capital is Paris.", False),
        ("chain", 0, "Paris.", False),
    ],
)
def test_an_answer_is_right_that_names_the_right_thing_and_no_other(
    read, form, number, output, right
):
    assert judged(read(*GOOD), form, number, output).right is right


def test_the_bridge_of_a_chain_is_judged_apart_and_its_form_whatever_is_right(read):
    found = read(*GOOD)
    assert judged(found, "chain", 0, "France. Rome.").steps_right
    assert not judged(found, "chain", 0, "Italy. Paris.").steps_right
    assert found.in_steps("Italy. Baghdad.")
    assert not found.in_steps("Baghdad, Italy.")
    assert not found.in_steps("France.")


@given(st.permutations(["Niger", "Nigeria", "Guinea", "Guinea-Bissau", "Equatorial Guinea"]))
def test_a_name_inside_a_longer_one_is_not_found(names):
    found = Names([[name] for name in names])
    assert [thing for _, thing in found.found("  then ".join(names))] == names


def test_groups_that_begin_alike_name_one_thing():
    names = Names([["USA", "America"], ["usa", "United States"]])
    assert names.named("The UNITED  States of America") == {"USA"}


def test_chains_that_choose_judge_nothing(read):
    found = read(*GOOD)
    choosing, judging = found.split(2, 5)
    assert (len(choosing), len(judging)) == (2, 3)
    assert {*choosing, *judging} == {chain.id for chain in found.chains}
    assert found.split(2, 5) == (choosing, judging)


FAULTS = {
    "no object": ([1], r"line 6: found 1, expected a JSON object"),
    "missing": (
        [{"hop1": {}, "hop2": {}}],
        r"line 6: found \['hop1', 'hop2'\], expected the key 'd",
    ),
    "unknown key": ([row(steps="x")], r"line 6: found 'steps', expected only the keys \['chain'"),
    "no answer": (
        [row(hop1={"question": "?a"})],
        r"line 6, hop1: found .*expected the key 'answer'",
    ),
    "no hop": (
        [row(hop2="Paris")],
        r"line 6, hop2: found 'Paris', expected an object with question",
    ),
    "number": ([row("Ur", "Peru", 4)], r"line 6, hop2.answer: found 4, expected text or a list"),
    "empty": ([row(direct=" ")], r"line 6, direct: found ' ', expected more than spaces"),
    "twice": ([row()], r"line 6, direct: found .*, expected another than in line 1; change"),
    "same id": (
        [row("Ur", "Peru", "Lima", id="line-1")],
        r"line 6, id: found 'line-1', expected another than in line 1",
    ),
    "leak": (
        [row("Ur", "Peru", "Lima", chain="Is it Lima?")],
        r"line 6, chain: found 'Is it Lima\?', expected a text without its answer 'Lima'; ask",
    ),
    "bridge in the answer": (
        [row("Ur", "Mexico", "Mexico City")],
        r"line 6, hop2.answer: found 'Mexico City', expected a text without its bridge 'Mexico'",
    ),
    "ambiguous": (
        [row("Ur", ["Peru", "Italy"], "Lima")],
        r"line 6, hop1.answer: found 'Italy', expected a name of 'Peru' alone",
    ),
}


@pytest.mark.parametrize(("rows", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_line_that_names_its_place(read, rows, message):
    with pytest.raises(InputError, match=r"chains\.jsonl: " + message):
        read(*GOOD, *rows)


def test_too_few_answers_are_refused(read):
    with pytest.raises(InputError, match="different answers of hop1: found 3, expected at least 4"):
        read(*GOOD[:3], row("Nice"))


def test_facts_of_the_shipped_chains_are_those_of_the_data_libraries():
    homes = {f[0]: f[1] for f in cities.city_country() if not isinstance(f, Dropped)}
    seats = {f[0]: f[1] for f in countries.capital() if not isinstance(f, Dropped)}
    found = chains.read(str(SHIPPED)).chains
    assert len(found) == 32
    for chain in found:
        [city] = [name for name in homes if f" {name} " in chain.questions["hop1"]]
        assert homes[city][: len(chain.bridge)] == chain.bridge
        assert seats[chain.bridge[0]] == chain.answer
        assert all(f" {city} " in chain.questions[form] for form in ("direct", "chain"))
        assert f" {chain.bridge[0]}?" in chain.questions["hop2"]
