"""The one exception for what a user can mend."""

from recycling.ground.errors import InputError


def test_input_error_is_one_line_and_short():
    message = str(InputError("config", "arms", {"x": "y" * 500}, "a\nmapping", "mend it"))
    assert "\n" not in message
    assert len(message) < 250
