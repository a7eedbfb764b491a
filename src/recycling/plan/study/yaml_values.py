"""What a study may be written with: text, whole and finite numbers, true and false, lists, keys.

YAML knows more than a study needs - dates, sets, `.nan`, keys that are numbers or `no`, anchors
that hold themselves - and each would end as a traceback far from the line that it came from.
"""

import math
from pathlib import Path
from typing import Any
from unicodedata import category

import yaml

from recycling.ground.errors import InputError

DEEPEST = 20
LARGEST = 2**63 - 1


def copied(value: Any, key: str = "", depth: int = 0) -> Any:
    """A copy of `value` that shares nothing with it, aliases of YAML spelled out.

    Raises InputError for what JSON cannot say, for numbers that are no number or beyond 64 bits,
    for text that is not valid Unicode and for nesting deeper than 20.
    """
    if depth > DEEPEST:
        raise _refused(key, "...", f"at most {DEEPEST} levels", "remove the anchor or the nesting")
    if isinstance(value, dict):
        for name in value:
            if not isinstance(name, str):
                raise _refused(key, name, "text as a key", "put the key in quotes")
            _check_text(key, name)
        return {
            name: copied(inner, f"{key}.{name}".lstrip("."), depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [copied(inner, f"{key}.{i}".lstrip("."), depth + 1) for i, inner in enumerate(value)]
    if isinstance(value, str):
        _check_text(key, value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise _refused(key, value, "a finite number", "correct the value")
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise _refused(key, value, "a number of at most 64 bits", "write a smaller one")
    elif value is not None and not isinstance(value, int | float):
        raise _refused(key, value, "text, a number, a list or keys", "put the value in quotes")
    return value


def check_keys(path: Path) -> None:
    """Raise InputError when the YAML file at `path` gives a key twice; YAML keeps the last one."""
    try:
        nodes = [("", yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader))]
    except yaml.YAMLError:
        return  # JSON with tabs: Snakemake has read the file
    # Nodes of anchors are shared, and one may hold itself.
    seen: set[int] = set()
    while nodes:
        key, node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += [(f"{key}.{i}".lstrip("."), inner) for i, inner in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for name, inner in node.value:
                text, line = str(name.value), name.start_mark.line + 1
                below = f"{key}.{text}".lstrip(".")
                if text in lines:
                    found = f"it in lines {lines[text]} and {line}"
                    raise _refused(below, found, "a key once", "rename or remove one of the two")
                lines[text] = line
                nodes.append((below, inner))


def _check_text(key: str, text: str) -> None:
    # Control characters and lone surrogates; spaces of all kinds are fine.
    if any(category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
        raise _refused(key, text, "text of printable characters", "remove the other characters")


def _refused(key: str, found: Any, expected: str, remedy: str) -> InputError:
    return InputError("config", key or "(top level)", found, expected, remedy)
