"""Languages, and names in them: codes from pycountry, names from CLDR through Babel."""

from collections.abc import Iterator

from recycling.tasks.record import Dropped, Fact

# Languages in Latin script, and how English calls them.
ENGLISH = {
    "af": "Afrikaans",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fi": "Finnish",
    "fr": "French",
    "ga": "Irish",
    "gl": "Galician",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nb": "Norwegian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sk": "Slovak",
    "sl": "Slovene",
    "sq": "Albanian",
    "sv": "Swedish",
    "tr": "Turkish",
    "vi": "Vietnamese",
}
# Those that names are asked in.
TRANSLATED = """ca cs cy da de es et eu fi fr ga gl hr hu id is it lt lv ms nb nl pl pt ro sk sl sq
sv tr"""


def _languages() -> Iterator[tuple[str, str] | Dropped]:
    """ISO 639-1 code and English name of each living language."""
    import pycountry
    from babel import Locale

    english = Locale("en").languages
    for language in sorted(pycountry.languages, key=lambda language: str(language.alpha_3)):
        code = getattr(language, "alpha_2", None)
        if code is None:
            continue
        if language.type != "L" or code not in english:
            reason = "not living" if language.type != "L" else "no name in CLDR"
            yield Dropped(language.name, reason)
        else:
            yield code, english[code]


def language_name(language: str) -> Iterator[Fact | Dropped]:
    """Language -> its name in `language`."""
    from babel import Locale

    names = Locale(language).languages
    for item in _languages():
        if isinstance(item, Dropped):
            yield item
        elif item[0] not in names:
            yield Dropped(item[1], "no name in CLDR")
        else:
            yield item[1], (names[item[0]],)


def language_code() -> Iterator[Fact | Dropped]:
    """Language -> ISO 639-1 code of two letters."""
    for item in _languages():
        yield item if isinstance(item, Dropped) else (item[1], (item[0],))


def code_language() -> Iterator[Fact | Dropped]:
    """ISO 639-1 code of two letters -> language."""
    for item in _languages():
        yield item if isinstance(item, Dropped) else (item[0], (item[1],))


def currency_name(language: str) -> Iterator[Fact | Dropped]:
    """Currency in English -> its name in `language`: those of ISO 4217 that CLDR names in both."""
    import pycountry
    from babel import Locale

    english, names = Locale("en").currencies, Locale(language).currencies
    for code in sorted(currency.alpha_3 for currency in pycountry.currencies):
        if code not in english or code not in names:
            yield Dropped(code, "no name in CLDR")
        else:
            yield english[code], (names[code],)
