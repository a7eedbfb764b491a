"""What a base wears under a rule of a composition study, and how it is asked."""

import re
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
import yaml
from studies import ROOT

from recycling.adapters.canonical import Adapter, Factors
from recycling.composition import asking, rules, two_hop
from recycling.composition.factorwise import average_factors, without_general
from recycling.ground.errors import InputError
from recycling.merging.problem import Problem
from recycling.merging.static import average
from recycling.model import scratch
from recycling.plan.study.composition import Rule
from recycling.plan.study.file import complete
from recycling.tasks.prediction import Prediction

STUDY = yaml.safe_load((ROOT / "workflow/studies/composition.yaml").read_text())
SUBJECT = two_hop.two_hop(0, familiar=6, pairs=3, rows=90, templates=3)
QUESTIONS = SUBJECT.questions("F")


@pytest.fixture(scope="module")
def base():
    return scratch.create(SUBJECT.words, 16, 1, 0)


def made(name, seed, modules=("m",)):
    generator = torch.Generator().manual_seed(seed)
    return Adapter(
        name,
        {
            module: Factors(
                torch.randn(2, 5, generator=generator), torch.randn(4, 2, generator=generator)
            )
            for module in modules
        },
    )


def problem(*adapters):
    return Problem(list(adapters), False, "", [], [], 0)


def test_mean_factors_of_copies_are_the_copy_and_of_a_common_a_the_mean_update():
    one, two = made("one", 1), made("two", 2)
    same = average_factors(problem(one, Adapter("again", one.modules))).modules["m"]
    torch.testing.assert_close(same.delta(), one["m"].delta())
    shared = Adapter("two", {"m": Factors(one["m"].a, two["m"].b)})
    merged = average_factors(problem(one, shared)).modules["m"]
    torch.testing.assert_close(merged.delta(), (one["m"].delta() + shared["m"].delta()) / 2)


def test_mean_factors_have_cross_terms():
    one, two = made("one", 1), made("two", 2)
    expected = (one["m"].b + two["m"].b) @ (one["m"].a + two["m"].a) / 4
    torch.testing.assert_close(average_factors(problem(one, two)).modules["m"].delta(), expected)


def test_mean_factors_refuse_an_absent_module():
    with pytest.raises(InputError, match="merge average_factors: ranks in n: found \\[0, 2\\]"):
        average_factors(problem(made("one", 1, ["m", "n"]), made("two", 2)))


def test_general_factors_are_subtracted_side_by_side_and_not_as_updates():
    one, general = made("one", 1), [made("g", 2), made("h", 3)]
    [found] = without_general([one], general)
    sides = [sum(g["m"].__dict__[side] for g in general) / 2 for side in "ab"]
    expected = (one["m"].b - sides[1]) @ (one["m"].a - sides[0])
    torch.testing.assert_close(found["m"].delta(), expected)
    # The same general adapter in another gauge gives another result.
    turned = Adapter("t", {"m": Factors(general[0]["m"].a * 2, general[0]["m"].b / 2)})
    torch.testing.assert_close(turned["m"].delta(), general[0]["m"].delta())
    [other] = without_general([one], [turned, general[1]])
    assert not torch.allclose(other["m"].delta(), found["m"].delta())


def test_general_adapters_must_have_the_modules_of_the_experts():
    message = "adapter one: modules with ranks: found \\['m', 'n'\\], expected the same"
    with pytest.raises(InputError, match=message):
        without_general([made("one", 1)], [made("g", 2, ["m", "n"])])


def combined(base, adapters, **rule):
    return rules.combined("L2", adapters, [], Rule(**rule), QUESTIONS, base, 3)


def test_random_prototypes_are_unit_vectors_and_all_else_is_kept(base):
    adapters = [made("one", 1), made("two", 2)]
    own = combined(base, adapters, method="arrow")
    drawn = combined(base, adapters, method="arrow", prototypes="random")
    old, new = own.modules["m"], drawn.modules["m"]
    torch.testing.assert_close(new.prototypes.norm(dim=1), torch.ones(2))
    assert not torch.allclose(old.prototypes, new.prototypes)
    assert torch.equal(old.factors.b, new.factors.b)
    assert (own.names, own.top_k) == (drawn.names, drawn.top_k)


