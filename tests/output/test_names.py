"""Names of methods in what people read."""

import pytest

from recycling.merging import METHODS
from recycling.output import names


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [
        ("iso_c", "Iso-C"),
        ("ties", "TIES"),
        ("ties_span", "TIES in the span"),
        ("dare", "DARE"),
        ("adaptive", "adaptive merging"),
        ("adaptive_with_target", "adaptive merging with target"),
        ("arrow_less_general", "Arrow less general"),
        ("best_single", "best single"),
        ("none", "none"),
    ],
)
def test_methods_are_written_as_in_the_literature(identifier, shown):
    assert names.of_arm(identifier) == shown


def test_every_method_has_a_name_of_its_own():
    assert all(row.name.strip() for row in METHODS.values())
    assert len({row.name for row in METHODS.values()}) == len(METHODS)
