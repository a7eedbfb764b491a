"""A little language of straight-line programs in one variable, run without `eval`.

    x = 7 ; x = x * 2 ; print x

A statement is `x = n`, `x = x op n` with one of `+ - * /`, or `print x`, which ends the program.
Division is exact. There are no loops, so a run has as many steps as the text has statements.
"""

from collections.abc import Callable

LONGEST = 16
LARGEST = 999

OPERATORS: dict[str, Callable[[int, int], int | None]] = {
    "+": lambda x, n: x + n,
    "-": lambda x, n: x - n,
    "*": lambda x, n: x * n,
    "/": lambda x, n: x // n if n and x % n == 0 else None,
}


def run(text: str) -> int | None:
    """What a program prints; None for anything else than a program, or a value beyond 0 to 999."""
    statements = text.split(" ; ")
    if len(statements) > LONGEST or statements[-1] != "print x":
        return None
    x: int | None = None
    for statement in statements[:-1]:
        x = _assigned(statement.split(" "), x)
        if x is None or not 0 <= x <= LARGEST:
            return None
    return x


def _assigned(words: list[str], x: int | None) -> int | None:
    if words[:2] != ["x", "="] or not _number(words[-1]):
        return None
    value = int(words[-1])
    if len(words) == 3:
        return value
    if len(words) == 5 and words[2] == "x" and words[3] in OPERATORS and x is not None:
        return OPERATORS[words[3]](x, value)
    return None


def _number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 3