def test_twins_have_the_norm_of_what_they_replace(base):
    adapter = made("one", 1)
    found = combined(base, [adapter], method="none", twin="norm")["m"].delta()
    assert float(found.norm()) == pytest.approx(float(adapter["m"].delta().norm()), rel=1e-5)
    assert not torch.allclose(found, adapter["m"].delta())


EXPERTS = {name: made(name, number) for number, name in enumerate(["BC+T", "AB", "AC", "G"])}


def turns(base, names, **rule):
    found = rules.turns("L", EXPERTS, names, Rule(**rule), SUBJECT, QUESTIONS, base, 3)
    return {form: [getattr(worn, "name", worn) for worn in worn] for form, worn in found.items()}


def test_a_merge_is_worn_throughout_without_what_is_general(base):
    rule = Rule(method="average", general=["G"])
    found = rules.turns("L", EXPERTS, ["AB", "AC"], rule, SUBJECT, QUESTIONS, base, 3)
    merged = average(problem(*without_general([EXPERTS["AB"], EXPERTS["AC"]], [EXPERTS["G"]])))
    assert set(found) == set(QUESTIONS)
    for [worn] in found.values():
        torch.testing.assert_close(worn["m"].delta(), merged.modules["m"].delta())


@pytest.mark.parametrize(
    ("method", "names", "expected"),
    [
        ("hop_oracle", ["BC+T", "AB"], ("AB", "BC+T", "AB", "AB BC+T")),
        ("hop_oracle", ["AC", "BC+T", "AB"], ("AB", "BC+T", "AB", "AB BC+T")),
        ("task_oracle", ["AB", "BC+T"], ("AB", "BC+T", "AB", "AB")),
        ("task_oracle", ["BC+T", "AB", "AC"], ("AB", "BC+T", "AC", "AC")),
    ],
)
def test_oracles_choose_experts_by_what_they_were_trained_on(base, method, names, expected):
    found = turns(base, names, method=method)
    assert tuple(" ".join(found[form]) for form in ("hop1", "hop2", "direct", "chain")) == expected


class Wearer:
    """A base that knows by name what it wears."""

    @contextmanager
    def wearing(self, worn):
        self.worn = worn
        yield


def test_what_is_worn_in_turn_writes_a_step_each(monkeypatch):
    base, read = Wearer(), []

    def predict(worn, instruction, examples, cap, what):
        read.append((worn.worn, [example.input for example in examples]))
        outputs = []
        for example in examples:
            right = example.answers[0]
            step, mark, rest = right.partition(" SEP ")
            if mark:
                right = f"{step} SEP f0" if worn.worn == "first" else rest
            outputs.append(prediction(example, right))
        return outputs

    monkeypatch.setattr(asking, "predict", predict)
    alone = {form: ["any"] for form in QUESTIONS}
    found = asking.ask(base, SUBJECT, QUESTIONS, {**alone, "chain": ["first", "second"]})
    assert {row["form"] for row in found} == set(QUESTIONS)
    assert all(row["right"] for row in found)
    worn, halfway = read[-1]
    assert worn == "second"
    for text, question in zip(halfway, QUESTIONS["chain"], strict=True):
        assert text == f"{question.input} {question.answers[0].partition(' SEP ')[0]} SEP"


def prediction(example, output):
    choices = tuple(float(choice not in example.answers) for choice in example.choices)
    counts = (1,) * len(choices)
    return Prediction(
        example.id,
        example.input,
        example.answers,
        example.choices,
        output,
        True,
        0,
        1,
        choices,
        counts,
    )


def test_a_base_without_adapters_is_asked_every_form(base):
    rows = asking.ask(base, SUBJECT, QUESTIONS, {form: [None] for form in QUESTIONS})
    assert len(rows) == sum(map(len, QUESTIONS.values()))
    for row in rows:
        assert row["choices"] == (3 if row["form"] == "direct" else 0)
        assert (row["choice_right"] is None) == (row["form"] != "direct")
        assert (row["steps_right"] is None) == (row["form"] != "chain")


