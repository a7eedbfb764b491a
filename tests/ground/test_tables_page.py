"""The page of tables is that of the schemas, and every column has a meaning and a unit."""

from dataclasses import fields

import describe_tables as describe
import pytest

from recycling.tasks.prediction import Prediction

SCHEMAS = describe.schemas()
ABOUT = describe.dictionary()


def test_the_page_is_that_of_the_schemas():
    assert describe.PAGE.read_text() == describe.page(), "make tables writes it anew"


@pytest.mark.parametrize("table", SCHEMAS)
def test_every_column_has_a_meaning_and_every_number_a_unit(table):
    for column, kind in SCHEMAS[table].items():
        unit, meaning = describe.said(ABOUT, table, column)
        assert len(meaning) > 4, column
        assert bool(unit) == (kind in describe.NUMBERS), column


def test_nothing_is_said_of_what_is_not_there():
    assert list(ABOUT["tables"]) == list(SCHEMAS)
    own = {(table, column) for table, said in ABOUT["of_table"].items() for column in said}
    assert own <= {(table, column) for table, columns in SCHEMAS.items() for column in columns}
    used = {
        column
        for table, columns in SCHEMAS.items()
        for column in columns
        if (table, column) not in own
    }
    assert set(ABOUT["columns"]) == used


def test_predictions_have_the_columns_that_are_described():
    assert list(ABOUT["predictions"]) == ["arm", *(field.name for field in fields(Prediction))]


def test_a_meaning_that_a_comma_cuts_short_is_refused():
    with pytest.raises(ValueError, match="too many values"):
        describe.said({"of_table": {}, "columns": {"n": ["count", "rows", "of a test"]}}, "t", "n")


def test_a_column_without_a_meaning_is_refused():
    with pytest.raises(KeyError, match="unheard_of"):
        describe.said(ABOUT, "scores", "unheard_of")
