"""Requests to one hub: own headers, bounded answers, redirects followed one by one.

The session of huggingface_hub is not used. It asks the hub what to look for in the environment and
tells it, keeps what the hub answers for other runs, and reads redirects and errors to their end.
"""

import socket
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from threading import Thread
from typing import TypeVar
from urllib.request import Request as CookieRequest

import httpx2
from httpx2 import URL, InvalidURL, Response, TransportError
from huggingface_hub import constants

from recycling.ground import online
from recycling.ground.errors import InputError
from recycling.hub.address import HubError

USER_AGENT = "recycle-or-retrain"
MOST_REDIRECTS = 5
SILENCE = 30.0  # seconds without a byte
HEAD_SECONDS = 60.0  # until the headers have come, with the connection
PIECE, PIECE_SECONDS = 100_000, 100.0  # bytes of a body, and seconds that they may take
ANSWERS = {200, 206, 416}
NO_ADDRESS = "found an address that is none, expected http:// or https:// and a host"

Result = TypeVar("Result")


class StatusError(Exception):
    """An answer that is none: its status and its headers; the words of the server are not read."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(f"status {status}")
        self.status, self.headers = status, headers


class BrokenAnswerError(Exception):
    """An answer that creeps, ends early or is another than was asked; asking again may help."""


class NoCookies(CookieJar):
    """Keeps nothing that a hub sets."""

    def extract_cookies(self, response: HTTPResponse, request: CookieRequest) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Answer:
    """The last of a chain of redirects, its body not yet read.

    `hub` has the headers of all of them by names in lower case, the first answer's first: a large
    file is stored elsewhere, and the storage does not repeat what the hub said of it.
    """

    response: Response
    hub: Mapping[str, str]

    @property
    def status(self) -> int:
        """The status, one of `ANSWERS`."""
        return self.response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer itself."""
        return self.response.headers

    def pieces(self, most: int) -> Iterator[bytes]:
        """The first `most` bytes of the body as they come.

        Raises BrokenAnswerError when it creeps, TransportError when it is cut; what came before
        that was given.
        """
        raw = self.response.iter_raw()
        arrived = 0
        while arrived < most:
            read = partial(_piece, raw, min(PIECE, most - arrived))
            piece, failure = within(PIECE_SECONDS, read, "a body that creeps", self._hang_up)
            yield piece[: most - arrived]
            arrived += len(piece)
            if failure is not None and arrived < most:
                raise failure
            if not piece:
                return

    def _hang_up(self, reading: Future[tuple[bytes, TransportError | None]]) -> None:
        """Wake the thread that reads, so that nothing is read from a closed connection."""
        line = self.response.extensions["network_stream"].get_extra_info("socket")
        if line is not None:
            socket.socket.shutdown(line, socket.SHUT_RDWR)
        wait([reading], SILENCE)


class Client:
    """Asks one hub; to be used from several threads at once.

    `HF_ENDPOINT` names the hub. The token, `HF_TOKEN`, goes to this hub and nowhere else.

    Raises InputError for an endpoint that is no address or a token that is none.
    """

    def __init__(self) -> None:
        self.token, self.endpoint = online.token(), constants.ENDPOINT.rstrip("/")
        try:
            self._home = _address(self.endpoint)
        except HubError:
            raise InputError(
                "hub", "HF_ENDPOINT", self.endpoint, "http:// or https:// and a host", "correct it"
            ) from None
        self._client = httpx2.Client(cookies=NoCookies(), timeout=SILENCE)
        weakref.finalize(self, self._client.close)

    @contextmanager
    def get(self, url: str, *, span: str = "", elsewhere: bool = False) -> Iterator[Answer]:
        """The answer to a GET, its body not yet read; with `elsewhere` from another host too.

        `span` is a Range, such as `bytes=0-99`.

        Raises:
            StatusError: a status that is not among `ANSWERS`.
            HubError: too many redirects, or to where they must not lead; a compressed body.
            BrokenAnswerError, TransportError: no answer, or a slow one.
        """
        if constants.is_offline_mode():
            raise InputError(
                "hub",
                "HF_HUB_OFFLINE",
                "1",
                "0 or none with pool.hub.kind huggingface",
                "unset it, or name a filled cache with kind: folder",
            )
        target = _address(url)
        hub: dict[str, str] = {}
        for _ in range(MOST_REDIRECTS + 1):
            ask = partial(self._ask, target, span)
            response = within(HEAD_SECONDS, ask, "headers that creep", close_late)
            with closing(response):
                hub = {**response.headers, **hub}
                if not response.has_redirect_location:
                    yield _checked(response, hub)
                    return
            target = _address(response.headers["Location"], target)
            if not elsewhere and target.origin != self._home.origin:
                raise HubError(
                    "unavailable", "found a redirect to another host, expected an answer"
                )
            if self._home.scheme == "https" != target.scheme:
                raise HubError("unavailable", "found a redirect to http, expected https")
        raise HubError("unavailable", f"found more than {MOST_REDIRECTS} redirects, expected one")

    def _ask(self, target: URL, span: str) -> Response:
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if span:
            headers["Range"] = span
        if self.token and target.origin == self._home.origin:
            headers["Authorization"] = f"Bearer {self.token}"
        request = self._client.build_request("GET", target, headers=headers)
        try:
            return self._client.send(request, stream=True, follow_redirects=False)
        except (InvalidURL, ValueError):
            raise HubError("unavailable", NO_ADDRESS) from None


def within(
    seconds: float,
    work: Callable[[], Result],
    complaint: str,
    late: Callable[[Future[Result]], object],
) -> Result:
    """What `work` gives in that time; a socket's own limit begins anew with each byte.

    Raises BrokenAnswerError with the complaint after that time, and hands `late` the work.
    """
    done: Future[Result] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    Thread(target=run, daemon=True).start()
    wait([done], seconds)
    if not done.done():
        late(done)
        raise BrokenAnswerError(complaint)
    return done.result()


def close_late(asking: Future[Response]) -> None:
    """Close the answer when it comes after all."""

    def close(done: Future[Response]) -> None:
        if done.exception() is None:
            done.result().close()

    asking.add_done_callback(close)


def _piece(raw: Iterator[bytes], most: int) -> tuple[bytes, TransportError | None]:
    """About `most` bytes, and why there are fewer."""
    found = bytearray()
    try:
        while len(found) < most and (chunk := next(raw, b"")):
            found += chunk
    except TransportError as error:
        return bytes(found), error
    return bytes(found), None


def _address(text: str, above: URL | None = None) -> URL:
    """An absolute address, read from one that may be relative to the one `above`."""
    try:
        found = above.join(text) if above else URL(text)
        if found.scheme in ("http", "https") and found.host:
            return found
    except (InvalidURL, ValueError):
        pass
    raise HubError("unavailable", NO_ADDRESS)


def _checked(response: Response, hub: Mapping[str, str]) -> Answer:
    if response.status_code not in ANSWERS:
        raise StatusError(response.status_code, response.headers)
    # Compressed bodies have other sizes than they say, and bombs in them.
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise HubError("unavailable", "found a compressed answer, expected the bytes themselves")
    return Answer(response, hub)