@pytest.mark.parametrize(("worn", "offered"), [(None, 3), (Adapter("empty", {}), 0)])
def test_candidates_of_some_forms_are_offered_to_the_bare_base_alone(base, worn, offered):
    subject = replace(SUBJECT, unworn=("direct",))
    rows = asking.ask(base, subject, QUESTIONS, {form: [worn] for form in QUESTIONS})
    assert {row["choices"] for row in rows if row["form"] == "direct"} == {offered}


def test_the_default_study_is_complete_and_each_expert_is_asked_alone():
    study = complete(STUDY)
    found = study.recipe("F_P0i")
    assert found.setting == "F"
    assert found.libraries["AB"] == ["AB"]
    assert found.libraries["L2"] == ["AB", "BC"]
    assert set(found.experts) >= {"AB", "BC", "AC", "joint+T"}
    assert "G" not in found.experts
    assert study.recipe("F_Pcr").experts[-1] == "G"


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("subjects", "magic"), {"x": 1}, "subjects"),
        (("rules", "sum", "method"), "sums", "rules.sum.method: found 'sums', expected one of"),
        (("rules", "sum", "scal"), 1, "rules.sum.method.scal: found 'scal', expected an option"),
        (("rules", "twins", "twin"), "x", "rules.twins.twin: found 'x', expected a kind of twin"),
        (("scenes", "F_P0i", "base"), "P1", "scenes.F_P0i.base: found 'P1', expected a base"),
        (
            ("scenes", "F_P0i", "setting"),
            "G",
            "scenes.F_P0i.setting: found 'G', expected a setting",
        ),
        (
            ("scenes", "F_P0i", "subject"),
            "x",
            "scenes.F_P0i.subject: found 'x', expected a subject",
        ),
        (
            ("scenes", "problems", "subject"),
            "maths",
            "scenes.problems.subject: found 'maths', expected a subject, one of ['math', 'places', "
            "'two_hop']; did you mean 'math'?",
        ),
        (("scenes", "F_P0i", "rules"), ["x"], "scenes.F_P0i.rules: found 'x', expected one of"),
        (
            ("scenes", "F_P0i", "libraries"),
            ["L9"],
            "scenes.F_P0i.libraries: found 'L9', expected one of the study's libraries",
        ),
        (
            ("subjects", "math"),
            {"model": {"width": 8, "layers": 1}, "lora": STUDY["subjects"]["math"]["lora"]},
            "subjects.math: found ['model'], expected both model and pretraining, or neither",
        ),
        (
            ("base",),
            ...,
            "subjects.places: found 'neither pretraining nor a base to fetch', expected one of the "
            "two; give the subject model and pretraining, or the study base.source",
        ),
        (
            ("subjects", "places"),
            STUDY["subjects"]["math"] | {"material": {}},
            "scenes.F_real.base: found 'fetched', expected a base that the study trains, since "
            "subjects.places has pretraining; name another base, or remove",
        ),
        (
            ("subjects", "math"),
            {"lora": STUDY["subjects"]["math"]["lora"]},
            "scenes.problems.base: found 'sums', expected fetched, since subjects.math has no "
            "pretraining; name the base fetched, or give subjects.math model and pretraining",
        ),
        (
            ("scenes", "problems"),
            STUDY["scenes"]["F_real"],
            "subjects.math: found ['places', 'two_hop'], expected also a scene of this subject",
        ),
        (
            ("subjects", "math", "model", "width"),
            12,
            "subjects.math.model.width: found 12, expected a multiple of 8",
        ),
        (("rules", "dare", "prototypes"), "x", "rules.dare.prototypes: found 'x', expected one of"),
        (("rules", "su m"), {"method": "dare"}, "rules: found 'su m', expected small letters"),
        (("libraries", "L2"), [], "libraries.L2: found [], expected at least one entry"),
        (("libraries", "L2"), ["A", "A"], "libraries.L2: found ['A', 'A'], expected each entry"),
        (("base", "source", "kind"), "torrent", "base.source.kind: found 'torrent', expected one"),
    ],
)
def test_a_name_that_nothing_declares_is_one_line(place, value, message):
    study = yaml.safe_load(yaml.safe_dump(STUDY))
    inner = study
    for key in place[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    with pytest.raises(InputError, match=re.escape(message)):
        complete(study)
