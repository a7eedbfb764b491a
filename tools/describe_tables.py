"""Write docs/tables.md, the data dictionary, from the schemas of tables and what columns mean.

make tables
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from recycling.ground import tables
from recycling.ground.tables import replacing

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/tables.md"
DICTIONARY = tables.SCHEMA.with_name("dictionary.yaml")
NUMBERS = ("integer", "number")
HEAD = """# Every table and its columns

Made by `make tables` from `src/recycling/ground/tables.yaml` (columns and types) and
`dictionary.yaml` beside it (meanings and units); do not edit it by hand.

Files are UTF-8 text, one line a row, columns separated by tabs, the first line their names. An
empty cell is a missing value. Truth values are `True` and `False`. Numbers have 6 significant
digits. A file is below `results/STUDY/` if nothing else is said, and `{...}` in its path stands for
any name. A study writes the tables of its kind only.

A *share* lies between 0 and 1; a difference of shares between -1 and 1. A likelihood (`nll`) is in
nats per token, and less is better. Other words are in the [glossary](glossary.md), and
[statistics.md](statistics.md) says how intervals are made.
"""
PREDICTIONS = """## predictions

`predictions/{task}/{replicate}.parquet`. What an arm said to a test row. `tables/examples.parquet`
has the scores of each: `arm`, `task`, `replicate`, `example` and a column for each metric.

| column | unit | meaning |
| --- | --- | --- |"""


def dictionary() -> dict[str, Any]:
    """What is said of tables and columns."""
    found: dict[str, Any] = yaml.safe_load(DICTIONARY.read_text())
    return found


def schemas() -> dict[str, dict[str, str]]:
    """Table -> column -> type."""
    found: dict[str, dict[str, str]] = yaml.safe_load(tables.SCHEMA.read_text())
    return found


def said(about: dict[str, Any], table: str, column: str) -> tuple[str, str]:
    """Unit and meaning of a column, the unit empty where it has none; KeyError without a meaning.

    What is said of the column in this table counts before what is said of it in all.
    """
    return _pair(about["of_table"].get(table, {}).get(column) or about["columns"][column])


def _pair(entry: str | list[str]) -> tuple[str, str]:
    # An unquoted comma in the file would make a third element: that is an error, not a short text.
    unit, meaning = ("", entry) if isinstance(entry, str) else entry
    return unit, meaning


def page() -> str:
    """The page of all tables."""
    return "\n".join([HEAD, *_lines(dictionary())]) + "\n"


def _lines(about: dict[str, Any]) -> Iterator[str]:
    for table, columns in schemas().items():
        files, row = about["tables"][table]
        found = ", ".join(f"`{file}`" for file in files.split("; "))
        yield f"## {table}\n\n{found}. A row: {row[0].lower()}{row[1:]}\n"
        yield "| column | type | unit | meaning |\n| --- | --- | --- | --- |"
        for column, kind in columns.items():
            unit, meaning = said(about, table, column)
            yield f"| `{column}` | {kind} | {unit} | {_sentence(meaning)} |"
        yield ""
    yield PREDICTIONS
    for column, entry in about["predictions"].items():
        unit, meaning = _pair(entry)
        yield f"| `{column}` | {unit} | {_sentence(meaning)} |"


def _sentence(text: str) -> str:
    return text.rstrip(".") + "."


def main() -> None:
    """Write the page."""
    with replacing(PAGE) as temporary:
        temporary.write_text(page())


if __name__ == "__main__":
    main()
