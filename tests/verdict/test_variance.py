"""The table of variance: of scores and of differences, with what the study has."""

import numpy as np
import pytest
from synthetic_study import ARMS, STATISTICS, TASKS, scored

from recycling.ground import tables
from recycling.statistics import components
from recycling.verdict import summary, variance


@pytest.fixture(scope="module")
def made():
    answers = summary.answered(scored(n=20), list(ARMS), TASKS, STATISTICS)
    return answers, variance.table(answers, ARMS, STATISTICS, 1)


def test_scores_of_all_arms_and_each_deciding_difference_have_their_shares(made, tmp_path):
    answers, table = made
    tables.write_table(table, tmp_path / "x.tsv", "variance")
    pairs = table[["arm", "reference"]].drop_duplicates()
    named = [("", ""), *((one.arm, one.reference) for one in STATISTICS.primary)]
    assert sorted(pairs.itertuples(index=False, name=None)) == sorted(named)
    for _, part in table.groupby(["arm", "reference", "metric"]):
        assert part["share"].sum() == pytest.approx(1)
    assert set(table["n"]) == {answers.n} == {300}


def test_a_difference_is_taken_row_by_row(made):
    answers, table = made
    gaps = [[(run[:, 6, :1] - run[:, 1, :1]) for run in runs] for runs in answers.scores.values()]
    assert (answers.arms[6], answers.arms[1]) == ("adaptive", "fresh")
    strata = components.strata(gaps)
    expected = np.clip(strata.variances(strata.mean_squares), 0, None)
    rows = table[(table["arm"] == "adaptive") & (table["reference"] == "fresh")]
    assert list(rows[rows["metric"] == "exact_match"]["variance"]) == pytest.approx(expected)


def test_the_same_seed_gives_the_same_intervals_and_an_arm_more_changes_no_difference(made):
    answers, table = made
    again = variance.table(answers, ARMS, STATISTICS, 1)
    assert again.equals(table)
    fewer = {arm: ARMS[arm] for arm in ARMS if arm != "ties"}
    other = variance.table(
        summary.answered(scored(n=20), list(fewer), TASKS, STATISTICS), fewer, STATISTICS, 1
    )
    chosen = [frame[frame["arm"] != ""].reset_index(drop=True) for frame in (table, other)]
    assert chosen[0].equals(chosen[1])
