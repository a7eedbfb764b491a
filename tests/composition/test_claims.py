"""The claims of a composition study: confirmed, contradicted or open, as the answers have it."""

from dataclasses import replace
from itertools import product

import pandas as pd
import pytest
from scipy.stats import binomtest

from recycling.composition import claims, results
from recycling.composition import page as report
from recycling.composition.claim_data import Evidence
from recycling.composition.claims import CLAIMS, judged, verdict
from recycling.composition.scenes import Asked

QUESTIONS = 64
SCENES = {
    "F_P0i": Asked(base="P0i", setting="F"),
    "F_Pci": Asked(base="Pci", setting="F"),
    "F_Pcr": Asked(base="Pcr", setting="F"),
    "Rn_Pcr": Asked(base="Pcr", setting="Rn"),
}
PROBLEMS = {
    "code": Asked(base="problems", setting="code"),
    "running": Asked(base="problems", setting="running"),
    "code_unread": Asked(base="basics", setting="code_unread"),
}
LIBRARIES = ("L2", "L3", "L2+T", "L2+Tx", "L2+Ta")
RULES = ("uniform", "sum", "arrow", "arrow_random", "twins")
FORMS = ("hop1", "hop2", "direct", "chain")


def as_foretold(scene, library, rule, form):
    """How many of the questions are right where all claims hold."""
    if form == "mixed":
        return 50 if library == "words" and rule != "twins" else 20
    if rule == "twins":
        return 0
    if form in ("hop1", "hop2"):
        return 20 if rule == "arrow_random" else 60
    if form == "direct":
        return 50 if library == "L3" else 1
    if scene == "Rn_Pcr" or library in ("L2+Tx", "L2+Ta"):
        return 0
    known = scene == "F_Pcr" or library == "L2+T"
    return 0 if not known or rule == "arrow_random" else 45


def asked():
    """Scene, library, rule and form of every cell."""
    yield from product(SCENES, LIBRARIES, RULES, FORMS)
    yield from product(PROBLEMS, ["words", "two_styles"], RULES, ["mixed"])
    yield from product(PROBLEMS, ["A", "B"], ["alone"], ["mixed"])


def evidence(right=as_foretold):
    rows = [
        {
            "scene": scene,
            "library": library,
            "rule": rule,
            "replicate": str(number % 8),
            "form": form,
            "example": str(number),
            "answer": "x",
            "said": "x",
            "right": number < right(scene, library, rule, form),
            "steps_right": None,
            "choice_right": number < right(scene, library, rule, form)
            if form == "direct"
            else None,
            "choices": 32,
        }
        for scene, library, rule, form in asked()
        for number in range(QUESTIONS)
    ]
    measured = results.measures(pd.DataFrame(rows))
    chance = measured.groupby("scene")["chance"].mean().to_dict()
    return Evidence(SCENES | PROBLEMS, results.answered(measured), chance), measured


def says(table, claim):
    return verdict(table.loc[table["claim"] == claim, "says"].tolist())


@pytest.fixture(scope="module")
def expected():
    return evidence()


@pytest.fixture(scope="module")
def foretold(expected):
    return judged(expected[0])


@pytest.fixture(scope="module")
def shares(expected):
    return results.shares(expected[1])


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_is_confirmed_by_what_it_foretells(foretold, claim):
    assert says(foretold, claim).startswith("confirmed (")


def better(name, **where):
    """All as foretold but where the keys match: there so many are right."""

    def right(scene, library, rule, form):
        here = {"scene": scene, "library": library, "rule": rule, "form": form}
        if all(here[key] in values for key, values in where.items()):
            return name
        return as_foretold(scene, library, rule, form)

    return right


@pytest.mark.parametrize(
    ("claim", "right"),
    [
        ("direct_at_chance", better(20, library=["L2"], form=["direct"])),
        ("right_template", better(45, library=["L2+Tx", "L2+Ta"], form=["chain"])),
        ("selection", better(60, library=["L2"], rule=["arrow", "arrow_random"])),
        ("both_lists", better(20, library=["words"], form=["mixed"])),
        ("way_in_experts", better(20, scene=["code_unread"], form=["mixed"])),
        ("one_style", better(50, library=["two_styles"], form=["mixed"])),
        ("sum_arrow_uniform", better(10, rule=["sum", "arrow"], form=["chain"])),
        ("target_expert", better(1, library=["L3"], form=["direct"])),
        ("known_template", better(0, scene=["F_Pcr"], library=["L2"], form=["chain"])),
        ("unseen_relations", better(40, scene=["Rn_Pcr"], rule=["uniform", "sum", "arrow"])),
    ],
)
def test_a_claim_is_contradicted_by_the_opposite(claim, right):
    word = says(judged(evidence(right)[0]), claim)
    assert word.startswith("contradicted")


