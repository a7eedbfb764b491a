"""How an estimate is spelled."""

from recycling.output import intervals


def test_a_share_has_two_digits():
    assert intervals.share(0.538, 0.49, 0.5849) == "0.54 [0.49, 0.58]"


def test_a_difference_has_its_sign():
    assert intervals.difference(0.031, -0.01, 0.0721) == "+0.031 [-0.010, +0.072]"


def test_the_bounds_alone_are_spelled_as_the_caller_says():
    assert intervals.bounds(1.2, 30, "{:g}".format) == "[1.2, 30]"
