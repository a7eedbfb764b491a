"""The checks of a replay's configuration that a schema cannot make."""

from collections.abc import Mapping
from typing import Any

from recycling.ground.errors import InputError


def check(study: Mapping[str, Any]) -> None:
    """Raise InputError for a name that the configuration does not declare."""
    matrices = {"labelled": study["labelled"]} | {
        f"outcomes.{name}": matrix for name, matrix in study["outcomes"].items()
    }
    for where, matrix in matrices.items():
        _require(f"{where}.file", matrix["file"], study["files"], "a file")
        for task in matrix["columns"]:
            _require(f"{where}.columns", task, study["tasks"], "a task")
        if "base" in matrix:
            _require(f"{where}.base.file", matrix["base"]["file"], study["files"], "a file")
    if "adapters" in study:
        _require("adapters", study["adapters"], study["files"], "a file")
    for name, method in study["methods"].items():
        _require(f"methods.{name}.file", method["file"], study["files"], "a file")
    for position, pair in enumerate(study["contrasts"]):
        for side in ("method", "reference"):
            _require(f"contrasts.{position}.{side}", pair[side], study["methods"], "a method")


def _require(key: str, value: str, known: Any, what: str) -> None:
    if value not in known:
        raise InputError(
            "config", key, value, f"{what}, one of {sorted(known)}", "correct it or declare it"
        )