@pytest.mark.parametrize(("expert", "word"), [("A", "undecided"), ("Brunning", "contradicted")])
def test_a_library_with_an_expert_that_misses_its_gate_contradicts_nothing(expert, word):
    opposite, _ = evidence(better(20, scene=["code_unread"], form=["mixed"]))
    gates = pd.DataFrame({"scene": "code_unread", "expert": ["A", "B", expert], "passed": True})
    gates.loc[2, "passed"] = False
    libraries = {"words": ["A", "B"], "two_styles": ["A", "Brunning"]}
    failed = results.failed(gates, opposite.scenes, libraries)
    assert ("code_unread", "two_styles") in failed
    assert ("code_unread", expert) in failed
    assert ("code", "two_styles") not in failed
    table = judged(replace(opposite, failed=failed))
    assert says(table, "way_in_experts").startswith(word)
    assert says(table, "both_lists").startswith("confirmed")


def test_a_right_template_that_does_not_help_leaves_open_what_wrong_ones_do():
    nothing = better(0, library=["L2+T"], form=["chain"])
    table = judged(evidence(nothing)[0])
    assert "0 against" in says(table, "right_template")
    assert says(table, "right_template").startswith("undecided")


def test_chance_is_tested_exactly(foretold):
    rows = foretold[foretold["claim"] == "direct_at_chance"]
    assert len(rows) == 3 * 4
    row = rows.iloc[0]
    assert row["p"] == pytest.approx(binomtest(1, QUESTIONS, 1 / 32).pvalue)
    assert row["difference"] == pytest.approx(1 / QUESTIONS - 1 / 32)
    assert row["high"] >= binomtest(1, QUESTIONS, 1 / 32).proportion_ci().high - 1 / 32


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], "not tested"),
        (["as foretold", "as foretold"], "confirmed (2 as foretold, 0 against, 0 open)"),
        (["as foretold", "open"], "undecided"),
        (["against", "open"], "contradicted"),
        (["against", "as foretold"], "contradicted in part"),
    ],
)
def test_verdicts(outcomes, expected):
    assert verdict(outcomes).startswith(expected)


def test_the_page_has_every_claim_gate_and_base(foretold, shares):
    gates = pd.DataFrame(
        [
            {"scene": "F", "expert": "AB", "measure": "hop1", "n": 9, "share": 1.0, "lowest": 1.0},
            {"scene": "F", "expert": "BC", "measure": "hop2", "n": 9, "share": 0.5, "lowest": 0.4},
        ]
    ).assign(passed=[True, False])
    steps = shares[shares["measure"] == "chain"].assign(measure="chain_steps")
    table = pd.concat([shares, steps])
    page = report.text({"two_hop": table}, gates, foretold, SCENES, "toy")
    assert "1 of 2 experts know" in page
    assert "* BC of F: hop2 0.50, in its worst world 0.40, n = 9" in page
    assert all(about.claim in page for about in CLAIMS.values())
    assert page.count("**Confirmed (") == len(claims.CLAIMS)
    assert "### Base Pci" in page
    assert "| F_Pcr | L2 | arrow | 64 | 8 | 0.02 [" in page


def test_a_page_of_other_subjects_has_no_claims_and_says_what_the_bare_base_knows(shares):
    known = shares[shares["measure"] == "hop1"].assign(measure="hop1_choice", chance=1 / 32)
    base = known[(known["library"] == "L2") & (known["rule"] == "sum")]
    base = base.assign(library="base", rule="none", p_holm=0.5)
    gates, none = pd.DataFrame([{"passed": True}]), judged(Evidence({}, {}, {}))
    page = report.text({"places": pd.concat([base, shares])}, gates, none, {}, "toy")
    assert "## A real model" in page
    assert not any(about.claim in page for about in CLAIMS.values())
    (line,) = [line for line in page.splitlines() if "| F_P0i | base | none |" in line]
    assert "chance 0.031, p 0.5" in line
    (line,) = [line for line in page.splitlines() if "| F_P0i | L2 | sum |" in line]
    assert line.startswith("| F_P0i | L2 | sum | 64 | 8 |  |  | 0.0")
