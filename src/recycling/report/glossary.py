"""The glossary on a page: each of its words is explained where it first stands."""

import re

from markupsafe import Markup, escape

from recycling.report import text

_ROW = re.compile(r"^\| (?!word|---)([^|]+) \| (.+) \|$", re.MULTILINE)
_TAG = re.compile(r"(<[^>]*>)")
# Where a word is a name, a heading or something to press, it is not explained.
_SILENT = {"code", "pre", "script", "style", "th", "h1", "h2", "h3", "summary", "svg", "title"}
_SILENT |= {"button", "label", "option", "nav", "dfn", "dt", "dialog", "a"}


def read(page: str) -> dict[str, str]:
    """Word -> meaning, as Markdown, of the table in `docs/glossary.md`."""
    return dict(_ROW.findall(page))


def meaning(words: str) -> Markup:
    """A meaning as HTML within a line."""
    return Markup(text.html(words).strip().removeprefix("<p>").removesuffix("</p>"))  # noqa: S704


def explained(page: Markup, words: dict[str, str]) -> Markup:
    """`page` with the meaning of each word where the word first stands in its text."""
    left = {word.lower(): said for word, said in words.items()}
    depth: list[str] = []
    made = []
    for piece in _TAG.split(page):
        if piece.startswith("<"):
            _follow(piece, depth)
        elif not depth and piece.strip():
            piece = _explain(piece, left)
        made.append(piece)
    return Markup("".join(made))  # noqa: S704 - pieces of the page and escaped meanings


def _follow(tag: str, depth: list[str]) -> None:
    """Keep account of the silent elements that are open."""
    name = tag.strip("</>").split()[0].lower() if tag.strip("</>") else ""
    if name in _SILENT:
        if tag.startswith("</"):
            if depth:
                depth.pop()
        elif not tag.endswith("/>"):
            depth.append(name)


def _explain(piece: str, left: dict[str, str]) -> str:
    if not left:
        return piece
    longest = sorted(left, key=len, reverse=True)
    # "in part" is no part.
    word = re.compile(rf"\b(?<!in )({'|'.join(map(re.escape, longest))})(e?s)?\b", re.IGNORECASE)
    made, end = [], 0
    for found in word.finditer(piece):
        said = left.pop(found[1].lower(), None)
        if said is not None:
            note = f'<span class="meaning" role="note">{meaning(said)}</span>'
            made += [piece[end : found.start()], f'<dfn tabindex="0">{found[0]}{note}</dfn>']
            end = found.end()
    return "".join([*made, piece[end:]])


def listed(words: dict[str, str]) -> list[tuple[Markup, Markup]]:
    """All words with their meanings."""
    return [(escape(word), meaning(said)) for word, said in words.items()]
