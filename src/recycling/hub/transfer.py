"""Files of the Hugging Face Hub over HTTP: pinned, bounded, resumed, checked.

They are read from their resolver addresses, which allow more requests than the API does. A large
file is stored elsewhere, where a redirect leads.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from recycling.ground.foreign_text import shown
from recycling.hub.address import HubError, check_address
from recycling.hub.client import Answer, BrokenAnswerError, Client
from recycling.hub.retry import Retries

_NUMBER = r"([0-9]{1,18})"
RANGE = re.compile(rf"bytes (?:{_NUMBER}-{_NUMBER}|\*)/{_NUMBER}")


class Given(NamedTuple):
    """Which bytes of a file an answer holds, from `start` to before `stop`, and its whole size."""

    start: int
    stop: int
    size: int


class Transfer:
    """Reads files of one hub; to be used from several threads at once."""

    def __init__(self, client: Client, retries: Retries) -> None:
        self._client, self._retries = client, retries

    def read(self, repo: str, commit: str, file: str, start: int, stop: int) -> tuple[bytes, int]:
        """Bytes `start` to `stop` of a file, fewer at its end, and the size of the file."""

        def attempt() -> tuple[bytes, int]:
            with self._open(repo, commit, file, f"bytes={start}-{stop - 1}") as answer:
                given = _given(answer)
                wanted = max(0, min(stop, given.size) - start)
                if wanted and not given.start == start <= given.stop - wanted:
                    raise BrokenAnswerError("another range than was asked for")
                data = b"".join(answer.pieces(wanted))
            if len(data) < wanted:
                raise BrokenAnswerError("a body that ends early")
            return data, given.size

        return self._retries.run(attempt)

    def fetch(self, repo: str, commit: str, file: str, destination: Path, limit: int) -> str:
        """Copy a file of at most `limit` bytes to `destination`; its sha256.

        The checksum that the hub states for a large file is compared. What has arrived of such a
        file stays in `<destination>.part` when this is interrupted, and is not fetched again. A
        file without a checksum is begun anew, for its parts may be of two files.
        """
        part = destination.with_name(f"{destination.name}.part")
        part.parent.mkdir(parents=True, exist_ok=True)

        def attempt() -> str:
            have = part.stat().st_size if part.exists() else 0
            with self._open(repo, commit, file, f"bytes={have}-") as answer:
                given, expected = _given(answer), _checksum(answer)
                if given.size > limit:
                    part.unlink(missing_ok=True)
                    raise HubError(
                        "too_large", f"found {given.size} bytes, expected at most {limit}"
                    )
                goes_on = bool(have and expected and given.start == have)
                if not goes_on:
                    part.unlink(missing_ok=True)
                    if given.start:
                        raise BrokenAnswerError("another range than was asked for")
                try:
                    with part.open("ab") as target:
                        target.writelines(answer.pieces(given.stop - given.start))
                finally:
                    if not expected and part.stat().st_size < given.size:
                        part.unlink()
            if not part.exists() or part.stat().st_size < given.size:
                raise BrokenAnswerError("a body that ends early")
            with part.open("rb") as source:
                digest = hashlib.file_digest(source, "sha256").hexdigest()
            if expected not in ("", digest) or part.stat().st_size > given.size:
                part.unlink()
                raise BrokenAnswerError("another checksum than the hub states")
            return digest

        digest = self._retries.run(attempt)
        part.replace(destination)
        return digest

    @contextmanager
    def _open(self, repo: str, commit: str, file: str, span: str) -> Iterator[Answer]:
        """The answer to a GET of a part of a file, its body not yet read."""
        check_address(repo, commit, file)
        url = f"{self._client.endpoint}/{repo}/resolve/{commit}/{quote(file, errors='replace')}"
        with self._client.get(url, span=span, elsewhere=True) as answer:
            pinned = answer.hub.get("x-repo-commit", "")
            if pinned not in ("", commit):
                raise HubError(
                    "no_revision", f"found commit {shown(pinned, 40)}, expected {commit}"
                )
            yield answer


def _given(answer: Answer) -> Given:
    """What an answer holds: nothing, at the end of the file, where it says that there is no more.

    Raises BrokenAnswerError where its headers say nothing clear.
    """
    if answer.status == 200:
        length = re.fullmatch(_NUMBER, answer.headers.get("Content-Length", ""))
        if length:
            return Given(0, int(length[1]), int(length[1]))
    elif found := RANGE.fullmatch(answer.headers.get("Content-Range", "")):
        size = int(found[3])
        if answer.status == 416:
            return Given(size, size, size)
        if found[1] and int(found[1]) <= int(found[2]) < size:
            return Given(int(found[1]), int(found[2]) + 1, size)
    raise BrokenAnswerError("no size")


def _checksum(answer: Answer) -> str:
    """The sha256 that the hub states for a large file, else nothing."""
    etag = answer.hub.get("x-linked-etag", "").strip('"')
    return etag if re.fullmatch(r"[0-9a-f]{64}", etag) else ""
