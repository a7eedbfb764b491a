"""Facts about living languages: codes from pycountry, names from CLDR through Babel."""

from collections.abc import Iterator

from recycling.tasks.record import Dropped, Fact


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
