"""What YAML of a study may hold: text, whole and finite numbers, true and false, lists, keys.

YAML knows more than a study needs - dates, sets, `.nan`, keys that are numbers or `no`, anchors
that hold themselves or stand for billions of values - and each would end as a traceback far from
the line that it came from, or in no end at all.
"""

import json
import math
from pathlib import Path
from typing import Any
from unicodedata import category

import yaml

from recycling.ground import regular_file
from recycling.ground.errors import InputError

DEEPEST = 20
LARGEST = 2**63 - 1
LONGEST = 10_000
MOST_BYTES = 2_000_000
MOST_VALUES = 200_000


def copied(value: Any, key: str = "", depth: int = 0) -> Any:
    """A copy of `value` that shares nothing with it, aliases of YAML spelled out.

    Raises InputError for what JSON cannot say, for numbers that are no number or beyond 64 bits,
    for text that is not valid Unicode or beyond 10,000 characters, and for nesting deeper than 20.
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


def read(path: Path) -> Any:
    """What the YAML or JSON file at `path` says.

    Raises InputError, which names the file, for what is no regular file of UTF-8 text or no YAML,
    for more than 2 MB, for anchors that are more than 200,000 values when spelled out, and for a
    key that is given twice: YAML and JSON keep the last one.
    """
    text = _text(path)
    try:
        # JSON is read as JSON, as Snakemake does: 1e5 is no number in YAML.
        return _from_json(text) or _from_yaml(path, text)
    except InputError:
        raise
    except Exception as error:
        # PyYAML raises a dozen kinds beside its own: for an escape beyond Unicode, a date that is
        # none, `!!bool maybe`, a number of too many digits, nesting.
        raise _unreadable(path, error) from None


def _text(path: Path) -> str:
    try:
        data = regular_file.read(path, MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if len(data) > MOST_BYTES:
        expected = f"at most {MOST_BYTES} bytes"
        raise InputError(str(path), "size", f"more than {MOST_BYTES}", expected, "shorten the file")
    return text


def _from_json(text: str) -> Any:
    """What `text` says as JSON; None where it is none, or gives a key twice."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None


def _from_yaml(path: Path, text: str) -> Any:
    top = yaml.compose(text, yaml.SafeLoader)
    if top is None:
        return None
    if _size(top, {}) > MOST_VALUES:
        found = f"more than {MOST_VALUES} values with its anchors spelled out"
        raise InputError(str(path), "size", found, "fewer", "remove the anchors")
    _check_keys(path, top)
    return yaml.SafeLoader("").construct_document(top)


def _check_keys(path: Path, top: yaml.Node) -> None:
    """Raise InputError for a key that is given twice."""
    nodes = [("", top)]
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
                    remedy = "rename or remove one of the two"
                    raise InputError(str(path), below, found, "a key once", remedy)
                lines[text] = line
                nodes.append((below, inner))


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values `node` is with its aliases spelled out, counted to just above the limit.

    A node inside itself counts once; `copied` refuses it by its depth.
    """
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = 1
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        inner = node.value
    elif isinstance(node, yaml.MappingNode):
        inner = [part for pair in node.value for part in pair]
    known[id(node)] += sum(_size(part, known) for part in inner)
    known[id(node)] = min(known[id(node)], MOST_VALUES + 1)
    return known[id(node)]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _check_text(key: str, text: str) -> None:
    if len(text) > LONGEST:
        found = f"{len(text)} characters"
        raise _refused(key[:LONGEST], found, f"at most {LONGEST} characters", "shorten the text")
    # Control characters and lone surrogates; spaces of all kinds are fine.
    if any(category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
        raise _refused(key, text, "text of printable characters", "remove the other characters")


def _refused(key: str, found: Any, expected: str, remedy: str) -> InputError:
    return InputError("config", key or "(top level)", found, expected, remedy)


def _unreadable(path: Path, error: Exception) -> InputError:
    found = f"{type(error).__name__}: {error}".replace(str(path), path.name)
    return InputError(str(path), "content", found, "YAML in UTF-8", "correct the file or its path")
