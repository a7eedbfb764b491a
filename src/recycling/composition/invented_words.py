"""Invented words that mean operators, and random problems told in them.

    amy has 7 apples . she a3 4 . she b9 3 . how many PROGRAM   (a3 means +, b9 means *)

The last word asks for the style of the answer (`arithmetic.answer`). Clauses are equally long.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from recycling.composition import program
from recycling.composition.arithmetic import Step, Text, answer, fits, operands
from recycling.ground.errors import InputError

NAMES = ("amy", "cara", "dana", "eva", "fay", "gina", "hana", "iris")
THEMES = ("apples", "coins", "books", "stones", "cards", "shells")
STYLES = {"direct": "NUMBER", "running": "STEPS", "code": "PROGRAM"}
LARGEST_START = 20
WORDS = "has she . how many ANS COT SEP x = ; print"


@dataclass(frozen=True)
class Language:
    """What every word means, by list: `k` is of pre-training, `a` and `b` are of experts alone."""

    meanings: Mapping[str, Mapping[str, str]]

    def operator(self, word: str) -> str:
        """The operator that a word of any list means."""
        return next(words[word] for words in self.meanings.values() if word in words)


@dataclass(frozen=True)
class Problem:
    """`name` has `start` things of a theme, then the steps happen, which mean `operators`.

    A step is a word of some list and its number.
    """

    name: str
    theme: str
    start: int
    steps: tuple[tuple[str, int], ...]
    operators: tuple[str, ...]

    @property
    def done(self) -> list[Step]:
        """The steps as operators with their numbers."""
        return [(op, n) for op, (_, n) in zip(self.operators, self.steps, strict=True)]

    def text(self, style: str) -> Text:
        """The problem in words, and the answer in a style."""
        told = [f"{self.name} has {self.start} {self.theme}"]
        told += [f"she {word} {n}" for word, n in self.steps]
        prompt = " . ".join([*told, f"how many {STYLES[style]}"])
        return prompt, answer(style, self.start, self.done)


def invent(familiar: int, fresh: int, generator: np.random.Generator) -> Language:
    """A language in which each list has as many words for one operator as for another.

    Raises InputError for a list that has not.
    """
    meanings = {}
    for name, size in (("k", familiar), ("a", fresh), ("b", fresh)):
        if size < 1 or size % len(program.OPERATORS):
            expected = f"a multiple of {len(program.OPERATORS)}, as many for each operator"
            raise InputError("word_lists", f"words of list {name}", size, expected, "correct it")
        operators = [list(program.OPERATORS)[i % len(program.OPERATORS)] for i in range(size)]
        generator.shuffle(operators)
        meanings[name] = {f"{name}{i}": operator for i, operator in enumerate(operators)}
    return Language(meanings)


def words(language: Language, largest: int) -> list[str]:
    """Every word of every text."""
    invented = [word for meanings in language.meanings.values() for word in meanings]
    numbers = [str(number) for number in range(largest + 1)]
    return [
        *(*WORDS.split(), *STYLES.values(), *program.OPERATORS),
        *(*THEMES, *NAMES, *invented, *numbers),
    ]


def problems(
    language: Language,
    orders: Sequence[str],
    largest: int,
    generator: np.random.Generator,
    tested: bool = False,
) -> Iterator[Problem]:
    """Random problems without end, of the lists in each of `orders` in turn.

    Every number in them is from 0 to `largest`; a third of the pairs of name and theme is `tested`.
    Raises InputError for a range that is too small for some first number.
    """
    if largest < LARGEST_START:
        expected = f"at least {LARGEST_START}, the largest first number"
        raise InputError("word_lists", "largest", largest, expected, "raise it")
    lists = {name: list(meanings) for name, meanings in language.meanings.items()}
    pairs = [
        (name, theme)
        for i, name in enumerate(NAMES)
        for j, theme in enumerate(THEMES)
        if ((i + j) % 3 == 0) == tested
    ]

    def drawn(order: str) -> Problem:
        name, theme = pairs[generator.integers(len(pairs))]
        said = [lists[key][generator.integers(len(lists[key]))] for key in order]
        operators = tuple(map(language.operator, said))
        numbers = [int(generator.choice(operands(operator))) for operator in operators]
        steps = tuple(zip(said, numbers, strict=True))
        start = int(generator.integers(1, LARGEST_START + 1))
        return Problem(name, theme, start, steps, operators)

    for order in cycle(orders):
        problem = drawn(order)
        while not fits(problem.start, problem.done, largest):
            problem = drawn(order)
        yield problem
