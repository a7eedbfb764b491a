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
LONGEST_WAIT = 400  # seconds; a window of the Hub's rate limits is 300

Answer = TypeVar("Answer")


class BrokenAnswerError(Exception):
    """A body that ended early, crept or has a wrong checksum; asking again may help."""


class Patience:
    """Repeats a request after a failure that may pass. One object is shared by all threads.

    When the hub says how long to wait, every thread waits. Raises HubError for what is refused or,
    as unavailable, keeps failing; InputError when the hub as a whole cannot be used.
    """

    def __init__(self) -> None:
        self._quiet_until, self._lock = 0.0, Lock()

    def __call__(self, request: Callable[[], Answer]) -> Answer:
        """What `request` returns, sooner or later."""
        for attempt in range(TRIES):
            self._wait_for_all()
            try:
                return request()
            except OfflineModeIsEnabled:
                raise InputError(
                    "hub",
                    "HF_HUB_OFFLINE",
                    "1",
                    "0 or none with pool.hub.kind huggingface",
                    "unset it, or name a filled cache with kind: folder",
                ) from None
            except HfHubHTTPError as error:
                status = error.response.status_code
                if status not in PASSING:
                    raise _refusal(error, status) from None
                found, wait = f"status {status}", asked_wait(error.response.headers)
                limited = status == 429
                if wait is not None:
                    self._hold_all(wait)
            except (TransportError, BrokenAnswerError) as error:
                found, wait = _kind(error), None
                limited = isinstance(error, ConnectError)
            if wait is None and attempt + 1 < TRIES:
                sleep(FIRST_WAIT * 2**attempt)
        if limited:
            raise InputError(
                "hub",
                "requests",
                f"{found} {TRIES} times",
                "an answer",
                "check the network and HF_ENDPOINT, set HF_TOKEN for a higher limit, run again",
            )
        raise HubError("unavailable", f"found {found} {TRIES} times, expected an answer")

    def _hold_all(self, seconds: float) -> None:
        if seconds > LONGEST_WAIT:
            raise InputError(
                "hub",
                "rate limit",
                f"a wait of {seconds:.0f} s",
                f"at most {LONGEST_WAIT} s",
                "run again later, or set HF_TOKEN for a higher limit",
            )
        print(f"the hub asks to wait {seconds:.0f} s", flush=True)
        with self._lock:
            self._quiet_until = max(self._quiet_until, monotonic() + seconds)

    def _wait_for_all(self) -> None:
        while (left := self._quiet_until - monotonic()) > 0:
            sleep(left)


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


def _refusal(error: HfHubHTTPError, status: int) -> HubError:
    # The words of the server are left out: they may hold a signed address.
    for kind, reason in REFUSALS:
        if isinstance(error, kind):
            return HubError(reason, f"found status {status}, expected a readable repository")
    return HubError("unavailable", f"found status {status}, expected an answer")


def _kind(error: Exception) -> str:
    return str(error) if isinstance(error, BrokenAnswerError) else type(error).__name__
