"""What a key of a study file may hold: the types that all records of a study are made of.

A record is frozen and closed: a key that it does not name is refused, and so is `null`, which YAML
reads from a forgotten value. The line below a field says what the key means; it becomes the key's
line in docs/configuration.md.
"""

import math
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)
Json = dict[str, Any]

# Two names and an ending are one file name, of which file systems take 255 bytes.
LONGEST_NAME = 80


class Keys(BaseModel):
    """A record of a study: its keys and no others."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    @model_validator(mode="before")
    @classmethod
    def _closed(cls, given: Any) -> Any:
        """Refuse a wrong or a missing key before any value: it explains most faults of values."""
        if isinstance(given, cls):
            return given
        if not isinstance(given, dict):
            raise refused("keys with values")
        known = list(cls.model_fields)
        unknown = [key for key in given if key not in known]
        if unknown and cls.model_config["extra"] == "forbid":
            raise PydanticCustomError("unknown", "", {"found": unknown[0], "known": known})
        missing = [
            key
            for key, field in cls.model_fields.items()
            if field.is_required() and key not in given
        ]
        if missing:
            raise PydanticCustomError("missing_key", "", {"missing": missing})
        return given


class OpenKeys(Keys):
    """A record with further keys: the options of an entry of some table.

    Which they may be is known from the entry's function: see `registry.check`.
    """

    model_config = ConfigDict(extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The further keys."""
        return dict(self.model_extra or {})


def refused(expected: str) -> PydanticCustomError:
    """The fault of a value, by what is expected in its place."""
    return PydanticCustomError("refused", "{expected}", {"expected": expected})


@dataclass(frozen=True)
class Check:
    """A condition on a value beyond its type, with what it says of itself in a JSON schema."""

    holds: Callable[[Any], bool]
    expected: str
    says: tuple[tuple[str, object], ...] = ()
    before: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """The check behind the type, or before it."""

        def check(value: Any) -> Any:
            if not self.holds(value):
                raise refused(self.expected)
            return value

        if self.before:
            return core_schema.no_info_before_validator_function(check, handler(source))
        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> Json:
        """The schema of the type with what the check says."""
        return {**handler(schema), **dict(self.says)}


def Named(  # noqa: N802 - stands where a type's parts stand
    pattern: str, expected: str, most: int = LONGEST_NAME
) -> Check:
    """A text of at most `most` characters that matches the whole of `pattern`.

    `expected` says the pattern in words.
    """
    # `$` would also match before a final line end, which would become part of a path.
    return Check(
        lambda value: len(value) <= most and re.fullmatch(pattern, value) is not None,
        f"{expected}, at most {most} characters",
        (("pattern", f"^(?:{pattern})$"), ("maxLength", most)),
    )


@dataclass(frozen=True)
class Number:
    """A finite number between bounds, kept as it is written: 16 stays 16, not 16.0."""

    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """The check in the place of the type."""
        bounds = {
            "more than": self.above,
            "at least": self.least,
            "less than": self.below,
            "at most": self.most,
        }
        said = " and ".join(f"{what} {end:g}" for what, end in bounds.items() if end is not None)

        def check(value: Any) -> Any:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (
                number
                and math.isfinite(value)
                and (self.above is None or value > self.above)
                and (self.least is None or value >= self.least)
                and (self.below is None or value < self.below)
                and (self.most is None or value <= self.most)
            ):
                raise refused(f"a number {said}".strip())
            return value

        return core_schema.no_info_plain_validator_function(check)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> Json:
        """`number` with the bounds."""
        bounds = {
            "exclusiveMinimum": self.above,
            "minimum": self.least,
            "exclusiveMaximum": self.below,
            "maximum": self.most,
        }
        return {"type": "number"} | {key: end for key, end in bounds.items() if end is not None}


_GIVEN = Check(lambda value: value is not None, "a value, or no such key", before=True)
_DISTINCT = Check(
    lambda values: len(set(values)) == len(values), "each entry once", (("uniqueItems", True),)
)

# A key that may be left out and then has no value; the key without a value is refused.
Maybe = Annotated[T | None, _GIVEN]
Distinct = Annotated[list[H], _DISTINCT]
Some = Annotated[list[T], Field(min_length=1)]
SomeDistinct = Annotated[list[H], Field(min_length=1), _DISTINCT]

Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Number(above=0)]
NotNegative = Annotated[float, Number(least=0)]

StudyName = Annotated[
    str,
    # results/reference holds the tables of finished studies.
    Named(
        "(?!reference$)[a-z0-9][a-z0-9_-]*",
        "small letters, digits, _ and -, a letter or digit first, and not reference",
    ),
]
Name = Annotated[
    str, Named("[a-z][a-z0-9_]*", "small letters, digits and _, a letter first, as a name")
]
TaskName = Annotated[str, Named("[a-z0-9_]+", "small letters, digits and _, as a name")]
