"""Functions that a study chooses by name, with options that it gives them.

A table maps a name to an entry point `package.module:function`. What the function computes with is
not imported to check a name and its options, because these are read from the source: the
keyword-only arguments of the function, with their types and defaults.
"""

import ast
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from recycling.ground.errors import InputError, unknown_name

TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
}


def load(entry: str) -> Callable[..., Any]:
    """The function behind an entry point."""
    module, name = entry.split(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


@cache
def source(module: str) -> Path:
    """The file of a module of this library, found without importing it."""
    path = Path(__file__).resolve().parents[2].joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


class Row(Protocol):
    """A row of a table of interchangeable functions."""

    @property
    def entry(self) -> str:
        """The function, as `package.module:name`."""
        ...


def entries(table: Mapping[str, Row]) -> dict[str, str]:
    """Name -> entry point of a table of rows."""
    return {name: row.entry for name, row in table.items()}


@cache
def options(entry: str) -> dict[str, tuple[str, Any]]:
    """Option name -> (annotation, default) of an entry point; `...` marks a required option."""
    module, name = entry.split(":")
    for node in ast.parse(source(module).read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return {
                argument.arg: (
                    ast.unparse(argument.annotation) if argument.annotation else "",
                    ... if default is None else ast.literal_eval(default),
                )
                for argument, default in zip(
                    node.args.kwonlyargs, node.args.kw_defaults, strict=True
                )
            }
    raise LookupError(f"{entry}: no top-level function {name} in {source(module)}; mend the table")


def check(table: Mapping[str, str], name: str, given: Mapping[str, Any], where: str) -> None:
    """Raise InputError unless `name` is in `table` and `given` fits its function's options."""
    if name not in table:
        remedy = "choose one of them or add it there"
        raise unknown_name("config", where, name, sorted(table), "", remedy)
    known = options(table[name])
    for key, value in given.items():
        if key not in known:
            what, remedy = f"an option of {name!r}, ", "correct the spelling or remove the key"
            raise unknown_name("config", f"{where}.{key}", key, sorted(known), what, remedy)
        _check_type(known[key][0], value, f"{where}.{key}")
    missing = [key for key, (_, default) in known.items() if default is ... and key not in given]
    if missing:
        raise InputError("config", where, given, f"also {missing}", f"add the options of {name!r}")


def _check_type(annotation: str, value: Any, where: str) -> None:
    tree = ast.parse(annotation, mode="eval").body
    if isinstance(tree, ast.Subscript) and ast.unparse(tree.value) == "Literal":
        allowed = ast.literal_eval(tree.slice)
        allowed = allowed if isinstance(allowed, tuple) else (allowed,)
        if value not in allowed:
            raise InputError("config", where, value, f"one of {list(allowed)}", "choose one")
        return
    names = [part.strip() for part in annotation.split("|")]
    if value is None and "None" in names:
        return
    kinds = tuple(kind for name in names for kind in TYPES.get(name.partition("[")[0], ()))
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise InputError("config", where, value, annotation, "correct the value")
