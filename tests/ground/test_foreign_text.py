import ast
import re

import markdown_it
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recycling.ground.errors import InputError
from recycling.ground.foreign_text import in_markdown, in_yaml, printable, quoted, shown

pytestmark = pytest.mark.hostile

# Of every kind: escape sequences, directions, invisible ones, line breaks, halves of pairs.
UNSEEN = ["\x1b[31m", "\x07", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff"]
UNSEEN += ["\u2028", "\0", "\ud800"]


@given(st.text(), st.integers(4, 50))
def test_what_is_shown_is_one_short_printable_line(text, limit):
    found = shown(text, limit)
    assert found.isprintable()
    assert len(found) <= limit
    found.encode()


def test_other_values_are_shown_as_python_writes_them():
    assert shown({"r": [8]}) == "{'r': [8]}"


NAMED = re.compile(r"[A-Za-z0-9_./-]+")
TEXTS = st.text() | st.lists(st.sampled_from([*UNSEEN, "a/b", "|", "\n", "<img>"])).map("".join)
NAMES = st.from_regex(r"[A-Za-z0-9_./-]+", fullmatch=True)


@given(TEXTS)
def test_every_way_of_showing_is_one_printable_line(text):
    for way in (printable, in_markdown, in_yaml, quoted):
        found = way(text)
        assert found.isprintable()
        found.encode()


@given(NAMES)
def test_names_stay_as_they_are(name):
    assert printable(name) == name
    assert in_markdown(name).replace("\\_", "_") == name
    assert in_yaml(f"lab/{name.replace('/', '')}x") == f"lab/{name.replace('/', '')}x"
    assert yaml.safe_load(in_yaml(name)) == name
    assert quoted(name) == f'"{name}"'


@given(TEXTS, NAMES)
def test_no_text_with_unseen_characters_looks_like_a_name(text, name):
    if not text.isprintable() and "?" not in printable(text):
        assert printable(name + text) != name
        assert not NAMED.fullmatch(printable(text))


@pytest.mark.parametrize("unseen", UNSEEN)
def test_unseen_characters_are_seen(unseen):
    found = printable(f"lab/{unseen}base")
    assert found != "lab/base"
    assert found.startswith("lab/")


MARKUP = st.lists(st.sampled_from([*"|`*_[]()<>&~$!#\\-+:/ \n", "a", "&lt;", "&#60;", "http:"]))


@given(TEXTS | MARKUP.map("".join))
def test_markdown_shows_it_as_it_is(text):
    """As another reader of Markdown sees a cell of a table."""
    page = f"| x | y |\n| --- | --- |\n| a{in_markdown(text)}z | b |\n"
    tokens = markdown_it.MarkdownIt().enable(["table", "strikethrough"]).parse(page)
    cells = [token for token in tokens if token.type == "inline"]
    assert [cell.content for cell in cells[:2] + cells[3:]] == ["x", "y", "b"]
    assert {child.type for child in cells[2].children} <= {"text", "text_special"}
    assert "".join(child.content for child in cells[2].children) == f"a{printable(text)}z"
    assert not {"<", ">"} & set(in_markdown(text))


@given(TEXTS)
def test_a_quoted_text_is_read_back(text):
    found = quoted(text)
    assert ast.literal_eval(found) == yaml.safe_load(found) == printable(text)
    assert yaml.safe_load(f"key: {in_yaml('x ' + text)}") == {"key": "x " + printable(text)}


@given(TEXTS)
def test_a_fault_is_one_printable_line_whatever_is_named_in_it(text):
    assert str(InputError(text, text, text, text, text)).isprintable()
