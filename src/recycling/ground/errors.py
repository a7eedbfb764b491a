"""The one exception for what a user can mend: input, configuration, files."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from recycling.ground.foreign_text import printable

# A list of names is cut behind so many where the nearest is known, and where none is near.
SHOWN_BESIDE_NEAREST = 12
SHOWN = 30
LONGEST = 4000


class InputError(ValueError):
    """Something the user gave is not usable.

    The message is one line: the thing, the key, what was found, what was expected and what to
    do next. Rule scripts print it without a traceback. What a terminal would not show, such as the
    escape sequences of a stranger's text, is written as in a string of Python.
    """

    def __init__(self, thing: str, key: str, found: Any, expected: str, remedy: str) -> None:
        shown = repr(found)
        if len(shown) > 120:
            shown = shown[:117] + "..."
        message = f"{thing}: {key}: found {shown}, expected {expected}; {remedy}"
        message = printable(" ".join(message.split()))
        super().__init__(message if len(message) <= LONGEST else message[: LONGEST - 3] + "...")


def unknown_name(
    thing: str, key: str, found: object, known: Iterable[str], what: str, remedy: str
) -> InputError:
    """The error for a name that is none of `known`; it names the nearest where one is close.

    `what` says what these are, such as "a task, ".
    """
    known = list(known)
    near = get_close_matches(str(found), known, n=1)
    advice = f"did you mean {near[0]!r}? If not, {remedy}" if near else remedy
    most = SHOWN_BESIDE_NEAREST if near else SHOWN
    more = f" and {len(known) - most} others" if len(known) > most else ""
    expected = f"{what}one of {known[:most]}{more}" if known else f"{what}of which there are none"
    return InputError(thing, key, found, expected, advice)
