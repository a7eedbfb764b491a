"""The one exception for what a user can mend."""

import pytest

from recycling.ground.errors import InputError, unknown_name


def test_input_error_is_one_line_and_short():
    message = str(InputError("config", "arms", {"x": "y" * 500}, "a\nmapping", "mend it"))
    assert "\n" not in message
    assert len(message) < 250


def test_what_a_terminal_would_obey_or_hide_is_shown_as_text():
    hostile = "\x1b[31m\x07\u202e\u200b"
    for place in range(5):
        parts = ["thing", "key", "found", "expected", "remedy"]
        parts[place] = hostile
        message = str(InputError(*parts))
        assert message.isprintable()
        assert r"\x1b[31m\x07\u202e\u200b" in message


def test_a_message_has_an_end():
    assert len(str(InputError("x" * 10_000, "key", 1, "y" * 10_000, "remedy"))) == 4000


FEW, TWELVE, FORTY = ([f"task{i:02}" for i in range(number)] for number in (2, 12, 40))
UNKNOWN = {
    "near": ("taks01", FEW, "one of ['task00', 'task01']; did you mean 'task01'? If not, choose"),
    "none near": (
        "golf",
        FEW,
        "found 'golf', expected a task, one of ['task00', 'task01']; choose",
    ),
    "no names": ("golf", [], "expected a task, of which there are none; choose one"),
    "twelve": ("taks01", TWELVE, "'task10', 'task11']; did you mean 'task01'?"),
    "forty, near": ("taks01", FORTY, "'task10', 'task11'] and 28 others; did you mean 'task01'?"),
    "forty, none near": ("golf", FORTY, "'task28', 'task29'] and 10 others; choose one"),
}


@pytest.mark.parametrize(("found", "known", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_name_is_answered_by_the_nearest_and_a_list_that_can_be_read(
    found, known, message
):
    error = unknown_name("config", "targets", found, known, "a task, ", "choose one")
    assert message in str(error)
    assert len(str(error)) < 500
