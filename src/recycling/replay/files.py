"""Published files brought to disk: from a folder that has them, or by their address, checked."""

import shutil
import urllib.error
import urllib.request
from pathlib import Path

from tenacity import (
    RetryCallState,
    retry,
    retry_if_exception,
    stop_after_attempt,
    wait_chain,
    wait_fixed,
)

from recycling.ground.errors import InputError
from recycling.ground.provenance import check_sha256
from recycling.ground.tables import replacing
from recycling.hub.retry import PASSING

LARGEST = 200_000_000
SILENCE = 60  # seconds without a byte
WAITS = (5, 20, 60)  # seconds before another try


def obtain(target: Path, *, local: str | None, url: str, sha256: str) -> None:
    """Write the file with the digest `sha256` to `target`: a copy of `local`, else from `url`.

    Raises InputError when it cannot be had or is another file.
    """
    with replacing(target) as temporary:
        if local is not None:
            shutil.copyfile(local, temporary)
        else:
            _download(url, temporary)
        check_sha256(temporary, sha256)


def _download(url: str, target: Path) -> None:
    if not url.startswith(("https://", "http://")):
        raise InputError("published file", "url", url, "an http address", "correct the config")
    try:
        _read(url, target)
    except OSError as error:
        raise InputError(
            "published file",
            "url",
            f"{url} ({error})",
            "an address that answers",
            "check the network, or put the file into the config's `folder`",
        ) from error


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code in PASSING
    return isinstance(error, OSError)  # urllib's errors among them


def _announce(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    print(f"{state.args[0]}: {error}; another try in {state.upcoming_sleep:.0f} s", flush=True)


@retry(
    retry=retry_if_exception(_may_pass),
    wait=wait_chain(*map(wait_fixed, WAITS)),
    stop=stop_after_attempt(len(WAITS) + 1),
    before_sleep=_announce,
    reraise=True,
)
def _read(url: str, target: Path) -> None:
    try:
        answer = urllib.request.urlopen(url, timeout=SILENCE)  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()  # nobody reads the page that comes with it
        raise
    with answer, target.open("wb") as file:
        while block := answer.read(1 << 20):
            file.write(block)
            if file.tell() > LARGEST:
                raise InputError(
                    url, "bytes", file.tell(), f"at most {LARGEST}", "correct the address"
                )
