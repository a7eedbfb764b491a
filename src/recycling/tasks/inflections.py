"""What follows a rule, more or less: inflected words, numbers, clock times, names of months.

Every function yields the facts of one task, `(input, right answers)`. Inflected forms come from
lemminflect, number words from inflect, calendar names from CLDR through Babel; all forms that the
source lists for a word are accepted.
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


def _inflected(tag: str) -> Iterator[Fact | Dropped]:
    import lemminflect

    for verb in VERBS.split():
        yield verb, tuple(lemminflect.getInflection(verb, tag))


def past_tense() -> Iterator[Fact | Dropped]:
    """Verb -> simple past, regular and irregular."""
    return _inflected("VBD")


def third_person() -> Iterator[Fact | Dropped]:
    """Verb -> its form after he or she."""
    return _inflected("VBZ")


def present_participle() -> Iterator[Fact | Dropped]:
    """Verb -> its form in -ing."""
    return _inflected("VBG")


def number_words() -> Iterator[Fact | Dropped]:
    """Number -> its English words, with or without "and"."""
    import inflect

    engine: Any = inflect.engine()
    for number in range(1, 501):
        yield (
            str(number),
            (engine.number_to_words(number, andword=""), engine.number_to_words(number)),
        )


def ordinal() -> Iterator[Fact | Dropped]:
    """Number -> its English ordinal in words, with or without "and"."""
    import inflect

    engine: Any = inflect.engine()
    for number in range(1, 501):
        long = engine.ordinal(engine.number_to_words(number))
        yield str(number), (long.replace(" and ", " "), long)


def roman() -> Iterator[Fact | Dropped]:
    """Number -> Roman numeral."""
    for number in range(1, 400):
        left, numeral = number, ""
        for value, sign in ROMAN:
            times, left = divmod(left, value)
            numeral += sign * times
        yield str(number), (numeral,)


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
