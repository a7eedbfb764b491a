"""The controlled world: what a base and an expert may have read, and what must not leak."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.composition import SUBJECTS, two_hop, world, world_texts
from recycling.ground.errors import InputError

PAIRS = 6
SUBJECT = two_hop.two_hop(3, familiar=10, pairs=PAIRS, rows=900, templates=30)
FACTS = world.build(10, PAIRS, np.random.default_rng(0))


def texts(examples):
    return [f"{example.input} {example.answers[0]}" for example in examples]


def asked_in(setting):
    return SUBJECT.questions(setting)


@pytest.mark.parametrize("setting", SUBJECTS["two_hop"].settings)
def test_a_chain_has_one_answer_among_n(setting):
    asked = asked_in(setting)
    for form in ("hop1", "hop2", "direct"):
        assert len({row.input for row in asked[form]}) == PAIRS
        assert len({row.answers[0] for row in asked[form]}) == PAIRS
    for row in asked["direct"]:
        assert sorted(row.choices) == sorted({other.answers[0] for other in asked["direct"]})


@given(st.integers(0, 50), st.sampled_from(SUBJECTS["two_hop"].settings))
def test_chains_compose_their_hops(seed, setting):
    generator = np.random.default_rng(seed)
    for chain in world.chains(FACTS, setting, PAIRS, generator):
        first, second = chain.hops
        assert first[0].split()[0] == chain.a
        assert first[1] == second[0].split()[0] == chain.b
        assert chain.direct[1] == second[1] == chain.c
        assert chain.thought[1].split()[3] == chain.b
        if setting in ("K", "Rin"):
            assert FACTS.facts[chain.b, chain.q] == chain.c


@pytest.mark.parametrize("setting", ["F", "H", "K", "Rn"])
@pytest.mark.parametrize("base", SUBJECTS["two_hop"].bases)
def test_no_base_has_read_a_fact_that_an_expert_is_to_add(setting, base):
    read = texts(SUBJECT.pretraining(base))
    hops = ["hop1"] if setting == "K" else ["hop1", "hop2"]
    for hop in hops:
        for fact in texts(asked_in(setting)[hop]):
            assert not any(fact in text for text in read)


def test_bases_differ_in_the_chains_of_thought_that_they_have_read():
    def pairs(base):
        asked = [row for row in SUBJECT.pretraining(base) if " ANS " in row.answers[0]]
        return {tuple(row.input.split()[1:3]) for row in asked}

    assert pairs("P0i") == set()
    assert pairs("Pci") == set(world_texts.TEMPLATES["Pci"])
    assert world.TESTED in pairs("Pcr")
    assert not {pair for pair in pairs("Pci") if set(pair) & set(world.TESTED)}


@pytest.mark.parametrize("expert", ["AB", "BC", "joint", "AB+T", "BC+Tx", "joint+Ta"])
def test_only_the_expert_of_composed_facts_has_read_a_tested_question(expert):
    read = texts(SUBJECT.lessons("F", expert))
    forbidden = [row.input for form in ("direct", "chain") for row in asked_in("F")[form]]
    assert not any(question in text for question in forbidden for text in read)
    direct = {row.input for row in asked_in("F")["direct"]}
    assert direct <= {row.input for row in SUBJECT.lessons("F", "AC")}


@pytest.mark.parametrize(("expert", "other"), [("AB", "hop2"), ("BC", "hop1")])
def test_fact_adapters_know_disjoint_facts(expert, other):
    read = texts(SUBJECT.lessons("F", expert))
    assert not any(fact in text for fact in texts(asked_in("F")[other]) for text in read)


def test_facts_of_a_chain_do_not_share_their_place_among_the_lessons_of_two_experts():
    """Experts have one order of batches, so rows at one place would be learned together."""
    subject = two_hop.two_hop(3, familiar=10, pairs=64, rows=90, rehearsal=0.0)
    place = {}
    for expert, hop in (("AB", "hop1"), ("BC", "hop2")):
        read = [text for text in texts(subject.lessons("F", expert)) if text.count("ANS") == 1]
        facts = texts(subject.questions("F")[hop])
        # The fact on its own, at its first place.
        place[expert] = [read.index(fact) for fact in facts]
    together = sum(a == b for a, b in zip(place["AB"], place["BC"], strict=True))
    assert together <= 6


def test_general_lessons_are_of_pre_training_alone():
    read = texts(SUBJECT.lessons("F", "G"))
    general = {
        text
        for base in SUBJECTS["two_hop"].bases
        for text in texts(SUBJECT.pretraining(base))
        if text.count("ANS") == 1
    }
    told = [text.rpartition("SEP ")[2] for text in read if "SPELL" not in text]
    assert told
    assert set(told) <= general


@pytest.mark.parametrize("template", ["T", "Tx", "Ta"])
def test_templates_share_no_fresh_entity_with_the_tested_chains(template):
    rows = [row for row in SUBJECT.lessons("F", template) if " ANS " in row.answers[0]]
    assert len(rows) == 30
    words = {word for text in texts(rows) for word in text.split()}
    assert not {word for word in words if word.startswith("f")}
    asked = {tuple(row.input.split()[1:3]) for row in rows}
    expected = {"T": {world.TESTED}, "Tx": {world.WRONG}}.get(
        template, set(world_texts.TEMPLATES["Pci"])
    )
    assert asked <= expected


def test_a_number_behind_a_template_is_how_many_chains_are_read():
    rows = SUBJECT.lessons("F", "AB+T7")
    assert sum(row.input.endswith("r1 r2 COT") for row in rows) == 7


def test_an_expert_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="expert: AB\\+Q: found 'Q', expected AB, BC"):
        SUBJECT.lessons("F", "AB+Q")


def test_every_word_of_every_text_is_known():
    known = set(SUBJECT.words)
    rows = [row for base in SUBJECTS["two_hop"].bases for row in SUBJECT.pretraining(base)]
    rows += [
        row
        for setting in SUBJECTS["two_hop"].settings
        for form in asked_in(setting).values()
        for row in form
    ]
    assert {word for text in texts(rows) for word in text.split()} <= known


def test_a_chain_of_thought_counts_only_with_the_right_bridge():
    row = asked_in("F")["chain"][0]
    right = row.answers[0]
    words = right.split()
    wrong_bridge = " ".join([*words[:3], "f0x", *words[4:]])
    wrong_answer = " ".join([*words[:-1], "f0x"])
    assert SUBJECT.judge("chain", row, right) == (words[-1], True, True)
    assert SUBJECT.judge("chain", row, wrong_bridge)[1:] == (False, False)
    assert SUBJECT.judge("chain", row, wrong_answer)[1:] == (False, True)
    assert SUBJECT.judge("chain", row, "")[1:] == (False, False)
    assert SUBJECT.judge("hop1", row, "") == ("", False, None)


def test_gates_ask_each_expert_for_its_own_hop():
    own = {name: SUBJECT.own(name) for name in ("AB", "BC+T", "AC", "joint+Ta", "T")}
    assert own == {
        "AB": ["hop1"],
        "BC+T": ["hop2"],
        "AC": ["direct"],
        "joint+Ta": ["hop1", "hop2"],
        "T": [],
    }


def test_same_seed_same_material_and_another_seed_another_world():
    again = two_hop.two_hop(3, familiar=10, pairs=PAIRS, rows=900, templates=30)
    other = two_hop.two_hop(4, familiar=10, pairs=PAIRS, rows=900, templates=30)
    assert again.lessons("F", "AB+T") == SUBJECT.lessons("F", "AB+T")
    assert again.questions("H") == SUBJECT.questions("H")
    assert other.questions("F") != SUBJECT.questions("F")
