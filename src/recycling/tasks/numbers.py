"""Numbers in words, in digits, in Roman signs, and sums of them.

English words come from inflect. Those of other languages follow the rules of CLDR (RBNF) through
unicode-rbnf; every cardinal form of a number is accepted.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from recycling.tasks.record import Dropped, Fact

MOST = 500
# Languages whose rules were found right up to 500. CLDR's Catalan, Icelandic, Latvian,
# Romanian and Slovene have forms that are not those of the written language.
SPELLED = "af cs cy da de es et fi fr ga hr hu id it lt ms nb nl pl pt sk sq sv tr vi"
ROMAN = (
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


@cache
def _english() -> Any:
    import inflect

    return inflect.engine()


def _in_words(number: int) -> str:
    return str(_english().number_to_words(number, andword=""))


def number_words() -> Iterator[Fact]:
    """Number -> its English words, with or without "and"."""
    for number in range(1, MOST + 1):
        yield str(number), (_in_words(number), _english().number_to_words(number))


def words_number() -> Iterator[Fact]:
    """English words -> the number in digits."""
    for number in range(1, MOST + 1):
        yield _in_words(number), (str(number),)


def ordinal() -> Iterator[Fact]:
    """Number -> its English ordinal in words, with or without "and"."""
    for number in range(1, MOST + 1):
        long = _english().ordinal(_english().number_to_words(number))
        yield str(number), (long.replace(" and ", " "), long)


def spelled(language: str) -> Iterator[Fact]:
    """Number -> its words in a language of `SPELLED`; the form that is counted with comes first."""
    from unicode_rbnf import RbnfEngine

    engine = RbnfEngine.for_language("no" if language == "nb" else language)
    for number in range(1, MOST + 1):
        found = engine.format_number(number)
        cardinal = (text for kind, text in found.text_by_ruleset.items() if "cardinal" in kind)
        # Soft hyphens say where a long word may break.
        texts = (text.replace("\u00ad", "") for text in (found.text, *cardinal))
        yield str(number), tuple(texts)


def _numeral(number: int) -> str:
    numeral = ""
    for value, sign in ROMAN:
        times, number = divmod(number, value)
        numeral += sign * times
    return numeral


def roman() -> Iterator[Fact]:
    """Number -> Roman numeral."""
    for number in range(1, 400):
        yield str(number), (_numeral(number),)


def arabic() -> Iterator[Fact]:
    """Roman numeral -> number."""
    for number in range(1, 400):
        yield _numeral(number), (str(number),)


def sum_words() -> Iterator[Fact]:
    """Two numbers of one to twenty in words -> their sum in words."""
    for one in range(1, 21):
        for other in range(one, 21):
            yield f"{_in_words(one)} plus {_in_words(other)}", (_in_words(one + other),)


def difference_words() -> Iterator[Fact]:
    """Two numbers of one to twenty-five in words, the larger first -> their difference in words."""
    for one in range(2, 26):
        for other in range(1, one):
            yield f"{_in_words(one)} minus {_in_words(other)}", (_in_words(one - other),)


def product_words() -> Iterator[Fact]:
    """Two numbers of two to fifteen in words -> their product in words."""
    for one in range(2, 16):
        for other in range(one, 16):
            yield f"{_in_words(one)} times {_in_words(other)}", (_in_words(one * other),)


def metres() -> Iterator[Fact]:
    """A length in kilometres, centimetres or millimetres -> in metres."""
    for number in range(1, 51):
        yield f"{number} km", (f"{number * 1000} m",)
        yield f"{number * 100} cm", (f"{number} m",)
        yield f"{number * 1000} mm", (f"{number} m",)


def grams() -> Iterator[Fact]:
    """A weight in tonnes, kilograms or milligrams -> in grams."""
    for number in range(1, 51):
        yield f"{number} t", (f"{number * 1_000_000} g",)
        yield f"{number} kg", (f"{number * 1000} g",)
        yield f"{number * 1000} mg", (f"{number} g",)


def minutes() -> Iterator[Fact | Dropped]:
    """Hours and minutes -> minutes."""
    for hours in range(1, 11):
        for rest in range(0, 60, 3):
            yield f"{hours} h {rest} min", (f"{hours * 60 + rest} min",)
