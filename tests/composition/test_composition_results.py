"""Tables of a composition study: exact chance, exact tests and gates, by hand and by scipy."""

import itertools

import pandas as pd
import pytest
from scipy import stats

from recycling.composition import results

ANSWERS = ["u", "v", "w", "u"]


def answered(rule, right, replicate="0", library="L2", form="direct"):
    return [
        {
            "scene": "F",
            "library": library,
            "rule": rule,
            "replicate": replicate,
            "form": form,
            "example": str(number),
            "answer": answer,
            "said": answer if hit else "none",
            "right": bool(hit),
            "steps_right": True if form == "chain" else None,
            "choice_right": bool(hit) if form == "direct" else None,
            "choices": 4,
        }
        for number, (answer, hit) in enumerate(zip(ANSWERS, right, strict=True))
    ]


def measured(*groups):
    return results.measures(pd.DataFrame([row for group in groups for row in group]))


def cell(table, **where):
    for key, value in where.items():
        table = table[table[key] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_each_form_has_its_measures_and_chance_is_one_in_n():
    rows = measured(answered("uniform", [1, 0, 0, 0]), answered("uniform", [1] * 4, form="chain"))
    assert set(rows["measure"]) == {"direct", "direct_choice", "chain", "chain_steps"}
    table = results.shares(rows)
    assert cell(table, measure="direct_choice")["chance"] == 0.25
    assert table[table["measure"] != "direct_choice"]["chance"].isna().all()


def test_chance_is_tested_by_the_exact_binomial_and_holm_over_the_cells():
    groups = [
        answered(rule, right, replicate)
        for rule, right in (("uniform", [1, 1, 1, 1]), ("sum", [0, 1, 0, 0]))
        for replicate in "01"
    ]
    table = results.shares(measured(*groups))
    uniform = cell(table, rule="uniform", measure="direct_choice")
    summed = cell(table, rule="sum", measure="direct_choice")
    assert uniform["p"] == pytest.approx(stats.binomtest(8, 8, 0.25).pvalue)
    assert summed["p"] == pytest.approx(stats.binomtest(2, 8, 0.25).pvalue)
    assert uniform["p_holm"] == pytest.approx(2 * uniform["p"])
    assert (uniform["n"], uniform["right"], uniform["replicates"]) == (8, 8, 2)


def test_shuffled_is_the_mean_over_all_ways_to_deal_out_the_answers():
    rows = measured(answered("uniform", [1, 1, 0, 1]))
    said = ["u", "v", "none", "u"]
    shares = [
        sum(one == other for one, other in zip(said, dealt, strict=True)) / 4
        for dealt in itertools.permutations(ANSWERS)
    ]
    found = cell(results.shares(rows), measure="direct")
    assert found["shuffled"] == pytest.approx(sum(shares) / len(shares))
    assert found["majority"] == 0.5


def test_rules_are_compared_by_mcnemar_s_exact_test():
    first, second = [1, 1, 0, 1], [0, 0, 1, 0]
    table = results.contrasts(measured(answered("arrow", first), answered("uniform", second)))
    found = cell(table, measure="direct", rule="arrow", reference="uniform")
    assert (found["only_rule"], found["only_reference"]) == (3, 1)
    assert found["p"] == pytest.approx(stats.binomtest(3, 4, 0.5).pvalue)
    assert found["difference"] == 0.5


def test_rules_that_never_differ_are_not_different():
    table = results.contrasts(measured(answered("arrow", [1] * 4), answered("uniform", [1] * 4)))
    assert set(table["p"]) == {1.0}


def test_a_gate_is_passed_only_if_every_replicate_passes():
    own = {"AB": ["direct"]}.get
    passed = measured(answered("alone", [1] * 4, library="AB"))
    failed = measured(
        answered("alone", [1] * 4, "0", "AB"), answered("alone", [1, 1, 1, 0], "1", "AB")
    )
    assert results.gates(passed, own)["passed"].all()
    found = cell(results.gates(failed, own), expert="AB", measure="direct")
    assert (found["share"], found["lowest"], found["passed"]) == (0.875, 0.75, False)
