"""The one exception for what a user can mend."""

import pytest

from recycling.ground.errors import InputError, unknown_name


def test_input_error_is_one_line_and_short():
    message = str(InputError("config", "arms", {"x": "y" * 500}, "a\nmapping", "mend it"))
    assert "\n" not in message
    assert len(message) < 250


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
