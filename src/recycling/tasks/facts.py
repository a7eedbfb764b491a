"""Turn facts into examples, and list those that make none with the reason."""

import unicodedata
from collections.abc import Iterable

from recycling.tasks.record import Dropped, Example, Fact, distinct, normalise

LONGEST = 30


def examples(
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
    made = []
    inputs: set[str] = set()
    for text, right in sorted(found.items()):
        reason = _objection(text, right, closed)
        if not reason and normalise(text) in inputs:
            reason = "an input like another but for spaces, case or dots"
        if reason:
            dropped.append(Dropped(text, reason))
        else:
            inputs.add(normalise(text))
            made.append(Example(text, text, right))
    return made, dropped


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
