"""Text of strangers on its way to a reader: each function makes it safe for one place.

Cards, names, keys and messages of other people can hold anything: line breaks, table bars, HTML,
the escape sequences of a terminal, characters that nobody sees or that turn the reading direction.
Everything of theirs that is shown passes here, or is replaced by a name that is known.
"""

import json
import re

# A name of a repository, which YAML never takes for a number, a truth value or nothing.
_NAME = re.compile(r"[A-Za-z][\w.-]*/[\w.-]+", re.ASCII)
# Those within a word, as in many names, emphasise nothing.
_OUTER_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
# What Markdown or HTML read as something else than text within a line or a table cell.
_MARKUP = {ord(sign): f"\\{sign}" for sign in "\\`*[]|~$"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}


def printable(text: str) -> str:
    r"""The text with `\x1b`, `\u202e` and the like for each character that cannot be seen.

    One line, safe in a terminal, a log and a table. A surrogate becomes `?`. No text looks like a
    name that has none of these and no backslash.
    """
    if text.isprintable():
        return text
    text = text.encode(errors="replace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(value: object, limit: int = 120) -> str:
    """The same of any value, in at most `limit` characters and with one blank for any space."""
    text = value if isinstance(value, str) else repr(value)
    text = printable(" ".join(text[: 4 * limit].split()))
    return text if len(text) <= limit else text[: limit - 3] + "..."


def in_markdown(text: str) -> str:
    """Text that Markdown shows as it is, also in a cell of a table."""
    return _OUTER_UNDERSCORE.sub(r"\\_", printable(text).translate(_MARKUP))


def in_yaml(text: str) -> str:
    """A YAML scalar that reads as this text, if all of it can be seen."""
    return text if _NAME.fullmatch(text) else quoted(text)


def quoted(text: str) -> str:
    """A string literal of JSON, YAML and Python that reads as this text, if it can be seen."""
    return json.dumps(printable(text), ensure_ascii=False)
