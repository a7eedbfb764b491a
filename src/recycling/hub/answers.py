"""What a hub answers to questions, read as records: JSON of strangers, of bounded size and time."""

import json
from time import monotonic
from typing import Annotated

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError

from recycling.hub.address import HubError
from recycling.hub.client import Answer, BrokenAnswerError, StatusError

# A page of 1,000 repositories takes 1 to 4 MB.
ANSWER_BYTES, ANSWER_SECONDS = 16_000_000, 300.0
LONGEST_TEXT = 1000  # characters


class Record(BaseModel):
    """A part of an answer: the types as they are, other keys left aside."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class File(Record):
    """A file of a repository."""

    rfilename: str = Field(min_length=1, max_length=LONGEST_TEXT)


class Repository(Record):
    """A repository as the Hub lists it."""

    id: str = Field(min_length=1, max_length=LONGEST_TEXT)
    sha: str | None = None
    # The first fault is enough: there may be millions.
    tags: Annotated[list[str], FailFast()] = []
    siblings: Annotated[list[File], FailFast()] = []
    gated: bool | str = False
    disabled: bool = False
    last_modified: str | None = Field(default=None, alias="lastModified")


def repository(row: object) -> Repository:
    """The repository in a row. Raises HubError, unreadable_repository, that names the first fault.

    The message shows types and no values.
    """
    try:
        return Repository.model_validate(row)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, fault["loc"])) or "the row"
        found = f"found {type(fault['input']).__name__} at {where}"
        raise HubError("unreadable_repository", f"{found}, expected: {fault['msg']}") from None


def name(row: object) -> str:
    """The name of the repository in a row, whatever else is in it; empty without one."""
    found = row.get("id") if isinstance(row, dict) else None
    return found[:LONGEST_TEXT] if isinstance(found, str) else ""


def value(answer: Answer) -> tuple[object, int]:
    """The JSON in the body of an answer, and its bytes.

    Raises:
        StatusError: the status is not 200.
        HubError: above `ANSWER_BYTES`, `too_large`, or no JSON, `unavailable`.
        BrokenAnswerError: it takes longer than `ANSWER_SECONDS`.
    """
    if answer.status != 200:
        raise StatusError(answer.status, answer.headers)
    started, data = monotonic(), bytearray()
    for piece in answer.pieces(ANSWER_BYTES + 1):
        data += piece
        if monotonic() - started > ANSWER_SECONDS:
            raise BrokenAnswerError("a body that creeps")
    if len(data) > ANSWER_BYTES:
        raise HubError("too_large", f"found an answer above {ANSWER_BYTES} bytes")
    try:
        found: object = json.loads(data.decode())
    except (ValueError, RecursionError):
        raise HubError("unavailable", "found an answer that is no JSON") from None
    return found, len(data)
