"""The map of transfer, on a made-up pool: values by hand, intervals and correlations by scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from synthetic_transfer import ADAPTERS, MEASURES, TASKS, made, merged

from recycling.ground import tables
from recycling.statistics import inference
from recycling.verdict import transfer_map


@pytest.fixture(scope="module")
def known():
    selection, scores = made()
    weights = transfer_map.weights(*merged(), set(ADAPTERS))
    return pd.concat([transfer_map.evidence(selection, scores, MEASURES, "base"), weights])


@pytest.fixture(scope="module")
def mapped(known):
    return transfer_map.table(known, {("a", ADAPTERS[1]): "same"})


def of(mapped, quantity, task, adapter):
    at = (mapped["quantity"] == quantity) & (mapped["task"] == task)
    [row] = mapped[at & (mapped["adapter"] == adapter)].itertuples()
    return row


def test_gains_are_over_the_base_and_weights_are_means_over_modules(mapped, tmp_path):
    tables.write_table(mapped, tmp_path / "x.tsv", "transfer")
    for i, adapter in enumerate(ADAPTERS):
        for task in TASKS:
            gain = of(mapped, "gain", task, adapter)
            assert (gain.by, gain.replicates) == ("exact_match", 3)
            assert gain.value == pytest.approx(0.01 * i)
            assert of(mapped, "closeness", task, adapter).value == pytest.approx(i + 0.1)
    assert of(mapped, "weight", "a", ADAPTERS[4]).value == pytest.approx(-10)
    assert set(mapped[mapped["quantity"] == "weight"]["adapter"]) == set(ADAPTERS[:5])
    assert of(mapped, "gain", "a", ADAPTERS[1]).kin == "same"
    assert of(mapped, "gain", "b", ADAPTERS[1]).kin == ""


def test_without_a_base_the_score_on_test_rows_stands_as_it_is():
    selection, scores = made()
    found = transfer_map.evidence(selection, scores, MEASURES, "")
    assert set(found["quantity"]) == {"test", "score", "closeness"}
    assert found[found["quantity"] == "test"]["value"].min() == pytest.approx(0.2)
    assert transfer_map.useful_kind(found) == ("test", "exact_match")
    fewer = transfer_map.evidence(selection, scores, {"evaluation": ("score", "nll")}, "base")
    assert transfer_map.useful_kind(fewer) == ("score", "nll")


def test_intervals_are_student_s_t_over_runs_with_the_allowance_for_failures(known, mapped):
    at = (known["quantity"] == "score") & (known["task"] == "a")
    values = known[at & (known["adapter"] == ADAPTERS[0])]["value"].to_numpy(float)
    half = stats.t.ppf(0.975, 2) * stats.sem(values) * inference.allowance(1, 3)
    row = of(mapped, "score", "a", ADAPTERS[0])
    assert (row.low, row.high) == pytest.approx((values.mean() - half, values.mean() + half))


def test_folds_are_worth_less_than_as_many_runs_and_parts_of_replicates_have_no_interval():
    """Nadeau and Bengio: 1/4 + 1/(2 - 1) times the variance of the folds, with 2 degrees."""
    rows = [
        {"quantity": quantity, "by": "b", "task": "a", "adapter": "x", "replicate": run, "value": v}
        for quantity, runs in (("score", 4), ("weight", 3))
        for run, v in [("0.0", 1.0), ("0.1", 2.0), ("1.0", 4.0), ("1.1", 8.0)][:runs]
    ]
    found = transfer_map.table(pd.DataFrame(rows), {}).set_index("quantity")
    spread = (0.5 + 8) / 2 * (1 / 4 + 1)
    half = stats.t.ppf(0.975, 2) * np.sqrt(spread) * inference.allowance(1, 4)
    assert found.loc["score", "high"] - 3.75 == pytest.approx(half)
    assert np.isnan(found.loc["weight", ["low", "high"]].tolist()).all()


def test_correlations_are_those_of_scipy_and_hold_adapters_that_were_merged_alone(mapped):
    found = transfer_map.correlations(mapped, 300, 1).set_index(["quantity", "task"])
    assert set(found["useful"]) == {"gain"}
    assert found.loc[("closeness", "all"), "value"] == pytest.approx(1)
    weight = found.loc[("weight", "all")]
    assert (weight["value"], weight["adapters"], weight["tasks"]) == (pytest.approx(-1), 5, 2)
    for task in TASKS:
        rows = mapped[mapped["task"] == task].pivot_table(
            index="adapter", columns="quantity", values="value"
        )
        expected = stats.spearmanr(rows["score"], rows["gain"]).statistic
        assert found.loc[("score", task), "value"] == pytest.approx(expected)
    chance = found.loc[("score", "all")]
    assert chance["low"] < 0 < chance["high"]


def test_fewer_than_four_adapters_have_no_correlation(mapped, tmp_path):
    few = mapped[mapped["adapter"].isin(ADAPTERS[:3])]
    found = transfer_map.correlations(few, 300, 1)
    assert found.empty
    tables.write_table(found, tmp_path / "x.tsv", "transfer_correlations")


def test_intervals_of_correlations_hold_the_truth_of_further_adapters():
    """Normal numbers with a correlation of 0.5, whose rank correlation is 6/pi asin(1/4)."""
    rng = np.random.default_rng(2)
    truth, held = 6 / np.pi * np.arcsin(0.25), []
    for seed in range(60):
        x = rng.standard_normal((2, 30))
        y = 0.5 * x + np.sqrt(0.75) * rng.standard_normal((2, 30))
        rows = [
            {"adapter": str(i), "task": str(t), "quantity": quantity, "by": "b", "value": of[t, i]}
            for quantity, of in (("gain", y), ("score", x))
            for t in range(2)
            for i in range(30)
        ]
        found = (
            transfer_map.correlations(pd.DataFrame(rows), 300, seed).set_index("task").loc["all"]
        )
        held.append(found["low"] <= truth <= found["high"])
    assert np.mean(held) >= 0.85


def test_a_copy_has_the_kin_of_its_family_and_other_tasks_none():
    accepted = pd.DataFrame({"adapter": ["x", "y", "z"], "family": ["x", "x", "z"]})
    names = {"x": {"x", "o/x"}, "y": {"y", "o/y"}, "z": {"z"}}
    found = transfer_map.grades(
        accepted, names, {"a": {"same": ["o/x", "rejected"], "sibling": []}}
    )
    expected = {("a", "x"): "same", ("a", "y"): "same", ("a", "z"): "unrelated"}
    assert found == expected
