"""The documents say what the tables and the tests hold."""

import re
from pathlib import Path

import pytest

from recycling import config

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/methods.md").read_text()


@pytest.mark.parametrize(("heading", "table"), [("Methods", "methods"), ("Twins", "twins")])
def test_every_entry_has_one_row_and_no_other_has(heading, table):
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    assert [row[0].strip(" `") for row in rows] == list(config.table(table))
    assert {len(row) for row in rows} == {6}
    assert all("`test_" in "|".join(row) for row in rows)


@pytest.mark.parametrize("oracle", sorted(set(re.findall(r"`(test_\w+\.py::\w+)`", PAGE))))
def test_every_oracle_exists(oracle):
    file, name = oracle.split("::")
    assert f"def {name}(" in (ROOT / "tests" / file).read_text()
