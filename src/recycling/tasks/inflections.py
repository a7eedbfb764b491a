"""What follows a rule, more or less: inflected words, clock times, names of months and weekdays.

Every function yields the facts of one task, `(input, right answers)`. Inflected forms come from
lemminflect, calendar names from CLDR through Babel; all forms that the source lists for a word are
accepted.
"""

from collections.abc import Iterator
from typing import Any

from recycling.tasks.record import Dropped, Fact

NOUNS = """apple army axis baby bag ball bank bear bed bench berry bird boat body book bottle box
boy branch bridge brush bus bush calf cake camera car castle cat chair cherry child church city
class clock cloud coach coin copy country cow crisis crow cup daisy day deer desk diary dictionary
dish doctor dog door dress duck eagle echo egg elephant elf enemy engine eye face factory family
farm fairy fish flag flower fly foot forest fork fox friend garden gate gentleman ghost gift girl
glass goat goose half hand hat hero hill horse house hypothesis idea index island judge key king
kiss kitchen knife lady lamp leaf letter library life lion loaf louse lunch man map match mirror
monkey month mother mountain mouse night nurse oasis ocean ox page party peach pen penny person
phenomenon phone photo piano picture pig plate pony potato prince queen quiz radio rabbit ring
river road roof room rose sandwich school sheep shelf ship shoe sister sky snake song species
spoon spy star stone store story street student studio table taxi teacher thesis thief tiger
tomato tooth torch tower toy train tree valley video village virus voice wall watch wave
wife window wish witch wolf woman world zebra"""
VERBS = """add agree ask bake be bear beat become begin bend bite blow boil borrow break bring
build burn buy call carry catch change choose clap clean climb close come cook copy count cover
crawl cross cry cut dance deal decide deliver dig do draw dream dress drink drive drop eat empty
enjoy enter explain fall feed feel fight fill find finish fix fly fold follow forget forgive
freeze get give go grab greet grow guess hang happen have hear help hide hit hold hope hug hunt
hurry hurt invite join jump keep kick kill kiss knock know laugh lay lead lean learn leave lend
let lift like listen live look lose love make marry mean meet melt mix move need notice offer open
order pack paint park pass pay plan play point pour pray prefer promise pull push put race read
reach reply rest ride ring rise rub run save say search see seek sell send serve shake share shine
shoot shout show shut sing sink sit sleep slide slip smell smile speak spend spill spin spread
stand start stay steal stick stop study swear sweep swim swing take talk taste teach tear
tell thank think throw tie touch travel try turn understand use visit wait wake walk want warn
wash watch wear weep win wish work worry wrap write"""

ADJECTIVES = """angry big black bold brave brief bright broad busy calm cheap clean clear clever
cold cool crazy cruel curly dark dear deep dirty dry dull dusty early easy empty fair fast fat
few fine firm flat fresh full funny gentle grand great green guilty happy hard harsh heavy high hot
hungry icy juicy kind large late lazy light little lively long loose loud low lucky mad mean messy
mild narrow near neat new nice noisy odd old pale plain polite poor pretty proud pure quick quiet
rare raw rich ripe risky rough round rude sad safe salty shallow sharp shiny short shy silly simple
sleepy slim slow small smart smooth soft sour steep strange strict strong sunny sweet tall tasty
thick thin tidy tiny tough ugly warm weak wealthy wet wide wild wise young"""

# Latin script, and names without a number in them.
CALENDARS = """ca cs cy da de en es et eu fi fr ga hr hu id is it lt lv ms nb nl pl pt ro sk sl
sq sv tr"""
SPOKEN = {
    "de": "German",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "tr": "Turkish",
}
COUNTRIES = """AT AU BE BR CA CH CN CZ DE DK EG ES FI FR GB GR HU IE IN IT JP MA MX NL NO PL PT RU
SE TR UA US ZA"""


def plural() -> Iterator[Fact | Dropped]:
    """Noun -> plural, regular and irregular, where inflect and lemminflect share one."""
    import inflect
    import lemminflect

    engine: Any = inflect.engine()
    for noun in NOUNS.split():
        usual = str(engine.plural_noun(noun))
        listed = lemminflect.getInflection(noun, "NNS")
        if usual not in listed:
            yield Dropped(noun, f"sources disagree: {usual} or {' or '.join(listed)}")
        else:
            # lemminflect lists the noun itself wherever it can be uncountable.
            yield noun, (usual, *(form for form in listed if form not in (usual, noun)))


def singular() -> Iterator[Fact | Dropped]:
    """Plural -> noun."""
    for fact in plural():
        yield fact if isinstance(fact, Dropped) else (fact[1][0], (fact[0],))


def _inflected(tag: str, lemmas: str = VERBS) -> Iterator[Fact | Dropped]:
    import lemminflect

    for lemma in lemmas.split():
        yield lemma, tuple(lemminflect.getInflection(lemma, tag))


def comparative() -> Iterator[Fact | Dropped]:
    """Adjective -> its form that compares two."""
    return _inflected("JJR", ADJECTIVES)


def superlative() -> Iterator[Fact | Dropped]:
    """Adjective -> its form that names the most of all."""
    return _inflected("JJS", ADJECTIVES)


def past_participle() -> Iterator[Fact | Dropped]:
    """Verb -> its form after have or has."""
    return _inflected("VBN")


def present() -> Iterator[Fact | Dropped]:
    """Past tense -> verb; a form that several verbs share has them all as answers."""
    for fact in past_tense():
        if isinstance(fact, Dropped):
            yield fact
        else:
            yield from ((form, (fact[0],)) for form in fact[1])


def past_tense() -> Iterator[Fact | Dropped]:
    """Verb -> simple past, regular and irregular."""
    return _inflected("VBD")


def third_person() -> Iterator[Fact | Dropped]:
    """Verb -> its form after he or she."""
    return _inflected("VBZ")


def present_participle() -> Iterator[Fact | Dropped]:
    """Verb -> its form in -ing."""
    return _inflected("VBG")


def twelve_hour() -> Iterator[Fact | Dropped]:
    """Time on the 24-hour clock -> on the 12-hour clock."""
    for hour in range(24):
        for minute in range(0, 60, 5):
            half = "am" if hour < 12 else "pm"
            yield f"{hour:02}:{minute:02}", (f"{(hour - 1) % 12 + 1}:{minute:02} {half}",)


def month_number() -> Iterator[Fact | Dropped]:
    """Name of a month in one of 30 languages -> its number."""
    from babel import Locale

    for language in CALENDARS.split():
        for number, name in Locale(language).months["stand-alone"]["wide"].items():
            yield name.lower(), (str(number),)


def weekday_number() -> Iterator[Fact | Dropped]:
    """Name of a weekday in one of 30 languages -> its number, with 1 for Monday."""
    from babel import Locale

    for language in CALENDARS.split():
        for number, name in Locale(language).days["stand-alone"]["wide"].items():
            yield name.lower(), (str(number + 1),)


def which_language() -> Iterator[Fact | Dropped]:
    """Name of a month, weekday or country in one of eight languages -> the language."""
    from babel import Locale

    for code, language in SPOKEN.items():
        locale = Locale(code)
        names = [*locale.months["stand-alone"]["wide"].values()]
        names += locale.days["stand-alone"]["wide"].values()
        names += (locale.territories[country] for country in COUNTRIES.split())
        for name in names:
            yield name.lower(), (language,)
