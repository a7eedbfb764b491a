"""What is wrong with a study file, as one line in words: key, value, what is allowed, remedy."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from recycling.ground.errors import InputError, unknown_name

TYPES = {
    "int_type": "a whole number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys with values",
    "greater_than_equal": "a whole number, at least {ge}",
    "less_than_equal": "a whole number, at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "too_short": "at least one entry",
    "too_long": "at most {max_length} entries",
    "refused": "{expected}",
}
TOP = "(top level)"


def require(key: str, found: str, known: Iterable[str], what: str, remedy: str = "") -> None:
    """Raise InputError unless `found` is one of `known`; `what` says what these are."""
    known = list(known)
    if found not in known:
        remedy = remedy or "choose one of them"
        raise unknown_name("config", key, found, known, f"{what}, ", remedy)


def described(error: ValidationError, thing: str = "config") -> InputError:
    """The first fault that the records of a study find in a study file, or in another `thing`."""
    fault = error.errors(include_url=False)[0]
    path = [str(part) for part in fault["loc"] if part != "[key]"]
    if fault["loc"][-1:] == ("[key]",):
        path = path[:-1]
    return _described(thing, fault, ".".join(path) or TOP, fault.get("ctx", {}))


def _described(thing: str, fault: ErrorDetails, key: str, context: Mapping[str, Any]) -> InputError:
    kind = fault["type"]
    if kind == "unknown":
        remedy = "correct the spelling or remove the key"
        return unknown_name(thing, key, context["found"], context["known"], "", remedy)
    if kind == "missing_key":
        expected = f"also {context['missing']}"
        return InputError(thing, key, sorted(fault["input"]), expected, "add the key")
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        return unknown_name(thing, key, fault["input"], allowed, "", "choose one of them")
    # A kind that is not listed says itself what is wrong.
    expected = TYPES[kind].format(**context) if kind in TYPES else fault["msg"]
    return InputError(thing, key, fault["input"], expected, "correct the value")
