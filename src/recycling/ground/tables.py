"""Files that cross a rule: fixed order, fixed precision, closed schemas, never half-written.

pandas is imported where a table is read or written: the Snakefile passes here too, in every job.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from recycling.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = Path(__file__).with_name("tables.yaml")
DTYPES = {"string": "string", "integer": "Int64", "number": "Float64", "boolean": "boolean"}


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error.

    Its name is always the same, so that the next writer takes over what a killed one left.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def reading(path: str | Path, *faults: type[Exception]) -> Iterator[None]:
    """Name the file at `path` when the block finds that it is damaged.

    Turns a ValueError, and `faults` of a library that raises something else, into an InputError.
    Only damage that makes a file unreadable shows: another digit in a number does not.
    """
    every: tuple[type[Exception], ...] = (ValueError, *faults)
    try:
        yield
    except InputError:
        raise
    except every as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: str | Path, found: str) -> InputError:
    return InputError(
        str(path),
        "content",
        found,
        "what this workflow wrote there",
        "the file is damaged or edited: delete it and run again",
    )


@cache
def columns(schema: str) -> dict[str, str]:
    """Column -> type of the table `schema`, in the order of `tables.yaml` beside this file."""
    tables: dict[str, dict[str, str]] = yaml.safe_load(SCHEMA.read_text())
    return tables[schema]


def _checked(frame: pd.DataFrame, schema: str, thing: str) -> pd.DataFrame:
    expected = columns(schema)
    if list(frame.columns) != list(expected):
        raise InputError(
            thing,
            "columns",
            list(frame.columns),
            f"{list(expected)} (table {schema!r} of recycling/ground/tables.yaml)",
            "delete the file and run again, it was made by another version",
        )
    try:
        return frame.astype({name: DTYPES[kind] for name, kind in expected.items()})
    except (TypeError, ValueError) as error:
        raise InputError(
            thing,
            "values",
            str(error),
            f"the types of table {schema!r}",
            "delete the file and run again, its content is damaged",
        ) from error


def write_table(rows: pd.DataFrame | list[dict[str, Any]], path: str | Path, schema: str) -> None:
    """Write a TSV whose columns are exactly those of `schema`; numbers get 6 significant digits."""
    import pandas as pd

    frame = (
        rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=[*columns(schema)])
    )
    checked = _checked(frame.reset_index(drop=True), schema, str(path))
    with replacing(path) as temporary:
        checked.to_csv(temporary, sep="\t", index=False, float_format="%.6g", lineterminator="\n")


def read_table(path: str | Path, schema: str) -> pd.DataFrame:
    """Read a TSV that `write_table` wrote; empty cells are missing values.

    Raises InputError for another content, such as a last line that was cut short.
    """
    import pandas as pd

    if not Path(path).read_bytes().endswith(b"\n"):
        raise _damaged(path, "a last line without a line break")
    with reading(path):
        frame = pd.read_csv(path, sep="\t", dtype="string", keep_default_na=False, na_values=[""])
    for name, kind in columns(schema).items():
        if kind == "boolean" and name in frame:
            frame[name] = frame[name].map({"True": True, "False": False})
    return _checked(frame, schema, str(path))


def write_parquet(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a parquet file, without the index."""
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False)


def read_parquet(path: str | Path) -> pd.DataFrame:
    """Read a parquet file. Raises InputError for a damaged one."""
    import pandas as pd

    with reading(path, OSError):
        return pd.read_parquet(path)


def write_json(record: Any, path: str | Path) -> None:
    """Write JSON with sorted keys."""
    with replacing(path) as temporary:
        temporary.write_text(
            json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        )


def read_json(path: str | Path) -> Any:
    """Read a JSON file. Raises InputError for a damaged one."""
    with reading(path):
        return json.loads(Path(path).read_text())
