"""A folder with one adapter, as PEFT saves it, in the place of a hub.

It is named by its user and may have any name, so its links are followed: a snapshot of the Hugging
Face cache is made of them.
"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from recycling.ground.foreign_text import shown
from recycling.ground.tables import replacing
from recycling.hub import content, front_matter
from recycling.hub.address import MOST_FILES, HubError, Listing


class AdapterFolder:
    """A hub of one repository; without `commit` a digest of its files stands for that."""

    def __init__(self, path: Path, repo: str, commit: str = "") -> None:
        self._path, self._repo, self._commit = path, repo, commit

    def repositories(self, bases: Sequence[str] = (), ids: Sequence[str] = ()) -> Iterator[Listing]:
        """The adapter, whatever is asked for."""
        found = islice((path for path in self._path.rglob("*") if path.is_file()), MOST_FILES)
        files = {path.relative_to(self._path).as_posix(): path.stat().st_size for path in found}
        card = front_matter.Card("missing")
        if "README.md" in files:
            data, _ = self.read_range("", "", "README.md", 0, front_matter.CARD_BYTES)
            card = front_matter.parse(data)
        present = [name for name in content.READ if name in files]
        opened = ((name, (self._path / name).open("rb")) for name in present)
        yield Listing(
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
        data, size = self.read_range(repo, commit, file, 0, limit)
        if size > limit:
            raise HubError("too_large", f"found {file} of {size} bytes, expected at most {limit}")
        return data

    def read_range(
        self, repo: str, commit: str, file: str, start: int, stop: int
    ) -> tuple[bytes, int]:
        """Bytes `start` to `stop` of a file, fewer at its end, and the size of the file."""
        try:
            with (self._path / file).open("rb") as source:
                source.seek(start)
                return source.read(stop - start), (self._path / file).stat().st_size
        except OSError as error:
            raise HubError("unreadable_repository", shown(error.strerror)) from error

    def fetch(self, repo: str, commit: str, file: str, destination: Path, limit: int) -> str:
        """Copy a file of at most `limit` bytes to `destination`; its sha256."""
        size = (self._path / file).stat().st_size
        if size > limit:
            raise HubError("too_large", f"found {file} of {size} bytes, expected at most {limit}")
        with replacing(destination) as temporary:
            shutil.copyfile(self._path / file, temporary)
        with destination.open("rb") as copied:
            return hashlib.file_digest(copied, "sha256").hexdigest()
