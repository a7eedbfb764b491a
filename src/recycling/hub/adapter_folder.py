"""A folder with one adapter, as PEFT saves it, in the place of a hub.

It is named by its user and may have any name, so its links are followed: a snapshot of the Hugging
Face cache is made of them.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from recycling.ground.foreign_text import printable
from recycling.ground.tables import replacing
from recycling.hub import beneath, content, front_matter
from recycling.hub.address import HubError, Listing, read_whole
from recycling.hub.guard import guarded


class AdapterFolder:
    """A hub of one repository; without `commit` a digest of its files stands for that."""

    def __init__(self, path: Path, repo: str, commit: str = "") -> None:
        self._path, self._repo, self._commit = path, repo, commit

    def repositories(self, bases: Sequence[str] = (), ids: Sequence[str] = ()) -> Iterator[Listing]:
        """The adapter, whatever is asked for."""
        try:
            with guarded(self._repo):
                listing = self._listing()
        except HubError as error:
            listing = Listing(printable(self._repo), problem=error.reason, detail=error.detail)
        yield listing

    def _listing(self) -> Listing:
        found = beneath.walk(self._path, "")
        files = {name: entry.stat().st_size for name, entry in found if entry.is_file()}
        card = front_matter.Card("missing")
        if "README.md" in files:
            data, _ = self.read_range("", "", "README.md", 0, front_matter.CARD_BYTES)
            card = front_matter.parse(data)
        present = [name for name in content.READ if name in files]
        opened = ((name, beneath.followed(self._path / name)) for name in present)
        return Listing(
            self._repo,
            self._commit or content.digest(opened),
            licence=card.licence,
            base_model=card.base_model,
            card=card.state,
            tags=card.tags,
            files=dict(sorted(files.items())),
        )

    def read(self, repo: str, commit: str, file: str, limit: int) -> bytes:
        """A whole file of at most `limit` bytes."""
        return read_whole(self, repo, commit, file, limit)

    def read_range(
        self, repo: str, commit: str, file: str, start: int, stop: int
    ) -> tuple[bytes, int]:
        """Bytes `start` to `stop` of a file, fewer at its end, and the size of the file."""
        with beneath.followed(self._path / file) as source:
            size = os.fstat(source.fileno()).st_size
            source.seek(start)
            return source.read(stop - start), size

    def fetch(self, repo: str, commit: str, file: str, destination: Path, limit: int) -> str:
        """Copy a file of at most `limit` bytes to `destination`; its sha256."""
        with beneath.followed(self._path / file) as source, replacing(destination) as temporary:
            size = os.fstat(source.fileno()).st_size
            if size > limit:
                raise HubError(
                    "too_large", f"found {file} of {size} bytes, expected at most {limit}"
                )
            with temporary.open("wb") as target:
                shutil.copyfileobj(source, target)
        with destination.open("rb") as copied:
            return hashlib.file_digest(copied, "sha256").hexdigest()
