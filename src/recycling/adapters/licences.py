"""Licences as model cards state them, and the licence and NOTICE of what is made of several.

This sorts what owners say; it is no legal advice. An unknown licence counts as the strictest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from license_expression import get_spdx_licensing

from recycling.adapters.merge_record import Source
from recycling.ground.foreign_text import printable

UNKNOWN = "unknown"
# From what asks least to what allows least.
CLASSES = ("permissive", "share-alike", "use-restricted", "non-commercial", UNKNOWN)

# Names of the Hub that are no SPDX names, and names of SPDX whose class is not permissive.
HUB = {
    "bsd": "permissive",
    "cc": UNKNOWN,
    "openrail": "use-restricted",
    "bigscience-openrail-m": "use-restricted",
    "bigscience-bloom-rail-1.0": "use-restricted",
    "creativeml-openrail-m": "use-restricted",
    "openrail++": "use-restricted",
    "llama2": "use-restricted",
    "llama3": "use-restricted",
    "llama3.1": "use-restricted",
    "llama3.2": "use-restricted",
    "llama3.3": "use-restricted",
    "llama4": "use-restricted",
    "gemma": "use-restricted",
    "deepfloyd-if-license": "non-commercial",
    "apple-amlr": "non-commercial",
    "other": UNKNOWN,
    UNKNOWN: UNKNOWN,
}
NON_COMMERCIAL = re.compile(r"-NC\b|-NC-|Non-?Commercial", re.IGNORECASE)
SHARE_ALIKE = re.compile(r"^(A|L)?GPL-|-SA-|^MPL-|^EUPL-|^OSL-|^CDLA-Sharing|^ODbL-|-ND-")

# By the start of a base's or a licence's name, lower-cased, without the owner: what must be said.
LLAMA = (
    "Llama {version} is licensed under the Llama {version} Community License, Copyright (c) Meta "
    "Platforms, Inc. All Rights Reserved.",
    "Whoever passes this adapter on includes the licence agreement and this notice, displays "
    '"Built with Llama", and begins the adapter\'s name with "Llama".',
)
GEMMA = (
    "Gemma is provided under and subject to the Gemma Terms of Use found at "
    "ai.google.dev/gemma/terms.",
    "Whoever passes this adapter on includes these terms and their use restrictions as conditions, "
    "and says that the model was modified.",
)
FAMILIES = (
    (re.compile(r"(?:meta-)?llama-?(3\.[123]|3|4)(?![.\d])", re.IGNORECASE), LLAMA),
    (re.compile(r"gemma()", re.IGNORECASE), GEMMA),
)


@dataclass(frozen=True)
class Filter:
    """Licences or classes of them that a pool takes: those of `allow` if any, never of `deny`."""

    allow: frozenset[str] = field(default_factory=frozenset)
    deny: frozenset[str] = field(default_factory=frozenset)

    def objection(self, licence: str) -> str:
        """Why a licence is refused, nothing if it is not."""
        names = {name(licence), kind(licence)}
        if refused := names & {name(entry) for entry in self.deny}:
            return f"none of pool.licences.deny, which has {min(refused)}"
        if self.allow and not names & {name(entry) for entry in self.allow}:
            return f"one of {sorted(self.allow)}"
        return ""


EVERY_LICENCE = Filter()


@cache
def name(licence: str) -> str:
    """The SPDX expression for what a card states; the Hub's own names and classes as they are."""
    stated = licence.strip()
    if not stated or stated.lower() in HUB or stated in CLASSES:
        return stated.lower() or UNKNOWN
    try:
        return str(get_spdx_licensing().parse(stated, validate=True, strict=True))
    except Exception:
        # The parser raises more than its ExpressionError, such as an IndexError for "()".
        return UNKNOWN


def kind(licence: str) -> str:
    """The class of a licence; of an expression the strictest of its parts."""
    known = name(licence)
    if known in HUB:
        return HUB[known]
    if NON_COMMERCIAL.search(known):
        return "non-commercial"
    parts = re.split(r" (?:AND|OR|WITH) |[()]", known)
    return "share-alike" if any(SHARE_ALIKE.search(part) for part in parts) else "permissive"


def strictest(licences: Sequence[str]) -> str:
    """The licence of what is made of several: the one that all have, or the strictest.

    `other` where one is unknown, or where two that are not permissive are equally strict: no single
    name then says what is allowed. `unknown` without any licence.
    """
    names = sorted({name(licence) for licence in licences})
    if len(names) < 2:
        return names[0] if names else UNKNOWN
    order = [CLASSES.index(kind(each)) for each in names]
    strict = [each for each, rank in zip(names, order, strict=True) if rank == max(order)]
    if max(order) == CLASSES.index(UNKNOWN):
        return "other"
    return strict[0] if len(strict) == 1 or not max(order) else "other"


def duties(base: str, licences: Sequence[str]) -> list[str]:
    """What the terms of Llama and Gemma ask of whoever passes the adapter on."""
    found: dict[str, None] = {}
    for stated in (base.rpartition("/")[2], *map(name, licences)):
        for family, sentences in FAMILIES:
            if match := family.match(stated):
                found |= dict.fromkeys(text.format(version=match[1]) for text in sentences)
    return list(found)


def title(base: str, licences: Sequence[str], usual: str) -> str:
    """The name of a merged adapter: `usual`, after "Llama" where the terms ask for it."""
    named = any("Built with Llama" in sentence for sentence in duties(base, licences))
    return f"Llama {usual}" if named else usual


def notice(base: str, made: str, sources: Sequence[Source]) -> str:
    """The text of a NOTICE: base, sources with revision and licence, resulting licence, duties.

    `made` is the title of the merged adapter.
    """
    stated = [source.licence for source in sources]
    base = printable(base)
    lines = [
        f"{made}, made by Recycle or Retrain.",
        "",
        f"Base model: {base}, under its own terms.",
    ]
    if sources:
        lines += ["", "Made from these adapters; licences as their cards state them:", ""]
    lines += [
        f"* {printable(s.repo)} at revision {printable(s.commit)},"
        f" by {printable(s.owner) or 'an unknown owner'}: {name(s.licence)} ({kind(s.licence)})"
        for s in sources
    ]
    if sources:
        lines += ["", f"Licence, the strictest of them: {strictest(stated)}."]
        if UNKNOWN in map(kind, stated):
            lines += ["A licence is not known. Ask its owner before you pass this adapter on."]
    lines += [text for duty in duties(base, stated) for text in ("", duty)]
    return "\n".join(lines) + "\n"
