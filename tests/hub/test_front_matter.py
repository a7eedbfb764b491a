import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.hub import front_matter
from recycling.hub.front_matter import Card

pytestmark = pytest.mark.hostile


def front(text):
    return f"---\n{text}\n---\nHello\n".encode()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", Card("missing")),
        (b"# Just text", Card("missing")),
        (front("license: mit\nbase_model: a/b"), Card("readable", "mit", "a/b")),
        (
            front("license: mit\nbase_model: a/b").replace(b"\n", b"\r\n"),
            Card("readable", "mit", "a/b"),
        ),
        (
            front("license: [cc0-1.0, mit]\nbase_model:\n- a/b\n- c/d"),
            Card("readable", "cc0-1.0", "a/b"),
        ),
        (front("license: no\nbase_model: 2024-01-01"), Card("readable", "no", "2024-01-01")),
        (front("license: {a: b}\nbase_model: []"), Card("readable")),
        (front('license: "m\\ni\\tt\\ud800"'), Card("readable", "m i t?")),
        (front("license: " + "m" * 500), Card("readable", "m" * 117 + "...")),
        (b"---\nlicense: mit\n", Card("unreadable")),
        (b"---\nlicense: mit\n" + b"#" * front_matter.CARD_BYTES + b"\n---\n", Card("unreadable")),
        (front("- a"), Card("unreadable")),
        (front("a: [b"), Card("unreadable")),
        (front("!!python/object/apply:os.system [true]"), Card("unreadable")),
        (front("? [a]\n: b"), Card("unreadable")),
        (front("[" * 5000), Card("unreadable")),
        (front('license: "\\UFFFFFFFF"'), Card("unreadable")),
        (front('license: "\\U00110000"'), Card("unreadable")),
    ],
)
def test_cards(data, expected):
    assert front_matter.parse(data) == expected


def test_merge_bomb_does_not_explode():
    lines = ["a0: &a0 {x: 1}"]
    for n in range(1, 12):
        lines.append(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}")
    started = time.monotonic()
    assert front_matter.parse(front("\n".join([*lines, "license: mit"]))).licence == "mit"
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("unit", ["[", "{", "[a,", "a,", "k: v\n", "- ", "? ", "&a ", "*a ", "'"])
def test_no_card_takes_long(unit):
    """The reader of YAML is at its slowest with very many of one sign."""
    started = time.monotonic()
    front_matter.parse(front(unit * (front_matter.CARD_BYTES // len(unit) - 10)))
    assert time.monotonic() - started < 8  # about 1 on an idle core


# What YAML reads as an escape, an anchor, a tag, a list.
SIGNS = [
    '"',
    "&",
    "*",
    "!",
    "?",
    ":",
    "-",
    "[",
    "]",
    "{",
    "}",
    "|",
    ">",
    "%",
    "#",
    "=",
    "<<",
    "!!int",
    "\\U",
    "\\u",
    "\\x",
]
PIECES = st.lists(
    st.sampled_from([*SIGNS, "F" * 8, "1" * 4, "a", " ", "\n", "\n  ", "license", "'"]), max_size=20
)


@given(st.binary(max_size=200) | st.text(max_size=200).map(front) | PIECES.map("".join).map(front))
def test_any_bytes_give_a_card(data):
    card = front_matter.parse(data)
    assert card.state in ("readable", "missing", "unreadable")
    for text in (card.licence, card.base_model):
        assert text.isprintable()
        text.encode()
