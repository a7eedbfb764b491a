"""Answers and choices that a reader takes for one, and that the workflow counts as different.

A zero-width space, a Cyrillic letter or a long dash makes another text of the same sight. Such rows
may be meant so; whoever reads the results of the task is told.
"""

from collections.abc import Iterable
from unicodedata import category, decomposition, normalize

from recycling.tasks.record import Example, distinct

# Letters of Cyrillic and Greek that look like Latin ones, and dashes and quotes. Source: Unicode
# Technical Standard 39, confusables.txt, the pairs of these scripts that are alike in most fonts.
_SAME = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03b1\u03b9\u03bd\u03bf\u03c1\u03c5"
    "\u2010\u2011\u2012\u2013\u2014\u2212\u2018\u2019\u2032\u201c\u201d",
    "ABEKMHOPCTYXIJSaeopcyxijshdqwABEZHIKMNOPTYXaivopu------'''\"\"",
)
# Ways of writing a letter that leave it the same letter; a raised 2 is another text.
_STYLES = ("<wide>", "<narrow>", "<font>", "<compat>", "<noBreak>")
_UNSEEN = {"\u034f", "\u115f", "\u1160", "\u3164", *map(chr, range(0xFE00, 0xFE10))}


def note(examples: Iterable[Example]) -> dict[str, str]:
    """`look_alike` with the first two such texts and how many others there are; empty if none.

    Characters beyond ASCII are written as in a string of Python.
    """
    texts = distinct(text for example in examples for text in (*example.answers, *example.choices))
    alike: dict[str, list[str]] = {}
    for text in texts:
        alike.setdefault(sight(text), []).append(text)
    groups = [group for group in alike.values() if len(group) > 1]
    if not groups:
        return {}
    pair = f"{groups[0][0]!a} and {groups[0][1]!a}"
    others = sum(map(len, groups)) - 2
    more = f", and {others} others" if others else ""
    return {"look_alike": f"{pair}{more}: they look alike and count as different answers"}


def sight(text: str) -> str:
    """What a reader sees of a text, as far as Unicode says: equal for texts that look alike."""
    seen = "".join(
        normalize("NFKC", sign) if decomposition(sign).startswith(_STYLES) else sign
        for sign in text
        if category(sign) not in ("Cf", "Cc") and sign not in _UNSEEN
    )
    return "".join(normalize("NFC", seen.translate(_SAME)).casefold().split()).strip(".")
