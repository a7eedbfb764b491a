"""Word problems of one to three clauses, answered in three styles; all numbers are in one range.

    amy has 7 apples . amy gets 4 more apples . apples grow 3 fold again . how many SOLVE
    direct   ->  33
    running  ->  7 + 4 ANS 11 SEP 11 * 3 ANS 33
    code     ->  x = 7 ; x = x + 4 ; x = x * 3 ; print x

A base has read sums (`7 + 4 ANS -> 11`) and the spelling of every word. Experts are trained on one
level and style; the third level is in no lesson. Each step of a running answer is literally a sum
that the base knows, and clauses are equally long: a model of two layers then learns both.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recycling.composition.arithmetic import (
    Step,
    Text,
    answer,
    basics,
    comes_to,
    examples,
    fits,
    operands,
)
from recycling.composition.subject import Judged, Subject
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.tasks.record import Example

THEMES = ("apples", "coins", "books", "stones", "cards", "shells")
NAMES = ("amy", "ben", "cara", "dan", "eva", "finn", "gus", "hana")
CLAUSES = {
    "+": "{name} gets {n} more {theme}",
    "-": "{name} loses {n} of {theme}",
    "*": "{theme} grow {n} fold again",
    "/": "{theme} split {n} ways evenly",
}
WORDS = "has gets loses more of grow fold again split ways evenly . how many SOLVE ANS COT SEP "
WORDS += "x = ; print"
LEVELS = (1, 2, 3)
PART = re.compile(r"(direct|running|code)([12])([ab]?)")
CAP = 24  # words of an answer: a program of level 3


@dataclass(frozen=True)
class Problem:
    """`name` has `start` things of a theme, then the steps happen."""

    name: str
    theme: str
    start: int
    steps: tuple[Step, ...]

    @property
    def prompt(self) -> str:
        """The problem in words."""
        told = [f"{self.name} has {self.start} {self.theme}"]
        told += [CLAUSES[op].format(name=self.name, n=n, theme=self.theme) for op, n in self.steps]
        return " . ".join([*told, "how many SOLVE"])

    def answer(self, style: str) -> str:
        """The answer in a style."""
        return answer(style, self.start, self.steps)


def word_problems(
    seed: int,
    *,
    largest: int = 40,
    rows: int = 30000,
    train: int = 4000,
    test: int = 64,
) -> Subject:
    """The subject of problems with numbers from 0 to `largest`; `train` problems for an expert.

    A name goes with half of the themes in lessons and is tested with the others.
    """

    def read(base: str) -> list[Example]:
        generator = seeds.numpy_generator(seed, "texts", base)
        return examples(base, basics(words(largest), rows, largest, generator))

    def taught(_: str, expert: str) -> list[Example]:
        return lessons(expert, train, largest, seeds.numpy_generator(seed, "lessons", expert))

    def asked(_: str) -> dict[str, list[Example]]:
        return questions(test, largest, seeds.numpy_generator(seed, "questions"))

    return Subject(
        words(largest),
        CAP,
        read,
        taught,
        asked,
        judge,
        lambda expert: [f"level{level}" for _, level, _ in PART.findall(expert)],
    )


def words(largest: int) -> list[str]:
    """Every word of every text."""
    numbers = [str(number) for number in range(largest + 1)]
    return [*WORDS.split(), *CLAUSES, *THEMES, *NAMES, *numbers]


def lessons(expert: str, train: int, largest: int, generator: np.random.Generator) -> list[Example]:
    """Problems of the level and style in each part of the expert's name, `+` between parts.

    An `a` or `b` behind a part keeps to the first or the second half of the themes.
    """
    texts: list[Text] = []
    for part in expert.split("+"):
        found = PART.fullmatch(part)
        if not found:
            expected = "direct, running or code, with level 1 or 2, and perhaps a or b"
            raise InputError("expert", expert, part, expected, "correct the library")
        style, level, half = found.groups()
        themes = {"": THEMES, "a": THEMES[::2], "b": THEMES[1::2]}[half]
        for _, problem in zip(
            range(train), problems(int(level), themes, largest, generator), strict=False
        ):
            texts.append((problem.prompt, problem.answer(style)))
    return examples(expert, texts)


def questions(test: int, largest: int, generator: np.random.Generator) -> dict[str, list[Example]]:
    """`test` distinct problems of each level; the accepted answers are one in each style."""
    asked: dict[str, list[Example]] = {}
    for level in LEVELS:
        found: dict[str, Example] = {}
        for problem in problems(level, THEMES, largest, generator, tested=True):
            answers = tuple(problem.answer(style) for style in ("direct", "running", "code"))
            found[problem.prompt] = Example(problem.prompt, problem.prompt, answers)
            if len(found) == test:
                break
        asked[f"level{level}"] = list(found.values())
    return asked


def problems(
    level: int,
    themes: tuple[str, ...],
    largest: int,
    generator: np.random.Generator,
    tested: bool = False,
) -> Iterator[Problem]:
    """Random problems without end; every number in them is from 0 to `largest`."""
    while True:
        name = int(generator.integers(len(NAMES)))
        theme = str(generator.choice(themes))
        # A third of the pairs of name and theme is kept for the test.
        if ((name + THEMES.index(theme)) % 3 == 0) != tested:
            continue
        steps: list[Step] = []
        for _ in range(level):
            operator = str(generator.choice(list(CLAUSES)))
            steps.append((operator, int(generator.choice(operands(operator)))))
        problem = Problem(NAMES[name], theme, int(generator.integers(1, 21)), tuple(steps))
        if fits(problem.start, problem.steps, largest):
            yield problem


def judge(form: str, example: Example, output: str) -> Judged:
    """The number that an answer of any style comes to; a program is run."""
    said = comes_to(output)
    return Judged(said, said == example.answers[0])
