"""Tables and records as files: what is written is read again, and half a file never stays."""

import subprocess
import sys

import pandas as pd
import pytest
import studies

from recycling.ground import tables
from recycling.ground.errors import InputError

ROWS = [{"position": 1, "adapter": "a--b", "shard": 0, "score": 0.123456789, "passed_over": ""}]


def test_table_round_trip_keeps_types_and_six_digits(tmp_path):
    path = tmp_path / "ranking.tsv"
    tables.write_table(ROWS, path, "ranking")
    assert (
        path.read_text() == "position\tadapter\tshard\tscore\tpassed_over\n1\ta--b\t0\t0.123457\t\n"
    )
    read = tables.read_table(path, "ranking")
    assert read["position"].dtype == "Int64"
    assert read["score"][0] == pytest.approx(0.123457)


def test_table_keeps_missing_values_and_booleans(tmp_path):
    path = tmp_path / "curve.tsv"
    row = {"step": 0, "train_loss": None, "valid_loss": 1.0, "kept": True}
    tables.write_table([row, row | {"kept": False}], path, "curve")
    read = tables.read_table(path, "curve")
    assert read["train_loss"].isna().all()
    assert read["kept"].tolist() == [True, False]


def test_empty_table_has_its_columns(tmp_path):
    tables.write_table([], tmp_path / "curve.tsv", "curve")
    assert tables.read_table(tmp_path / "curve.tsv", "curve").empty


def test_table_with_other_columns_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"columns: found .*'extra'.*expected .*'position'"):
        tables.write_table(pd.DataFrame([ROWS[0] | {"extra": 1}]), tmp_path / "x.tsv", "ranking")


def test_table_with_other_types_is_an_error(tmp_path):
    path = tmp_path / "ranking.tsv"
    path.write_text("position\tadapter\tshard\tscore\tpassed_over\nfirst\ta\t0\t1\t\n")
    with pytest.raises(InputError, match=r"values: found .* the types of table 'ranking'"):
        tables.read_table(path, "ranking")


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "record.json"
    tables.write_json({"a": 1}, path)

    def fail() -> None:
        with tables.replacing(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert tables.read_json(path) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["record.json"]


def test_what_a_killed_writer_left_is_taken_over(tmp_path):
    path = tmp_path / "record.json"

    code = "import os; from recycling.ground import tables\n"
    code += f"with tables.replacing({str(path)!r}) as temporary:\n"
    code += "    temporary.write_text('more than what comes next'); os._exit(9)"
    source = studies.ROOT / "src"
    assert subprocess.run([sys.executable, "-c", code], cwd=source).returncode == 9
    assert len(list(tmp_path.iterdir())) == 1
    tables.write_json({"a": 1}, path)
    assert tables.read_json(path) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["record.json"]
