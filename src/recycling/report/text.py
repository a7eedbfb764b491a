"""Markdown that this project wrote, as HTML; what is HTML in it is shown as text."""

import re

from markdown_it import MarkdownIt
from markupsafe import Markup

# Links and pictures lead out of the file; they are shown as they are written.
_READER = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "autolink"])
_JINJA = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def html(text: str) -> Markup:
    """Markdown as HTML, its tables ready to be sorted and to scroll within a narrow screen."""
    made = _READER.render(_LINK.sub(r"\1", text))
    made = made.replace("<table>", '<div class="scroll" tabindex="0"><table class="sortable">')
    return Markup(made.replace("</table>", "</table></div>"))  # noqa: S704 - escaped by the reader


def caption(text: str) -> Markup:
    """The caption of a figure: reStructuredText with nothing in it that Markdown has not."""
    return html(_JINJA.sub("", text))


def split(text: str) -> list[tuple[str, str]]:
    """Headings of the second level with what stands below each; the first is empty."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
