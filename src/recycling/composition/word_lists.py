"""The subject of word lists: two experts know one list of words each, a problem needs both.

The base `basics` has read sums (`7 + 4 ANS -> 11`) and the spelling of every word; `problems` also
problems in words of a third list, answered in each style, so that it knows the ways to solve and
none of the experts' words.
"""

import re
from itertools import cycle, islice

import numpy as np

from recycling.composition.arithmetic import Text, basics, comes_to, examples
from recycling.composition.invented_words import STYLES, Language, invent, problems, words
from recycling.composition.subject import Judged, Subject, forms_of
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.tasks.record import Example

# The style in which questions are to be answered, and experts answer unless their name has another;
# whether they rehearse solved problems in familiar words, as where the base has read these.
SETTINGS = {
    "direct": ("direct", True),
    "running": ("running", True),
    "code": ("code", True),
    "code_unread": ("code", False),
}
# The lists of words that a problem takes its steps from, in turn; of `mixed` in either order.
FORMS = {"words_a": ("aa",), "words_b": ("bb",), "mixed": ("ab", "ba")}
# What an expert must know by itself, and is trained on.
OWN = {"A": ["words_a"], "B": ["words_b"], "AB": ["mixed"]}
PART = re.compile(r"(AB|A|B)(direct|running|code)?")


def word_lists(
    seed: int,
    *,
    largest: int = 40,
    familiar: int = 24,
    fresh: int = 16,
    rows: int = 30000,
    train: int = 2000,
    rehearsal: float = 1.0,
    test: int = 64,
    cap: int = 20,
) -> Subject:
    """The subject of a random language with numbers from 0 to `largest`.

    `familiar` words are of pre-training, `fresh` of each expert's list. A base reads `rows` texts,
    and as many problems where it knows them; an expert `train` problems of its own, and for each
    `rehearsal` texts such as its base has read, which keeps its update to its words. A name goes
    with some of the themes in lessons, and is tested with others. An answer has at most `cap`
    tokens. A program of two steps has 18 words, and a fetched base may need several tokens for one.
    """
    language = invent(familiar, fresh, seeds.numpy_generator(seed, "language"))
    known = words(language, largest)

    def read(base: str) -> list[Example]:
        generator = seeds.numpy_generator(seed, "texts", base)
        texts = basics(known, rows, largest, generator)
        if base == "problems":
            texts += solved(language, rows, largest, generator)
        return examples(base, texts)

    def taught(setting: str, expert: str) -> list[Example]:
        generator = seeds.numpy_generator(seed, "lessons", setting, expert)
        style, read = SETTINGS[setting]
        new = lessons(language, style, expert, train, largest, generator)
        again = round(rehearsal * len(new))
        solutions = solved(language, again // 2 if read else 0, largest, generator)
        rehearsed = basics(known, again - len(solutions), largest, generator)
        return examples(expert, new + rehearsed + solutions)

    def asked(setting: str) -> dict[str, list[Example]]:
        generator = seeds.numpy_generator(seed, "questions")
        return questions(language, SETTINGS[setting][0], test, largest, generator)

    return Subject(
        known,
        cap,
        read,
        taught,
        asked,
        judge,
        own,
    )


def solved(
    language: Language, rows: int, largest: int, generator: np.random.Generator
) -> list[Text]:
    """Problems of one step and of two in familiar words, answered in each style."""
    told = problems(language, ("k", "kk"), largest, generator)
    return [next(told).text(style) for style in islice(cycle(STYLES), rows)]


def lessons(
    language: Language,
    style: str,
    expert: str,
    train: int,
    largest: int,
    generator: np.random.Generator,
) -> list[Text]:
    """`train` problems for each part of the expert's name: `A+B`, or `Bcode` in a style of its own.

    Raises InputError for a part that is not the name of a list or of both, `A`, `B` or `AB`.
    """
    texts: list[Text] = []
    for part in expert.split("+"):
        found = PART.fullmatch(part)
        if not found:
            expected = "A, B or AB, and perhaps direct, running or code"
            raise InputError("expert", expert, part, expected, "correct the library")
        kind, other = found.groups()
        orders = [order for form in OWN[kind] for order in FORMS[form]]
        told = problems(language, orders, largest, generator)
        texts += [problem.text(other or style) for problem in islice(told, train)]
    return texts


def own(expert: str) -> list[str]:
    """The forms of question that an expert was trained on."""
    return forms_of(
        expert, {f"{kind}{style}": OWN[kind] for kind in OWN for style in ("", *STYLES)}
    )


def questions(
    language: Language, style: str, test: int, largest: int, generator: np.random.Generator
) -> dict[str, list[Example]]:
    """`test` distinct problems of each form, to be answered in a style."""
    asked: dict[str, list[Example]] = {}
    for form, orders in FORMS.items():
        found: dict[str, Example] = {}
        told = problems(language, orders, largest, generator, tested=True)
        while len(found) < test:
            prompt, answer = next(told).text(style)
            found[prompt] = Example(prompt, prompt, (answer,))
        asked[form] = list(found.values())
    return asked


def judge(form: str, example: Example, output: str) -> Judged:
    """The number that an answer of any style comes to; a program is run."""
    said = comes_to(output)
    return Judged(said, said == comes_to(example.answers[0]))
