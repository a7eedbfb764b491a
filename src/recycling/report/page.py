"""The frame of a report: its sections, its look and its policy, in one file."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from recycling.report import glossary, text
from recycling.report.look import CAPTIONS, TEMPLATES, WORDS

SCRIPTS = ("tables.js", "answers.js")


@dataclass(frozen=True)
class Section:
    """A part of a report; `name` is its address within the page."""

    name: str
    title: str
    body: Markup


@dataclass(frozen=True)
class Figure:
    """A figure: what it is called, its SVG file, and the file with its caption, if it has one."""

    name: str
    svg: str
    caption: str | None


@dataclass(frozen=True)
class Answer:
    """What a reader wants first: the question of the study and its answer."""

    question: str
    answer: Markup


@dataclass(frozen=True)
class Report:
    """All that stands in the report of a study.

    `data` are texts of JSON that our script reads, by the name of their element.
    """

    study: str
    answer: Answer
    sections: Sequence[Section]
    data: Mapping[str, str]


_TEMPLATES = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def part(template: str, **values: object) -> Markup:
    """A template with these values, all of which are escaped."""
    return Markup(_TEMPLATES.get_template(template).render(values))  # noqa: S704 - escaped there


def picture(figure: Figure) -> Markup:
    """A figure within the page: a picture that can run nothing, with its caption."""
    encoded = quote(_shorter(Path(figure.svg).read_text()), safe=" !$'()*+,-./:;=?@[]^_`{|}~")
    address = Markup(encoded)  # noqa: S704 - without the signs that end an attribute
    said = ""
    if figure.caption is not None:
        said = text.caption((CAPTIONS / f"{figure.caption}.rst").read_text())
    name = figure.name.replace("_", " ")
    return part("figure.html", name=name, encoded=address, caption=said)


def _shorter(svg: str) -> str:
    """The same drawing to a hundredth of a point, without what draws nothing.

    That is comments, names of groups, groups with nothing in them and space between elements. A
    browser takes line breaks out of an address, so they become spaces. Quotes are single, which an
    address need not encode.
    """
    bare = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    bare = re.sub(r'<g id="[^"]*"', "<g", bare).replace("<g/>", "")
    bare = re.sub(r"\n\s*", " ", re.sub(r">\s+<", "><", bare))
    if "'" not in bare:
        bare = bare.replace('"', "'")
    return re.sub(r"\b([1-9]\d*\.\d\d)\d+", r"\1", bare)


def write(report: Report) -> str:
    """The whole page."""
    words = glossary.read(WORDS.read_text())
    style = (TEMPLATES / "report.css").read_text()
    script = "\n".join((TEMPLATES / name).read_text() for name in SCRIPTS)
    body = part("body.html", answer=report.answer, sections=report.sections)
    return part(
        "page.html",
        study=report.study,
        sections=report.sections,
        body=glossary.explained(body, words),
        words=glossary.listed(words),
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        data={name: _in_script(json) for name, json in report.data.items()},
    )


def _policy(style: str, script: str) -> str:
    """What a browser may do with the page: nothing but show it and run our script."""
    hashes = [
        base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        for part in (style, script)
    ]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; "
        f"script-src 'sha256-{hashes[1]}'; base-uri 'none'; form-action 'none'"
    )


def _in_script(json: str) -> Markup:
    """JSON that ends no element and begins none: `<` stands only in texts, where it may be so."""
    return Markup(json.replace("<", "\\u003c"))  # noqa: S704 - no markup without that sign
