"""The table of optimism, on made-up pools where choice and difficulty of rows are known."""

from dataclasses import replace

import pandas as pd
import pytest
from synthetic_choice import ADAPTERS, EASIER, NOISE, ON_TEST, SINGLE, made

from recycling.ground import tables
from recycling.pool.judged import Judged
from recycling.verdict import optimism

# The expected highest of five and of three standard normal numbers (Harter, Biometrika 48, 1961).
HIGHEST_OF_FIVE, HIGHEST_OF_THREE = 1.16296, 0.84628


def found(table, quantity, selector, task="all"):
    chosen = (table["quantity"] == quantity) & (table["selector"] == selector)
    [row] = table[chosen & (table["task"] == task)].itertuples()
    return row


@pytest.mark.parametrize(
    ("selector", "about", "compared"),
    [("exact_match", ON_TEST, ADAPTERS), ("likelihood", SINGLE, 1)],
)
def test_optimism_is_the_luck_of_the_highest_and_difficulty_is_the_control(
    selector, about, compared, tmp_path
):
    table = optimism.table(*made(), {selector: about}, "fixed")
    tables.write_table(table, tmp_path / "x.tsv", "optimism")
    lucky = HIGHEST_OF_FIVE * NOISE
    truth = {"gap": EASIER + lucky, "control": EASIER, "optimism": lucky}
    for quantity, value in truth.items():
        row = found(table, quantity, selector)
        assert row.low < value < row.high
        assert row.high - row.low < 0.1
        assert (row.compared, row.n, row.replicates) == (compared, 120 * 48, 120)
    assert found(table, "optimism", selector).low > 0.05
    assert found(table, "gap", selector, "t1").replicates == 60


def test_a_choice_from_fewer_adapters_looks_less_too_good():
    """Where each adapter has a score on the test rows, parts of the pool are judged as well."""
    judged = {"exact_match": ON_TEST, "likelihood": SINGLE}
    whole = optimism.table(*made(), judged, "fixed")
    judged["exact_match"] = replace(ON_TEST, parts=["all", "few", "one"])
    table = optimism.table(*made(parts={"few": 3, "one": 1, "kin-same": 2}), judged, "fixed")
    pd.testing.assert_frame_equal(
        table[table["subpool"] == "all"].reset_index(drop=True), whole, check_exact=True
    )
    assert set(table[table["selector"] == "likelihood"]["subpool"]) == {"all"}
    of = table[(table["selector"] == "exact_match") & (table["task"] == "all")]
    due = of[of["quantity"] == "optimism"].set_index("subpool")
    assert list(due.index) == ["all", "few", "one"]
    assert list(due["compared"]) == [ADAPTERS, 3, 1]
    for part, highest in (("all", HIGHEST_OF_FIVE), ("few", HIGHEST_OF_THREE)):
        assert due["low"][part] <= highest * NOISE <= due["high"][part]
    assert due["value"]["one"] == 0 < due["low"]["few"]


def test_others_without_the_chosen_one_would_be_unlucky():
    """So the mean over the pool holds the chosen one: without it optimism is a quarter more."""
    ranked, scores = made()
    whole = optimism.table(ranked, scores, {"exact_match": ON_TEST}, "fixed")
    one = ranked.pivot_table(
        index=["task", "replicate", "adapter"], columns="selector", values=["score", "position"]
    )
    gaps = one["score"]["exact_match"] - one["score"]["oracle"]
    first = one["position"]["exact_match"] == 1
    without = gaps[first].mean() - gaps[~first].mean()
    told = found(whole, "optimism", "exact_match").value
    assert without == pytest.approx(told * ADAPTERS / (ADAPTERS - 1))


def test_without_others_the_two_causes_are_not_told_apart():
    table = optimism.table(*made(), {"likelihood": Judged("nll", arms=["best"])}, "fixed")
    assert set(table["quantity"]) == {"gap"}
    assert set(table["compared"]) == {0}


def test_a_task_on_which_the_arm_was_not_run_is_left_out_and_one_run_has_no_interval():
    ranked, scores = made(runs=1)
    scores = scores[(scores["task"] == "t0") | (scores["arm"] == "any")]
    table = optimism.table(ranked, scores, {"likelihood": SINGLE}, "fixed")
    assert set(table["task"]) == {"all", "t0"}
    assert table[["low", "high"]].isna().all(axis=None)
    others = scores[scores["arm"] == "any"]
    nothing = optimism.table(ranked, others, {"likelihood": SINGLE}, "fixed")
    assert nothing.empty
    assert list(nothing.columns) == list(tables.columns("optimism"))
