"""The checks of a composition study's configuration that a schema cannot make."""

from collections.abc import Mapping
from typing import Any


def check(study: Mapping[str, Any]) -> None:
    """Raise InputError for a name that the configuration does not declare."""
