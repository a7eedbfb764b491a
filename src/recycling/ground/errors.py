"""The one exception for what a user can mend: input, configuration, files."""

from typing import Any


class InputError(ValueError):
    """Something the user gave is not usable.

    The message is one line: the thing, the key, what was found, what was expected and what to
    do next. Rule scripts print it without a traceback.
    """

    def __init__(self, thing: str, key: str, found: Any, expected: str, remedy: str) -> None:
        shown = repr(found)
        if len(shown) > 120:
            shown = shown[:117] + "..."
        message = f"{thing}: {key}: found {shown}, expected {expected}; {remedy}"
        super().__init__(" ".join(message.split()))
