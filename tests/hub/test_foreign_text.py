from hypothesis import given
from hypothesis import strategies as st

from recycling.hub.foreign_text import shown


@given(st.text(), st.integers(4, 50))
def test_what_is_shown_is_one_short_printable_line(text, limit):
    found = shown(text, limit)
    assert found.isprintable()
    assert len(found) <= limit
    found.encode()


def test_other_values_are_shown_as_python_writes_them():
    assert shown({"r": [8]}) == "{'r': [8]}"
