"""Files of the Hugging Face Hub over HTTP: pinned, bounded, resumed, checked.

They are read from their resolver addresses, which allow more requests than the API does. A large
file is stored elsewhere, where a redirect leads; the token does not go there.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from httpx2 import Response
from huggingface_hub import constants, hf_hub_url
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from recycling.hub.address import HubError, check_address
from recycling.hub.retry import BrokenAnswerError, Retries

# A body may take GRACE seconds; after that it must have come with SLOWEST bytes a second.
GRACE, SLOWEST = 30.0, 1000.0


class Transfer:
    """Reads files of one hub; to be used from several threads at once."""

    def __init__(self, token: str | bool, retries: Retries) -> None:
        self._token, self._retries = token, retries

    def read(self, repo: str, commit: str, file: str, start: int, stop: int) -> tuple[bytes, int]:
        """Bytes `start` to `stop` of a file, fewer at its end, and the size of the file."""

        def attempt() -> tuple[bytes, int]:
            with self._open(repo, commit, file, f"bytes={start}-{stop - 1}") as response:
                size = _size(response)
                if response.status_code == 200 and start:
                    raise BrokenAnswerError("no range")
                wanted = max(0, min(stop, size) - start)
                data = b"".join(_chunks(response, wanted))
            if len(data) < wanted:
                raise BrokenAnswerError("a body that ends early")
            return data, size

        return self._retries.run(attempt)

    def fetch(self, repo: str, commit: str, file: str, destination: Path, limit: int) -> str:
        """Copy a file of at most `limit` bytes to `destination`; its sha256.

        What has arrived stays in `<destination>.part` when this is interrupted, and is not
        fetched again. The checksum that the hub states for a large file is compared.
        """
        part = destination.with_name(f"{destination.name}.part")
        part.parent.mkdir(parents=True, exist_ok=True)

        def attempt() -> str:
            have = part.stat().st_size if part.exists() else 0
            with self._open(repo, commit, file, f"bytes={have}-") as response:
                size, expected = _size(response), _checksum(response)
                if size > limit:
                    part.unlink(missing_ok=True)
                    raise HubError("too_large", f"found {size} bytes, expected at most {limit}")
                whole = response.status_code == 200
                with part.open("wb" if whole else "ab") as target:
                    target.writelines(_chunks(response, size if whole else max(0, size - have)))
            if part.stat().st_size < size:
                raise BrokenAnswerError("a body that ends early")
            with part.open("rb") as source:
                digest = hashlib.file_digest(source, "sha256").hexdigest()
            if expected not in ("", digest) or part.stat().st_size > size:
                part.unlink()
                raise BrokenAnswerError("another checksum than the hub states")
            return digest

        digest = self._retries.run(attempt)
        part.replace(destination)
        return digest

    @contextmanager
    def _open(self, repo: str, commit: str, file: str, span: str) -> Iterator[Response]:
        """The answer to a GET of a part of a file, its body not yet read."""
        check_address(repo, commit, file)
        # Compressed bodies have other sizes than they say, and bombs in them.
        headers = build_hf_headers(token=self._token) | {
            "Range": span,
            "Accept-Encoding": "identity",
        }
        url = hf_hub_url(repo, file, revision=commit)
        timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
        with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
            if response.status_code != 416:
                hf_raise_for_status(response)
            pinned = _first(response, "X-Repo-Commit")
            if pinned not in ("", commit):
                raise HubError("no_revision", f"found commit {pinned[:40]!r}, expected {commit}")
            yield response


def _chunks(response: Response, most: int) -> Iterator[bytes]:
    """The first `most` bytes of a body, as they come."""
    started, arrived = monotonic(), 0
    for chunk in response.iter_raw():
        yield chunk[: most - arrived]
        arrived += len(chunk)
        spent = monotonic() - started
        if arrived >= most:
            return
        if spent > GRACE and arrived < SLOWEST * spent:
            raise BrokenAnswerError("a body that creeps")


def _size(response: Response) -> int:
    """Size of the whole file."""
    if response.status_code == 200:
        stated = response.headers.get("Content-Length", "")
    else:
        stated = response.headers.get("Content-Range", "").rpartition("/")[2]
    if not stated.isdigit() or len(stated) > 18:
        raise BrokenAnswerError("no size")
    return int(stated)


def _checksum(response: Response) -> str:
    """The sha256 that the hub states for a large file, else nothing."""
    etag = _first(response, "X-Linked-ETag").strip('"')
    return etag if re.fullmatch(r"[0-9a-f]{64}", etag) else ""


def _first(response: Response, header: str) -> str:
    """A header of the hub's own answer, which a redirect to the storage no longer has."""
    answers = [*response.history, response]
    return next((a.headers[header] for a in answers if header in a.headers), "")
