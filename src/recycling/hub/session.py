"""Bounds for the session of huggingface_hub, with which bases and data sets are fetched.

That client reads whatever a hub answers to its end, and waits for as long as a hub asks.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from httpx2 import ByteStream, Client, Request, Response, SyncByteStream
from huggingface_hub import constants, set_client_factory
from huggingface_hub.errors import OfflineModeIsEnabled

from recycling.ground.errors import InputError
from recycling.hub.answers import ANSWER_BYTES, ANSWER_SECONDS
from recycling.hub.client import (
    HEAD_SECONDS,
    MOST_REDIRECTS,
    SILENCE,
    BrokenAnswerError,
    NoCookies,
    close_late,
    within,
)
from recycling.hub.retry import LONGEST_WAIT, asked_wait

MOST_QUESTIONS = 1000


def bound() -> None:
    """Bound what huggingface_hub reads from now on in this process.

    Above 16 MB or five minutes for an answer that is no file, after a thousand of them, and for
    compressed answers and waits above 400 s it raises InputError.
    """
    set_client_factory(_bounded_client)


class BoundedStream(SyncByteStream):
    """A body that ends with InputError when it is too long."""

    def __init__(self, body: SyncByteStream) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        """The bytes as they come."""
        arrived = 0
        for piece in self._body:
            arrived += len(piece)
            if arrived > ANSWER_BYTES:
                raise _refused(f"an answer above {ANSWER_BYTES} bytes")
            yield piece

    def close(self) -> None:
        """Close the connection."""
        self._body.close()


class BoundedClient(Client):
    """A client whose answers come in time: a file's headers, or another answer with its body."""

    def send(self, request: Request, *, stream: bool = False, **options: Any) -> Response:
        """Send a request. Raises InputError when the answer takes too long."""
        send = partial(super().send, request, stream=stream, **options)
        seconds = HEAD_SECONDS if stream else ANSWER_SECONDS
        try:
            return within(seconds, send, "an answer that creeps", close_late)
        except BrokenAnswerError as error:
            raise _refused(str(error)) from None


def _bounded_client() -> Client:
    asked = 0

    def before(request: Request) -> None:
        nonlocal asked
        if constants.is_offline_mode():
            raise OfflineModeIsEnabled("HF_HUB_OFFLINE is set")
        request.headers["Accept-Encoding"] = "identity"
        asked += _is_question(request)
        if asked > MOST_QUESTIONS:
            raise _refused(f"more than {MOST_QUESTIONS} pages")

    return BoundedClient(
        event_hooks={"request": [before], "response": [_bounded]},
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        timeout=SILENCE,
        cookies=NoCookies(),
    )


def _is_question(request: Request) -> bool:
    """Whether it asks for something else than a file."""
    return request.url.path.startswith("/api/")


def _bounded(response: Response) -> None:
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise _refused("a compressed answer")
    body = response.stream
    if not isinstance(body, SyncByteStream):
        return
    if not response.is_success:
        # Its words are not needed, and the client would read them to their end.
        body.close()
        response.stream = ByteStream(b"")
        wait = asked_wait(response.headers)
        if wait is not None and wait > LONGEST_WAIT:
            raise _refused(f"a wait of {wait:.0f} s")
        # The client fails at numbers that are none.
        for header in ("RateLimit", "RateLimit-Policy", "Retry-After"):
            response.headers.pop(header, None)
        if wait is not None:
            response.headers["Retry-After"] = f"{wait:.0f}"
    elif _is_question(response.request):
        response.stream = BoundedStream(body)


def _refused(found: str) -> InputError:
    return InputError(
        "hub", "answer", found, "a short one at once", "check HF_ENDPOINT, and run again later"
    )
