"""The committed tables of `make validity`: coverage and false findings of simulated studies."""

import pytest
import simulate_validity as validity

from recycling.ground import tables
from recycling.statistics.simulation import BY_ROWS, LEAST_COVERAGE

TABLE = tables.read_table(validity.FOLDER / "tables/validity.tsv", "validity")
LISTS = tables.read_table(validity.FOLDER / "tables/validity_lists.tsv", "validity_lists")

FOLDS = tables.read_table(validity.FOLDER / "tables/validity_folds.tsv", "validity_folds")


def test_every_cell_where_the_verdict_decides_has_its_coverage():
    decided = TABLE[TABLE["decides"]]
    assert (decided["coverage"] >= LEAST_COVERAGE).all()
    assert (LISTS["coverage"] >= LEAST_COVERAGE).all()
    assert (LISTS["runs_alone"] < 0.9).any()


def test_false_findings_are_no_more_than_the_level_allows():
    decided = TABLE[TABLE["decides"]]
    assert (decided["better"] <= 1 - LEAST_COVERAGE).all()
    assert (decided["equal"] <= 0.05).all()


def test_folds_have_their_coverage_where_the_verdict_decides():
    """As far as is assumed: a quarter of how trainings differ comes from their rows."""
    assumed = FOLDS[FOLDS["by_rows"] <= BY_ROWS]
    decided = assumed[assumed["decides"]]
    assert (decided["coverage"] >= LEAST_COVERAGE).all()
    assert (decided["better"] <= 1 - LEAST_COVERAGE).all()
    assert (decided["equal"] <= 0.05).all()
    assert FOLDS.loc[FOLDS["folds"] <= 5, "decides"].all()
    many = FOLDS[(FOLDS["folds"] == 10) & (FOLDS["replicates"] == 10)]
    assert not many["decides"].any()


def test_the_table_has_every_cell_that_is_asked_for():
    fixed = TABLE[TABLE["inference"] == "fixed"]
    for key, asked in (("tasks", validity.TASKS), ("runs", validity.RUNS)):
        assert set(fixed[key]) == set(asked)
    assert set(fixed["spread"]) == {0, 0.05, 0.1}
    assert set(TABLE["effects"]) == {"normal", "skewed"}
    assert set(fixed.loc[fixed["tasks"] > 1, "uneven"]) == {True, False}


@pytest.mark.slow
def test_another_seed_finds_the_same_rates():
    cells = [row for row in validity.cells() if row["tasks"] < 62]
    known = TABLE.set_index(list(cells[0]))
    for cell in cells:
        found = validity.simulated(cell, "another seed")
        stored = known.loc[tuple(cell.values())]
        for rate in ("coverage", "better", "equal", "power", "shown_equal"):
            assert found[rate] == pytest.approx(stored[rate], abs=0.04), cell
