"""Requests to a hub that is busy: how long to wait, how often to try, when to give up."""

import email.utils
import re
from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic, sleep, time
from typing import TypeVar

from httpx2 import ConnectError, TransportError
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
)

from recycling.ground.errors import InputError
from recycling.hub.address import HubError
from recycling.hub.client import BrokenAnswerError, StatusError

# What the Hub says in X-Error-Code, and the reason that it is here.
REFUSALS = {
    "GatedRepo": "gated",
    "RepoNotFound": "gone",
    "RevisionNotFound": "no_revision",
    "EntryNotFound": "unreadable_repository",
}
DISABLED = "Access to this resource is disabled."
WRONG_TOKEN = "Invalid credentials in Authorization header"  # noqa: S105 - what the Hub says
PASSING = {408, 425, 429, 500, 502, 503, 504}
TRIES, FIRST_WAIT = 7, 1.0
GROWING = wait_exponential(multiplier=FIRST_WAIT)  # seconds, twice as many each time
LONGEST_WAIT = 400  # seconds; a window of the Hub's rate limits is 300
# Requests that are left, and seconds until there are more.
USED_UP = re.compile(r'"\w+"\s*;\s*r\s*=\s*0+\s*;\s*t\s*=\s*([0-9]{1,9})(?![0-9])')

Answer = TypeVar("Answer")

FAILURES = (StatusError, TransportError, BrokenAnswerError)


class Retries:
    """Repeats a request after a failure that may pass. One object is shared by all threads.

    When the hub says how long to wait, every thread waits. Otherwise a thread waits for itself,
    longer each time.
    """

    def __init__(self) -> None:
        self._quiet_until, self._lock = 0.0, Lock()

    def run(self, request: Callable[[], Answer]) -> Answer:
        """What `request` returns, sooner or later.

        Raises:
            HubError: what is asked for is refused or, as unavailable, keeps failing.
            InputError: the hub as a whole cannot be used.
        """
        retrying = Retrying(
            before=self._wait_for_all,
            retry=retry_if_exception(_may_pass),
            wait=self._wait,
            stop=stop_after_attempt(TRIES),
            sleep=sleep,
            reraise=True,
        )
        try:
            return retrying(request)
        except FAILURES as error:
            raise _explained(error) from None

    def _wait_for_all(self, _: RetryCallState) -> None:
        while (left := self._quiet_until - monotonic()) > 0:
            sleep(left)

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next try; those that the hub asks for are every thread's."""
        error = state.outcome.exception() if state.outcome else None
        asked = asked_wait(error.headers) if isinstance(error, StatusError) else None
        if asked is None:
            return GROWING(state)
        if asked > LONGEST_WAIT:
            raise InputError(
                "hub",
                "rate limit",
                f"a wait of {asked:.0f} s",
                f"at most {LONGEST_WAIT} s",
                "run again later, or set HF_TOKEN for a higher limit",
            )
        print(f"the hub asks to wait {asked:.0f} s", flush=True)
        with self._lock:
            self._quiet_until = max(self._quiet_until, monotonic() + asked)
        return asked


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks to wait: `RateLimit` used up, or `Retry-After`."""
    if limit := USED_UP.search(headers.get("RateLimit", "")):
        seconds = float(limit[1])
        return seconds + 1.0 if seconds else 0.0  # the Hub rounds down
    after = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", after):
        return float(after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(after).timestamp() - time())
    except (ValueError, OverflowError):
        return None


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, StatusError):
        return error.status in PASSING
    return isinstance(error, (TransportError, BrokenAnswerError))


def _explained(error: Exception) -> InputError | HubError:
    """What is said of a request that failed for good.

    The words of the server are left out: they may hold a signed address.
    """
    if isinstance(error, StatusError) and not _may_pass(error):
        expected = "a readable repository" if _refusal(error) else "an answer"
        return HubError(_refusal(error) or "unavailable", f"found {error}, expected {expected}")
    own_words = isinstance(error, (StatusError, BrokenAnswerError))
    found = str(error) if own_words else type(error).__name__
    if isinstance(error, ConnectError) or (isinstance(error, StatusError) and error.status == 429):
        return InputError(
            "hub",
            "requests",
            f"{found} {TRIES} times",
            "an answer",
            "check the network and HF_ENDPOINT, set HF_TOKEN for a higher limit, run again",
        )
    return HubError("unavailable", f"found {found} {TRIES} times, expected an answer")


def _refusal(error: StatusError) -> str:
    """The reason that a status and its headers give, or nothing."""
    message = error.headers.get("X-Error-Message", "")
    if reason := REFUSALS.get(error.headers.get("X-Error-Code", "")):
        return reason
    if message == DISABLED:
        return "disabled"
    return "gone" if error.status == 401 and message != WRONG_TOKEN else ""
