"""Requests to a hub that is busy: how long to wait, how often to try, when to give up."""

import email.utils
from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic, sleep, time
from typing import TypeVar

from httpx2 import ConnectError, TransportError
from huggingface_hub.errors import (
    DisabledRepoError,
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import parse_ratelimit_headers
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
)

from recycling.ground.errors import InputError
from recycling.hub.address import HubError

REFUSALS: tuple[tuple[type[Exception], str], ...] = (
    (GatedRepoError, "gated"),  # a RepositoryNotFoundError too
    (DisabledRepoError, "disabled"),
    (RepositoryNotFoundError, "gone"),
    (RevisionNotFoundError, "no_revision"),
    (EntryNotFoundError, "unreadable_repository"),
)
PASSING = {408, 425, 429, 500, 502, 503, 504}
TRIES, FIRST_WAIT = 7, 1.0
GROWING = wait_exponential(multiplier=FIRST_WAIT)  # seconds, twice as many each time
LONGEST_WAIT = 400  # seconds; a window of the Hub's rate limits is 300

Answer = TypeVar("Answer")


class BrokenAnswerError(Exception):
    """A body that ended early, crept or has a wrong checksum; asking again may help."""


FAILURES = (OfflineModeIsEnabled, HfHubHTTPError, TransportError, BrokenAnswerError)


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
        asked = asked_wait(error.response.headers) if isinstance(error, HfHubHTTPError) else None
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
    limit = parse_ratelimit_headers(headers)
    if limit is not None and limit.remaining == 0:
        # The Hub rounds down.
        return limit.reset_in_seconds + 1.0 if limit.reset_in_seconds else 0.0
    after = headers.get("Retry-After", "").strip()
    if after.isdigit():
        return float(after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(after).timestamp() - time())
    except ValueError:
        return None


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in PASSING
    return isinstance(error, (TransportError, BrokenAnswerError))


def _explained(error: Exception) -> InputError | HubError:
    """What is said of a request that failed for good.

    The words of the server are left out: they may hold a signed address.
    """
    if isinstance(error, OfflineModeIsEnabled):
        return InputError(
            "hub",
            "HF_HUB_OFFLINE",
            "1",
            "0 or none with pool.hub.kind huggingface",
            "unset it, or name a filled cache with kind: folder",
        )
    if isinstance(error, HfHubHTTPError):
        found = f"status {error.response.status_code}"
        if not _may_pass(error):
            return _refusal(error, found)
        whole_hub = error.response.status_code == 429
    else:
        found = str(error) if isinstance(error, BrokenAnswerError) else type(error).__name__
        whole_hub = isinstance(error, ConnectError)
    if whole_hub:
        return InputError(
            "hub",
            "requests",
            f"{found} {TRIES} times",
            "an answer",
            "check the network and HF_ENDPOINT, set HF_TOKEN for a higher limit, run again",
        )
    return HubError("unavailable", f"found {found} {TRIES} times, expected an answer")


def _refusal(error: HfHubHTTPError, found: str) -> HubError:
    for kind, reason in REFUSALS:
        if isinstance(error, kind):
            return HubError(reason, f"found {found}, expected a readable repository")
    return HubError("unavailable", f"found {found}, expected an answer")
