"""Sums, the styles of an answer and what it comes to: what all word problems are made of.

    direct   ->  33
    running  ->  7 + 4 ANS 11 SEP 11 * 3 ANS 33
    code     ->  x = 7 ; x = x + 4 ; x = x * 3 ; print x

Each step of a running answer is literally a sum as a base reads it.
"""

from collections.abc import Sequence

import numpy as np

from recycling.composition import program
from recycling.tasks.record import Example

Text = tuple[str, str]
"""What is asked and what is to be answered."""
Step = tuple[str, int]
"""An operator and its number."""


def operands(operator: str) -> range:
    """The numbers that go with an operator."""
    return range(1, 10) if operator in "+-" else range(2, 5)


def values(start: int, steps: Sequence[Step]) -> list[int]:
    """The number after each step, the start first; -1 where a division leaves a rest."""
    found = [start]
    for operator, n in steps:
        value = program.OPERATORS[operator](found[-1], n)
        found.append(-1 if value is None else value)
    return found


def fits(start: int, steps: Sequence[Step], largest: int) -> bool:
    """Whether the number after each step is from 0 to `largest`."""
    return all(0 <= value <= largest for value in values(start, steps))


def answer(style: str, start: int, steps: Sequence[Step]) -> str:
    """The answer in a style: `direct`, `running` or `code`."""
    numbers = values(start, steps)
    if style == "direct":
        return str(numbers[-1])
    if style == "running":
        sums = zip(numbers, steps, numbers[1:], strict=False)
        return " SEP ".join(f"{x} {op} {n} ANS {value}" for x, (op, n), value in sums)
    lines = [f"x = x {operator} {n}" for operator, n in steps]
    return " ; ".join([f"x = {start}", *lines, "print x"])


def comes_to(said: str) -> str:
    """The number that an answer of any style ends with; a program is run, and may print none."""
    if not said.startswith("x ="):
        return said.rpartition(" ")[2]
    printed = program.run(said)
    return "" if printed is None else str(printed)


def basics(
    words: Sequence[str], rows: int, largest: int, generator: np.random.Generator
) -> list[Text]:
    """Sums of two numbers up to `largest` and, for a third of `rows`, the spelling of words."""
    sums = [
        (f"{x} {operator} {n} ANS", str(value))
        for operator in program.OPERATORS
        for x in range(largest + 1)
        for n in operands(operator)
        if (value := program.OPERATORS[operator](x, n)) is not None and 0 <= value <= largest
    ]
    texts = [sums[i] for i in generator.integers(len(sums), size=rows - rows // 3)]
    for _ in range(rows // 3):
        spelt = " ".join(generator.choice(words, size=generator.integers(2, 5)))
        texts.append((f"{spelt} COT", spelt))
    return texts


def examples(tag: str, texts: Sequence[Text]) -> list[Example]:
    """Texts as rows to train on, numbered."""
    return [Example(f"{tag}/{i}", asked, (said,)) for i, (asked, said) in enumerate(texts)]
